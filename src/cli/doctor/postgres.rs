//! The checks of a PostgreSQL server: whether the connection is encrypted and verified, whether there is a pooler,
//! and whether row-level security applies to the role that it is meant for.

use super::checks::row;
use crate::cli::output::{Row, Verdict};
use crate::config::Config;
use crate::db::{DatabaseUrl, PostgresFacts, postgres_facts};

/// One row for each setting. None for SQLite, or if the server cannot be reached, which the row of
/// `DATABASE_URL` reports.
pub(super) fn rows(config: &Config) -> Vec<Row> {
    let settings = &config.database;
    let DatabaseUrl::Postgres(url) = &settings.url else { return Vec::new() };
    let Ok((facts, pooled)) = postgres_facts(&settings.url) else { return Vec::new() };
    vec![
        tls(&facts, url.verifies_server()),
        pooler(pooled, settings.prepared_statements),
        row_level_security(&facts, settings.row_level_security),
    ]
}

fn tls(facts: &PostgresFacts, verified: bool) -> Row {
    const NAME: &str = "sslmode";
    match (&facts.tls, facts.local) {
        (Some(version), _) if verified => {
            row(NAME, Verdict::Ok, format!("{version}, server verified"))
        }
        (Some(version), true) => row(NAME, Verdict::Ok, version.as_str()),
        (Some(version), false) => row(
            NAME,
            Verdict::Warning,
            format!(
                "{version}, but the server's identity is not checked: add sslmode=verify-full&sslrootcert=FILE"
            ),
        ),
        (None, true) => row(NAME, Verdict::Ok, "no TLS; the server is on this machine"),
        (None, false) => row(
            NAME,
            Verdict::Warning,
            "no TLS: the network can read the tasks; add sslmode=verify-full&sslrootcert=FILE",
        ),
    }
}

fn pooler(pooled: bool, prepared: bool) -> Row {
    const NAME: &str = "DATABASE_PREPARED_STATEMENTS";
    match (pooled, prepared) {
        (true, true) => row(
            NAME,
            Verdict::Failed,
            "on, but a pooler switches connections between transactions: set it to off",
        ),
        (true, false) => row(NAME, Verdict::Ok, "off, as the pooler requires"),
        (false, true) => row(NAME, Verdict::Ok, "on"),
        (false, false) => {
            row(NAME, Verdict::Ok, "off; there seems to be no pooler, so on may be faster")
        }
    }
}

fn row_level_security(facts: &PostgresFacts, on: bool) -> Row {
    const NAME: &str = "DATABASE_RLS";
    if !on {
        return row(NAME, Verdict::Ok, "off");
    }
    if facts.role_unbound {
        return row(
            NAME,
            Verdict::Failed,
            "row-level security does not apply to taskbridge_app: make the role NOSUPERUSER NOBYPASSRLS, and let it own no table",
        );
    }
    match (facts.role_exists, facts.role_granted, facts.may_make_roles) {
        (true, true, _) => row(NAME, Verdict::Ok, "on, as the role taskbridge_app"),
        (_, _, true) => row(NAME, Verdict::Ok, "on; the role taskbridge_app is set up at start"),
        (true, false, false) => row(
            NAME,
            Verdict::Failed,
            "the user of DATABASE_URL may not become taskbridge_app: as an administrator, GRANT taskbridge_app to it",
        ),
        (false, _, false) => row(
            NAME,
            Verdict::Failed,
            "the role taskbridge_app is missing: as an administrator, CREATE ROLE taskbridge_app NOLOGIN \
             and grant it to the user of DATABASE_URL",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::examine;
    use crate::config::Source;
    use crate::db::testing::{Backend, connect, fresh_url};

    fn facts() -> PostgresFacts {
        let (url, _) = fresh_url(Backend::Postgres);
        postgres_facts(&url).unwrap().0
    }

    #[test]
    fn a_connection_to_another_machine_should_be_encrypted_and_verified() {
        let facts = facts();
        let tls13 = || Some("TLSv1.3".to_owned());
        for (version, local, verified, expected) in [
            (None, true, false, Verdict::Ok),
            (None, false, false, Verdict::Warning),
            (tls13(), true, false, Verdict::Ok),
            (tls13(), false, false, Verdict::Warning),
            (tls13(), false, true, Verdict::Ok),
        ] {
            let seen = PostgresFacts { tls: version, local, ..facts.clone() };
            assert_eq!(tls(&seen, verified).result, expected, "{seen:?}");
        }
    }

    #[test]
    fn the_role_for_row_level_security_must_exist_and_be_restricted() {
        use diesel::connection::SimpleConnection;
        let (url, _) = fresh_url(Backend::Postgres);
        let DatabaseUrl::Postgres(server) = &url else { panic!("PostgreSQL") };
        let uri = server.text();
        let mut admin = connect(&url);
        // Roles belong to the whole cluster, which other tests use too, so this one is dropped at the end.
        admin.batch_execute("CREATE ROLE doctor_test LOGIN").unwrap();
        let as_user = uri.replacen("test@", "doctor_test@", 1);
        let found = |uri: &str| {
            let pairs = [
                ("BETTER_AUTH_SECRET", "kJ8vQ2xL5nR7tY0wE3uI6oP9aS1dF4gH"),
                ("DATABASE_URL", uri),
                ("DATABASE_RLS", "on"),
            ];
            let rows = examine(&Source::from_pairs(pairs));
            let row = rows.into_iter().find(|row| row.name == "DATABASE_RLS").unwrap();
            (row.result, row.value)
        };
        let (result, value) = found(&as_user);
        assert!(result == Verdict::Failed && value.contains("administrator"), "{value}");
        assert_eq!(found(uri).0, Verdict::Ok);
        let facts = PostgresFacts { role_exists: true, role_unbound: true, ..facts() };
        assert_eq!(row_level_security(&facts, true).result, Verdict::Failed);
        let facts = PostgresFacts {
            role_unbound: false,
            role_granted: true,
            may_make_roles: false,
            ..facts
        };
        assert_eq!(row_level_security(&facts, true).result, Verdict::Ok);
        let facts = PostgresFacts { role_granted: false, ..facts };
        assert_eq!(row_level_security(&facts, true).result, Verdict::Failed);
        assert_eq!(row_level_security(&facts, false).result, Verdict::Ok);
        admin.batch_execute("DROP ROLE doctor_test").unwrap();
    }
}
