//! Where values come from, and the reader that collects what is wrong with them.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::path::Path;
use std::time::Duration;

use super::env_file::EnvFile;
use super::variables::{BETTER_AUTH_SECRET, BETTER_AUTH_SECRETS, DATABASE_URL, Variable};

/// Variables that may also be given as the content of a file, which the variable with `_FILE` after its
/// name names: those that hold secrets, as container engines mount them.
pub const FROM_FILES: [&str; 3] =
    [BETTER_AUTH_SECRET.name, BETTER_AUTH_SECRETS.name, DATABASE_URL.name];

/// Named values: the process's environment, then a `.env` file, then the files that `…_FILE` variables
/// name. An empty value counts as not set.
pub struct Source {
    values: HashMap<String, String>,
    mistakes: Vec<String>,
}

impl Source {
    /// The environment of this process, completed by `file` where that exists.
    ///
    /// # Errors
    /// When the file exists and cannot be read; the message names the line, never a value.
    pub fn from_environment(file: &Path) -> anyhow::Result<Self> {
        Ok(Self::environment_and(&EnvFile::read(file)?))
    }

    /// The environment of this process, completed by a file that was read before.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub(crate) fn environment_and(file: &EnvFile) -> Self {
        let mut values: HashMap<String, String> = file.values().collect();
        values.extend(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }));
        Self::with_files(values)
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
            "\nSet the variables in the environment or in .env of this folder: taskbridge init asks for what is \
             needed, taskbridge --help lists them all.",
        )
    }
}

/// Reads variables one by one and remembers every mistake.
pub(super) struct EnvReader<'a> {
    source: &'a Source,
    mistakes: Vec<String>,
}

impl<'a> EnvReader<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self { source, mistakes: source.mistakes.clone() }
    }

    /// For a command that needs these variables alone: mistakes in others must not stop it.
    pub(super) fn of(source: &'a Source, variables: &[&Variable]) -> Self {
        let concerns = |mistake: &&String| variables.iter().any(|it| mistake.starts_with(it.name));
        Self { source, mistakes: source.mistakes.iter().filter(concerns).cloned().collect() }
    }

    pub(super) fn mistake(&mut self, variable: &Variable, what: impl Display) {
        self.mistakes.push(format!("{} {what}.", variable.name));
    }

    /// What was read, if there was no mistake. `None` must have left one.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, ConfigError> {
        read.filter(|_| self.mistakes.is_empty()).ok_or(ConfigError { mistakes: self.mistakes })
    }

    /// Where the values come from.
    pub(super) fn source(&self) -> &'a Source {
        self.source
    }

    pub(super) fn has(&self, variable: &Variable) -> bool {
        self.source.get(variable.name).is_some()
    }

    /// The value, or the default.
    fn text(&self, variable: &Variable) -> &'a str {
        self.source.get(variable.name).unwrap_or(variable.default_value())
    }

    /// `None` after a mistake, which the parser describes as the end of a sentence.
    pub(super) fn parse<T, E: Display>(
        &mut self,
        variable: &Variable,
        parser: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        parser(self.text(variable)).map_err(|what| self.mistake(variable, what)).ok()
    }

    /// As [`Self::parse`], and `None` when the variable is not set.
    pub(super) fn optional<T, E: Display>(
        &mut self,
        variable: &Variable,
        parser: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if self.has(variable) { self.parse(variable, parser) } else { None }
    }

    /// A whole number in the variable's range; 0 after a mistake.
    pub(super) fn number(&mut self, variable: &Variable) -> u32 {
        let range = variable.range.clone().unwrap_or(0..=u32::MAX);
        let parsed = self.parse(variable, |text| {
            let number = text.parse().ok().filter(|number| range.contains(number));
            let (least, most) = (range.start(), range.end());
            number.ok_or(format!("is {text:?}: expected an integer from {least} to {most}"))
        });
        parsed.unwrap_or_default()
    }

    /// A whole number of seconds.
    pub(super) fn seconds(&mut self, variable: &Variable) -> Duration {
        Duration::from_secs(u64::from(self.number(variable)))
    }

    /// One of two words.
    pub(super) fn choice<T>(&mut self, variable: &Variable, words: [(&str, T); 2]) -> Option<T> {
        let refusal = format!("is neither {} nor {}", words[0].0, words[1].0);
        self.parse(variable, |text| {
            let found = words.into_iter().find(|(word, _)| *word == text);
            found.map(|(_, value)| value).ok_or(refusal)
        })
    }

    /// Whether the word is `on` and not `off`; `false` after a mistake.
    pub(super) fn switch(&mut self, variable: &Variable) -> bool {
        self.choice(variable, [("on", true), ("off", false)]).unwrap_or_default()
    }

    /// Entries separated by commas, trimmed.
    pub(super) fn list(&self, variable: &Variable) -> Vec<String> {
        self.text(variable).split(',').map(|entry| entry.trim().to_owned()).collect()
    }
}
