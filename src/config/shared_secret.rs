//! The rules for `BETTER_AUTH_SECRET`. With a weak secret an attacker can make tokens for every user, so
//! it stops the program instead of causing a warning.

use std::collections::HashSet;

use crate::base::secret::Secret;

/// What Better Auth falls back to in development; it is public.
pub(crate) const PUBLIC_DEFAULT: &str = "better-auth-secret-12345678901234567890";

/// What `.env.example` ships, to be replaced.
pub(crate) const PLACEHOLDER: &str = "replace-me";

const MIN_BYTES: usize = 32;

/// 32 times the same letter is long and still guessed at once. A generated secret has more than 20.
const MIN_DIFFERENT_CHARACTERS: usize = 10;

/// The secret, or what is wrong with it; the sentence never shows it.
pub(crate) fn parse(text: &str) -> Result<Secret, &'static str> {
    const QUOTES: [char; 3] = ['"', '\'', '`'];
    if text.is_empty() || text == PLACEHOLDER {
        return Err("is missing: set it to the same value as in the Better Auth app, \
                    for instance the output of `openssl rand -base64 32`, or set JWKS_URL");
    }
    if text.trim() != text {
        return Err("starts or ends with white space: remove it on both sides");
    }
    if text.starts_with(QUOTES) || text.ends_with(QUOTES) {
        return Err("starts or ends with a quotation mark: write the value without quotes");
    }
    if text == PUBLIC_DEFAULT {
        return Err("is Better Auth's public default, which is no secret: \
                    make a new one with `openssl rand -base64 32`");
    }
    if text.len() < MIN_BYTES {
        return Err("is shorter than 32 bytes: make a longer one with `openssl rand -base64 32`, \
                    or put it in single quotes if it has a #, which starts a comment in .env");
    }
    if text.chars().collect::<HashSet<char>>().len() < MIN_DIFFERENT_CHARACTERS {
        return Err("has fewer than 10 different characters: \
                    make a better one with `openssl rand -base64 32`");
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_strong_and_clean_secret_passes() {
        let ten = "0123456789".repeat(4);
        assert!(parse(&ten[..32]).is_ok());
        assert!(parse(&"àéîõüçñšžø".repeat(2)).is_ok(), "characters, not bytes");
        for (text, word) in [
            ("", "missing"),
            ("replace-me", "missing"),
            (&"x".repeat(31), "shorter"),
            (&"a".repeat(32), "different characters"),
            (&"012345678".repeat(9), "different characters"),
            (PUBLIC_DEFAULT, "public default"),
            (&format!(" {}", "x".repeat(32)), "white space"),
            (&format!("{}\n", "x".repeat(32)), "white space"),
            (&format!("\"{}\"", "x".repeat(32)), "quotation"),
            (&format!("{}'", "x".repeat(32)), "quotation"),
        ] {
            let refusal = parse(text).err().unwrap_or_default();
            assert!(refusal.contains(word), "{text}: {refusal}");
        }
    }
}
