//! The page of HTTP operations: the contract as a text to read.

use serde_json::Value;

use super::{MADE, cell};

const ABOUT: &str = "\
[`openapi.json`](../../openapi.json) as a text. [The API in short](../api.md) is the place to begin, and [Errors](errors.md) has what each `code` means.
Every request may carry `X-Request-Id`, and every answer does.
";

/// The page: the operations by kind, then the bodies.
pub fn page() -> String {
    let document = serde_json::to_value(taskbridge::document()).unwrap();
    let mut page = format!("# HTTP operations\n\n{MADE}\n\n{ABOUT}");
    for tag in document["tags"].as_array().unwrap() {
        page += &format!("\n## {}\n\n{}\n", capital(text(&tag["name"])), text(&tag["description"]));
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if operation["tags"][0] == tag["name"] {
                    page +=
                        &one(&document, &format!("{} {path}", method.to_uppercase()), operation);
                }
            }
        }
    }
    page += "\n## Bodies\n";
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        page += &body(name, schema);
    }
    page
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// What a `$ref` stands for, or the value itself.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.map_or(value, |pointer| document.pointer(pointer).unwrap())
}

/// One operation.
fn one(document: &Value, name: &str, operation: &Value) -> String {
    let token = operation["security"].as_array().is_some_and(|needs| !needs.is_empty());
    let token = if token { "Needs a token." } else { "Needs no token." };
    let mut part = format!("\n### {}\n\n`{name}`\n\n", text(&operation["summary"]));
    part += &format!("{} {token}\n", text(&operation["description"]).trim());
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parameters = parameters.map(|parameter| resolve(document, parameter));
    let own = parameters.filter(|parameter| parameter["name"] != "X-Request-Id");
    let rows: String = own.map(row_of_parameter).collect();
    if !rows.is_empty() {
        part +=
            &format!("\n| parameter | in | type | meaning |\n| --- | --- | --- | --- |\n{rows}");
    }
    let content = resolve(document, &operation["requestBody"])["content"].as_object().cloned();
    for (kind, media) in content.unwrap_or_default() {
        part += &format!("\nBody: `{kind}`, {}.\n", type_of(&media["schema"]));
    }
    part + &answers(document, operation)
}

/// What is answered: what succeeds in a row each, and the errors together.
fn answers(document: &Value, operation: &Value) -> String {
    let mut part = "\n| status | answer |\n| --- | --- |\n".to_owned();
    let mut errors = Vec::new();
    for (status, response) in operation["responses"].as_object().unwrap() {
        let response = resolve(document, response);
        if response["content"]["application/problem+json"].is_object() {
            errors.push(status.as_str());
        } else {
            part += &format!("| {status} | {} |\n", answer(response));
        }
    }
    if !errors.is_empty() {
        part += &format!("| {} | an [error](errors.md) |\n", errors.join(", "));
    }
    part
}

fn row_of_parameter(parameter: &Value) -> String {
    let required = if parameter["required"] == true { ", required" } else { "" };
    format!(
        "| `{}` | {}{required} | {} | {} |\n",
        text(&parameter["name"]),
        text(&parameter["in"]),
        cell(&type_of(&parameter["schema"])),
        cell(text(&parameter["description"]))
    )
}

/// A sentence and the body.
fn answer(response: &Value) -> String {
    let described = cell(text(&response["description"]));
    let content = response["content"].as_object().cloned().unwrap_or_default();
    let bodies =
        content.iter().map(|(kind, media)| format!("`{kind}`: {}", type_of(&media["schema"])));
    let bodies = bodies.collect::<Vec<_>>().join("; ");
    if bodies.is_empty() { described } else { format!("{described} {}", cell(&bodies)) }
}

/// A schema in a few words.
fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(parts) = schema[key].as_array() {
            let join = if key == "allOf" { " and " } else { " or " };
            return parts.iter().map(type_of).collect::<Vec<_>>().join(join);
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        kind => text(kind).to_owned(),
    };
    let kind =
        if kind == "array" { format!("array of {}", type_of(&schema["items"])) } else { kind };
    let kind = if kind.is_empty() { "any value".to_owned() } else { kind };
    let format = schema["format"].as_str().map(|format| format!(" ({format})"));
    kind + &format.unwrap_or_default() + &limits(schema)
}

/// What a value is bounded by.
fn limits(schema: &Value) -> String {
    let mut limits = Vec::new();
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> =
            values.iter().map(|value| format!("`{}`", plain(value))).collect();
        limits.push(values.join(", "));
    }
    for (low, high, unit) in [
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
    ] {
        match (schema[low].as_i64(), schema[high].as_i64()) {
            (Some(low), Some(high)) => limits.push(format!("{low} to {high}{unit}")),
            (Some(1), None) if low != "minimum" => limits.push("not empty".to_owned()),
            (Some(low), None) => limits.push(format!("at least {low}{unit}")),
            (None, Some(high)) => limits.push(format!("at most {high}{unit}")),
            (None, None) => {}
        }
    }
    if !schema["default"].is_null() {
        limits.push(format!("default `{}`", plain(&schema["default"])));
    }
    limits.iter().map(|limit| format!("; {limit}")).collect()
}

/// A value without the quotes of JSON, unless nothing would be left.
fn plain(value: &Value) -> String {
    let text = value.as_str().filter(|text| !text.is_empty());
    text.map_or_else(|| value.to_string(), str::to_owned)
}

/// A body, member by member.
fn body(name: &str, schema: &Value) -> String {
    let mut part = format!("\n### {name}\n\n");
    let described = text(&schema["description"]).trim();
    if !described.is_empty() {
        part += &format!("{described}\n\n");
    }
    let Some(members) = schema["properties"].as_object() else {
        return part + &format!("{}\n", type_of(schema));
    };
    part += "| member | type | meaning |\n| --- | --- | --- |\n";
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (member, schema) in members {
        let always = if required.contains(&member.as_str().into()) { ", required" } else { "" };
        let described = cell(text(&schema["description"]));
        part += &format!("| `{member}` | {}{always} | {described} |\n", cell(&type_of(schema)));
    }
    part
}
