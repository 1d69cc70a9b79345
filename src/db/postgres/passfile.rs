//! The password file of libpq: lines `host:port:database:user:password`, `*` for anything, `\` before a `:` or
//! `\` that belongs to a field. The first line that matches counts.

use std::path::Path;

use anyhow::{Context, ensure};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// The default port of PostgreSQL.
const PORT: u16 = 5432;

/// The password for the first host of this configuration; `None` where no line matches.
///
/// # Errors
/// When the file cannot be read, or others than its owner may read it, as libpq has it.
pub(super) fn password(file: &Path, config: &Config) -> anyhow::Result<Option<String>> {
    let shown = file.display();
    let text =
        std::fs::read_to_string(file).with_context(|| format!("passfile: cannot read {shown}"))?;
    ensure!(
        is_private(file)?,
        "passfile: {shown} may be read by others than its owner: chmod 0600 it"
    );
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        _ => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(PORT).to_string();
    let user = config.get_user().unwrap_or_default();
    let database = config.get_dbname().unwrap_or(user);
    let wanted = [host.as_str(), port.as_str(), database, user];
    Ok(text.lines().find_map(|line| matching(line, &wanted)))
}

#[cfg(unix)]
fn is_private(file: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(file)?.permissions().mode().trailing_zeros() >= 6)
}

#[cfg(not(unix))]
fn is_private(_: &Path) -> std::io::Result<bool> {
    Ok(true)
}

fn matching(line: &str, wanted: &[&str; 4]) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let fields = fields(line);
    let (password, pattern) = fields.split_last()?;
    let matches = pattern.len() == wanted.len()
        && pattern.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted);
    matches.then(|| password.clone())
}

fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut escaped) = (vec![String::new()], false);
    for character in line.chars() {
        let Some(last) = fields.last_mut() else { break };
        match character {
            _ if escaped => {
                last.push(character);
                escaped = false;
            }
            '\\' => escaped = true,
            ':' => fields.push(String::new()),
            other => last.push(other),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(content: &str, url: &str, mode: u32) -> anyhow::Result<Option<String>> {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgpass");
        std::fs::write(&file, content).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        password(&file, &url.parse().unwrap())
    }

    #[test]
    fn the_first_line_that_matches_counts() {
        let content = "# comment\nother:5432:d:me:no\nh:*:d:me:first\n*:*:*:*:last\n";
        for (url, expected) in [
            ("postgres://me@h/d", "first"),
            ("postgres://me@h:7/d", "first"),
            ("postgres://you@h/d", "last"),
        ] {
            assert_eq!(found(content, url, 0o600).unwrap().as_deref(), Some(expected), "{url}");
        }
        assert_eq!(found("h:1:d:me:x", "postgres://me@h:2/d", 0o400).unwrap(), None);
        let escaped = found(r"h:*:d:me:a\:b\\c", "postgres://me@h/d", 0o600).unwrap();
        assert_eq!(escaped.as_deref(), Some(r"a:b\c"));
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let refusal = found("*:*:*:*:secret", "postgres://me@h/d", 0o640).unwrap_err().to_string();
        assert!(refusal.contains("chmod 0600") && !refusal.contains("secret"), "{refusal}");
    }
}
