//! The description of the API, compared with what the server does.

mod bodies;
mod document;
mod operations;
mod parameters;
mod served;

use serde_json::Value;

/// The description as the program under test makes it.
fn document() -> Value {
    serde_json::to_value(taskbridge::document()).unwrap()
}

/// What a `$ref` means, or the value itself.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => {
            let pointer = reference.strip_prefix('#').expect("a reference into this document");
            document.pointer(pointer).unwrap_or_else(|| panic!("{reference} points nowhere"))
        }
        None => value,
    }
}

/// Every operation, as method (in capitals), path pattern and description.
fn described(document: &Value) -> Vec<(String, String, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    found
}

/// The description of one operation.
fn described_as<'a>(document: &'a Value, id: &str) -> (String, String, &'a Value) {
    let found = described(document).into_iter().find(|(_, _, it)| it["operationId"] == id);
    found.unwrap_or_else(|| panic!("{id} is not described"))
}
