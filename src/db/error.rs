//! What can go wrong in the database, sorted by what the caller can do about it.

use diesel::result::{DatabaseErrorKind, Error};

/// A failed database operation. "No such row" is not among them: that is an `Option`.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A unique rule was broken.
    #[error("a unique rule was broken: {0}")]
    Conflict(#[source] Error),
    /// The database is away, full, locked or has no free connection. Worth another try later.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The user has as many scans as one may have at once. Worth another try later.
    #[error("the user's other reads took too long")]
    Busy,
    /// Anything else: a fault of this program.
    #[error("unexpected database error: {0}")]
    Unexpected(String),
}

/// Texts by which the databases report a state of the outside world rather than a wrong statement; Diesel
/// hands them on as an unknown kind.
const OUTSIDE: &[&str] = &[
    "database is locked",
    "database table is locked",
    "database or disk is full",
    "disk I/O error",
    // What a broken device (EIO) looks like to a reader.
    "database disk image is malformed",
    "unable to open database file",
    "attempt to write a readonly database",
    "terminating connection",
    "the database system is",
    "too many clients",
    "remaining connection slots",
    "canceling statement due to",
    "deadlock detected",
    "cannot execute",
    "No space left on device",
    // What Citus says of a server that holds shards.
    "connection to the remote node",
    "could not establish any connections to the node",
    "failure on connection marked as essential",
    "involved in a distributed deadlock",
];

/// How PostgreSQL begins a message about a unique rule. Citus hands on that of another server without its code.
const CONFLICT: &str = "duplicate key value violates unique constraint";

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        match &error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Conflict(error),
            Error::DatabaseError(_, information) if information.message().starts_with(CONFLICT) => {
                Self::Conflict(error)
            }
            Error::DatabaseError(
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::SerializationFailure
                | DatabaseErrorKind::ReadOnlyTransaction,
                _,
            )
            | Error::BrokenTransactionManager => Self::Unavailable(error.to_string()),
            _ => {
                let text = error.to_string();
                if is_outside(&text) { Self::Unavailable(text) } else { Self::Unexpected(text) }
            }
        }
    }
}

/// Whether a message of the database is about the world outside the statement.
pub(super) fn is_outside(message: &str) -> bool {
    OUTSIDE.iter().any(|known| message.contains(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(text: &str) -> DbError {
        Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(text.to_owned())).into()
    }

    #[test]
    fn a_disk_that_fails_is_no_fault_of_this_program() {
        for text in [
            "database or disk is full",
            "disk I/O error",
            "database disk image is malformed",
            "unable to open database file",
            "database is locked",
        ] {
            assert!(matches!(reported(text), DbError::Unavailable(_)), "{text}");
        }
        assert!(matches!(reported("no such column: a"), DbError::Unexpected(_)));
    }

    #[test]
    fn nor_is_a_server_of_citus_that_is_away() {
        let text = "connection to the remote node u@h:1 failed with the following error: Connection refused";
        assert!(matches!(reported(text), DbError::Unavailable(_)));
        let text = "duplicate key value violates unique constraint \"tasks_pkey_102008\"";
        assert!(matches!(reported(text), DbError::Conflict(_)));
    }
}
