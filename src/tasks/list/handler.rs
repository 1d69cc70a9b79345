//! `GET /api/{user_id}/tasks`.

use actix_web::http::Method;
use actix_web::http::header::{ContentType, ETAG, HeaderName, IF_NONE_MATCH, LINK};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream;

use super::params::ListParams;
use crate::auth::OwnerId;
use crate::db::DbError;
use crate::http::error::ApiError;
use crate::tasks::array::{self, BATCH_BYTES, Rest};
use crate::tasks::response::json::{self, List};
use crate::tasks::response::location;
use crate::tasks::store::TaskStore;
use crate::tasks::task::etag::is_current;

/// A list that is not longer is one body with its length, in bytes. Of a longer one the ids are kept, and the tasks
/// are read again as the client takes them.
const MAX_WHOLE: usize = 48 * 1024;

const X_TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

/// Answers one page as a bare array, with a `Link` to the next (RFC 8288) while there is one. Its tag is that of all
/// of the owner's tasks, so that 304 costs one look-up.
pub(in crate::tasks) async fn list(
    owner: OwnerId,
    store: web::Data<TaskStore>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = request.query_string();
    let params = ListParams::parse(query, owner.as_str()).map_err(ApiError::Validation)?;
    let mut known = request.headers().get_all(IF_NONE_MATCH).peekable();
    if known.peek().is_some() {
        let current = store.state(&owner).await?.to_string();
        if is_current(&current, known) {
            return Ok(HttpResponse::NotModified().insert_header((ETAG, current)).finish());
        }
    }
    let page = store.list(&owner, &params).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((ETAG, page.state.to_string()));
    if let Some(next) = page.next {
        let cursor = params.cursor(owner.as_str(), &next);
        response.insert_header((LINK, next_link(owner.as_str(), query, &cursor)));
    }
    if let Some(total) = page.total {
        response.insert_header((X_TOTAL_COUNT, total));
    }
    response.content_type(ContentType::json());
    Ok(match json::of_tasks(&page.tasks, MAX_WHOLE, BATCH_BYTES) {
        List::Whole(bytes) => response.body(bytes),
        List::Beginning(..) if request.method() == Method::HEAD => {
            response.streaming(stream::empty::<Result<Bytes, DbError>>())
        }
        List::Beginning(bytes, shown) => {
            let rest = page.tasks.iter().skip(shown).map(|task| task.id).collect();
            response.streaming(array::stream(store, owner, Some(bytes), Rest::Ids(rest), ()))
        }
    })
}

/// The request's own parameters with another cursor. The reference is relative, because only the
/// client knows by which address it came.
pub(super) fn next_link(user_id: &str, query: &str, cursor: &str) -> String {
    let mut parameters = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if name != "cursor" {
            parameters.append_pair(&name, &value);
        }
    }
    parameters.append_pair("cursor", cursor);
    format!("<{}?{}>; rel=\"next\"", location::tasks(user_id), parameters.finish())
}

#[cfg(test)]
mod tests {
    use super::next_link;

    #[test]
    fn the_link_repeats_the_request_with_another_cursor() {
        assert_eq!(
            next_link("a/b", "tag=a%26b&cursor=old&search=%3E%22%0d%0a&limit=2", "new"),
            "</api/a%2Fb/tasks?tag=a%26b&search=%3E%22%0D%0A&limit=2&cursor=new>; rel=\"next\""
        );
        assert_eq!(next_link("u", "", "c"), "</api/u/tasks?cursor=c>; rel=\"next\"");
    }
}
