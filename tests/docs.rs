//! The documents say what is true: what they name exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Every function that is a test.
fn tests() -> BTreeSet<String> {
    let mut sources = Vec::new();
    files(&here("tests"), &mut sources);
    files(&here("src"), &mut sources);
    let mut names = BTreeSet::new();
    for source in sources {
        let text = fs::read_to_string(&source).expect("a source");
        // rstest's and proptest's own marks say it as well, and stand farther away.
        let is_marked = text.contains("#[test]") || text.contains("#[rstest]") || text.contains("proptest!");
        for line in text.lines().filter(|_| is_marked) {
            let name = line.trim_start().strip_prefix("fn ").or_else(|| line.trim_start().strip_prefix("async fn "));
            names.extend(name.and_then(|rest| rest.split(['(', '<']).next()).map(str::to_owned));
        }
    }
    names
}

/// What stands between backticks in the last column of a table.
fn last_columns(text: &str) -> Vec<String> {
    let rows = text.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let columns = rows.filter_map(|row| row.rsplit('|').next());
    columns.flat_map(|column| column.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn each_threat_names_tests_that_exist() {
    let text = fs::read_to_string(here("docs/security.md")).expect("the document");
    let threats = text.split("\n## Unsafe code").next().expect("the threats");
    let known = tests();
    let named = last_columns(threats);
    assert!(named.len() >= 20, "{}", named.len());
    for name in named {
        assert!(known.contains(&name), "no test is called {name}");
    }
    for row in threats.lines().filter(|line| line.starts_with("| ") && !line.contains("held by")) {
        assert!(row.matches('`').count() >= 2, "nothing holds this: {row}");
    }
}

#[test]
fn each_fault_of_the_speaker_names_tests_that_exist() {
    let text = fs::read_to_string(here("docs/speaker.md")).expect("the document");
    let known = tests();
    let named = last_columns(&text);
    assert!(named.len() >= 8, "{named:?}");
    for name in named {
        assert!(known.contains(&name), "no test is called {name}");
    }
}

#[test]
fn unsafe_code_is_where_the_document_says_and_nowhere_else() {
    let text = fs::read_to_string(here("docs/security.md")).expect("the document");
    let listed = text.split("\n## Unsafe code").nth(1).expect("the section");
    let mut sources = Vec::new();
    files(&here("src"), &mut sources);
    for source in sources {
        let holds = fs::read_to_string(&source).expect("a source").contains("#![allow(unsafe_code)]");
        let name = source.strip_prefix(here("")).expect("a path").display().to_string();
        assert_eq!(listed.contains(&format!("`{name}`")), holds, "{name}");
    }
}
