//! `docs/remote.md`: its blocks, for those who run them.

use std::fmt::Write as _;
use std::path::Path;

/// The whole page.
pub(crate) fn text() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/remote.md");
    std::fs::read_to_string(path).expect("the page").replace("\r\n", "\n")
}

/// The blocks in that language, in their order.
pub(crate) fn blocks(language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in text().lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(tag), None) => open = Some((tag == language, String::new())),
            (Some(_), Some(_)) => found.extend(open.take().filter(|(wanted, _)| *wanted).map(|(_, block)| block)),
            (None, Some((_, block))) => writeln!(block, "{line}").expect("a string takes everything"),
            (None, None) => {}
        }
    }
    assert!(open.is_none() && !found.is_empty(), "{language}");
    found
}

/// The one block in that language that holds `word`.
pub(crate) fn block_with(language: &str, word: &str) -> String {
    let mut found = blocks(language).into_iter().filter(|block| block.contains(word));
    let (Some(block), None) = (found.next(), found.next()) else { panic!("one block in {language} with {word}") };
    block
}
