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

diesel::table! {
    task_tags (user_id, tag, task_id) {
        user_id -> Text,
        tag -> Text,
        task_id -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(tasks, task_tags);

diesel::table! {
    idempotency_keys (user_id, key) {
        user_id -> Text,
        key -> Text,
        fingerprint -> Text,
        task_id -> BigInt,
        created_at -> BigInt,
    }
}
