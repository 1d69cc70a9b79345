//! The vocabulary of the API's description (OpenAPI 3.1). Features describe what is theirs with a
//! [`Description`] each; what follows from the access of an operation (security, the path's user, the
//! errors before a handler runs) is added in one place, [`crate::server::openapi`].

mod description;
mod headers;
mod problems;
mod schema;

pub(crate) use description::{Answer, Description, json_body, path_parameter, query_parameter};
pub(crate) use headers::{ResponseHeader, header_components, parameter_components};
pub(crate) use problems::{problem_components, problem_schemas};
pub(crate) use schema::{boolean, integer, nullable, one_of, reference, string};
