//! The orders a list can have. In each, `id` breaks ties, and tasks without a due date come last.

use serde::Serialize;

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SortKey {
    /// In which order the tasks were made.
    CreatedAt,
    /// When the task was last changed.
    UpdatedAt,
    /// By the bytes of the title's UTF-8, which both databases order alike.
    Title,
    /// Tasks without one come last, whatever the direction.
    DueDate,
    /// `low` before `medium` before `high`.
    Priority,
}

impl SortKey {
    /// Every key, for documentation and tests.
    pub(crate) const ALL: [Self; 5] =
        [Self::CreatedAt, Self::UpdatedAt, Self::Title, Self::DueDate, Self::Priority];

    /// The key as it stands in `sort=`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::Title => "title",
            Self::DueDate => "due_date",
            Self::Priority => "priority",
        }
    }
}

/// Smallest first or largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    /// Smallest, oldest, least urgent first.
    Ascending,
    /// Largest, newest, most urgent first.
    Descending,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Sort {
    /// What is compared first; then the id.
    pub(crate) key: SortKey,
    /// Of the key and of the id alike.
    pub(crate) direction: Direction,
}

impl Sort {
    /// Newest first.
    pub(crate) const DEFAULT: Self =
        Self { key: SortKey::CreatedAt, direction: Direction::Descending };

    /// Reads the value of `sort=`: a key, with a leading `-` for descending.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, direction) = match text.strip_prefix('-') {
            Some(name) => (name, Direction::Descending),
            None => (text, Direction::Ascending),
        };
        let key = SortKey::ALL.into_iter().find(|key| key.as_str() == name)?;
        Some(Self { key, direction })
    }
}
