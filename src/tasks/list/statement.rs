//! The statements of the list. Each filters by the owner first, reads an index that starts with him,
//! and stops behind the page.

use diesel::dsl::{CountStar, IntoBoxed, Select, count_star};
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text};
use diesel::{
    BoolExpressionMethods, EscapeExpressionMethods, ExpressionMethods, IntoSql,
    NullableExpressionMethods, QueryDsl, RunQueryDsl, TextExpressionMethods,
};

use super::filter::TaskFilter;
use super::position::{KeyValue, Position};
use super::row_value::Behind;
use super::sort::{Direction, Sort, SortKey};
use crate::auth::OwnerId;
use crate::db::schema::{task_tags, tasks};
use crate::db::{DbConnection, DbError, MultiBackend, on_either};
use crate::tasks::model::Task;

diesel::define_sql_function! {
    /// Both databases fold ASCII letters and leave all others.
    fn lower(text: Nullable<Text>) -> Nullable<Text>;
}

type Statement<'a> = IntoBoxed<'a, tasks::table, MultiBackend>;

/// The list as most clients ask for it, from its beginning. The statement is always the same, so that
/// its text is written, and found among the prepared ones, by its type and not by its words.
fn newest(
    connection: &mut DbConnection,
    owner: &OwnerId,
    limit: i64,
) -> Result<Vec<Task>, DbError> {
    let query = tasks::table
        .filter(tasks::user_id.eq(owner.as_str()))
        .order((tasks::created_at.desc(), tasks::id.desc()))
        .limit(limit);
    Ok(on_either!(connection, inner => query.load(inner))?)
}

/// The first `limit` tasks behind a position, or from the beginning.
pub(crate) fn page(
    connection: &mut DbConnection,
    owner: &OwnerId,
    filter: &TaskFilter,
    sort: Sort,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<Task>, DbError> {
    if after.is_none() && sort == Sort::DEFAULT && filter.is_open() {
        return newest(connection, owner, limit);
    }
    let mut page: Vec<Task> = Vec::new();
    for segment in segments(owner, filter, sort, after) {
        let missing = limit - i64::try_from(page.len()).unwrap_or(limit);
        if missing > 0 {
            page.extend(segment.limit(missing).load::<Task>(connection)?);
        }
    }
    Ok(page)
}

/// How many tasks the filter lets through.
pub(crate) fn count(
    connection: &mut DbConnection,
    owner: &OwnerId,
    filter: &TaskFilter,
) -> Result<i64, DbError> {
    Ok(counted(owner, filter).first(connection)?)
}

/// The statement of [`count`].
pub(super) fn counted<'a>(
    owner: &'a OwnerId,
    filter: &'a TaskFilter,
) -> IntoBoxed<'a, Select<tasks::table, CountStar>, MultiBackend> {
    chosen(owner, filter).select(count_star())
}

/// The list in one piece, except by due date: there, tasks without one come last in both directions,
/// which no single index can be read in. So they are a second piece, asked for when the first ends.
pub(super) fn segments<'a>(
    owner: &'a OwnerId,
    filter: &'a TaskFilter,
    sort: Sort,
    after: Option<&'a Position>,
) -> Vec<Statement<'a>> {
    let all = || chosen(owner, filter);
    if sort.key != SortKey::DueDate {
        return vec![sorted(continued(all(), sort, after), sort)];
    }
    let undated = || {
        let rest = all().filter(tasks::due_date.is_null());
        match after {
            Some(Position { key: KeyValue::Nothing, id }) => match sort.direction {
                Direction::Ascending => rest.filter(tasks::id.gt(id)),
                Direction::Descending => rest.filter(tasks::id.lt(id)),
            },
            _ => rest,
        }
    };
    let dated = || continued(all().filter(tasks::due_date.is_not_null()), sort, after);
    let begins_undated = after.is_some_and(|position| position.key == KeyValue::Nothing);
    let mut segments = Vec::new();
    if !begins_undated {
        segments.push(sorted(dated(), sort));
    }
    if !filter.needs_due_date() {
        segments.push(sorted(undated(), sort));
    }
    segments
}

/// The owner's tasks that meet every condition.
fn chosen<'a>(owner: &'a OwnerId, filter: &'a TaskFilter) -> Statement<'a> {
    let mut query = tasks::table.filter(tasks::user_id.eq(owner.as_str())).into_boxed();
    if let Some(completed) = filter.completed {
        query = query.filter(tasks::completed.eq(completed));
    }
    if !filter.priorities.is_empty() {
        query = query.filter(tasks::priority.eq_any(&filter.priorities));
    }
    for tag in &filter.tags {
        let tagged = task_tags::table
            .filter(task_tags::user_id.eq(owner.as_str()))
            .filter(task_tags::tag.eq(tag))
            .select(task_tags::task_id);
        query = query.filter(tasks::id.eq_any(tagged));
    }
    if let Some(moment) = filter.due_before {
        query = query.filter(tasks::due_date.lt(moment));
    }
    if let Some(moment) = filter.due_after {
        query = query.filter(tasks::due_date.gt(moment));
    }
    if let Some(text) = &filter.search {
        let pattern = contains(text);
        let title = lower(tasks::title.nullable()).like(pattern.clone()).escape('\\');
        let description = lower(tasks::description).like(pattern).escape('\\');
        query = query.filter(title.or(description));
    }
    query
}

/// The `LIKE` pattern for "contains this text", in which `%` and `_` are ordinary characters.
fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character.to_ascii_lowercase());
    }
    pattern.push('%');
    pattern
}

fn continued<'a>(query: Statement<'a>, sort: Sort, after: Option<&'a Position>) -> Statement<'a> {
    let Some(Position { key, id }) = after else {
        return query;
    };
    let direction = sort.direction;
    macro_rules! behind {
        ($column:expr, $key:expr, $kind:ty) => {
            query.filter(Behind {
                column: $column,
                key: $key.into_sql::<$kind>(),
                id: id.into_sql::<BigInt>(),
                direction,
            })
        };
    }
    match (sort.key, key) {
        (SortKey::CreatedAt, KeyValue::Moment(at)) => behind!(tasks::created_at, at, BigInt),
        (SortKey::UpdatedAt, KeyValue::Moment(at)) => behind!(tasks::updated_at, at, BigInt),
        (SortKey::DueDate, KeyValue::Moment(at)) => behind!(tasks::due_date, at, BigInt),
        (SortKey::Title, KeyValue::Text(text)) => behind!(tasks::title, text, Text),
        (SortKey::Priority, KeyValue::Priority(it)) => behind!(tasks::priority, it, SmallInt),
        // A position is made for one sort and read back for the same one.
        _ => query,
    }
}

fn sorted(query: Statement<'_>, sort: Sort) -> Statement<'_> {
    macro_rules! by {
        ($column:expr) => {
            match sort.direction {
                Direction::Ascending => query.order(($column.asc(), tasks::id.asc())),
                Direction::Descending => query.order(($column.desc(), tasks::id.desc())),
            }
        };
    }
    match sort.key {
        SortKey::CreatedAt => by!(tasks::created_at),
        SortKey::UpdatedAt => by!(tasks::updated_at),
        SortKey::Title => by!(tasks::title),
        SortKey::DueDate => by!(tasks::due_date),
        SortKey::Priority => by!(tasks::priority),
    }
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn wildcards_of_the_pattern_are_ordinary_characters_of_the_search() {
        assert_eq!(contains("50%_OFF\\É"), "%50\\%\\_off\\\\É%");
    }
}
