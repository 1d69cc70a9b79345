//! Moving a user base from one database to another, whichever kinds they are: `taskbridge copy`.
//!
//! The two databases are read side by side in the order of their keys, so a second run finds by itself
//! what is missing. Nothing is overwritten unless the `ledger` proves that this command wrote it.

mod checksum;
mod command;
mod ledger;
mod reader;
mod side;
mod tables;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use checksum::Checksum;
pub(super) use command::{Arguments, run};

use crate::db::{DatabaseUrl, DbConnection, DbError, Sharding};
use ledger::Content;
use reader::{Merge, Pair};
use side::Side;
use tables::{BATCH, Copied, DeletedRow, KeyRow, OwnerRow, RevocationRow, Stored, TaskRow};

/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(2);

/// What both databases hold in one table.
pub(crate) struct Verified {
    pub(crate) table: &'static str,
    pub(crate) checksum: Checksum,
}

/// Copies every owner, task, deleted task, idempotency key and revocation, then reads both databases once more and compares them.
/// The tables of the target are laid out as `sharding` says.
///
/// # Errors
/// One sentence: a database cannot be used, the target holds rows of its own, or the two differ in the
/// end. What was copied stays, and another run goes on from there.
pub(crate) fn copy(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    sharding: Sharding,
) -> anyhow::Result<Vec<Verified>> {
    ensure!(!same(from, to), "--from and --to name the same database");
    let mut source = Side::source(from)?;
    let mut target = Side::target(to, sharding)?;
    let content = Content {
        owners: target.checksum::<OwnerRow>()?,
        tasks: target.checksum::<TaskRow>()?,
        deleted: target.checksum::<DeletedRow>()?,
        keys: target.checksum::<KeyRow>()?,
        revocations: target.checksum::<RevocationRow>()?,
    };
    let recorded = ledger::read(&mut target.connection)?;
    let ours = content == Content::default() || recorded == Some(content);
    if !ours {
        refuse_strangers::<OwnerRow>(&mut source, &mut target)?;
        refuse_strangers::<TaskRow>(&mut source, &mut target)?;
        refuse_strangers::<DeletedRow>(&mut source, &mut target)?;
        refuse_strangers::<KeyRow>(&mut source, &mut target)?;
        refuse_strangers::<RevocationRow>(&mut source, &mut target)?;
    }
    ledger::start(&mut target.connection, &content)
        .with_context(|| format!("Cannot write to the {to}"))?;
    let copied = Content {
        owners: bring::<OwnerRow>(&mut source, &mut target, content.owners, ours)?,
        tasks: bring::<TaskRow>(&mut source, &mut target, content.tasks, ours)?,
        deleted: bring::<DeletedRow>(&mut source, &mut target, content.deleted, ours)?,
        keys: bring::<KeyRow>(&mut source, &mut target, content.keys, ours)?,
        revocations: bring::<RevocationRow>(&mut source, &mut target, content.revocations, ours)?,
    };
    log::info!("comparing both databases");
    let verified = vec![
        verify::<OwnerRow>(&mut source, &mut target, copied.owners)?,
        verify::<TaskRow>(&mut source, &mut target, copied.tasks)?,
        verify::<DeletedRow>(&mut source, &mut target, copied.deleted)?,
        verify::<KeyRow>(&mut source, &mut target, copied.keys)?,
        verify::<RevocationRow>(&mut source, &mut target, copied.revocations)?,
    ];
    ledger::end(&mut target.connection).with_context(|| format!("Cannot write to the {to}"))?;
    Ok(verified)
}

/// Whether a copy into this database was begun and not finished.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) fn is_unfinished(connection: &mut DbConnection) -> Result<bool, DbError> {
    Ok(ledger::read(connection)?.is_some())
}

fn same(from: &DatabaseUrl, to: &DatabaseUrl) -> bool {
    match (from, to) {
        (DatabaseUrl::Sqlite(from), DatabaseUrl::Sqlite(to)) => {
            let resolved = |path: &str| Path::new(path).canonicalize().ok();
            from == to || resolved(from).is_some_and(|from| Some(from) == resolved(to))
        }
        (from, to) => from == to,
    }
}

/// Looks for rows of the target that the source has not, before anything is written.
fn refuse_strangers<T: Stored>(source: &mut Side, target: &mut Side) -> anyhow::Result<()> {
    let mut merge = Merge::<T>::new();
    while let Some(pair) = merge.next(source, target)? {
        refuse_stranger(&pair, &target.url)?;
    }
    Ok(())
}

fn refuse_stranger<T: Stored>(pair: &Pair<T>, target: &DatabaseUrl) -> anyhow::Result<()> {
    let (key, what) = match pair {
        Pair::Equal(_) | Pair::Missing(_) => return Ok(()),
        Pair::Surplus(row) => (row.key(), "which the source has not"),
        Pair::Different(row, _) => (row.key(), "which is different in the source"),
    };
    bail!(
        "the {target} holds a row of {} {what}, and no run of this command has left it there: \
         {key:?}. Copy into an empty database",
        T::TABLE
    )
}

/// Makes the target's table equal to the source's, and returns what the source's held.
fn bring<T: Copied>(
    source: &mut Side,
    target: &mut Side,
    held: Checksum,
    ours: bool,
) -> anyhow::Result<Checksum> {
    let mut copied = Checksum::default();
    let mut changes =
        Changes::<T> { delete: Vec::new(), insert: Vec::new(), before: held, after: held };
    let mut told = Instant::now();
    let mut merge = Merge::<T>::new();
    while let Some(pair) = merge.next(source, target)? {
        if !ours {
            refuse_stranger(&pair, &target.url)?;
        }
        match pair {
            Pair::Equal(row) => copied.add(&row),
            Pair::Missing(row) => {
                copied.add(&row);
                changes.insert(row);
            }
            Pair::Surplus(row) => changes.delete(&row),
            Pair::Different(row, old) => {
                copied.add(&row);
                changes.delete(&old);
                changes.insert(row);
            }
        }
        if changes.insert.len().max(changes.delete.len()) >= BATCH {
            changes.write(target)?;
        }
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            log::info!("{}: {} row(s) so far", T::TABLE, copied.rows());
        }
    }
    changes.write(target)?;
    log::info!("{}: {} row(s) are there", T::TABLE, copied.rows());
    Ok(copied)
}

/// What is to be done to the target in one transaction.
struct Changes<T: Copied> {
    delete: Vec<T::Key>,
    insert: Vec<T>,
    /// What the table holds.
    before: Checksum,
    /// What it will hold.
    after: Checksum,
}

impl<T: Copied> Changes<T> {
    fn insert(&mut self, row: T) {
        self.after.add(&row);
        self.insert.push(row);
    }

    fn delete(&mut self, row: &T) {
        self.after.remove(row);
        self.delete.push(row.key());
    }

    fn write(&mut self, target: &mut Side) -> anyhow::Result<()> {
        if self.insert.is_empty() && self.delete.is_empty() {
            return Ok(());
        }
        let written: anyhow::Result<()> = target.connection.atomically(|connection| {
            ledger::advance(connection, T::TABLE, &self.before, &self.after)?;
            for key in &self.delete {
                T::delete(connection, key)?;
            }
            if !self.insert.is_empty() {
                T::insert(connection, &self.insert)?;
            }
            Ok(())
        });
        written.with_context(|| format!("Cannot write {} to the {}", T::TABLE, target.url))?;
        self.delete.clear();
        self.insert.clear();
        self.before = self.after;
        Ok(())
    }
}

/// Reads a table of both databases once more. `copied` is what the source held before.
fn verify<T: Stored>(
    source: &mut Side,
    target: &mut Side,
    copied: Checksum,
) -> anyhow::Result<Verified> {
    let checksum = source.checksum::<T>()?;
    ensure!(
        copied == checksum,
        "{} of the {} changed while it was copied: stop the server that uses it, then run the same \
         command again; it goes on from here",
        T::TABLE,
        source.url
    );
    let found = target.checksum::<T>()?;
    ensure!(
        found == checksum,
        "{} of the {} is not what was copied: {found} instead of {checksum}; stop whatever else writes \
         to it, then run the same command again",
        T::TABLE,
        target.url
    );
    Ok(Verified { table: T::TABLE, checksum })
}
