//! In development: names the members of request bodies that are unknown, and what was probably meant. They are ignored,
//! because clients send whole tasks back, so a misspelt one changes nothing and says nothing.

use std::sync::{Mutex, PoisonError};

use strsim::jaro_winkler;

/// How many are named in the log: clients can make up any number.
const MOST_NAMED: usize = 50;

/// What is shown of a name, in characters.
const SHOWN_CHARS: usize = 64;

/// How alike a name and the one that was meant are at least; 1 is the same.
const ALIKE: f64 = 0.85;

/// A member, and names that others give to the same thing.
pub(crate) type Known = (&'static str, &'static [&'static str]);

/// The members that were named, each of them once.
#[derive(Debug, Default)]
pub(crate) struct UnknownMembers(Mutex<Vec<String>>);

impl UnknownMembers {
    /// Names a member of a body, unless it is one of these or was named before.
    pub(crate) fn note(&self, name: &str, known: &[Known]) {
        if known.iter().any(|(member, _)| *member == name) {
            return;
        }
        let shown: String = name.chars().take(SHOWN_CHARS).collect();
        let mut named = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if named.len() == MOST_NAMED || named.contains(&shown) {
            return;
        }
        let advice = match probably_meant(&shown, known) {
            Some(member) => format!("{member:?} was probably meant"),
            None => {
                let members: Vec<&str> = known.iter().map(|(member, _)| *member).collect();
                format!("known are {}", members.join(", "))
            }
        };
        log::warn!("a body has the member {shown:?}, which is unknown and ignored: {advice}");
        named.push(shown);
    }
}

/// The most similar of these members, if one is similar at all.
fn probably_meant(name: &str, known: &[Known]) -> Option<&'static str> {
    let name = snake_case(name);
    let name = name.strip_prefix("is_").or_else(|| name.strip_prefix("task_")).unwrap_or(&name);
    let alike = |(member, others): &Known| {
        if others.contains(&name) { 1.0 } else { jaro_winkler(name, member) }
    };
    let best = known.iter().max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(best) >= ALIKE).then_some(best.0)
}

/// `dueDate`, `DueDate` and `due-date` as `due_date`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        let starts_word = character.is_uppercase() && !snake.is_empty() && !snake.ends_with('_');
        if starts_word && !name.chars().all(|c| !c.is_lowercase()) {
            snake.push('_');
        }
        match character {
            '-' | ' ' => snake.push('_'),
            _ => snake.extend(character.to_lowercase()),
        }
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Known] = &[
        ("title", &["name"]),
        ("description", &["notes"]),
        ("completed", &["done", "status"]),
        ("priority", &[]),
        ("tags", &["labels"]),
        ("due_date", &["deadline"]),
    ];

    #[test]
    fn the_member_that_was_meant_is_found_or_none_is_named() {
        for (name, expected) in [
            ("dueDate", "due_date"),
            ("DueDate", "due_date"),
            ("due-date", "due_date"),
            ("DUE_DATE", "due_date"),
            ("dueDates", "due_date"),
            ("due", "due_date"),
            ("deadline", "due_date"),
            ("done", "completed"),
            ("is_completed", "completed"),
            ("isCompleted", "completed"),
            ("complete", "completed"),
            ("compelted", "completed"),
            ("status", "completed"),
            ("Title", "title"),
            ("titel", "title"),
            ("taskTitle", "title"),
            ("name", "title"),
            ("desc", "description"),
            ("descripton", "description"),
            ("tag", "tags"),
            ("labels", "tags"),
            ("prio", "priority"),
            ("proirity", "priority"),
        ] {
            assert_eq!(probably_meant(name, KNOWN), Some(expected), "{name}");
        }
        for name in ["", "color", "position", "assignee", "x", "\u{0}", "ünï", "__proto__"] {
            assert_eq!(probably_meant(name, KNOWN), None, "{name}");
        }
    }

    #[test]
    fn a_bounded_number_of_cut_names_is_kept() {
        let unknown = UnknownMembers::default();
        unknown.note("title", KNOWN);
        assert_eq!(unknown.0.lock().unwrap().len(), 0);
        for number in 0..1000 {
            unknown.note(&format!("{number}{}", "é".repeat(60_000)), KNOWN);
            unknown.note("dueDate", KNOWN);
        }
        let named = unknown.0.lock().unwrap();
        assert_eq!(named.len(), MOST_NAMED);
        assert!(named.iter().all(|name| name.chars().count() <= SHOWN_CHARS));
        assert_eq!(named.iter().filter(|name| *name == "dueDate").count(), 1);
    }
}
