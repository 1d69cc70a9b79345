//! `DELETE /api/{user_id}`: erases everything this service keeps of the caller, for the hook that runs
//! when a user deletes the account itself.

use actix_web::{HttpResponse, web};

use super::bulk;
use crate::auth::OwnerId;
use crate::db::Db;
use crate::http::error::ApiError;

/// Answers 204 however often it is called: afterwards there is nothing.
pub(super) async fn erase(owner: OwnerId, db: web::Data<Db>) -> Result<HttpResponse, ApiError> {
    db.write_for(owner, bulk::erase).await?;
    Ok(HttpResponse::NoContent().finish())
}
