//! The tables as Diesel sees them: one description for both databases, which a test compares with
//! what the migrations really make.

diesel::table! {
    owners (user_id) {
        user_id -> Text,
        seq -> BigInt,
        last_id -> BigInt,
        tasks -> BigInt,
        epoch -> BigInt,
        purged_seq -> BigInt,
        erased_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    revocations (id) {
        id -> BigInt,
        kind -> Text,
        subject -> Text,
        issued_until -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    tasks (user_id, id) {
        user_id -> Text,
        id -> BigInt,
        seq -> BigInt,
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
    deleted_tasks (user_id, id) {
        user_id -> Text,
        id -> BigInt,
        seq -> BigInt,
        deleted_at -> BigInt,
        title -> Nullable<Text>,
        description -> Nullable<Text>,
        completed -> Nullable<Bool>,
        priority -> Nullable<SmallInt>,
        tags -> Nullable<Text>,
        due_date -> Nullable<BigInt>,
        created_at -> Nullable<BigInt>,
        updated_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    idempotency_keys (user_id, key) {
        user_id -> Text,
        key -> Text,
        fingerprint -> Text,
        task_id -> BigInt,
        task_seq -> BigInt,
        created_at -> BigInt,
        outcome -> Nullable<Text>,
    }
}
