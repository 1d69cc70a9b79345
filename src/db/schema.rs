//! The tables as Diesel sees them: one description for both databases, which a test compares with
//! what the migrations really make.

diesel::table! {
    tasks (user_id, id) {
        user_id -> Text,
        id -> BigInt,
        version -> BigInt,
        title -> Text,
        description -> Nullable<Text>,
        completed -> Bool,
        priority -> SmallInt,
        tags -> Text,
        due_date -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}
