//! The pictures of the documents: each is shown with words in its place, and a drawing says what it shows to those who do not see
//! it, and follows the light or dark of its reader.

use std::path::PathBuf;

use super::{documents, read, root};

/// The pictures that documents show: where they are, and the words in their place.
fn shown() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for document in documents() {
        let text = read(&document);
        for picture in text.split("![").skip(1) {
            let (words, rest) = picture.split_once("](").unwrap();
            let target = rest.split(')').next().unwrap();
            found.push((root().join(document.parent().unwrap()).join(target), words.to_owned()));
        }
    }
    found
}

#[test]
fn every_picture_is_shown_and_has_words_in_its_place() {
    let shown = shown();
    assert!(shown.len() > 8, "the pictures were not found: {shown:?}");
    for (picture, words) in &shown {
        assert!(picture.is_file() && words.len() > 15, "{}: {words}", picture.display());
    }
    for folder in ["docs/images", "docs/performance"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let is_shown = shown.iter().any(|(picture, _)| *picture == path);
            assert!(is_shown, "no document shows {}", path.display());
        }
    }
}

#[test]
fn every_drawing_describes_itself_and_follows_light_and_dark() {
    let drawings = shown().into_iter().map(|(picture, _)| picture);
    let drawings = drawings.filter(|path: &PathBuf| path.extension() == Some("svg".as_ref()));
    let mut seen = 0;
    for drawing in drawings {
        let text = read(&drawing);
        let mut parts = vec!["role=\"img\"", "<title id=\"title\">"];
        // A chart of the benchmark that has no figures yet has nothing to describe and no colours.
        if drawing.starts_with(root().join("docs/images")) {
            parts.extend(["aria-labelledby=\"title description\"", "<desc id=\"description\">"]);
            parts.push("prefers-color-scheme: dark");
        }
        for part in parts {
            assert!(text.contains(part), "{} lacks {part}", drawing.display());
        }
        // It works offline, and nothing in it runs.
        let names_only = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!names_only.contains("://") && !text.contains("<script"), "{}", drawing.display());
        seen += 1;
    }
    assert!(seen > 6, "only {seen} drawings were found");
}
