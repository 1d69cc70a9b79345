//! What to change in the front end: the one place with these lines.

use std::path::Path;

use super::answers::Signing;
use crate::auth::fingerprint;
use crate::config::Config;

/// The lines of `auth.ts` and the variables, for a front end of this configuration. `holder` is the file with the secret,
/// if it is in one that was written.
pub(super) fn lines(
    config: &Config,
    signing: Signing,
    api_url: &str,
    holder: Option<&Path>,
) -> String {
    let (front_end, name) = (&config.app_origin, signing.name());
    let secret = match signing {
        Signing::SharedSecret => {
            let marks: Vec<String> =
                config.keys.secrets.iter().map(|it| fingerprint(&it.secret)).collect();
            let copied = holder.map(copying).unwrap_or_default();
            format!(
                "  BETTER_AUTH_SECRET, the same as here (fingerprint {}){copied}",
                marks.join(", ")
            )
        }
        Signing::Jwks => {
            "  BETTER_AUTH_SECRET, one of its own: the API needs none, it fetches public keys"
                .to_owned()
        }
    };
    format!(
        "\nIn the front end, install the package:\n\
         \n  \
           npm install taskbridge-auth\n\
         \n\
         In its auth.ts, add the plugin:\n\
         \n  \
           import {{ taskbridgeJwt }} from \"taskbridge-auth\";\n\
         \n  \
           export const auth = betterAuth({{\n    \
             plugins: [taskbridgeJwt({{ signing: \"{name}\", apiUrl: \"{api_url}\" }})],\n  \
           }});\n\
         \n\
         Its variables:\n\
         \n  \
           BETTER_AUTH_URL={front_end}\n\
         {secret}\n"
    )
}

/// How the secret gets from this file into the front end's.
fn copying(file: &Path) -> String {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    format!(
        "; this command copies it unseen:\n    grep '^BETTER_AUTH_SECRET' '{}' >> .env",
        file.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    #[test]
    fn both_ways_are_one_line_of_auth_ts_and_no_secret_is_shown() {
        const SECRET: &str = "kJ8vQ2xL5nR7tY0wE3uI6oP9aS1dF4gH";
        let pairs = [("BETTER_AUTH_SECRET", SECRET), ("BETTER_AUTH_URL", "https://app.example")];
        let config = Config::from_source(&Source::from_pairs(pairs)).unwrap();
        for signing in [Signing::SharedSecret, Signing::Jwks] {
            let text = lines(&config, signing, "http://localhost:8000", Some(Path::new(".env")));
            let plugin = format!(
                "plugins: [taskbridgeJwt({{ signing: \"{}\", apiUrl: \"http://localhost:8000\" }})],",
                signing.name()
            );
            assert!(text.contains("import { taskbridgeJwt } from \"taskbridge-auth\";"), "{text}");
            assert!(text.contains(&plugin), "{text}");
            assert!(text.contains("BETTER_AUTH_URL=https://app.example\n"), "{text}");
            assert!(!text.contains(SECRET), "{text}");
            let mark = fingerprint(&config.keys.secrets[0].secret);
            assert_eq!(text.contains(&mark), signing == Signing::SharedSecret, "{text}");
        }
    }
}
