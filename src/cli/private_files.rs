//! The files of a usual installation that other users of the machine must not read.

use std::path::PathBuf;

use crate::base::private_file;
use crate::config::Config;
use crate::db::DatabaseUrl;

/// `.env`, and the database of the web app where it has one in this folder, as with `make run`.
const IN_THIS_FOLDER: [&str; 4] = [".env", "web/auth.db", "web/auth.db-wal", "web/auth.db-shm"];

/// One sentence for each file that is open to others, with the command that closes it.
pub(super) fn exposed(config: &Config) -> Vec<String> {
    let mut files: Vec<PathBuf> = IN_THIS_FOLDER.iter().map(PathBuf::from).collect();
    if let DatabaseUrl::Sqlite(path) = &config.database.url {
        files.extend(["", "-wal", "-shm"].map(|end| PathBuf::from(format!("{path}{end}"))));
    }
    files.iter().filter_map(|file| private_file::exposed(file)).collect()
}
