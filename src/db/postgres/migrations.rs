//! The migrations of PostgreSQL, whose statements are sent one by one: Citus hands a statement on to other servers with
//! all the text that it came in, and they take one statement at a time.

use std::fmt;

use diesel::connection::BoxableConnection;
use diesel::migration::{
    Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion, Result,
};
use diesel::pg::Pg;

/// The folder and the text of each.
macro_rules! folders {
    ($($name:literal,)+) => {
        &[$(Folder {
            name: $name,
            up: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/migrations/postgres/",
                $name,
                "/up.sql"
            )),
        }),+]
    };
}

/// All of them, in their order; a test compares the list with the folders.
pub(in crate::db) const ALL: Migrations = Migrations(folders![
    "2026-11-27-000000_create_tables",
    "2026-11-27-000001_create_trash",
    "2026-11-27-000002_create_revocations",
]);

/// Some migrations.
#[derive(Clone, Copy)]
pub(in crate::db) struct Migrations(pub(super) &'static [Folder]);

/// One migration. Each statement of its text ends with `;` at the end of a line.
pub(super) struct Folder {
    pub(super) name: &'static str,
    pub(super) up: &'static str,
}

impl MigrationSource<Pg> for Migrations {
    fn migrations(&self) -> Result<Vec<Box<dyn Migration<Pg>>>> {
        let mut all: Vec<Box<dyn Migration<Pg>>> = Vec::new();
        for folder in self.0 {
            all.push(Box::new(folder));
        }
        Ok(all)
    }
}

impl Migration<Pg> for &'static Folder {
    fn run(&self, connection: &mut dyn BoxableConnection<Pg>) -> Result<()> {
        for statement in statements(self.up) {
            connection.batch_execute(statement)?;
        }
        Ok(())
    }

    fn revert(&self, _: &mut dyn BoxableConnection<Pg>) -> Result<()> {
        Err("a migration is not taken back: restore a backup".into())
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        self
    }

    fn name(&self) -> &dyn MigrationName {
        self
    }
}

impl MigrationMetadata for &'static Folder {}

impl MigrationName for &'static Folder {
    /// As Diesel has it: the numbers before the underscore.
    fn version(&self) -> MigrationVersion<'_> {
        let date = self.name.split('_').next().unwrap_or_default();
        MigrationVersion::from(date.replace('-', ""))
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The statements of a text, each with the comments before it.
pub(super) fn statements(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(";\n").map(str::trim).filter(|statement| !statement.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_is_in_the_list() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        let listed: Vec<&str> = ALL.0.iter().map(|folder| folder.name).collect();
        assert_eq!(listed, there);
    }

    /// What PostgreSQL, Citus, YugabyteDB and CockroachDB all document, and nothing else: no trigger, no function, no
    /// foreign key, no sequence, no extension, no lock, and a collation on keys alone. CockroachDB refuses that one: its own order is
    /// that of the bytes, so that it needs none.
    #[test]
    fn they_are_written_in_the_sql_that_all_engines_document() {
        const BEGINNINGS: [&str; 7] = [
            "CREATE TABLE ",
            "CREATE INDEX ",
            "CREATE POLICY ",
            "ALTER TABLE owners ADD ",
            "ALTER TABLE idempotency_keys ADD ",
            "ALTER TABLE deleted_tasks ADD ",
            "ALTER TABLE tasks ADD ",
        ];
        const REFUSED: [&str; 12] = [
            " REFERENCES ",
            " SERIAL",
            "BIGSERIAL",
            " IDENTITY",
            "GENERATED",
            "TRIGGER",
            "FUNCTION",
            "EXTENSION",
            "LOCK",
            "NEXTVAL",
            "UNLOGGED",
            "INHERITS",
        ];
        let mut collated = Vec::new();
        for statement in ALL.0.iter().flat_map(|folder| statements(folder.up)) {
            let without = |line: &&str| !line.starts_with("--") && !line.is_empty();
            let code = statement.lines().filter(without).collect::<Vec<_>>().join("\n");
            let known = BEGINNINGS.iter().any(|start| code.starts_with(start));
            let secures = code.ends_with(" ENABLE ROW LEVEL SECURITY;");
            assert!(known || secures, "{code}");
            let upper = code.to_uppercase();
            for word in REFUSED {
                assert!(!upper.contains(word), "{word}: {code}");
            }
            let columns = code.lines().filter(|line| line.contains("COLLATE"));
            collated.extend(
                columns.map(|line| line.split_whitespace().take(4).collect::<Vec<_>>().join(" ")),
            );
        }
        collated.sort();
        collated.dedup();
        assert_eq!(collated, ["key TEXT COLLATE \"C\"", "user_id TEXT COLLATE \"C\""]);
    }

    #[test]
    fn a_text_is_divided_into_its_statements() {
        let text = "-- One; and more.\nCREATE TABLE a (\n    b TEXT CHECK (b <> ';')\n);\n\nDROP TABLE a;\n";
        let divided: Vec<&str> = statements(text).collect();
        assert_eq!(divided.len(), 2, "{divided:?}");
        assert_eq!(divided[1], "DROP TABLE a;");
    }
}
