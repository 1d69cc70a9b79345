//! `taskbridge copy`: moves all tasks from one database to another, with the server stopped.

use std::convert::Infallible;

use clap::Args;

use crate::base::secret::Secret;
use crate::cli::output::{self, Row, Verdict};
use crate::config::{PGPASSFILE, Source, sharding_from};
use crate::db::DatabaseUrl;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The database to read, written as DATABASE_URL; it is not changed
    #[arg(long, value_name = "URL", value_parser = secret)]
    from: Secret,
    /// The database to fill: an empty one, or what an interrupted copy of the same source has left
    #[arg(long, value_name = "URL", value_parser = secret)]
    to: Secret,
}

/// Parsed later, because clap's message about a faulty value would quote its password.
#[expect(clippy::unnecessary_wraps, reason = "a parser of clap returns a Result")]
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}

/// Copies, compares and prints what both databases hold.
///
/// # Errors
/// One sentence when an option is wrong, a database cannot be used, or the two are not equal in the end.
pub(in crate::cli) fn run(source: &Source, arguments: &Arguments) -> anyhow::Result<()> {
    let from = url(source, "--from", &arguments.from)?;
    let to = url(source, "--to", &arguments.to)?;
    let verified = super::copy(&from, &to, sharding_from(source)?)?;
    let rows: Vec<Row> = verified
        .into_iter()
        .map(|table| Row {
            name: table.table.to_owned(),
            result: Verdict::Ok,
            value: format!("the same in both: {}", table.checksum),
        })
        .collect();
    output::print(&output::table(&rows))
}

fn url(source: &Source, option: &str, text: &Secret) -> anyhow::Result<DatabaseUrl> {
    let url = DatabaseUrl::parse(text.expose());
    let url = url.map_err(|error| anyhow::anyhow!("{option} {error}."))?;
    Ok(url.or_passfile(source.get(PGPASSFILE.name)))
}
