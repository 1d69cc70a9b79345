//! How log lines are written.

use super::source::{Reader, Source};

const NAME: &str = "LOG_FORMAT";

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people: time, level, target, message, then `key=value` pairs.
    #[default]
    Text,
    /// For machines: one JSON object in each line.
    Json,
}

fn parse(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("is neither text nor json"),
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> LogFormat {
    reader.parse(NAME, "text", parse).unwrap_or_default()
}

/// The format before the configuration is read as a whole, which reports a mistake in it.
#[must_use]
pub fn log_format_from(source: &Source) -> LogFormat {
    source.get(NAME).and_then(|text| parse(text).ok()).unwrap_or_default()
}
