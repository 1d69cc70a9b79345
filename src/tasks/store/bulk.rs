//! Many operations of one owner in one transaction.

use std::sync::{Arc, Mutex, PoisonError};

use diesel::QueryResult;
use diesel::result::Error;

use super::once::expiry;
use super::operations::{change, complete, delete, find, insert, lock};
use super::queries::{FindOutcome, FreeKey, InsertOutcome};
use super::trash::restore;
use super::{ATTEMPTS, Restored, TaskRules, TaskStore};
use crate::auth::OwnerId;
use crate::base::problem::FieldError;
use crate::db::{DbError, Session, Timestamp, execute, load};
use crate::tasks::bulk::{Done, Failure, Kept, Operation, Outcome, What};
use crate::tasks::idempotency::{Fingerprint, IdempotencyKey};
use crate::tasks::request::precondition::{Precondition, Written};
use crate::tasks::task::etag::EntityTag;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::Task;

/// What became of a request with many operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tasks) enum BulkWritten {
    /// Of each operation, in their order.
    Results(Vec<Outcome>),
    /// All or nothing was asked for, and this one failed first: nothing was done.
    Failed(usize, Failure),
    /// The idempotency key belongs to another request.
    KeyReused,
}

impl BulkWritten {
    /// Whether an operation has failed because the owner may have no more tasks.
    pub(in crate::tasks) fn lacks_room(&self) -> bool {
        match self {
            Self::Results(outcomes) => outcomes.contains(&Err(Failure::LimitReached)),
            Self::Failed(_, failure) => *failure == Failure::LimitReached,
            Self::KeyReused => false,
        }
    }
}

/// Operations, or which rules they break.
type Asked = Vec<Result<Operation, Vec<FieldError>>>;

/// A request's key, and what the request is.
type Keyed = Option<(IdempotencyKey, Fingerprint)>;

impl TaskStore {
    /// Does the operations one after another in one transaction; with `atomic` all or none. Under a key that was used
    /// before it does nothing, and gives the outcomes of then with the tasks as they are now.
    pub(in crate::tasks) async fn bulk(
        &self,
        owner: &OwnerId,
        asked: Asked,
        atomic: bool,
        key: Keyed,
    ) -> Result<BulkWritten, DbError> {
        for _ in 0..ATTEMPTS {
            if let Some(before) = self.repeated(owner, &asked, &key).await? {
                return Ok(before);
            }
            let failed = Arc::new(Mutex::new(None));
            let (mine, asked, key) = (owner.clone(), asked.clone(), key.clone());
            let (rules, failing) = (self.rules, Arc::clone(&failed));
            let all = async move |s: Session<'_>| {
                let mut bulk = Bulk { s, owner: &mine, rules };
                let first_failure = bulk.all(asked, atomic, &key).await?;
                first_failure.map_err(|failure| {
                    *failing.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
                    Error::RollbackTransaction
                })
            };
            let outcome = self.transaction(owner, all).await;
            let failed = failed.lock().unwrap_or_else(PoisonError::into_inner).take();
            match (outcome, failed) {
                (Ok(outcomes), _) => return Ok(BulkWritten::Results(outcomes)),
                (Err(_), Some((index, failure))) => return Ok(BulkWritten::Failed(index, failure)),
                // An equal request was first.
                (Err(DbError::Conflict(_)), None) => {}
                (Err(error), None) => return Err(error),
            }
        }
        Err(DbError::Unavailable(format!("the key changed {ATTEMPTS} times")))
    }

    /// What an earlier request with this key has done.
    async fn repeated(
        &self,
        owner: &OwnerId,
        asked: &Asked,
        key: &Keyed,
    ) -> Result<Option<BulkWritten>, DbError> {
        let Some((key, fingerprint)) = key else { return Ok(None) };
        let (user, mine, key) = (owner.as_str(), owner.clone(), key.clone());
        let read =
            async move |mut s: Session<'_>| -> QueryResult<Option<(String, Option<String>)>> {
                let (until, owner) = (expiry(Timestamp::now()), &mine);
                Ok(load!(&mut s, FindOutcome { owner, key: &key, until })?.pop())
            };
        let Some((first, outcome)) = self.worker.read(user, read).await? else { return Ok(None) };
        let kept: Option<Vec<Kept>> = outcome.and_then(|text| serde_json::from_str(&text).ok());
        let Some(kept) = kept.filter(|_| first == fingerprint.as_str()) else {
            return Ok(Some(BulkWritten::KeyReused));
        };
        let mut outcomes = Vec::with_capacity(kept.len());
        for (kept, asked) in kept.into_iter().zip(asked) {
            outcomes.push(self.as_before(owner, kept, asked).await?);
        }
        Ok(Some(BulkWritten::Results(outcomes)))
    }

    async fn as_before(
        &self,
        owner: &OwnerId,
        kept: Kept,
        asked: &Result<Operation, Vec<FieldError>>,
    ) -> Result<Outcome, DbError> {
        Ok(match kept {
            Kept::Done(204, _) => Ok(Done::Deleted),
            Kept::Done(status, id) => match id.and_then(TaskId::from_i64) {
                Some(id) => Ok(match self.find(owner, id).await? {
                    Some(task) if status == 201 => Done::Created(task),
                    Some(task) => Done::Written(task),
                    None => Done::Gone(status),
                }),
                None => Ok(Done::Gone(status)),
            },
            Kept::Invalid => Err(Failure::Invalid(asked.clone().err().unwrap_or_default())),
            Kept::NotFound => Err(Failure::NotFound),
            Kept::Stale(seq) => Err(Failure::Stale(EntityTag::of_seq(seq))),
            Kept::LimitReached => Err(Failure::LimitReached),
        })
    }
}

/// A transaction under way.
struct Bulk<'a> {
    s: Session<'a>,
    owner: &'a OwnerId,
    rules: TaskRules,
}

impl Bulk<'_> {
    /// The outcomes, or the first failure where that ends all.
    async fn all(
        &mut self,
        asked: Asked,
        atomic: bool,
        key: &Keyed,
    ) -> QueryResult<Result<Vec<Outcome>, (usize, Failure)>> {
        // No other write of the owner comes between two of these.
        lock(&mut self.s, self.owner).await?;
        let mut outcomes = Vec::with_capacity(asked.len());
        for (index, operation) in asked.into_iter().enumerate() {
            let outcome = match operation {
                Ok(operation) => self.one(operation).await?,
                Err(faults) => Err(Failure::Invalid(faults)),
            };
            match outcome {
                Err(failure) if atomic => return Ok(Err((index, failure))),
                outcome => outcomes.push(outcome),
            }
        }
        if let Some((key, fingerprint)) =
            key.as_ref().filter(|_| outcomes.iter().any(Result::is_ok))
        {
            self.keep(key, fingerprint, &outcomes).await?;
        }
        Ok(Ok(outcomes))
    }

    async fn one(&mut self, Operation { what, precondition }: Operation) -> QueryResult<Outcome> {
        let (owner, TaskRules { limit, .. }) = (self.owner, self.rules);
        if let What::Create(new) = what {
            let made = insert(self.s.again(), owner, &new, limit).await?;
            return Ok(made.map(Done::Created).ok_or(Failure::LimitReached));
        }
        if let What::Restore(id) = what {
            return Ok(match restore(self.s.again(), owner, id, &precondition, limit).await? {
                Restored::Written(written) => outcome(written),
                Restored::LimitReached => Err(Failure::LimitReached),
            });
        }
        let (What::Update(id, _) | What::Complete(id, _) | What::Delete(id)) = &what else {
            return Ok(Err(Failure::NotFound));
        };
        let reads = matches!(&what, What::Update(_, changes) if changes.is_empty());
        if reads || precondition != Precondition::Exists {
            let found = find(self.s.again(), owner, *id).await?;
            match found {
                None => return Ok(Err(Failure::NotFound)),
                Some(task) if !precondition.holds_for(&task) => {
                    return Ok(Err(Failure::Stale(EntityTag::of(&task))));
                }
                Some(task) if reads => return Ok(Ok(Done::Written(task))),
                Some(_) => {}
            }
        }
        let keeps = self.rules.trash_days > 0;
        let written = match what {
            What::Update(id, changes) => {
                change(self.s.again(), owner, id, &changes, None).await?.map(Done::Written)
            }
            What::Complete(id, completed) => {
                complete(self.s.again(), owner, id, completed, None).await?.map(Done::Written)
            }
            What::Delete(id) => {
                let deleted = delete(self.s.again(), owner, id, None, keeps).await?;
                deleted.then_some(Done::Deleted)
            }
            What::Create(_) | What::Restore(_) => None,
        };
        Ok(written.ok_or(Failure::NotFound))
    }

    async fn keep(
        &mut self,
        key: &IdempotencyKey,
        fingerprint: &Fingerprint,
        outcomes: &[Outcome],
    ) -> QueryResult<()> {
        let (owner, now) = (self.owner, Timestamp::now());
        let kept: Vec<Kept> = outcomes.iter().map(Kept::from).collect();
        // Numbers always serialise.
        let outcome = serde_json::to_string(&kept).unwrap_or_default();
        execute!(&mut self.s, FreeKey { owner, key, until: expiry(now) })?;
        let insert = InsertOutcome { owner, key, fingerprint, outcome: &outcome, now };
        execute!(&mut self.s, insert)?;
        Ok(())
    }
}

fn outcome(written: Written<Task>) -> Outcome {
    match written {
        Written::Done(task) => Ok(Done::Written(task)),
        Written::Stale(current) => Err(Failure::Stale(current)),
        Written::Absent => Err(Failure::NotFound),
    }
}
