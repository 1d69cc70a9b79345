//! `DELETE /api/{user_id}/tasks?completed=true`: clears the completed tasks. The parameter must be
//! there, and no other that would narrow a list: a client that sends one means to delete less.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::store::TaskStore;
use crate::auth::OwnerId;
use crate::base::problem::FieldError;
use crate::http::error::ApiError;

const MISSING: FieldError = FieldError {
    field: "completed",
    code: "missing",
    detail: "Only completed tasks are deleted together: ask for completed=true.",
};
const NOT_TRUE: FieldError = FieldError { code: "not_allowed", ..MISSING };

/// The other parameters of a list.
const LISTING: &[&str] = &[
    "status",
    "priority",
    "tag",
    "search",
    "due_before",
    "due_after",
    "cursor",
    "sort",
    "order",
    "limit",
    "include_total",
];

/// What clearing did.
#[derive(Serialize, ToSchema)]
pub(super) struct Cleared {
    /// How many tasks were deleted.
    pub(super) deleted: usize,
}

pub(super) async fn clear(
    owner: OwnerId,
    store: web::Data<TaskStore>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    check(request.query_string()).map_err(ApiError::Validation)?;
    let deleted = store.delete_completed(&owner).await?;
    Ok(HttpResponse::Ok().json(Cleared { deleted }))
}

/// Whether the query string asks for the completed tasks and for nothing else; every fault at once.
fn check(query: &str) -> Result<(), Vec<FieldError>> {
    let (mut asked, mut faults) = (false, Vec::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if name == "completed" {
            asked = true;
            if value != "true" {
                faults.push(NOT_TRUE);
            }
        } else if let Some(field) = LISTING.iter().find(|known| **known == name) {
            faults.push(FieldError {
                field,
                code: "not_allowed",
                detail: "Clearing knows no parameter but completed=true.",
            });
        }
    }
    if !asked {
        faults.push(MISSING);
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::{LISTING, check};

    fn faults(query: &str) -> Vec<(&'static str, &'static str)> {
        let faults = check(query).err().unwrap_or_default();
        faults.iter().map(|fault| (fault.field, fault.code)).collect()
    }

    #[test]
    fn only_completed_true_asks_for_it() {
        for query in ["completed=true", "completed=true&completed=true", "x=1&completed=%74rue"] {
            assert_eq!(faults(query), [], "{query}");
        }
        for query in ["", "x=1", "Completed=true", "%63ompleted%3Dtrue"] {
            assert_eq!(faults(query), [("completed", "missing")], "{query}");
        }
        for query in ["completed", "completed=", "completed=false", "completed=True"] {
            assert_eq!(faults(query), [("completed", "not_allowed")], "{query}");
        }
        for query in ["completed=true&completed=false", "completed=1&completed=true"] {
            assert_eq!(faults(query), [("completed", "not_allowed")], "{query}");
        }
    }

    #[test]
    fn a_listing_parameter_beside_it_is_refused_by_name() {
        for name in LISTING {
            for query in [format!("completed=true&{name}=x"), format!("{name}=&completed=true")] {
                assert_eq!(faults(&query), [(*name, "not_allowed")]);
            }
        }
        assert_eq!(
            faults("limit=5&tag=a"),
            [("limit", "not_allowed"), ("tag", "not_allowed"), ("completed", "missing")]
        );
    }
}
