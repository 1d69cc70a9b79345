//! The `.env` file, read exactly as the web app's loader (Node's `process.loadEnvFile`) reads it. The
//! usual libraries expand `$NAME` inside values: a secret with a dollar sign would then differ between
//! the two sides, and every token would be refused.

/// A line that is neither empty, nor a comment, nor `NAME=value`. The content is not shown, because
/// it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not of the form NAME=value")]
pub(super) struct EnvFileError {
    /// Counted from 1.
    pub(super) line: usize,
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
    fn a_line_without_a_name_is_named_by_its_number() {
        for text in ["\nhunter2", "A=1\n=x", "A=1\ntwo words=x"] {
            assert_eq!(parse(text), Err(EnvFileError { line: 2 }), "{text}");
        }
    }
}
