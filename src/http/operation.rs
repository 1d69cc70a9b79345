//! One row of the URL table. Routes are registered from these rows and from nothing else, so a test
//! that walks the rows has walked every route there is.

use actix_web::Route;
use actix_web::http::Method;

use crate::http::openapi::Description;

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Every client.
    Public,
    /// The front end, by a logout token in the body.
    FrontEnd,
    /// Every client with a valid token; the path is below `/api`.
    Authenticated,
    /// Only the user named in the path; the path is below `/api/{user_id}`.
    Owner,
    /// Every client with a valid token that is for the endpoint of assistants and for nothing else.
    Assistant,
}

impl Access {
    /// The part of the URL before [`Operation::path`].
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Public => "",
            Self::FrontEnd => "/backchannel-logout",
            Self::Authenticated => "/api",
            Self::Owner => "/api/{user_id}",
            Self::Assistant => "/mcp",
        }
    }
}

/// What an operation answers with when it succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Produces {
    /// JSON; a client that accepts none is answered 406.
    Json,
    /// Server-Sent Events, whatever the client accepts.
    EventStream,
    /// A file, whatever the client accepts.
    File,
}

/// A method on a path, who may call it, what answers and how it is described.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The method. `GET` answers `HEAD` too.
    pub method: Method,
    /// Who may call it.
    pub access: Access,
    /// The path after the prefix of its access.
    pub path: &'static str,
    /// What it answers with. The same for every method of a path.
    pub produces: Produces,
    pub(crate) route: fn() -> Route,
    /// What OpenAPI says about it; nothing about files.
    pub(crate) describe: Option<fn() -> Description>,
}

impl Operation {
    /// An operation that answers JSON.
    pub(crate) const fn json(
        access: Access,
        method: Method,
        path: &'static str,
        route: fn() -> Route,
        describe: fn() -> Description,
    ) -> Self {
        Self { method, access, path, produces: Produces::Json, route, describe: Some(describe) }
    }

    /// A public file.
    pub(crate) const fn file(path: &'static str, route: fn() -> Route) -> Self {
        let (method, access, produces) = (Method::GET, Access::Public, Produces::File);
        Self { method, access, path, produces, route, describe: None }
    }

    /// The whole path pattern, such as `/api/{user_id}/tasks/{id}`.
    #[must_use]
    pub fn pattern(&self) -> String {
        format!("{}{}", self.access.prefix(), self.path)
    }
}
