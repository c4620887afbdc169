//! The documents say what is true: what they name exists, and what they show runs.

#![cfg(all(unix, feature = "player", feature = "pack"))]

mod support;

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

/// A block, with the last word in backticks before it.
struct Block {
    language: String,
    named: String,
    text: String,
}

fn blocks(document: &str) -> Vec<Block> {
    let text = fs::read_to_string(here(document)).expect("the document");
    let (mut blocks, mut open, mut named) = (Vec::new(), None::<Block>, String::new());
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(language), None) => {
                open = Some(Block { language: language.to_owned(), named: named.clone(), text: String::new() });
            }
            (None, Some(block)) => block.text.push_str(&format!("{line}\n")),
            (None, None) => named = line.split('`').nth(1).map_or(named, str::to_owned),
        }
    }
    blocks
}

/// A world in which a shell finds Herald.
fn world() -> support::TestEnv {
    let mut env = support::TestEnv::new();
    let programs = Path::new(env!("CARGO_BIN_EXE_herald")).parent().expect("a folder").display().to_string();
    env.set("PATH", format!("{programs}:{}", std::env::var("PATH").expect("PATH")));
    env
}

#[test]
fn a_pack_is_made_as_the_document_says() {
    let env = world();
    for block in blocks("docs/packs.md") {
        if block.language == "json" {
            env.write(env.work_dir().join(&block.named), block.text);
            continue;
        }
        let mut shell = env.command("sh");
        shell.args(["-e", "-c", &block.text]);
        let output = env.finish(shell, b"");
        let shown = format!(
            "{}\n{}{}",
            block.text,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(output.status.success(), "{shown}");
        if block.text.contains("which task.complete") {
            assert!(shown.contains("mine"), "{shown}");
        }
        if block.text.contains("which input.permission") {
            assert!(shown.contains("input.required.wav"), "{shown}");
        }
    }
}

#[test]
fn every_command_against_trouble_runs() {
    let env = world();
    let text = fs::read_to_string(here("docs/troubleshooting.md")).expect("the document");
    let in_table = last_columns(&text).into_iter().filter(|words| words.starts_with("herald "));
    let in_blocks = blocks("docs/troubleshooting.md").into_iter().flat_map(|block| {
        block.text.lines().filter(|line| line.starts_with("herald ")).map(str::to_owned).collect::<Vec<_>>()
    });
    let commands: Vec<String> = in_table.chain(in_blocks).collect();
    assert!(commands.len() >= 20, "{commands:?}");
    for command in commands {
        let mut shell = env.command("sh");
        shell.args(["-c", &command]);
        let output = env.finish(shell, b"");
        // There is no sound server here, and the doctor says so with its status.
        let may_fail = command.starts_with("herald doctor");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() || (may_fail && output.status.code() == Some(1)), "{command}: {said}");
    }
}

#[test]
fn every_reason_in_the_table_of_troubles_is_one() {
    let text = fs::read_to_string(here("docs/troubleshooting.md")).expect("the document");
    let sources =
        ["src/policy/reason.rs", "src/journal/mod.rs", "src/ring/record.rs", "src/bin/herald-player/voice.rs"];
    let known: String = sources.map(|source| fs::read_to_string(here(source)).expect("a source")).concat();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|row| row.split(" |").next());
    let mut count = 0;
    for reason in rows.flat_map(|cell| cell.split(", ")).map(|word| word.trim_matches('`')) {
        assert!(known.contains(&format!("\"{reason}\"")), "{reason} is no reason");
        count += 1;
    }
    assert!(count >= 12, "{count}");
}
