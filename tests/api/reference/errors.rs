//! The page of errors: each code with its status, when it is answered, its sentence, and what a client should do.

use serde_json::Value;
use taskbridge::problem::ProblemCode;

use super::{MADE, cell};

const ABOUT: &str = "\
Every error is `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)); [the form](../api.md#errors) is the same for all. Branch on
`code`: it is stable, and goes with one status. `detail` is for people and may be reworded; where it names a header or a number, this is an example.
`retry` is there on 401 and 403: `refresh` (get a new token, repeat once), `login` or `never`.
";

/// The page.
pub fn page() -> String {
    let document = serde_json::to_value(taskbridge::document()).unwrap();
    let mut codes: Vec<&ProblemCode> = ProblemCode::ALL.iter().collect();
    codes.sort_by_key(|code| code.status());
    let rows: String = codes.into_iter().map(|code| row(&document, *code)).collect();
    format!(
        "# Errors\n\n{MADE}\n\n{ABOUT}\n| status | `code` | when | `detail` | `retry` |\n| --- | --- | --- | --- | --- |\n{rows}"
    )
}

fn row(document: &Value, code: ProblemCode) -> String {
    let responses = document["components"]["responses"].as_object().unwrap();
    let example = |response: &'_ Value| {
        let examples = &response["content"]["application/problem+json"]["examples"];
        examples[code.as_str()]["value"].clone()
    };
    let response = responses.values().find(|response| example(response).is_object()).unwrap();
    let begin = format!("`{}`: ", code.as_str());
    let described = response["description"].as_str().unwrap();
    let when = described.split("\n\n").find_map(|part| part.strip_prefix(&begin)).unwrap();
    let example = example(response);
    let retry = example["retry"].as_str().map(|retry| format!("`{retry}`")).unwrap_or_default();
    format!(
        "| {} | `{}` | {} | {} | {retry} |\n",
        code.status().as_u16(),
        code.as_str(),
        cell(when),
        // As text, and not as a tag of HTML.
        cell(example["detail"].as_str().unwrap()).replace('<', "&lt;")
    )
}
