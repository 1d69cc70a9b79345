//! The vocabulary of the API's description (OpenAPI 3.1). A feature describes each of its operations
//! with a [`Description`]; what follows from the access of an operation (security, the path's user, the
//! errors before a handler runs) is added in one place, `server/openapi.rs`.

mod description;
mod headers;
mod problems;
mod schema;

pub(crate) use description::{Description, Response, path_parameter, query_parameter};
pub(crate) use headers::{header_components, parameter_components};
pub(crate) use problems::{problem_components, problem_schemas};
pub(crate) use schema::{
    NamedSchema, boolean, integer, named, nullable, object, one_of, reference, string,
};
