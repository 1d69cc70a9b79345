//! `?search=`: part of the title or the description, whatever the case and the accents of either, in all of
//! Unicode and alike on both databases.

use std::collections::BTreeSet;

use caseless::default_case_fold_str;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rstest::rstest;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{ALICE, alice, tasks_of};
use crate::support::{Backend, Client, seed};

/// The titles of the tasks that a search finds.
fn found(client: &Client, search: &str) -> BTreeSet<String> {
    let search = utf8_percent_encode(search, NON_ALPHANUMERIC);
    let path = format!("{}?limit=200&search={search}", tasks_of(ALICE));
    let tasks = client.get(&path).expect(200).json();
    let title = |task: &Value| task["title"].as_str().unwrap().to_owned();
    tasks.as_array().unwrap().iter().map(title).collect()
}

fn add(client: &Client, title: &str, description: Option<&str>) {
    let body = json!({"title": title, "description": description});
    client.post(&tasks_of(ALICE), &body).expect(201);
}

const FOUND: &[(&str, &[&str])] = &[
    ("Crème brûlée", &["creme brulee", "CRÈME", "cre\u{300}me", "Brûl", "e b"]),
    ("Cafe\u{301}", &["café", "CAFÉ", "cafe"]),
    ("Große Straße", &["GROSSE STRASSE", "strasse", "GROẞE", "ße"]),
    ("Όσος ΟΔΥΣΣΕΎΣ", &["οσοσ", "ΌΣΟΣ", "οδυσσευς", "Οδυσσεύς"]),
    ("İstanbul", &["istanbul", "ISTANBUL", "i\u{307}stanbul"]),
    ("Ёлка", &["елка", "ЁЛКА"]),
    ("Tiếng Việt", &["tieng viet", "TIẾNG VIỆT"]),
    ("ﬁnal oﬀer", &["FINAL", "offer", "ﬀ"]),
    ("Ｗｉｄｅ ﾊﾟ", &["wide", "パ", "ハ"]),
    ("Ångström Ω K", &["angstrom", "ω k", "\u{212b}", "Ω"]),
    ("x² ½ ①", &["x2", "1\u{2044}2 1"]),
    ("Ǆ ŉ ſ", &["dž", "ʼn s", "DZ"]),
    ("ᾠδή", &["ωδη", "ὨΔΉ"]),
    ("한국어", &["한국", "\u{1112}\u{1161}\u{11ab}"]),
    ("100% _off_ \\o/ it's \"so\" 🦀", &["0%", "% _", "_OFF", "\\O", "'s", "\"so\" 🦀"]),
];

#[rstest]
fn case_and_accents_make_no_difference(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    FOUND.iter().for_each(|(title, _)| add(&client, title, None));
    for (title, searches) in FOUND {
        for search in *searches {
            assert!(found(&client, search).contains(*title), "{title}: {search}");
        }
    }
}

#[rstest]
fn everything_else_is_itself(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    add(&client, "a\\b%c_d*e?f", Some("Second  part, and ı"));
    for search in ["\\b%c", "*e?", "second  PART", "d  p", "ı"] {
        assert_eq!(found(&client, search).len(), 1, "{search}");
    }
    for search in [
        "a%d",
        "a_b",
        "a.b",
        "b%%c",
        "second part",
        "f second",
        "fs",
        "i",
        "[a]",
        "^a",
        "\0",
        "a\0b",
    ] {
        assert_eq!(found(&client, search).len(), 0, "{search}");
    }
}

#[rstest]
fn an_emptied_search_field_finds_everything(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    add(&client, "a", None);
    add(&client, "b", Some(""));
    assert_eq!(found(&client, "").len(), 2);
}

/// NFKD without marks, and full case folding.
fn folded(text: &str) -> String {
    let bare: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    default_case_fold_str(&bare)
}

/// Some letters in several spellings, and what SQL would take for a wildcard.
const LETTERS: &[&str] = &[
    "a", "A", "á", "a\u{301}", "ª", "s", "S", "ß", "ẞ", "ſ", "ss", "i", "I", "İ", "ı", "f", "ﬁ",
    "ﬃ", "σ", "ς", "Σ", "ή", "Η", "ᾳ", "е", "Ё", "ё", "k", "K", "1", "²", "①", "%", "_", "\\", " ",
    "🦀", "ｱ", "ア", "が",
];

fn random_text(random: &mut fastrand::Rng, most: usize) -> String {
    let length = random.usize(1..=most);
    (0..length).map(|_| *random.choice(LETTERS).unwrap()).collect()
}

#[rstest]
fn random_searches_find_what_a_plain_predicate_finds(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut random = fastrand::Rng::with_seed(seed());
    let (_app, client) = alice(backend);
    let mut tasks = Vec::new();
    for number in 0..100 {
        let title = format!("{}{number}", random_text(&mut random, 12));
        let description = random.bool().then(|| random_text(&mut random, 40));
        add(&client, &title, description.as_deref());
        tasks.push((title.trim().to_owned(), description.unwrap_or_default()));
    }
    let (mut some, mut none) = (0, 0);
    for _ in 0..300 {
        let search = random_text(&mut random, 3);
        let part = folded(&search);
        let has_it = |text: &String| folded(text).contains(&part);
        let expected: BTreeSet<String> = tasks
            .iter()
            .filter(|(title, description)| has_it(title) || has_it(description))
            .map(|(title, _)| title.clone())
            .collect();
        if expected.is_empty() {
            none += 1
        } else {
            some += 1
        }
        assert_eq!(found(&client, &search), expected, "{search:?}");
    }
    assert!(some > 100 && none > 20, "{some} {none}");
}
