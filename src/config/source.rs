//! Where values come from, and the reader that collects what is wrong with them.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::Context;

/// Variables that may also be given as the content of a file, named by the variable with `_FILE`
/// behind it: those that hold secrets, as container engines mount them.
pub const FROM_FILES: [&str; 3] = ["BETTER_AUTH_SECRET", "BETTER_AUTH_SECRETS", "DATABASE_URL"];

/// Named values: the process's environment, then a `.env` file, then the files that `…_FILE` variables name. An
/// empty value counts as not set.
pub struct Source {
    values: HashMap<String, String>,
    mistakes: Vec<String>,
}

impl Source {
    /// The environment of this process, completed by `file` where that exists.
    ///
    /// # Errors
    /// When the file exists and cannot be read; the message names the line, never a value.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub fn from_environment(file: &Path) -> anyhow::Result<Self> {
        let mut values = HashMap::new();
        if file.exists() {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("Cannot read {}", file.display()))?;
            let entries = super::env_file::parse(&text)
                .with_context(|| format!("Cannot read {}", file.display()))?;
            values.extend(entries);
        }
        values.extend(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }));
        Ok(Self::with_files(values))
    }

    /// Exactly these values.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self::with_files(
            pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        )
    }

    fn with_files(values: HashMap<String, String>) -> Self {
        let mut source = Self { values, mistakes: Vec::new() };
        for name in FROM_FILES {
            let variable = format!("{name}_FILE");
            let Some(path) = source.get(&variable).map(str::to_owned) else {
                continue;
            };
            if source.get(name).is_some() {
                source.mistakes.push(format!("{variable} and {name} are both set: remove one."));
                continue;
            }
            match std::fs::read_to_string(&path) {
                // Editors and `echo` end a file with a line break that is not part of the value.
                Ok(text) => {
                    let value = text.trim_end_matches(['\n', '\r']).to_owned();
                    if value.is_empty() {
                        source.mistakes.push(format!("{variable} names {path}, which is empty."));
                    }
                    source.values.insert(name.to_owned(), value);
                }
                Err(error) => {
                    let mistake =
                        format!("{variable} names {path}, which cannot be read: {error}.");
                    source.mistakes.push(mistake);
                }
            }
        }
        source
    }

    /// The value of a variable, unless it is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({} values)", self.values.len())
    }
}

/// Everything that is wrong with the configuration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    mistakes: Vec<String>,
}

impl ConfigError {
    /// One sentence per mistake.
    #[must_use]
    pub fn mistakes(&self) -> &[String] {
        &self.mistakes
    }
}

impl Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The configuration has {} mistake(s):", self.mistakes.len())?;
        self.mistakes.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))?;
        f.write_str(
            "\nSet the variables in the environment or in .env; taskbridge --help lists them all.",
        )
    }
}

/// Reads variables one by one and remembers every mistake.
pub(super) struct Reader<'a> {
    source: &'a Source,
    mistakes: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self { source, mistakes: source.mistakes.clone() }
    }

    /// For a command that needs these variables alone: what is wrong with others is not its business.
    pub(super) fn of(source: &'a Source, names: &[&str]) -> Self {
        let concerns = |mistake: &&String| names.iter().any(|name| mistake.starts_with(name));
        Self { source, mistakes: source.mistakes.iter().filter(concerns).cloned().collect() }
    }

    pub(super) fn mistake(&mut self, name: &str, what: impl Display) {
        self.mistakes.push(format!("{name} {what}."));
    }

    pub(super) fn is_clean(&self) -> bool {
        self.mistakes.is_empty()
    }

    pub(super) fn into_error(self) -> ConfigError {
        ConfigError { mistakes: self.mistakes }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.source.get(name).is_some()
    }

    /// A value without a default; absence is for the parser to judge.
    pub(super) fn check<T, E: Display>(
        &mut self,
        name: &str,
        parser: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.source.get(name).unwrap_or_default();
        parser(text).map_err(|what| self.mistake(name, what)).ok()
    }

    /// A value with a default.
    pub(super) fn parse<T, E: Display>(
        &mut self,
        name: &str,
        default: &str,
        parser: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.source.get(name).unwrap_or(default);
        parser(text).map_err(|what| self.mistake(name, what)).ok()
    }

    /// An integer within bounds; 0 after a mistake.
    pub(super) fn number(&mut self, name: &str, default: &str, bounds: RangeInclusive<u32>) -> u32 {
        let parsed = self.parse(name, default, |text| {
            let number = text.parse().ok().filter(|number| bounds.contains(number));
            number.ok_or(format!(
                "is {text:?}: expected an integer from {} to {}",
                bounds.start(),
                bounds.end()
            ))
        });
        parsed.unwrap_or_default()
    }

    /// Entries separated by commas, trimmed.
    pub(super) fn list(&mut self, name: &str, default: &str) -> Vec<String> {
        let text = self.source.get(name).unwrap_or(default);
        text.split(',').map(|entry| entry.trim().to_owned()).collect()
    }
}
