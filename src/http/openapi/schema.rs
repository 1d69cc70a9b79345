//! Short names for the schemas that parameters and members are made of.

use utoipa::ToSchema;
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr};

/// An entry of `#/components/schemas`.
pub(crate) type NamedSchema = (String, RefOr<Schema>);

/// The schema that a type derives.
pub(crate) fn named<T: ToSchema>() -> NamedSchema {
    (T::name().into_owned(), T::schema())
}

/// Any JSON object.
pub(crate) fn object() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Object)
}

/// Any text.
pub(crate) fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// `true` or `false`.
pub(crate) fn boolean() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Boolean)
}

/// A whole number in these bounds, both included.
pub(crate) fn integer(minimum: i64, maximum: i64) -> ObjectBuilder {
    // 64 bits on every platform this is built for; a smaller one would leave the bound out.
    let bound = |value: i64| isize::try_from(value).ok();
    ObjectBuilder::new().schema_type(Type::Integer).minimum(bound(minimum)).maximum(bound(maximum))
}

/// One of these texts.
pub(crate) fn one_of<'a>(values: impl IntoIterator<Item = &'a str>) -> ObjectBuilder {
    string().enum_values(Some(values))
}

/// Also `null`, written as OpenAPI 3.1 does: an array of types.
pub(crate) fn nullable(builder: ObjectBuilder, of: Type) -> ObjectBuilder {
    builder.schema_type(SchemaType::from_iter([of, Type::Null]))
}

/// A schema of `components`.
pub(crate) fn reference(name: &str) -> Ref {
    Ref::from_schema_name(name)
}
