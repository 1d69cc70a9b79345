//! Revocations, stored durably. An id is above every earlier one when its row is committed, so that an instance which has
//! read up to an id misses none that comes later.

use actix_web::web;
use anyhow::Context;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryResult, QueryableByName};

use crate::auth::{Revocation, Revocations, Revoked, SessionId, UserId};
use crate::base::clock;
use crate::db::{
    Db, DbConnection, DbError, DbSettings, Session, Timestamp, apart, execute, load, on_either,
    repeat,
};

/// How many rows are read or removed by one statement.
const STEP: i64 = 1000;

/// The table, and what this instance knows of it.
pub(crate) struct RevocationStore {
    db: Db,
    known: web::Data<Revocations>,
}

/// A row.
#[derive(QueryableByName)]
pub(super) struct Row {
    #[diesel(sql_type = BigInt)]
    pub(super) id: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = BigInt)]
    issued_until: i64,
    #[diesel(sql_type = BigInt)]
    expires_at: i64,
}

impl RevocationStore {
    /// In this database.
    pub(crate) fn new(db: Db, known: web::Data<Revocations>) -> Self {
        Self { db, known }
    }

    /// Reads every row there is, before the first request, and returns the last one's id. Blocks the thread.
    ///
    /// # Errors
    /// One sentence when the database cannot be read.
    pub(crate) fn load(settings: &DbSettings, known: &Revocations) -> anyhow::Result<i64> {
        apart(|| read_all(settings, known)).context("Cannot read which sessions have ended")
    }

    /// As [`RevocationStore::load`] as far as there is a database to read: for tools, which change nothing.
    pub(crate) fn peek(settings: &DbSettings, known: &Revocations) {
        let read = apart(|| match Db::pending_migrations(&settings.url)? {
            Some(0) => read_all(settings, known),
            _ => Ok(0),
        });
        if let Err(error) = read {
            log::debug!("{error:#}");
        }
    }

    /// What this instance knows.
    pub(super) fn known(&self) -> &Revocations {
        &self.known
    }

    /// Revokes these tokens: when it returns, that is durable, and this instance refuses them. Nothing is stored for
    /// tokens that are refused already.
    ///
    /// # Errors
    /// [`DbError`] when it may not be stored; then nothing is refused.
    pub(crate) async fn revoke(&self, revoked: Revoked) -> Result<(), DbError> {
        if self.known.covers(&revoked) {
            return Ok(());
        }
        let revocation = self.known.revocation(revoked, clock::now_seconds());
        let stored = revocation.clone();
        self.db.transaction(async move |s: Session<'_>| insert(s, &stored).await).await?;
        self.known.add([revocation]);
        Ok(())
    }

    /// The next rows after an id, in their order.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub(super) async fn after(&self, id: i64) -> Result<Vec<Row>, DbError> {
        self.db.read(async move |mut s: Session<'_>| rows_after(&mut s, id).await).await
    }

    /// Removes what has expired, and the marks of accounts that were erased so long ago. Returns how many that were.
    ///
    /// # Errors
    /// As [`RevocationStore::after`]. What was done stays done.
    pub(crate) async fn purge(&self) -> Result<usize, DbError> {
        self.known.forget_expired(clock::now_seconds());
        repeat(STEP, async || self.db.transaction(purge_step).await).await
    }
}

impl Row {
    /// `None` for a row that this version of the program would not have stored.
    pub(super) fn revocation(&self) -> Option<Revocation> {
        let revoked = match self.kind.as_str() {
            "session" => Revoked::Session(SessionId::parse(&self.subject)?),
            "tokens" => Revoked::Tokens(UserId::parse(&self.subject)?, seconds(self.issued_until)),
            "account" => Revoked::Account(UserId::parse(&self.subject)?),
            _ => return None,
        };
        Some(Revocation { revoked, expires_at: seconds(self.expires_at) })
    }
}

const MICROS: i64 = 1_000_000;

fn seconds(micros: i64) -> i64 {
    micros.div_euclid(MICROS)
}

/// In a transaction. On PostgreSQL others wait until it ends, so that ids grow in the order of commits.
async fn insert(
    mut s: Session<'_>,
    Revocation { revoked, expires_at }: &Revocation,
) -> QueryResult<()> {
    let (kind, subject, issued_until) = match revoked {
        Revoked::Session(session) => ("session", session.as_str(), 0),
        Revoked::Tokens(user, until) => ("tokens", user.as_str(), *until),
        Revoked::Account(user) => ("account", user.as_str(), 0),
    };
    if matches!(s, Session::Postgres(_)) {
        let lock = "SELECT pg_advisory_xact_lock(hashtext('taskbridge_revocations'))";
        execute!(&mut s, diesel::sql_query(lock))?;
    }
    let insert = diesel::sql_query(
        "INSERT INTO revocations (id, kind, subject, issued_until, expires_at) \
         SELECT CASE WHEN max(id) >= $1 THEN max(id) + 1 ELSE $1 END, $2, $3, $4, $5 FROM revocations",
    )
    .bind::<BigInt, _>(Timestamp::now().micros())
    .bind::<Text, _>(kind)
    .bind::<Text, _>(subject)
    .bind::<BigInt, _>(issued_until * MICROS)
    .bind::<BigInt, _>(*expires_at * MICROS);
    execute!(&mut s, insert)?;
    Ok(())
}

const ROWS_AFTER: &str = "SELECT * FROM revocations WHERE id > $1 ORDER BY id LIMIT $2";

async fn rows_after(s: &mut Session<'_>, id: i64) -> QueryResult<Vec<Row>> {
    let rows = diesel::sql_query(ROWS_AFTER).bind::<BigInt, _>(id).bind::<BigInt, _>(STEP);
    load!(s, rows)
}

fn read_all(settings: &DbSettings, known: &Revocations) -> anyhow::Result<i64> {
    let mut last = 0;
    DbConnection::with_settings(settings)?.reading(|connection| {
        loop {
            let next =
                diesel::sql_query(ROWS_AFTER).bind::<BigInt, _>(last).bind::<BigInt, _>(STEP);
            let rows: Vec<Row> =
                on_either!(connection, inner => diesel::RunQueryDsl::load(next, inner))?;
            let Some(newest) = rows.last() else { return Ok(last) };
            last = newest.id;
            known.add(rows.iter().filter_map(Row::revocation));
        }
    })
}

/// In a transaction. Rows expire in the order of their ids, or nearly: one that does not waits for those before it.
async fn purge_step(mut s: Session<'_>) -> QueryResult<usize> {
    let now = Timestamp::now().micros();
    let oldest = rows_after(&mut s, 0).await?;
    let expired = oldest.iter().take_while(|row| row.expires_at < now);
    let (mut last, mut removed) = (0, 0);
    for row in expired {
        if row.kind == "account" {
            let mark = diesel::sql_query(
                "DELETE FROM owners WHERE user_id = $1 AND erased_at IS NOT NULL",
            );
            execute!(&mut s, mark.bind::<Text, _>(&row.subject))?;
        }
        (last, removed) = (row.id, removed + 1);
    }
    let delete = diesel::sql_query("DELETE FROM revocations WHERE id <= $1");
    execute!(&mut s, delete.bind::<BigInt, _>(last))?;
    Ok(removed)
}
