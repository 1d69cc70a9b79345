//! Strict JSON objects for tokens and key sets: UTF-8, exactly one object, and unique member names at any
//! depth. `serde_json` by itself keeps the last of two members with the same name. A parser elsewhere that
//! keeps the first could then see another user in the same token (RFC 8725, section 2.6).
//!
//! Values borrow their strings from the input, since little of a token is kept.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// The initial capacity of an object: enough for an ordinary token.
const USUAL_MEMBERS: usize = 16;

/// Parses `bytes` as one JSON object with unique member names. `None` for anything else.
pub(super) fn parse_object(bytes: &[u8]) -> Option<Members<'_>> {
    match serde_json::from_slice(bytes) {
        Ok(Json::Object(members)) => Some(members),
        _ => None,
    }
}

/// A JSON value (RFC 8259, section 3).
#[derive(Debug)]
pub(super) enum Json<'a> {
    Null,
    Boolean,
    Number(Number),
    String(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Members<'a>),
}

impl Json<'_> {
    /// The text, if the value is a string.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

/// The members of an object, whose names are unique.
#[derive(Debug)]
pub(super) struct Members<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Members<'a> {
    /// `None` when two members have the same name. Comparing sorted names stays fast for thousands of members.
    fn unique(members: Vec<(Cow<'a, str>, Json<'a>)>) -> Option<Self> {
        let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
        names.sort_unstable();
        let is_unique = names.iter().zip(names.iter().skip(1)).all(|(name, next)| name != next);
        is_unique.then_some(Self(members))
    }

    /// The value of a member.
    pub(super) fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Whether the member exists, `null` included.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON with unique member names")
    }

    fn visit_unit<E: Error>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Json<'de>, E> {
        Ok(Json::Boolean)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json<'de>, E> {
        Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Json<'de>, A::Error> {
        let mut array = Vec::new();
        while let Some(entry) = entries.next_element()? {
            array.push(entry);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json<'de>, A::Error> {
        let mut object = Vec::with_capacity(USUAL_MEMBERS);
        while let Some(Name(name)) = members.next_key()? {
            object.push((name, members.next_value()?));
        }
        let unique = Members::unique(object).map(Json::Object);
        unique.ok_or_else(|| A::Error::custom("a member name occurs twice"))
    }
}

/// A member's name, borrowed unless it contains an escape. `Cow` alone would always copy it.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::{Json, parse_object};

    #[test]
    fn values_of_every_type_are_read() {
        let text = br#"{"a":null,"b":true,"c":-1,"d":18446744073709551615,"e":0.5,"f":"x","g":[1,{"h":2}],"\u0069":"\n"}"#;
        let object = parse_object(text).unwrap();
        let number = |value: Option<&Json<'_>>| match value {
            Some(Json::Number(number)) => number.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(matches!(object.get("a"), Some(Json::Null)));
        assert!(matches!(object.get("b"), Some(Json::Boolean)));
        assert_eq!(number(object.get("c")), "-1");
        assert_eq!(number(object.get("d")), u64::MAX.to_string());
        assert_eq!(number(object.get("e")), "0.5");
        assert_eq!(object.get("f").and_then(Json::as_str), Some("x"));
        let Some(Json::Array(entries)) = object.get("g") else { panic!("{object:?}") };
        let [one, Json::Object(inner)] = entries.as_slice() else { panic!("{entries:?}") };
        assert_eq!(number(Some(one)) + &number(inner.get("h")), "12");
        assert_eq!(object.get("i").and_then(Json::as_str), Some("\n"));
        assert!(object.contains("a") && !object.contains("j"));
    }

    #[test]
    fn duplicate_names_are_refused_at_any_depth() {
        for text in [
            r#"{"sub":"a","sub":"b"}"#,
            r#"{"sub":"a","sub":"a"}"#,
            r#"{"sub":"a","x":1,"sub":"b"}"#,
            r#"{"sub":"a","\u0073ub":"b"}"#,
            r#"{"x":{"y":1,"y":2}}"#,
            r#"{"x":[{"y":1,"y":2}]}"#,
        ] {
            assert!(parse_object(text.as_bytes()).is_none(), "{text}");
        }
        assert!(parse_object(br#"{"x":{"y":1},"z":{"y":2}}"#).is_some());
    }

    #[test]
    fn duplicate_names_are_found_among_thousands() {
        let members = |last: &str| {
            let names: Vec<String> = (0..5_000).map(|number| format!("\"{number}\":0")).collect();
            format!("{{{},\"{last}\":0}}", names.join(","))
        };
        assert!(parse_object(members("5000").as_bytes()).is_some());
        assert!(parse_object(members("2500").as_bytes()).is_none());
    }

    #[test]
    fn anything_but_one_utf8_object_is_refused() {
        let deep = format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200));
        for bytes in [
            &b""[..],
            b"null",
            b"[]",
            b"\"a\"",
            b"1",
            b"{",
            b"{}{}",
            b"{} x",
            b"{\"a\":\"\xff\"}",
            b"{\"\xff\":1}",
            b"\xef\xbb\xbf{}",
            b"{\"a\":1e999}",
            b"{\"a\":\"\\ud800\"}",
            b"{'a':1}",
            b"{\"a\":1,}",
            deep.as_bytes(),
        ] {
            assert!(parse_object(bytes).is_none(), "{}", String::from_utf8_lossy(bytes));
        }
        assert!(parse_object(b" {} ").is_some());
    }
}
