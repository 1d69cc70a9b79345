//! One end of a copy: a database, what it is called in messages, and what its tables hold.

use anyhow::{Context, bail, ensure};

use super::checksum::Checksum;
use super::ledger;
use super::reader::Reader;
use super::tables::Stored;
use crate::db::{DatabaseUrl, Db, DbConnection, DbSettings, Sharding};

/// An open database.
pub(super) struct Side {
    pub(super) url: DatabaseUrl,
    pub(super) connection: DbConnection,
}

impl Side {
    /// The database to read. It is not changed, not even brought up to date.
    pub(super) fn source(url: &DatabaseUrl) -> anyhow::Result<Self> {
        let pending =
            Db::pending_migrations(url).with_context(|| format!("--from: cannot use the {url}"))?;
        match pending {
            None => bail!("--from: the {url} is not there"),
            Some(0) => {}
            Some(pending) => bail!(
                "--from: the {url} lacks {pending} migration(s): run taskbridge migrate with it as \
                 DATABASE_URL, if it is the right one"
            ),
        }
        let mut side = Self::open(url, "--from")?;
        ensure!(
            ledger::read(&mut side.connection)?.is_none(),
            "--from: the {url} is a copy that was never finished: finish that one first"
        );
        Ok(side)
    }

    /// The database to fill, brought up to date.
    pub(super) fn target(url: &DatabaseUrl, sharding: Sharding) -> anyhow::Result<Self> {
        let side = Self::open(url, "--to")?;
        Db::migrate(&DbSettings { sharding, ..DbSettings::of(url.clone()) }).context("--to")?;
        Ok(side)
    }

    fn open(url: &DatabaseUrl, option: &str) -> anyhow::Result<Self> {
        let connection =
            DbConnection::open(url).with_context(|| format!("{option}: cannot use the {url}"))?;
        Ok(Self { url: url.clone(), connection })
    }

    /// What a table holds now, read in batches.
    pub(super) fn checksum<T: Stored>(&mut self) -> anyhow::Result<Checksum> {
        let mut checksum = Checksum::default();
        let mut reader = Reader::<T>::new();
        while let Some(row) = reader.next(self)? {
            checksum.add(&row);
        }
        Ok(checksum)
    }
}
