//! What `docs/torture.md` says is done is done by tests that exist.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn each_part_of_the_document_names_tests_that_exist() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(here.join("docs/torture.md")).expect("the document");
    let mut files = Vec::new();
    sources(&here.join("tests"), &mut files);
    let code: String = files.iter().map(|file| fs::read_to_string(file).expect("a source")).collect();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let tests = rows.filter_map(|row| row.rsplit(" | ").next()).flat_map(|last| last.split('`').skip(1).step_by(2));
    let named: Vec<&str> = tests.filter(|name| name.contains('_')).collect();
    assert!(named.len() >= 12, "{named:?}");
    for name in named {
        assert!(code.contains(&format!("fn {name}(")), "no test is called {name}");
    }
}
