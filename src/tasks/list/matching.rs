//! What a list matches in the program and not in the database: tags and search, so that both databases find the
//! same. Case and accents do not count: texts are compared in compatibility decomposition (NFKD, UAX #15)
//! without marks, folded by full case folding (Unicode, section 3.13). The search takes time in proportion to
//! the length of the texts, whatever the pattern.

use std::borrow::Cow;

use caseless::Caseless;
use memchr::memmem::Finder;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::filter::TaskFilter;
use crate::tasks::task::model::Task;

/// The part of a filter that the database does not know.
pub(in crate::tasks) struct Matcher<'a> {
    tags: &'a [String],
    search: Option<Finder<'static>>,
}

impl<'a> Matcher<'a> {
    /// `None` when the filter asks for neither.
    pub(in crate::tasks) fn of(filter: &'a TaskFilter) -> Option<Self> {
        let search = filter.search.as_deref();
        let search = search.map(|text| Finder::new(folded(text).as_bytes()).into_owned());
        (search.is_some() || !filter.tags.is_empty()).then_some(Self { tags: &filter.tags, search })
    }

    /// Whether the task carries every tag and contains the text in its title or its description.
    pub(in crate::tasks) fn matches(&self, task: &Task) -> bool {
        self.tags_match(task) && self.text_matches(task)
    }

    fn tags_match(&self, task: &Task) -> bool {
        self.tags.is_empty() || task.tags.contain_all(self.tags)
    }

    fn text_matches(&self, task: &Task) -> bool {
        let Some(finder) = &self.search else { return true };
        let contains = |text: &str| finder.find(folded(text).as_bytes()).is_some();
        contains(&task.title) || task.description.as_deref().is_some_and(contains)
    }
}

/// A text without what a search does not tell apart.
fn folded(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        let plain = text.nfkd().filter(|character| !is_combining_mark(*character));
        return Cow::Owned(plain.default_case_fold().collect());
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::OwnerId;
    use crate::db::Timestamp;
    use crate::tasks::task::id::TaskId;
    use crate::tasks::task::model::NewTask;
    use crate::tasks::task::tags::Tags;

    fn task(title: &str, description: Option<&str>, tags: &[&str]) -> Task {
        let new = NewTask {
            description: description.map(str::to_owned),
            tags: Tags::from_checked(tags),
            ..NewTask::for_tests(title)
        };
        let id = TaskId::parse("1").unwrap();
        new.as_stored(&OwnerId::for_tests("alice"), (id, 1), Timestamp::now())
    }

    fn finds(search: &str, task: &Task) -> bool {
        let filter = TaskFilter { search: Some(search.to_owned()), ..TaskFilter::default() };
        Matcher::of(&filter).unwrap().matches(task)
    }

    #[test]
    fn case_accents_and_compatibility_forms_do_not_count() {
        for (text, search) in [
            ("Buy MILK", "milk"),
            ("Éclair", "ECLAIR"),
            ("E\u{301}clair", "éclair"),
            ("STRASSE", "straße"),
            ("ﬁnish", "FINISH"),
            ("Ünïcödé", "unicode"),
            ("ΣΊΣΥΦΟΣ", "σισυφος"),
            ("İstanbul", "istanbul"),
            ("１２３", "123"),
            ("100%_a\\b", "%_A\\B"),
        ] {
            assert!(finds(search, &task(text, None, &[])), "{search} in {text}");
            assert!(finds(search, &task("x", Some(text), &[])), "{search} in a description {text}");
        }
        for (text, search) in [("abc", "a_c"), ("abc", "%"), ("milk", "mil k"), ("ab", "abc")] {
            assert!(!finds(search, &task(text, Some(text), &[])), "{search} in {text}");
        }
    }

    #[test]
    fn title_and_description_are_texts_of_their_own() {
        assert!(!finds("ab", &task("a", Some("b"), &[])));
    }

    #[test]
    fn every_tag_must_be_there_exactly() {
        let tagged = task("x", None, &["home", "a\"b", "\",\""]);
        let has = |tags: &[&str]| {
            let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
            let filter = TaskFilter { tags, ..TaskFilter::default() };
            Matcher::of(&filter).unwrap().matches(&tagged)
        };
        for tags in [&["home"][..], &["a\"b", "home"], &["\",\""]] {
            assert!(has(tags), "{tags:?}");
        }
        for tags in [&["Home"][..], &["hom"], &["home", "work"], &[","], &["a"]] {
            assert!(!has(tags), "{tags:?}");
        }
    }

    #[test]
    fn a_filter_that_asks_for_neither_needs_no_matching() {
        assert!(Matcher::of(&TaskFilter::default()).is_none());
    }
}
