//! The documents, read as their readers see them: blocks, tables, what is set as code.
//!
//! Pure but for reading files of the repository; fit for every system, so that a target may take this room alone.

#![allow(dead_code, reason = "each test target uses only a part of it")]

use std::path::{Path, PathBuf};

/// A file or folder of the repository.
pub(crate) fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A file of the repository, as text with plain line ends.
///
/// # Panics
/// Where there is none.
pub(crate) fn file(path: &str) -> String {
    let path = here(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).replace("\r\n", "\n")
}

/// A fenced block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// What stands behind the fence.
    pub(crate) language: String,
    /// The line its text begins at.
    pub(crate) line: usize,
    /// What stands in backticks last before it.
    pub(crate) named: String,
    /// The heading it stands below, without its marks.
    pub(crate) heading: String,
    /// Its lines, without what the fence is indented by.
    pub(crate) text: String,
}

/// All blocks of a document, in their order.
///
/// # Panics
/// Where one isn't closed.
pub(crate) fn all_blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, Block)> = None;
    let (mut named, mut heading) = (String::new(), String::new());
    for (number, line) in text.lines().enumerate() {
        let bare = line.trim_start();
        match (bare.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take().map(|(_, block)| block)),
            (Some(language), None) => {
                let (language, named, heading) = (language.to_owned(), named.clone(), heading.clone());
                let block = Block { language, line: number + 2, named, heading, text: String::new() };
                open = Some((line.len() - bare.len(), block));
            }
            (None, Some((indent, block))) => {
                let (margin, rest) = line.split_at(line.len().min(*indent));
                assert!(margin.trim().is_empty(), "line {}: it stands outside its block", number + 1);
                block.text.push_str(rest);
                block.text.push('\n');
            }
            (None, None) if line.starts_with('#') => line.trim_start_matches('#').trim().clone_into(&mut heading),
            (None, None) => {
                if let Some(last) = quoted(line).pop() {
                    named = last;
                }
            }
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// The texts of the blocks in that language, in their order.
pub(crate) fn blocks(text: &str, language: &str) -> Vec<String> {
    let blocks = all_blocks(text).into_iter().filter(|block| block.language == language);
    blocks.map(|block| block.text).collect()
}

/// What is set as code within a line.
pub(crate) fn quoted(line: &str) -> Vec<String> {
    line.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The part of a document below that heading, up to the next of its rank.
///
/// # Panics
/// Where there is no such heading.
pub(crate) fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading:?}"));
    let rank = heading.split(' ').next().unwrap_or_default();
    rest.split(&format!("\n{rank} ")).next().unwrap_or_default()
}

/// The cells of each row of its tables, heads and rules left out.
pub(crate) fn rows(text: &str) -> Vec<Vec<String>> {
    let lines: Vec<&str> = text.lines().collect();
    let is_rule = |line: &str| line.starts_with("|---");
    let rows = lines.iter().enumerate().filter(|(at, line)| {
        line.starts_with('|') && !is_rule(line) && !lines.get(at + 1).is_some_and(|next| is_rule(next))
    });
    rows.map(|(_, line)| {
        // A bar within code is none between cells.
        let line = line.replace("\\|", "\u{1}");
        let line = line.trim().trim_start_matches('|').trim_end_matches('|');
        line.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
    })
    .collect()
}
