//! `taskbridge serve`: the server, from configuration to a clean exit.

use std::pin::pin;

use actix_rt::signal::unix::{Signal, SignalKind, signal};
use futures_util::future::{Either, select};

use crate::cli::private_files;
use crate::config::{Config, Source};
use crate::server::Application;

/// Serves until SIGTERM or SIGINT, then finishes the requests in flight.
///
/// # Errors
/// What is wrong with the configuration, the database or the address.
pub(super) fn run(source: &Source) -> anyhow::Result<()> {
    let config = Config::from_source(source)?;
    for notice in config.notices() {
        log::info!("{notice}");
    }
    for sentence in private_files::exposed(&config) {
        log::warn!("{sentence}");
    }
    let database = config.database.url.to_string();
    actix_rt::System::new().block_on(async move {
        // Before the server is built, so that a signal during the start is not lost.
        let signals = Signals::listen()?;
        let application = Application::build(config)?;
        log::info!("listening on http://{}, tasks in the {database}", application.address());
        until_signalled(application, signals).await
    })
}

/// What ends a server: SIGTERM, or SIGINT as by Ctrl-C.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on the signals do not end the process by themselves.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub(super) fn listen() -> std::io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for either.
    pub(super) async fn any(&mut self) {
        select(pin!(self.terminate.recv()), pin!(self.interrupt.recv())).await;
    }
}

/// Serves until a signal comes, and until the requests in flight are finished.
///
/// # Errors
/// When the sockets fail.
pub(super) async fn until_signalled(
    application: Application,
    mut signals: Signals,
) -> anyhow::Result<()> {
    let stopper = application.stopper()?;
    actix_rt::spawn(async move {
        let terminated = pin!(signals.terminate.recv());
        match select(terminated, pin!(signals.interrupt.recv())).await {
            Either::Left(_) => {
                log::info!("SIGTERM: not ready any more, finishing the requests in flight");
                stopper.drain().await;
            }
            // A user at a terminal waits for the end, so there is no delay.
            Either::Right(_) => {
                log::info!("SIGINT: finishing the requests in flight");
                stopper.stop().await;
            }
        }
    });
    application.run_until_stopped().await?;
    log::info!("stopped");
    Ok(())
}
