//! The description of the description.

use actix_web::http::StatusCode;
use utoipa::openapi::ObjectBuilder;

use crate::http::openapi::{Answer, Description, ResponseHeader};
use crate::http::operation::Operation;

const TAG: &str = "documentation";

/// Describes a row of [`super::OPERATIONS`].
pub(crate) fn describe(operation: &Operation) -> Option<Description> {
    match operation.path {
        "/openapi.json" => Some(description()),
        _ => None,
    }
}

fn description() -> Description {
    let answer = Answer::new("An OpenAPI 3.1 document.")
        .header(ResponseHeader::CacheControl)
        .header(ResponseHeader::ETag)
        .json(ObjectBuilder::new(), []);
    let unchanged = Answer::new("The client's copy is current.")
        .header(ResponseHeader::CacheControl)
        .header(ResponseHeader::ETag);
    let text = "The same as `taskbridge openapi` prints.";
    Description::new(TAG, "getDescription", "This description", text)
        .header("If-None-Match")
        .answer(StatusCode::OK, answer)
        .answer(StatusCode::NOT_MODIFIED, unchanged)
}
