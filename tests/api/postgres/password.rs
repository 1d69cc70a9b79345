//! Passwords: from the URL or from a password file, and with channel binding only to a server that knows
//! them as well.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::own_connections::{connections, end, serve};
use super::server::{Server, assert_refused, secured_database, without_tls};
use crate::support::client::tasks_of;
use crate::support::database::execute;

/// Asks for the password so that it is proven and not sent.
const SCRAM: &str = "host all secured all scram-sha-256";

/// Every connection of the role.
const SECURED: &str = "AND usename = 'secured'";

/// Writes a password file as libpq wants it, readable by its owner alone.
fn password_file(folder: &Path, lines: &str) -> String {
    let path = folder.join("passwords");
    std::fs::write(&path, lines).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

#[test]
fn a_password_file_is_read_where_the_url_holds_none() {
    const PASSWORD: &str = r"a:b\'hunter2";
    let cluster = without_tls(&[SCRAM]);
    let admin = secured_database(&cluster, PASSWORD);
    let url = admin.replace("test@", "secured@");
    let (_, port) = admin.split('/').nth(2).unwrap().split_once(':').unwrap();
    let folder = tempfile::tempdir().unwrap();
    let escaped = PASSWORD.replace('\\', r"\\").replace(':', r"\:");
    let file = password_file(
        folder.path(),
        &format!(
            "# A comment.\nother.example:*:*:secured:wrong\n127.0.0.1:{port}:*:nobody:wrong\n\
             127.0.0.1:{port}:*:secured:{escaped}\n*:*:*:*:wrong\n"
        ),
    );
    let named = format!("{url}?passfile={file}");
    drop(serve(&named, &admin, &[]));
    drop(serve(&url, &admin, &[("PGPASSFILE", &file)]));
    // The URL's own parameter comes first, and the URL's own password before any file.
    drop(serve(&named, &admin, &[("PGPASSFILE", "/missing")]));
    let wrong = format!("{}?passfile={file}", url.replace("secured@", "secured:hunter2@"));
    assert_refused(&wrong, &[], "password authentication failed");
}

#[test]
fn without_the_right_password_it_is_refused() {
    let cluster = without_tls(&[SCRAM]);
    let admin = secured_database(&cluster, "hunter2");
    let url = admin.replace("test@", "secured@");
    let folder = tempfile::tempdir().unwrap();
    let file = password_file(folder.path(), "*:*:*:secured:not-hunter2\n");
    assert_refused(&url, &[], "password");
    assert_refused(&url, &[("PGPASSFILE", &file)], "password authentication failed");
    let file = password_file(folder.path(), "*:*:*:secured:hunter2\n");
    std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    assert_refused(&url, &[("PGPASSFILE", &file)], "0600");
}

#[test]
fn with_channel_binding_every_connection_is_made() {
    let server = Server::start(&[SCRAM]);
    let admin = secured_database(&server.cluster, "hunter2");
    let url = admin.replace("test@", "secured:hunter2@");
    let url = format!("{url}?sslmode=require&channel_binding=require");
    let process = serve(&url, &admin, &[]);
    assert!(!process.output().contains("hunter2"), "{}", process.output());
    let encrypted = format!("{SECURED} AND pid IN (SELECT pid FROM pg_stat_ssl WHERE ssl)");
    assert!(connections(&admin, SECURED) >= 3);
    assert_eq!(connections(&admin, &encrypted), connections(&admin, SECURED));
}

#[test]
fn channel_binding_is_impossible_without_tls() {
    let cluster = without_tls(&[SCRAM]);
    let url = secured_database(&cluster, "hunter2").replace("test@", "secured:hunter2@");
    for mode in ["disable", "prefer"] {
        let url = format!("{url}?sslmode={mode}&channel_binding=require");
        assert_refused(&url, &[], "channel binding");
    }
}

/// From now on the server takes the password as it is, so that it need not know it.
fn take_bare_passwords(admin: &str) {
    execute(
        admin,
        "DO $$ BEGIN EXECUTE format('COPY (VALUES (''hostssl all secured all password''), \
         (''host all all all trust'')) TO %L', current_setting('hba_file')); END $$",
    );
    execute(admin, "SELECT pg_reload_conf()");
}

#[test]
fn a_server_that_does_not_prove_itself_gets_neither_password_nor_statement() {
    let server = Server::start(&[SCRAM]);
    let admin = secured_database(&server.cluster, "hunter2");
    let url = admin.replace("test@", "secured:hunter2@");
    let url = format!("{url}?sslmode=require&channel_binding=require");
    let mut process = serve(&url, &admin, &[]);
    take_bare_passwords(&admin);
    end(&admin, SECURED);
    let alice = process.as_user("alice");
    for _ in 0..5 {
        alice.get(&tasks_of("alice")).expect(503);
        assert_eq!(connections(&admin, SECURED), 0);
    }
    let stderr = process.stderr();
    assert!(stderr.contains("channel binding") && !stderr.contains("hunter2"), "{stderr}");
    assert_refused(&url, &[], "channel binding");
}
