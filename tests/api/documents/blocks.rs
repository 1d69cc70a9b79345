//! The blocks of commands in the documents. Each says in the source, in a comment above it, which test runs it, or why none does.

use super::{documents, read, root};

/// The shell commands of a block, and what the line above it says of them.
pub struct Block {
    pub document: String,
    /// What stands between `<!--` and `-->`.
    pub marker: String,
    pub commands: String,
}

/// Every block of `sh` or `bash` in a document.
fn blocks_of(document: &str) -> Vec<Block> {
    let text = read(document);
    let lines: Vec<&str> = text.lines().collect();
    let is_fence = |line: &str| ["```sh", "```bash"].contains(&line.trim());
    let begins = lines.iter().enumerate().filter(|(_, line)| is_fence(line));
    let block = |(number, fence): (usize, &&str)| {
        let indent = fence.len() - fence.trim_start().len();
        let body = lines[number + 1..].iter().take_while(|line| line.trim() != "```");
        let commands: Vec<&str> = body.map(|line| line.get(indent..).unwrap_or_default()).collect();
        let above = number.checked_sub(1).map_or("", |above| lines[above].trim());
        let marker = above.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        Block {
            document: document.to_owned(),
            marker: marker.unwrap_or_default().to_owned(),
            commands: commands.join("\n"),
        }
    };
    begins.map(block).collect()
}

/// Every block of every document.
pub fn all() -> Vec<Block> {
    let paths = documents().into_iter().map(|path| path.to_str().unwrap().to_owned());
    paths.flat_map(|path| blocks_of(&path)).collect()
}

/// The blocks of a document that this test file runs.
pub fn run_here(document: &str) -> Vec<String> {
    let mine = blocks_of(document).into_iter().filter(|block| block.marker == MINE);
    mine.map(|block| block.commands).collect()
}

/// The marker of what `commands.rs` runs.
pub const MINE: &str = "run by tests/api/documents/commands.rs";

#[test]
fn every_block_of_commands_is_run_by_a_test_or_says_why_not() {
    let blocks = all();
    assert!(blocks.len() > 15, "the blocks were not found");
    for Block { document, marker, commands } in blocks {
        let what = format!("{document}, above\n{commands}\n");
        if let Some(reason) = marker.strip_prefix("not run here: ") {
            assert!(reason.len() > 15, "{what}: say why it is not run");
            continue;
        }
        let test = marker.strip_prefix("run by ").unwrap_or_else(|| {
            panic!("{what}: needs a line <!-- run by FILE --> or <!-- not run here: REASON -->")
        });
        assert!(root().join(test).is_file(), "{what}: there is no {test}");
        let name = document.rsplit('/').next().unwrap();
        assert!(read(test).contains(name), "{what}: {test} does not read {document}");
    }
}
