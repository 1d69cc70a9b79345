//! One row of the URL table. Routes are registered from these rows and from nothing else, so a test
//! that walks the rows has walked every route there is.

use actix_web::Route;
use actix_web::http::Method;

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Anybody with a valid token; the path is below `/api`.
    Authenticated,
    /// The user named in the path, and nobody else; the path is below `/api/{user_id}`.
    Owner,
}

impl Access {
    /// What stands before [`Operation::path`] in the URL.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Public => "",
            Self::Authenticated => "/api",
            Self::Owner => "/api/{user_id}",
        }
    }
}

/// What an operation answers with, when all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Produces {
    /// JSON; a client that accepts none is answered 406.
    Json,
    /// Whatever the file is, to whoever asks for it.
    File,
}

/// A method on a path, who may call it, and what answers.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The method. `GET` answers `HEAD` too.
    pub method: Method,
    /// Who may call it.
    pub access: Access,
    /// The path behind the prefix of its access.
    pub path: &'static str,
    /// What it answers with. The same for every method of a path.
    pub produces: Produces,
    pub(crate) route: fn() -> Route,
}

impl Operation {
    /// The whole path pattern, such as `/api/{user_id}/tasks/{id}`.
    #[must_use]
    pub fn pattern(&self) -> String {
        format!("{}{}", self.access.prefix(), self.path)
    }
}
