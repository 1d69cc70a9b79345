//! The session of a token, and what its end means.

use diesel::connection::SimpleConnection;
use rstest::rstest;
use serde_json::json;

use super::{config, inspected, wanted, with};
use crate::base::clock::now_seconds;
use crate::cli::output::Verdict;
use crate::cli::token::inspect::Report;
use crate::cli::token::mint::{Wanted, mint};
use crate::config::Config;
use crate::db::DbSettings;
use crate::db::testing::{Backend, TestDb};

fn row(report: &Report, name: &str) -> (Verdict, String) {
    let row = report.checks.iter().find(|row| row.name == name).unwrap();
    (row.result, row.value.clone())
}

#[test]
fn it_says_which_session_a_token_belongs_to_or_what_its_absence_means() {
    let in_session = |pairs: &[(&str, &str)], session| {
        let config = config(pairs);
        let wanted = Wanted { session, ..wanted("ann") };
        mint(&config, &wanted).map(|token| row(&inspected(&config, &token), "session"))
    };
    assert_eq!(in_session(&[], Some("s1")).unwrap(), (Verdict::Ok, "\"s1\"".to_owned()));
    let (verdict, value) = in_session(&[], None).unwrap();
    assert_eq!(verdict, Verdict::Ok);
    assert!(value.contains("no sid") && value.contains("also after a sign-out"), "{value}");
    let (_, value) = in_session(&[("JWT_SESSION_CLAIM", "off")], None).unwrap();
    assert!(value.contains("JWT_SESSION_CLAIM is off"), "{value}");
    for (pairs, session) in [(&[("JWT_SESSION_CLAIM", "off")][..], "s1"), (&[], "")] {
        assert!(in_session(pairs, Some(session)).unwrap_err().to_string().contains("--session"));
    }
    let required = config(&[("REQUIRE_SESSION", "on")]);
    let report = inspected(&required, &with(json!({})));
    assert_eq!(row(&report, "session").0, Verdict::Failed);
    assert!(report.diagnosis.unwrap().cause.contains("REQUIRE_SESSION is on"));
}

#[rstest]
fn a_token_of_an_ended_session_is_explained_by_what_the_database_says(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let config = Config { database: DbSettings::of(db.url.clone()), ..config(&[]) };
    let token = with(json!({"sid": "s1"}));
    assert!(inspected(&config, &token).valid);
    let ended = format!(
        "INSERT INTO revocations VALUES (1, 'session', 's1', 0, {})",
        (now_seconds() + 60) * 1_000_000
    );
    db.run(|c| c.batch_execute(&ended).unwrap());
    let report = inspected(&config, &token);
    assert_eq!(row(&report, "revocation").0, Verdict::Failed);
    assert!(report.diagnosis.unwrap().fix.contains("sign in again"));
    assert!(inspected(&config, &with(json!({"sid": "s2"}))).valid);
}
