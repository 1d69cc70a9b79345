//! PostgreSQL servers as operators set them up: with certificates, and asking for passwords.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::database::{execute, number};
use crate::support::postgres::Cluster;
use crate::support::process::Process;
use crate::support::tokens::SECRET;

/// A server whose certificate is for the host name `localhost`, the authority that signed it, and another
/// one.
pub struct Server {
    certificates: TempDir,
    pub cluster: Cluster,
}

fn openssl(folder: &Path, line: &str) {
    let output = Command::new("openssl").args(line.split(' ')).current_dir(folder).output();
    let output = output.expect("openssl is needed (on Debian: apt-get install openssl)");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Server {
    /// With these lines at the beginning of `pg_hba.conf`, which decide who may connect how.
    pub fn start(access: &[&str]) -> Self {
        let certificates = tempfile::tempdir().unwrap();
        let folder = certificates.path();
        for name in ["ca", "other"] {
            openssl(
                folder,
                &format!(
                    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.crt"
                ),
            );
        }
        openssl(
            folder,
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout server.key -out server.csr",
        );
        openssl(
            folder,
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -copy_extensions copyall -out server.crt",
        );
        // The server may run as another user, and takes only a key that no other user may read.
        std::fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
        std::fs::set_permissions(folder.join("server.key"), Permissions::from_mode(0o644)).unwrap();
        let prepare = format!(
            "cp {0}/server.crt {0}/server.key \"$dir/data\"; chmod 600 \"$dir/data/server.key\"; {1}",
            folder.display(),
            first_lines_of_access(access)
        );
        let cluster = Cluster::start(&prepare, &["-c", "ssl=on"]);
        Self { certificates, cluster }
    }

    /// The file with the certificate of an authority: `ca`, or `other`, which has signed nothing here.
    pub fn authority(&self, name: &str) -> String {
        self.certificates.path().join(format!("{name}.crt")).display().to_string()
    }
}

/// A server without TLS, with these lines at the beginning of `pg_hba.conf`.
pub fn without_tls(access: &[&str]) -> Cluster {
    Cluster::start(&first_lines_of_access(access), &[])
}

fn first_lines_of_access(lines: &[&str]) -> String {
    let lines =
        lines.iter().rev().map(|line| format!("sed -i '1i {line}' \"$dir/data/pg_hba.conf\""));
    lines.collect::<Vec<_>>().join("; ")
}

/// Makes the role `secured` with this password, and a database of its own; the URL of that for the superuser.
pub fn secured_database(cluster: &Cluster, password: &str) -> String {
    let admin = cluster.fresh_database();
    let (_, database) = admin.rsplit_once('/').unwrap();
    let password = password.replace('\'', "''");
    execute(
        &admin,
        &format!(
            "CREATE ROLE secured LOGIN PASSWORD '{password}'; \
             ALTER DATABASE {database} OWNER TO secured"
        ),
    );
    admin
}

/// How many connections of clients to the URL's database there are, all and those with TLS.
pub fn connections(admin: &str) -> (i64, i64) {
    let count = |condition: &str| {
        number(
            admin,
            &format!(
                "SELECT count(*) AS number FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                 WHERE datname = current_database() AND backend_type = 'client backend' \
                 AND pid <> pg_backend_pid() {condition}"
            ),
        )
    };
    (count(""), count("AND ssl"))
}

/// Both commands end with one sentence that says why and shows no password.
#[track_caller]
pub fn assert_refused(url: &str, variables: &[(&str, &str)], words: &str) {
    for command in ["serve", "migrate"] {
        let base = [("BETTER_AUTH_SECRET", SECRET), ("DATABASE_URL", url)];
        let all: Vec<_> = base.into_iter().chain(variables.iter().copied()).collect();
        let mut process = Process::start(&[command], &all);
        assert_eq!(process.wait().code(), Some(1), "{url}: {}", process.output());
        let stderr = process.stderr();
        let messages: Vec<&str> = stderr.split("taskbridge: ").skip(1).collect();
        let [message] = messages[..] else { panic!("{url}: {stderr}") };
        let lines = || message.trim_end().lines();
        let sentences: Vec<&str> = lines().filter(|line| line.contains("DATABASE_URL")).collect();
        let [sentence] = sentences[..] else { panic!("{url}: {stderr}") };
        assert!(sentence.contains(words), "{url}: {stderr}");
        let is_alone = message.starts_with("The configuration has 1 mistake(s):");
        assert!(is_alone || lines().count() == 1, "{url}: {stderr}");
        assert!(!process.output().contains("hunter2"), "{stderr}");
    }
}
