//! Tables read in batches, alone or two side by side.

use std::cmp::Ordering;
use std::collections::VecDeque;

use anyhow::Context;

use super::side::Side;
use super::tables::{BATCH, Stored};

/// The rows of a table in the order of its key.
pub(super) struct Reader<T: Stored> {
    rows: VecDeque<T>,
    after: T::Key,
    ended: bool,
}

impl<T: Stored> Reader<T> {
    pub(super) fn new() -> Self {
        Self { rows: VecDeque::new(), after: T::Key::default(), ended: false }
    }

    fn fill(&mut self, side: &mut Side) -> anyhow::Result<()> {
        if !self.rows.is_empty() || self.ended {
            return Ok(());
        }
        let rows = T::batch(&mut side.connection, &self.after)
            .with_context(|| format!("Cannot read {} of the {}", T::TABLE, side.url))?;
        self.ended = rows.len() < BATCH;
        if let Some(last) = rows.last() {
            self.after = last.key();
        }
        self.rows = rows.into();
        Ok(())
    }

    /// The next row, if there is one.
    pub(super) fn next(&mut self, side: &mut Side) -> anyhow::Result<Option<T>> {
        self.fill(side)?;
        Ok(self.rows.pop_front())
    }
}

/// What the two tables have at the next key.
#[derive(Debug)]
pub(super) enum Pair<T> {
    /// The same row.
    Equal(T),
    /// A row of the source alone.
    Missing(T),
    /// A row of the target alone.
    Surplus(T),
    /// The source's row and the target's.
    Different(T, T),
}

/// The source's table beside the target's. Rows at or before the present key may be changed meanwhile.
pub(super) struct Merge<T: Stored> {
    source: Reader<T>,
    target: Reader<T>,
}

impl<T: Stored> Merge<T> {
    pub(super) fn new() -> Self {
        Self { source: Reader::new(), target: Reader::new() }
    }

    pub(super) fn next(
        &mut self,
        source: &mut Side,
        target: &mut Side,
    ) -> anyhow::Result<Option<Pair<T>>> {
        self.source.fill(source)?;
        self.target.fill(target)?;
        let order = match (self.source.rows.front(), self.target.rows.front()) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(ours), Some(theirs)) => ours.key().cmp(&theirs.key()),
        };
        let ours = if order.is_le() { self.source.rows.pop_front() } else { None };
        let theirs = if order.is_ge() { self.target.rows.pop_front() } else { None };
        Ok(match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours == theirs => Some(Pair::Equal(ours)),
            (Some(ours), Some(theirs)) => Some(Pair::Different(ours, theirs)),
            (Some(ours), None) => Some(Pair::Missing(ours)),
            (None, Some(theirs)) => Some(Pair::Surplus(theirs)),
            (None, None) => None,
        })
    }
}
