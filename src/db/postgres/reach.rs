//! Reaching the primary among the hosts of `DATABASE_URL`.

use std::time::Duration;

use anyhow::bail;
use futures_util::StreamExt;
use futures_util::future::OptionFuture;
use futures_util::stream::FuturesUnordered;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls};

use super::primary::Primary;
use super::url::PostgresUrl;
use super::{passfile, tls};

/// How long a host may be silent before the next one is tried as well.
const NEXT: Duration = Duration::from_millis(250);

/// How long to wait before a host that has refused is tried again, while another one is silent: it may be a standby that is
/// about to take over.
const AGAIN: Duration = Duration::from_millis(250);

/// An open connection, the task that moves its bytes, and the timeline of its server where that is known.
type Opened = (Client, JoinHandle<()>, Option<u32>);

/// Connects to the first host that can be used, in their order: the next one is tried when one has failed, or has been silent
/// for a moment, so that a host that is frozen or cut off holds up no request.
///
/// # Errors
/// When all hosts have failed, with the reason of each.
pub(super) async fn reach(
    url: &PostgresUrl,
    application_name: Option<&str>,
    primary: Option<&Primary>,
) -> anyhow::Result<Opened> {
    let hosts = hosts(url, application_name)?;
    let attempt = |number: usize, pause| {
        let config = hosts[number].clone();
        async move {
            sleep(pause).await;
            // The library's own limit ends with the TCP handshake.
            let opened = timeout(url.connect_timeout(), open(url, config, primary)).await;
            let silent = |_| Err(anyhow::anyhow!("the server did not answer in time"));
            (number, opened.unwrap_or_else(silent))
        }
    };
    let mut failures = vec![None; hosts.len()];
    let mut trying: FuturesUnordered<_> = [attempt(0, Duration::ZERO)].into_iter().collect();
    let mut begun = 1;
    loop {
        let next: OptionFuture<_> = (begun < hosts.len()).then(|| sleep(NEXT)).into();
        tokio::select! {
            Some((number, outcome)) = trying.next() => {
                let error = match outcome {
                    Ok(opened) => return Ok(opened),
                    Err(error) => sentence(&error),
                };
                failures[number] = Some(error);
                if failures.iter().all(Option::is_some) {
                    bail!(failures.into_iter().flatten().collect::<Vec<_>>().join("; "));
                }
                trying.push(attempt(number, AGAIN));
                if begun == hosts.len() {
                    continue;
                }
            }
            Some(()) = next => {}
        }
        trying.push(attempt(begun, Duration::ZERO));
        begun += 1;
    }
}

/// What to connect with, for each host.
fn hosts(url: &PostgresUrl, application_name: Option<&str>) -> anyhow::Result<Vec<Config>> {
    let complete = |mut config: Config| {
        if let Some(file) = url.passfile()
            && let Some(password) = passfile::password(file, &config)?
        {
            config.password(password);
        }
        if let Some(name) = application_name {
            config.application_name(name);
        }
        Ok(config)
    };
    url.hosts().map(complete).collect()
}

/// With `prefer`, a server whose TLS cannot be used is asked again without, as libpq does.
async fn open(
    url: &PostgresUrl,
    mut config: Config,
    primary: Option<&Primary>,
) -> anyhow::Result<Opened> {
    let primary =
        primary.filter(|_| config.get_target_session_attrs() != TargetSessionAttrs::ReadOnly);
    let (client, driver) = if config.get_ssl_mode() == SslMode::Disable {
        start(config.connect(NoTls).await?)
    } else {
        let (verify, roots) = url.verification();
        match config.connect(tls::connector(verify, roots)?).await {
            Err(error) if config.get_ssl_mode() == SslMode::Prefer && is_about_tls(&error) => {
                start(config.ssl_mode(SslMode::Disable).connect(NoTls).await?)
            }
            opened => start(opened?),
        }
    };
    let timeline = match primary {
        Some(primary) => primary.admit(&client).await?,
        None => None,
    };
    Ok((client, driver, timeline))
}

/// Moves the bytes of a connection in a task of its own, which ends with the connection.
fn start<S, T>(
    (client, connection): (Client, tokio_postgres::Connection<S, T>),
) -> (Client, JoinHandle<()>)
where
    tokio_postgres::Connection<S, T>:
        Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
{
    let driver = tokio::spawn(async move {
        // What ends the connection reaches the statements that wait for it.
        if let Err(error) = connection.await {
            log::debug!("a connection to the database has ended: {error}");
        }
    });
    (client, driver)
}

fn is_about_tls(error: &tokio_postgres::Error) -> bool {
    error.to_string().contains("TLS")
}

/// The message with its causes in one line.
pub(super) fn sentence(error: &anyhow::Error) -> String {
    format!("{error:#}").lines().map(str::trim).collect::<Vec<_>>().join("; ")
}
