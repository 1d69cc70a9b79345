//! How the tables lie: what Citus says of them, and whether it can stay so.

use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};
use diesel::{QueryResult, QueryableByName, RunQueryDsl};

use super::super::BlockingPgConnection;
use super::TABLES;

/// How the tables of users lie in a database that has the extension.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Of the extension.
    pub(crate) version: String,
    /// Each server, and how many shards of these tables it holds.
    pub(crate) nodes: Vec<Node>,
    /// Those of [`TABLES`] that are there.
    pub(crate) tables: Vec<Table>,
}

/// A server of the cluster.
#[derive(Clone, Debug, QueryableByName)]
pub(crate) struct Node {
    /// Its host and port, as the coordinator reaches it.
    #[diesel(sql_type = Text)]
    pub(crate) address: String,
    /// Whether Citus uses it.
    #[diesel(sql_type = Bool)]
    pub(crate) is_active: bool,
    /// How many shards of our tables it holds.
    #[diesel(sql_type = BigInt)]
    pub(crate) shards: i64,
}

/// A table of users.
#[derive(Clone, Debug, QueryableByName)]
pub(crate) struct Table {
    /// Its name.
    #[diesel(sql_type = Text)]
    pub(crate) name: String,
    /// How Citus knows it: `h` when it is distributed by a hash; `None` when it is an ordinary table.
    #[diesel(sql_type = Nullable<Text>)]
    method: Option<String>,
    /// The column that it is distributed by.
    #[diesel(sql_type = Nullable<Text>)]
    key: Option<String>,
    /// The group of tables whose shards belong together.
    #[diesel(sql_type = Nullable<Integer>)]
    group: Option<i32>,
    /// How many shards it has.
    #[diesel(sql_type = BigInt)]
    pub(crate) shards: i64,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

const VERSION: &str = "SELECT extversion AS version FROM pg_extension WHERE extname = 'citus'";

const OUR_TABLES: &str = "SELECT c.relname::text AS name, p.partmethod::text AS method, \
    CASE WHEN p.partmethod = 'h' THEN column_to_column_name(p.logicalrelid, p.partkey) END AS key, \
    p.colocationid AS \"group\", \
    (SELECT count(*) FROM pg_dist_shard AS s WHERE s.logicalrelid = c.oid) AS shards \
    FROM unnest($1) WITH ORDINALITY AS wanted (name, place) \
    JOIN pg_class AS c ON c.oid = to_regclass(wanted.name) \
    LEFT JOIN pg_dist_partition AS p ON p.logicalrelid = c.oid ORDER BY wanted.place";

const NODES: &str = "SELECT n.nodename || ':' || n.nodeport AS address, n.isactive AS is_active, \
    (SELECT count(*) FROM pg_dist_placement AS p JOIN pg_dist_shard AS s USING (shardid) \
    WHERE p.groupid = n.groupid AND s.logicalrelid = ANY (SELECT to_regclass(name) FROM unnest($1) AS t (name))) \
    AS shards FROM pg_dist_node AS n WHERE n.noderole = 'primary' ORDER BY n.nodeid";

impl Layout {
    /// Asks the database; `None` without the extension. Nothing is changed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(in crate::db) fn of(connection: &mut BlockingPgConnection) -> QueryResult<Option<Self>> {
        let version: Vec<Version> = diesel::sql_query(VERSION).load(connection)?;
        let Some(Version { version }) = version.into_iter().next() else { return Ok(None) };
        let about_ours = |query: &str| {
            diesel::sql_query(query.to_owned()).bind::<Array<Text>, _>(TABLES.as_slice())
        };
        let tables = about_ours(OUR_TABLES).load(connection)?;
        Ok(Some(Self { version, nodes: about_ours(NODES).load(connection)?, tables }))
    }

    /// Whether a statement that concerns several users concerns several servers.
    pub(crate) fn is_sharded(&self) -> bool {
        self.tables.iter().any(|table| table.method.is_some())
    }

    /// The tables that are distributed.
    pub(crate) fn distributed(&self) -> impl Iterator<Item = &str> {
        let placed = self.tables.iter().filter(|table| table.method.is_some());
        placed.map(|table| table.name.as_str())
    }

    /// The tables that are not distributed yet.
    pub(crate) fn pending(&self) -> Vec<&str> {
        let pending = self.tables.iter().filter(|table| table.method.is_none());
        pending.map(|table| table.name.as_str()).collect()
    }

    /// What an operator must change by hand, as a sentence.
    pub(crate) fn fault(&self) -> Option<String> {
        let placed = || self.tables.iter().filter(|table| table.method.is_some());
        if let Some(Table { name, .. }) = placed().find(|it| it.key.as_deref() != Some("user_id")) {
            return Some(format!(
                "{name} is known to Citus, but not distributed by user_id: run SELECT undistribute_table('{name}')"
            ));
        }
        let first = placed().next()?;
        let apart = placed().find(|table| table.group != first.group)?;
        Some(format!(
            "{0} is not colocated with {1}: run SELECT update_distributed_table_colocation('{0}', colocate_with => '{1}')",
            apart.name, first.name
        ))
    }
}
