//! Answers from flags, or else from a terminal, where a wrong answer is followed by the question again.

use std::io::{IsTerminal, Write};
use std::pin::pin;

use anyhow::{Context, bail};
use futures_util::future::{Either, select};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::cli::serve::Signals;

/// What is asked.
pub(super) struct Question<'a> {
    /// The flag that answers it too.
    pub(super) flag: &'static str,
    /// What is asked for: the question itself, and the subject of the sentence on a wrong answer.
    pub(super) what: &'static str,
    /// What an empty answer means.
    pub(super) default: &'a str,
}

/// A terminal, if there is one.
pub(super) struct Dialogue {
    terminal: Option<Terminal>,
}

/// The lines that are typed. They are read by a thread, because nothing ends a read when a signal comes.
struct Terminal {
    lines: UnboundedReceiver<String>,
    signals: Signals,
}

impl Dialogue {
    /// With the terminal of standard input; without one when that is something else, or is read for another purpose.
    ///
    /// # Errors
    /// When the operating system does not let signals be handled.
    pub(super) fn open(is_stdin_used: bool) -> anyhow::Result<Self> {
        if is_stdin_used || !std::io::stdin().is_terminal() {
            return Ok(Self { terminal: None });
        }
        let signals = Signals::listen()?;
        let (sender, lines) = unbounded_channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { terminal: Some(Terminal { lines, signals }) })
    }

    /// Whether anything can be asked.
    pub(super) fn is_open(&self) -> bool {
        self.terminal.is_some()
    }

    /// The answer that was given with the command, or else is given now. `parse` says what is wrong with one as the end
    /// of a sentence.
    ///
    /// # Errors
    /// A wrong answer, or none, without a terminal.
    pub(super) async fn settle<T>(
        &mut self,
        question: &Question<'_>,
        given: Option<&str>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> anyhow::Result<T> {
        let mut given = given.map(str::to_owned);
        loop {
            let answer = match given.take() {
                Some(answer) => answer,
                None => self.ask(question).await?,
            };
            match parse(answer.trim()) {
                Ok(value) => return Ok(value),
                Err(wrong) => self.refuse(question, &wrong)?,
            }
        }
    }

    /// An answer; the default when it is empty.
    ///
    /// # Errors
    /// Without a terminal, and when it ends.
    pub(super) async fn ask(&mut self, question: &Question<'_>) -> anyhow::Result<String> {
        let Question { flag, what, default } = question;
        let terminal = self.terminal.as_mut();
        let terminal = terminal.with_context(|| format!("{flag} is needed without a terminal"))?;
        let answer = terminal.line(&format!("{what} [{default}]: ")).await?;
        Ok(if answer.trim().is_empty() { (*default).to_owned() } else { answer })
    }

    /// Says what is wrong with an answer.
    ///
    /// # Errors
    /// The same sentence, without a terminal to ask again.
    pub(super) fn refuse(&self, question: &Question<'_>, wrong: &str) -> anyhow::Result<()> {
        if !self.is_open() {
            bail!("{} {wrong}", question.flag);
        }
        eprintln!("  {} {wrong}.", question.what);
        Ok(())
    }

    /// Yes or no; `None` without a terminal.
    ///
    /// # Errors
    /// When the terminal ends.
    pub(super) async fn confirm(&mut self, question: &str) -> anyhow::Result<Option<bool>> {
        let Some(terminal) = &mut self.terminal else { return Ok(None) };
        let answer = terminal.line(&format!("{question} [y/N]: ")).await?;
        Ok(Some(matches!(answer.trim(), "y" | "Y" | "yes")))
    }

    /// An answer that is not shown while it is typed, as it is; `None` without a terminal.
    ///
    /// # Errors
    /// When the terminal ends.
    pub(super) async fn ask_hidden(&mut self, question: &str) -> anyhow::Result<Option<String>> {
        let Some(terminal) = &mut self.terminal else { return Ok(None) };
        let _hidden = Hidden::begin().context("Cannot hide what is typed at this terminal")?;
        terminal.line(question).await.map(Some)
    }

    /// Gives the signals back.
    ///
    /// # Errors
    /// As [`Dialogue::open`].
    pub(super) fn close(self) -> anyhow::Result<Signals> {
        match self.terminal {
            Some(terminal) => Ok(terminal.signals),
            None => Ok(Signals::listen()?),
        }
    }
}

impl Terminal {
    async fn line(&mut self, question: &str) -> anyhow::Result<String> {
        eprint!("{question}");
        std::io::stderr().flush()?;
        let line = match select(pin!(self.lines.recv()), pin!(self.signals.any())).await {
            Either::Left((line, _)) => line,
            Either::Right(_) => None,
        };
        line.ok_or_else(|| {
            // The shell's prompt belongs on a line of its own.
            eprintln!();
            anyhow::anyhow!("stopped before anything was written")
        })
    }
}

/// While it lives, the terminal does not show what is typed.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> std::io::Result<Self> {
        let before = tcgetattr(std::io::stdin())?;
        let mut hiding = before.clone();
        hiding.local_modes.remove(LocalModes::ECHO);
        hiding.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &hiding)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // There is nothing left to do about a terminal that has gone away.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0);
    }
}
