//! Log lines on standard error, as text or as JSON. Values are quoted and escaped wherever they could be
//! mistaken for something else, so that no client can forge a log line.

use std::io::{self, Write};

use chrono::{SecondsFormat, Utc};
use env_logger::fmt::Formatter;
use log::Record;
use log::kv::{Error, Key, Value, VisitSource};
use serde_json::{Map, json};

use crate::config::LogFormat;

/// Starts logging.
///
/// # Errors
/// When it has been started before.
pub(super) fn start(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(filter);
    match format {
        LogFormat::Text => builder.format(text_line),
        LogFormat::Json => builder.format(json_line),
    };
    builder.try_init().map_err(Into::into)
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn text_line(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let style = out.default_level_style(record.level());
    let (level, target) = (record.level(), record.target());
    write!(out, "[{} {style}{level:<5}{style:#} {target}] {}", now(), record.args())?;
    let mut pairs = Pairs(String::new());
    // `Pairs` never returns an error.
    let _ = record.key_values().visit(&mut pairs);
    writeln!(out, "{}", pairs.0)
}

fn json_line(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let mut members = Members(Map::new());
    let _ = record.key_values().visit(&mut members);
    let mut line = members.0;
    line.insert("timestamp".to_owned(), json!(now()));
    line.insert("level".to_owned(), json!(record.level().as_str().to_ascii_lowercase()));
    line.insert("target".to_owned(), json!(record.target()));
    line.insert("message".to_owned(), json!(record.args().to_string()));
    writeln!(out, "{}", serde_json::Value::Object(line))
}

/// Collects ` key=value` for each pair.
struct Pairs(String);

impl<'kvs> VisitSource<'kvs> for Pairs {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let text = value.to_string();
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '=' | '\\');
        let quoted =
            if !text.is_empty() && text.chars().all(plain) { text } else { format!("{text:?}") };
        self.0.push_str(&format!(" {key}={quoted}"));
        Ok(())
    }
}

/// Collects a JSON member for each pair. Numbers and booleans keep their type.
struct Members(Map<String, serde_json::Value>);

impl<'kvs> VisitSource<'kvs> for Members {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let json = match (value.to_u64(), value.to_f64(), value.to_bool()) {
            (Some(number), _, _) => json!(number),
            (None, Some(number), _) => json!(number),
            (None, None, Some(truth)) => json!(truth),
            (None, None, None) => json!(value.to_string()),
        };
        self.0.insert(key.to_string(), json);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use log::kv::{Source, Value};

    use super::*;

    fn pairs(value: &str) -> String {
        let mut pairs = Pairs(String::new());
        [("cause", Value::from(value))].visit(&mut pairs).unwrap();
        pairs.0
    }

    #[test]
    fn a_value_can_neither_end_its_line_nor_start_another_pair() {
        assert_eq!(pairs("plain/{id}.9"), " cause=plain/{id}.9");
        assert_eq!(pairs(""), " cause=\"\"");
        assert_eq!(pairs("a b"), " cause=\"a b\"");
        assert_eq!(pairs("a\nlevel=INFO \"x\""), " cause=\"a\\nlevel=INFO \\\"x\\\"\"");
        assert_eq!(pairs("\u{1b}[31m\u{202e}"), " cause=\"\\u{1b}[31m\\u{202e}\"");
    }

    #[test]
    fn numbers_stay_numbers_in_json() {
        let mut members = Members(Map::new());
        let source = [
            ("status", Value::from(200_u16)),
            ("duration_ms", Value::from(1.5)),
            ("ok", Value::from(true)),
            ("route", Value::from("/a\n")),
        ];
        source.visit(&mut members).unwrap();
        let expected = json!({"status": 200, "duration_ms": 1.5, "ok": true, "route": "/a\n"});
        assert_eq!(serde_json::Value::Object(members.0), expected);
    }
}
