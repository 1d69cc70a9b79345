//! A text that must never be printed. [`Secret`] has neither `Display` nor `Serialize`, and a redacted `Debug`, so
//! the text can only leak through a call of [`Secret::expose`], which stands out in a review.

use std::fmt;

/// A secret text, such as `BETTER_AUTH_SECRET`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Review every call.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_output_never_shows_the_text() {
        let secret = Secret::new("hunter2-hunter2-hunter2-hunter2-");
        assert_eq!(format!("{secret:?}"), "Secret(redacted)");
        assert_eq!(format!("{:?}", Some(&secret)), "Some(Secret(redacted))");
    }
}
