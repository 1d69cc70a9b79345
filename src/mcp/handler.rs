//! `POST /mcp`: one message, one answer.

use actix_web::http::StatusCode;
use actix_web::{Error, HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::message::{Members, Message, Request};
use super::methods;
use super::refusal::{Code, Refusal};
use super::version::{self, Era};
use crate::auth::{AuthError, AuthenticatedUser, OwnerId};
use crate::http::error::ApiError;
use crate::http::extract::JsonObject;
use crate::tasks::TaskStore;
use crate::tasks::tools::{Tool, ToolFailure};

type Body = Result<JsonObject<Members>, ApiError>;

pub(super) async fn handle(
    user: AuthenticatedUser,
    store: web::Data<TaskStore>,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Error> {
    let JsonObject(members) = body.map_err(refused_body)?;
    let message = match Message::read(members)? {
        Message::Request(message) => message,
        Message::Notification => {
            version::check_notification(request.headers())?;
            return Ok(HttpResponse::Accepted().finish());
        }
    };
    let named = |refusal: Refusal| refusal.for_request(&message.id);
    let era = Era::of(&message, request.headers()).map_err(named)?;
    let result = match (era, message.method.as_str()) {
        (_, "tools/call") => call(&user, &store, &message).await?,
        (_, "tools/list") => methods::list_tools(era),
        (Era::Stateless, "server/discover") => methods::discover(),
        (Era::Handshake, "initialize") => methods::initialize(&message),
        (Era::Handshake, "ping") => Members::new(),
        _ => return Err(named(unknown_method(era)).into()),
    };
    Ok(response(&message.id, methods::complete(result, era)))
}

/// Runs a tool as the user of the token, whose scope must include what the tool needs.
async fn call(
    user: &AuthenticatedUser,
    store: &TaskStore,
    message: &Request,
) -> Result<Members, Error> {
    let named = |refusal: Refusal| refusal.for_request(&message.id);
    let unknown = || named(Refusal::new(Code::InvalidParams, "There is no such tool.").in_band());
    let tool = message.text("name").and_then(Tool::named).ok_or_else(unknown)?;
    if !user.claims().scopes().allows(tool.scope()) {
        return Err(AuthError::InsufficientScope(tool.scope()).into());
    }
    let arguments = match message.params.get("arguments") {
        None => Members::new(),
        Some(Value::Object(arguments)) => arguments.clone(),
        Some(_) => {
            let refusal = Refusal::new(Code::InvalidParams, "arguments is an object.");
            return Err(named(refusal.in_band()).into());
        }
    };
    match tool.call(store, &owner(user)?, arguments).await {
        Ok(found) => Ok(methods::tool_result(found)),
        Err(ToolFailure::Refused(text)) => Ok(methods::tool_error(&text)),
        // Known only by what is stored; the challenge is that of the token check.
        Err(ToolFailure::Failed(cause @ ApiError::Auth(_))) => Err(cause.into()),
        Err(ToolFailure::Failed(cause)) => Err(named(Refusal::of_failure(cause)).into()),
    }
}

/// The user of the token and no other: there is no path that could name one.
fn owner(user: &AuthenticatedUser) -> Result<OwnerId, AuthError> {
    user.owning(user.user_id().as_str().as_bytes())
}

/// What is wrong with a body as JSON-RPC says it; what is wrong with its length, its type or its speed as elsewhere.
fn refused_body(error: ApiError) -> Error {
    match error {
        ApiError::MalformedJson(_) => {
            Refusal::new(Code::ParseError, "The body is not well-formed JSON.").into()
        }
        ApiError::Validation(_) => {
            Refusal::new(Code::InvalidRequest, "The body is one JSON-RPC message.").into()
        }
        other => other.into(),
    }
}

/// Clients of the current revision tell by the status; those before would take 404 for the end of a session.
fn unknown_method(era: Era) -> Refusal {
    let refusal = Refusal::new(Code::MethodNotFound, "There is no such method.");
    match era {
        Era::Stateless => refusal.with_status(StatusCode::NOT_FOUND),
        Era::Handshake => refusal.in_band(),
    }
}

fn response(id: &Value, result: Members) -> HttpResponse {
    HttpResponse::Ok().json(json!({"jsonrpc": "2.0", "id": id, "result": result}))
}
