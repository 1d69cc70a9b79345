//! The `.env` file, read exactly as the web app's loader (Node's `process.loadEnvFile`) reads it. The
//! usual libraries expand `$NAME` inside values: a secret with a dollar sign would then differ between
//! the two sides, and every token would be refused.

use std::path::Path;

use anyhow::Context;

/// A line that is neither empty, nor a comment, nor `NAME=value`. The content is not shown, because
/// it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not of the form NAME=value")]
pub(super) struct EnvFileError {
    /// Counted from 1.
    pub(super) line: usize,
}

/// A file as text. A change concerns the line of one variable; all others stay as they are.
#[derive(Default)]
pub(crate) struct EnvFile {
    text: String,
    values: Vec<(String, String)>,
}

impl EnvFile {
    /// The file, or an empty one where there is none.
    ///
    /// # Errors
    /// When it exists and cannot be read; the message names the line, never a value.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let shown = path.display();
        let bytes = std::fs::read(path).with_context(|| format!("Cannot read {shown}"))?;
        let text = String::from_utf8(bytes).ok();
        let text = text.with_context(|| format!("Cannot read {shown}: save it as UTF-8"))?;
        // Some editors on Windows begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        let values = parse(&text).with_context(|| format!("Cannot read {shown}"))?;
        Ok(Self { text, values })
    }

    /// The value of a variable, unless it is empty. Of several lines the last one counts.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.values.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Every value, in the order of the lines.
    pub(super) fn values(&self) -> impl Iterator<Item = (String, String)> {
        self.values.iter().cloned()
    }

    /// Sets a variable: in its line, also if that is commented out, or at the end.
    ///
    /// # Errors
    /// When no way of writing the value is read as this value again.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        const FORM: &str =
            "cannot be written to .env: it has a line break, or all three of ', \" and `";
        let assignment = format!("{name}={}", quoted(value).ok_or(FORM)?);
        self.replace(name, &assignment, true);
        Ok(())
    }

    /// Comments a variable out.
    pub(crate) fn unset(&mut self, name: &str) {
        self.replace(name, &format!("# {name}="), false);
    }

    /// The content of the file.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    fn replace(&mut self, name: &str, with: &str, or_append: bool) {
        let is_named = |line: &str| {
            let line = line.trim_start().strip_prefix("export ").unwrap_or(line.trim_start());
            line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        let mut lines: Vec<&str> = self.text.lines().collect();
        let commented = |line: &str| line.strip_prefix("# ").is_some_and(is_named);
        // The last assignment counts, so that is the one to change.
        let at = lines.iter().rposition(|line| is_named(line));
        let at = at.or_else(|| lines.iter().rposition(|line| commented(line)));
        match at {
            Some(at) => lines[at] = with,
            None if or_append => lines.push(with),
            None => {}
        }
        let end = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        self.text = lines.join(end) + end;
        // What was parsed before, and one line that is well-formed.
        self.values = parse(&self.text).unwrap_or_default();
    }
}

/// A value as it is read again; in single quotes where it needs any, which Docker Compose does not expand either.
fn quoted(value: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~+/=:,@%?&".contains(c);
    if value.chars().all(is_plain) {
        return Some(value.to_owned());
    }
    let quotes = ['\'', '"', '`'].into_iter();
    let mut quotes = quotes.filter(|quote| !value.contains(*quote));
    let is_one_line = !value.contains(['\n', '\r']);
    quotes.next().filter(|_| is_one_line).map(|quote| format!("{quote}{value}{quote}"))
}

/// The names and values of a file, in order. A value may be in single quotes, double quotes or
/// backticks; after an unquoted value `#` starts a comment.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, EnvFileError> {
    let mut entries = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let assignment = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = assignment.split_once('=').ok_or(EnvFileError { line: index + 1 })?;
        let name = name.trim();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(EnvFileError { line: index + 1 });
        }
        entries.push((name.to_owned(), unquote(value.trim()).to_owned()));
    }
    Ok(entries)
}

fn unquote(value: &str) -> &str {
    for quote in ['"', '\'', '`'] {
        let inner = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote));
        if let Some((inner, _)) = inner {
            return inner;
        }
    }
    value.split('#').next().unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_literally() {
        let text = "# comment\n\nA=1\n export B = two words # comment\nC=\"a # b\" # c\nD='$A'\nE=$A\r\nF=\nG=a=b==\n";
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "a # b"),
            ("D", "$A"),
            ("E", "$A"),
            ("F", ""),
            ("G", "a=b=="),
        ];
        let parsed = parse(text).unwrap();
        let parsed: Vec<_> = parsed.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(parsed, expected);
    }

    #[test]
    fn a_file_of_an_editor_on_windows_is_read_as_any_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, "\u{feff}A=1\r\nB='2'\r\n").unwrap();
        let mut file = EnvFile::read(&path).unwrap();
        assert_eq!((file.get("A"), file.get("B")), (Some("1"), Some("2")));
        file.set("A", "3").unwrap();
        assert_eq!(file.text(), "A=3\r\nB='2'\r\n");
    }

    fn file(text: &str) -> EnvFile {
        EnvFile { text: text.to_owned(), values: parse(text).unwrap() }
    }

    #[test]
    fn a_change_concerns_one_line() {
        let text = "# first\n# A=old\nexport B = 1 # why\n\nC=2\nB=3\n";
        let mut changed = file(text);
        for (name, value) in [("A", "a b"), ("B", "4"), ("NEW", "x")] {
            changed.set(name, value).unwrap();
            assert_eq!(changed.get(name), Some(value));
        }
        changed.unset("C");
        assert_eq!(changed.text(), "# first\nA='a b'\nexport B = 1 # why\n\n# C=\nB=4\nNEW=x\n");
        assert_eq!(changed.get("C"), None);
    }

    #[test]
    fn every_value_is_read_again_as_it_was_written_or_refused() {
        for value in
            ["a", "a#b", " a ", "$HOME", "it's", "\"'", "`\"", "é", "a=b", "postgres://u:p%23@h/d"]
        {
            let mut written = file("");
            written.set("A", value).unwrap();
            assert_eq!(file(written.text()).get("A"), Some(value));
        }
        for value in ["'\"`", "a\nB=1", "a\rb"] {
            assert!(file("").set("A", value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn a_file_of_another_encoding_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, b"\xff\xfeA\0=\x001\0").unwrap();
        let refusal = EnvFile::read(&path).err().unwrap().to_string();
        assert!(refusal.ends_with(".env: save it as UTF-8"), "{refusal}");
    }

    #[test]
    fn a_line_without_a_name_is_named_by_its_number() {
        for text in ["\nhunter2", "A=1\n=x", "A=1\ntwo words=x"] {
            assert_eq!(parse(text), Err(EnvFileError { line: 2 }), "{text}");
        }
    }
}
