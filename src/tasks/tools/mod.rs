//! What a language model can do with its user's tasks: tools with typed arguments and results. They run what the HTTP
//! operations run, by the same rules. Like there, whose tasks they are is the [`OwnerId`] and nothing else: no tool has
//! an argument for a user, and an argument that a tool does not have is refused.
//!
//! How a model reaches them is not known here.

mod arguments;
mod failure;
mod list;
mod result;
mod schemas;
#[cfg(test)]
mod tests;
mod write;

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use self::arguments::Arguments;
pub(crate) use self::failure::ToolFailure;
use super::store::TaskStore;
use crate::auth::{OwnerId, Scope};

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    ListTasks,
    AddTask,
    UpdateTask,
    CompleteTask,
    DeleteTask,
    ListTrash,
    RestoreTask,
}

/// What is said of a tool.
struct Row {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    scope: Scope,
    /// Whether it replaces or removes something.
    is_destructive: bool,
    /// Whether the same call again changes nothing more.
    is_idempotent: bool,
}

/// The definitions that a model reads, made once.
static DEFINITIONS: LazyLock<Value> =
    LazyLock::new(|| Tool::ALL.into_iter().map(Tool::definition).collect());

/// All tools as the Model Context Protocol describes them, always in the same order.
pub(crate) fn definitions() -> &'static Value {
    &DEFINITIONS
}

impl Tool {
    const ALL: [Self; 7] = [
        Self::ListTasks,
        Self::AddTask,
        Self::UpdateTask,
        Self::CompleteTask,
        Self::DeleteTask,
        Self::ListTrash,
        Self::RestoreTask,
    ];

    /// The tool with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.row().name == name)
    }

    /// What a token must be for.
    pub(crate) fn scope(self) -> Scope {
        self.row().scope
    }

    /// Runs the tool.
    ///
    /// # Errors
    /// [`ToolFailure::Refused`] for what the model can do better, or else [`ToolFailure::Failed`].
    pub(crate) async fn call(
        self,
        store: &TaskStore,
        owner: &OwnerId,
        arguments: Map<String, Value>,
    ) -> Result<Value, ToolFailure> {
        let arguments = Arguments::of(arguments, self.input())?;
        match self {
            Self::ListTasks => list::tasks(store, owner, arguments).await,
            Self::ListTrash => list::trash(store, owner, arguments).await,
            Self::AddTask => write::add(store, owner, arguments).await,
            Self::UpdateTask => write::update(store, owner, arguments).await,
            Self::CompleteTask => write::complete(store, owner, arguments).await,
            Self::DeleteTask => write::delete(store, owner, arguments).await,
            Self::RestoreTask => write::restore(store, owner, arguments).await,
        }
    }

    /// The schema of the arguments.
    fn input(self) -> &'static Value {
        let index = Self::ALL.iter().position(|tool| *tool == self).unwrap_or_default();
        &DEFINITIONS[index]["inputSchema"]
    }

    fn definition(self) -> Value {
        let Row { name, title, description, scope, is_destructive, is_idempotent } = self.row();
        json!({
            "name": name,
            "title": title,
            "description": description,
            "inputSchema": schemas::input(self),
            "outputSchema": schemas::output(self),
            "annotations": {
                "title": title,
                "readOnlyHint": *scope == Scope::Read,
                "destructiveHint": is_destructive,
                "idempotentHint": is_idempotent,
                "openWorldHint": false,
            },
        })
    }

    const fn row(self) -> &'static Row {
        match self {
            Self::ListTasks => &LIST_TASKS,
            Self::AddTask => &ADD_TASK,
            Self::UpdateTask => &UPDATE_TASK,
            Self::CompleteTask => &COMPLETE_TASK,
            Self::DeleteTask => &DELETE_TASK,
            Self::ListTrash => &LIST_TRASH,
            Self::RestoreTask => &RESTORE_TASK,
        }
    }
}

const LIST_TASKS: Row = reading(
    "list_tasks",
    "List tasks",
    "Shows a page of the user's tasks. All filters must hold together; without any, the newest tasks come first. Go on with next_cursor and the same filters while there is one.",
);
const ADD_TASK: Row = Row {
    is_idempotent: false,
    ..writing("add_task", "Add a task", "Makes a new task. Only the title is required.")
};
const UPDATE_TASK: Row = Row {
    is_destructive: true,
    ..writing(
        "update_task",
        "Change a task",
        "Changes the given members of a task and leaves the others as they are; null clears a description or a due date. Tags are replaced as a whole.",
    )
};
const COMPLETE_TASK: Row = writing(
    "complete_task",
    "Complete a task",
    "Marks a task as done or, with completed false, as not done.",
);
const DELETE_TASK: Row = Row {
    is_destructive: true,
    ..writing(
        "delete_task",
        "Delete a task",
        "Moves a task to the trash, from which restore_task brings it back for some time.",
    )
};
const LIST_TRASH: Row = reading(
    "list_trash",
    "List the trash",
    "Shows a page of the deleted tasks that can be restored, the last one deleted first. Go on with next_cursor while there is one.",
);
const RESTORE_TASK: Row = writing(
    "restore_task",
    "Restore a task",
    "Brings a deleted task back from the trash, as it was.",
);

const fn reading(name: &'static str, title: &'static str, description: &'static str) -> Row {
    let (is_destructive, is_idempotent) = (false, true);
    Row { name, title, description, scope: Scope::Read, is_destructive, is_idempotent }
}

const fn writing(name: &'static str, title: &'static str, description: &'static str) -> Row {
    Row { scope: Scope::Write, ..reading(name, title, description) }
}
