use super::*;
use tokio_postgres::config::{ChannelBinding, TargetSessionAttrs};

fn parse(parameters: &str) -> Result<PostgresUrl, Refusal> {
    PostgresUrl::parse(&format!("postgres://me:p%3Dwd@db.example:6432/tasks{parameters}"))
}

#[test]
fn every_parameter_has_the_meaning_of_libpq() {
    let url = parse(
        "?options=-c%20search_path%3Dmine&application_name=a&connect_timeout=9\
         &target_session_attrs=read-write&channel_binding=require",
    )
    .unwrap();
    let config = url.hosts().next().unwrap();
    assert_eq!(config.get_password(), Some(b"p=wd".as_slice()));
    assert_eq!(config.get_options(), Some("-c search_path=mine"));
    assert_eq!(config.get_application_name(), Some("a"));
    assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(9)));
    assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    assert_eq!(config.get_channel_binding(), ChannelBinding::Require);
    assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_secs(10)));
    assert_eq!(config.get_user(), Some("me"));
    assert_eq!(config.get_dbname(), Some("tasks"));
    let defaults = parse("").unwrap().hosts().next().unwrap();
    assert_eq!(defaults.get_application_name(), Some("taskbridge"));
    assert_eq!(defaults.get_connect_timeout(), Some(&Duration::from_secs(3)));
    assert_eq!(defaults.get_ssl_mode(), SslMode::Prefer);
}

#[test]
fn the_server_is_verified_as_far_as_sslmode_and_sslrootcert_say() {
    let file = || Some(Roots::File("/etc/my ca.crt".into()));
    for (parameters, mode, verify, roots) in [
        ("?sslmode=disable", SslMode::Disable, Verify::Nothing, None),
        ("?sslmode=prefer", SslMode::Prefer, Verify::Nothing, None),
        ("?sslmode=require", SslMode::Require, Verify::Nothing, None),
        (
            "?sslmode=require&sslrootcert=/etc/my%20ca.crt",
            SslMode::Require,
            Verify::Authority,
            file(),
        ),
        (
            "?sslrootcert=/etc/my%20ca.crt&sslmode=verify-ca",
            SslMode::Require,
            Verify::Authority,
            file(),
        ),
        (
            "?sslmode=verify-full&sslrootcert=/etc/my%20ca.crt",
            SslMode::Require,
            Verify::AuthorityAndName,
            file(),
        ),
        (
            "?sslmode=verify-full&sslrootcert=system",
            SslMode::Require,
            Verify::AuthorityAndName,
            Some(Roots::System),
        ),
    ] {
        let url = parse(parameters).unwrap();
        let config = url.hosts().next().unwrap();
        assert_eq!(config.get_ssl_mode(), mode, "{parameters}");
        assert_eq!(url.verification(), (verify, roots.as_ref()), "{parameters}");
    }
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    for (parameters, words) in [
        ("?sslcrl=list.crl", "unknown parameter sslcrl"),
        ("?gssencmode=require", "unknown parameter gssencmode"),
        ("?keepalives_idle=3", "unknown parameter keepalives_idle"),
        ("?host=other", "unknown parameter host"),
        ("?sslmode=allow", "sslmode"),
        ("?sslmode=verify-full", "sslrootcert"),
        ("?sslmode=verify-ca&sslrootcert=system", "sslrootcert"),
        ("?sslrootcert=system", "sslrootcert"),
        ("?channel_binding=yes", "channel_binding"),
        ("?connect_timeout=0", "connect_timeout"),
        ("?target_session_attrs=primary", "target_session_attrs"),
        ("?options=a&options=b", "options twice"),
        ("?hunter2", "not shown"),
        ("?hunter2@h/d=x", "not shown"),
    ] {
        let refusal = parse(parameters).err().unwrap().to_string();
        assert!(refusal.contains(words) && !refusal.contains("hunter2"), "{parameters}: {refusal}");
    }
}

#[test]
fn a_password_is_never_printed() {
    let url = parse("?sslmode=require").unwrap();
    assert_eq!(url.to_string(), "db.example:6432/tasks");
    for message in [format!("bad URI: \"{}\"", url.text), "near p=wd".into(), "p%3Dwd".into()] {
        let redacted = url.redact(&message);
        assert!(!redacted.contains("p=wd") && !redacted.contains("p%3Dwd"), "{redacted}");
    }
}

#[test]
fn several_hosts_and_sockets_are_named() {
    for (text, shown) in [
        ("postgres://a:1,b:2/d", "a:1,b:2/d"),
        ("postgres://me@%2Frun%2Fpg/d", "/run/pg:5432/d"),
        ("postgres://me@/d?host=/run/pg", "/run/pg/d"),
    ] {
        let url = PostgresUrl::parse(text).unwrap();
        assert_eq!(url.to_string(), shown);
        assert_eq!(url.hosts().count(), shown.split(',').count());
    }
}
