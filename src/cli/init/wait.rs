//! Serves with the new configuration, and says of the first tokens what the verifier says of them.

use anyhow::Context;
use tokio::sync::mpsc::{Receiver, channel};

use super::setup::Setup;
use crate::base::problem::ProblemCode;
use crate::cli::output;
use crate::cli::serve::{Signals, until_signalled};
use crate::cli::token;
use crate::config::{Config, Source};
use crate::server::{Application, Arrival};

/// Requests that wait to be reported; of more at once, some are not.
const WAITING: usize = 16;

/// After a refusal.
const AGAIN: &str = "\nWaiting for the next token. After a change of .env here: Ctrl-C, then taskbridge init again.";

/// After a refusal for want of keys, which have come since.
const LATE: &str =
    "\nWhen it came, its key had not been fetched; now it has. Waiting for it to come again.";

/// Serves until a signal comes. `lines` makes the report of what to change in the front end, for the address of the API.
///
/// # Errors
/// When the server cannot start, or standard output fails.
pub(super) async fn serve(
    setup: &Setup,
    signals: Signals,
    lines: impl FnOnce(&str) -> String,
) -> anyhow::Result<()> {
    let source = setup.source();
    let (sender, arrivals) = channel(WAITING);
    let watch = Box::new(move |arrival| drop(sender.try_send(arrival)));
    let application = Application::build_watched(Config::from_source(&source)?, watch)?;
    let address = application.address();
    let host =
        if address.ip().is_loopback() { "localhost".into() } else { address.ip().to_string() };
    let api_url = format!("http://{host}:{}", address.port());
    output::print(&lines(&api_url))?;
    output::print(&format!(
        "\nListening on {api_url}. Sign in to the front end and open a page that calls the API.\n\
         Waiting for the first token; Ctrl-C stops."
    ))?;
    actix_rt::spawn(async move {
        if let Err(error) = report(source, arrivals, &api_url).await {
            eprintln!("taskbridge: {error:#}");
        }
    });
    until_signalled(application, signals).await
}

/// Ends with the first token that is accepted. What was said of the last one is not said again.
async fn report(
    source: Source,
    mut arrivals: Receiver<Arrival>,
    api_url: &str,
) -> anyhow::Result<()> {
    let mut last = String::new();
    while let Some(arrival) = arrivals.recv().await {
        let text = match &arrival.token {
            None => without_token(arrival.code).to_owned(),
            Some(token) => {
                let config = Config::from_source(&source)?;
                let verdict = token::explain(config, token.expose()).await?;
                if arrival.is_accepted {
                    let user =
                        verdict.user_id.context("a token was accepted and is refused now")?;
                    return output::print(&format!(
                        "\n{}\n{}",
                        verdict.text,
                        accepted(&arrival, &user, api_url)
                    ));
                }
                let and_then = if verdict.user_id.is_some() { LATE } else { AGAIN };
                verdict.text + and_then
            }
        };
        if text != last {
            output::print(&format!("\n{text}"))?;
            last = text;
        }
    }
    Ok(())
}

fn without_token(code: Option<ProblemCode>) -> &'static str {
    if code == Some(ProblemCode::InvalidRequest) {
        return "A request came with a malformed Authorization header: send it once, as Bearer <token>, with the token that \
                GET /api/auth/token of the front end answers.";
    }
    "A request came without a token: send the one that GET /api/auth/token of the front end answers, as \
     Authorization: Bearer <token>."
}

/// What to do next.
fn accepted(arrival: &Arrival, user: &str, api_url: &str) -> String {
    let other = if arrival.code == Some(ProblemCode::Forbidden) {
        "The request itself was refused, because its path names another user than the token.\n"
    } else {
        ""
    };
    format!(
        "{other}The two sides work together. This user's tasks are at {api_url}/api/{}/tasks, all operations at {api_url}/docs.\n\
         The server goes on; Ctrl-C stops it. Next time start it with: taskbridge",
        percent_encoding::utf8_percent_encode(user, percent_encoding::NON_ALPHANUMERIC)
    )
}
