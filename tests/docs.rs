//! The documents say what is true: what they name exists, and what they show runs.

#![cfg(all(unix, feature = "player", feature = "pack"))]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use support::document::{self, here};

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
    document::rows(text).iter().filter_map(|row| row.last()).flat_map(|cell| document::quoted(cell)).collect()
}

#[test]
fn each_threat_names_tests_that_exist() {
    let text = document::file("docs/security.md");
    let known = tests();
    let mut count = 0;
    for row in text.split("| threat | what is done | held by |").skip(1).flat_map(|table| {
        let end = table.split("\n\n").next().unwrap_or_default();
        document::rows(end)
    }) {
        let held_by = row.last().map(|cell| document::quoted(cell)).unwrap_or_default();
        let is_the_table_below = row.last().is_some_and(|cell| cell.contains("table below"));
        assert!(!held_by.is_empty() || is_the_table_below, "nothing holds this: {row:?}");
        count += held_by.len();
        for name in held_by {
            assert!(known.contains(&name), "no test is called {name}");
        }
    }
    assert!(count >= 60, "{count}");
}

#[test]
fn each_fault_of_the_speaker_names_tests_that_exist() {
    let known = tests();
    let named = last_columns(&document::file("docs/speaker.md"));
    assert!(named.len() >= 8, "{named:?}");
    for name in named {
        assert!(known.contains(&name), "no test is called {name}");
    }
}

#[test]
fn unsafe_code_is_where_the_document_says_and_nowhere_else() {
    let text = document::file("docs/security.md");
    let mut listed = BTreeMap::<String, usize>::new();
    for row in document::rows(document::section(&text, "## Unsafe code")) {
        let [file, count, reasons @ ..] = row.as_slice() else { panic!("{row:?}") };
        assert!(reasons.len() == 3 && reasons.iter().all(|reason| reason.len() > 10), "{row:?}");
        let count: usize = count.parse().unwrap_or_else(|e| panic!("{row:?}: {e}"));
        *listed.entry(file.trim_matches('`').to_owned()).or_default() += count;
    }
    let mut sources = Vec::new();
    files(&here("src"), &mut sources);
    let mut found = BTreeMap::new();
    for source in sources {
        let text = fs::read_to_string(&source).expect("a source");
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let words = text.lines().filter(is_code).flat_map(|line| line.split(|c| !is_word(c)));
        let count = words.filter(|word| *word == "unsafe").count();
        if count > 0 {
            let reasons = text.lines().filter(|line| line.trim_start().starts_with("// SAFETY: ")).count();
            assert!(reasons * 2 >= count, "{}: {count} blocks, {reasons} reasons", source.display());
            found.insert(source.strip_prefix(here("")).expect("a path").display().to_string(), count);
        }
    }
    assert_eq!(found, listed, "what the sources hold, and what docs/security.md says");
}

/// The tests that take a document's blocks, by language. What is only to be looked at has a language of its own.
const TAKEN: &[(&str, &[&str], &str)] = &[
    ("README.md", &["sh", "toml"], "tests/readme.rs"),
    ("CONTRIBUTING.md", &["sh"], "tests/docs.rs"),
    ("docs/agents.md", &["rust", "diff", "jsonl", "sh"], "tests/new_agent.rs"),
    ("docs/packs.md", &["sh", "json"], "tests/docs.rs"),
    ("docs/recipes.md", &["bash", "make", "just", "tmux", "git-hook", "lua"], "tests/recipes.rs"),
    (
        "docs/remote.md",
        &["ssh-config", "sshd-config", "sh", "console", "toml", "yaml", "json", "mosquitto", "mosquitto-acl"],
        "tests/remote.rs",
    ),
    ("docs/speaker.md", &["mermaid"], "tests/docs.rs"),
    ("docs/troubleshooting.md", &["sh"], "tests/docs.rs"),
];

/// What nobody could run.
const PICTURES: &[&str] = &["text"];

/// README, CONTRIBUTING, and all in `docs/`.
fn documents() -> Vec<String> {
    let listed = fs::read_dir(here("docs")).expect("documents").flatten();
    let mut names: Vec<String> = listed.map(|entry| format!("docs/{}", entry.file_name().display())).collect();
    names.retain(|name| name.ends_with(".md"));
    names.extend(["README.md".to_owned(), "CONTRIBUTING.md".to_owned()]);
    names.sort();
    names
}

#[test]
fn every_block_of_every_document_is_tried_by_a_test() {
    for name in documents() {
        let taken = TAKEN.iter().find(|(document, _, _)| *document == name);
        for block in document::all_blocks(&document::file(&name)) {
            let is_tried = taken.is_some_and(|(_, languages, _)| languages.contains(&block.language.as_str()));
            assert!(
                is_tried || PICTURES.contains(&block.language.as_str()),
                "{name}, line {}: nobody tries this block ({:?}); run it in a test and say so in TAKEN, or mark it as a text",
                block.line,
                block.language
            );
        }
    }
    for (name, languages, test) in TAKEN {
        let blocks = document::all_blocks(&document::file(name));
        for language in *languages {
            assert!(blocks.iter().any(|block| block.language == *language), "{name} has no block in {language}");
        }
        assert!(here(test).is_file(), "{test}");
    }
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let anchor = |heading: &str| -> String {
        let kept = heading.to_lowercase().replace('`', "");
        kept.chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    };
    let mut count = 0;
    for name in documents() {
        let folder = Path::new(&name).parent().expect("a folder").to_owned();
        for link in document::file(&name).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (path, part) = link.split_once('#').unwrap_or((link, ""));
            let file = if path.is_empty() { PathBuf::from(&name) } else { folder.join(path) };
            assert!(here("").join(&file).exists(), "{name}: {link}");
            if !part.is_empty() {
                let text = fs::read_to_string(here("").join(&file)).expect("a document");
                let headings = text.lines().filter(|line| line.starts_with('#'));
                let known = headings.map(|line| anchor(line.trim_start_matches('#').trim())).any(|it| it == part);
                assert!(known, "{name}: {link} has no such heading");
            }
            count += 1;
        }
    }
    assert!(count >= 15, "{count}");
}

#[test]
fn every_document_is_in_the_list_of_them() {
    let list = document::file("docs/README.md");
    for name in documents().iter().filter_map(|name| name.strip_prefix("docs/")).filter(|name| *name != "README.md") {
        assert!(list.contains(&format!("]({name})")), "docs/README.md doesn't name {name}");
    }
}

#[test]
fn every_make_target_and_step_that_is_named_exists() {
    let (makefile, ci) = (document::file("Makefile"), document::file(".ci/run"));
    for name in documents() {
        let text = document::file(&name);
        let shells = document::all_blocks(&text).into_iter().filter(|block| block.language == "sh");
        let lines: Vec<String> =
            shells.flat_map(|block| block.text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
        let inline = text.lines().flat_map(document::quoted);
        for line in lines.into_iter().chain(inline) {
            let line = line.split(" #").next().unwrap_or_default().trim().to_owned();
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["make", targets @ ..] => {
                    let targets = targets.iter().take_while(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()));
                    for target in targets {
                        let known =
                            makefile.lines().any(|it| it.strip_prefix(target).is_some_and(|it| it.starts_with(':')));
                        assert!(known, "{name}: there is no target {target}: {line}");
                    }
                }
                ["bash", ".ci/run", steps @ ..] => {
                    for step in steps.iter().filter(|step| step.bytes().all(|byte| byte.is_ascii_lowercase())) {
                        assert!(ci.contains(&format!("step_{step}()")), "{name}: there is no step {step}: {line}");
                    }
                }
                _ => {}
            }
        }
    }
}

/// The picture of a request's life is the types'.
#[test]
fn the_diagram_of_a_life_has_the_edges_of_the_source() {
    let source = document::file("src/speaker/lifecycle.rs");
    let edges = source.split("const EDGES").nth(1).and_then(|rest| rest.split("];").next()).expect("the edges");
    let in_source: BTreeSet<(String, String)> = edges
        .lines()
        .filter_map(|line| line.trim().strip_prefix("(Stage::")?.strip_suffix("),")?.split_once(", Stage::"))
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .collect();
    assert!(in_source.len() >= 12, "{in_source:?}");
    let diagrams = document::blocks(&document::file("docs/speaker.md"), "mermaid");
    let life = diagrams.iter().find(|text| text.starts_with("stateDiagram-v2\n")).expect("a diagram");
    let drawn: BTreeSet<(String, String)> = life
        .lines()
        .filter_map(|line| line.trim().split(':').next()?.split_once(" --> "))
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .filter(|(from, _)| !["[*]", "Pending"].contains(&from.as_str()))
        .collect();
    assert_eq!(drawn, in_source);
}

/// Whoever is named in the picture of hook and player takes part in it, and no line is anything but a message.
#[test]
fn the_diagram_of_hook_and_player_is_well_made() {
    let diagrams = document::blocks(&document::file("docs/speaker.md"), "mermaid");
    let talk = diagrams.iter().find(|text| text.starts_with("sequenceDiagram\n")).expect("a diagram");
    let people: Vec<&str> =
        talk.lines().filter_map(|line| line.trim().strip_prefix("participant ")?.split(" as ").next()).collect();
    let mut open = 0;
    for line in talk.lines().skip(1).map(str::trim) {
        match line.split_whitespace().next().unwrap_or_default() {
            "participant" | "Note" | "else" => {}
            "loop" | "alt" => open += 1,
            "end" => open -= 1,
            _ => {
                let (ends, text) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
                let (from, to) =
                    ends.split_once("->>").or_else(|| ends.split_once("-)")).unwrap_or_else(|| panic!("{line}"));
                // Mermaid ends a message there.
                assert!(people.contains(&from) && people.contains(&to) && !text.contains([';', '#']), "{line}");
            }
        }
    }
    assert_eq!(open, 0);
    // The names of files are the speaker's.
    let known = document::file("src/speaker/inspect.rs");
    for word in talk.split([' ', ',', '\n']).filter(|word| word.ends_with(".lock")) {
        assert!(known.contains(&format!("\"{word}\"")), "{word}");
    }
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
    for block in document::all_blocks(&document::file("docs/packs.md")) {
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
    let text = document::file("docs/troubleshooting.md");
    let in_table = last_columns(&text).into_iter().filter(|words| words.starts_with("herald "));
    let in_blocks = document::blocks(&text, "sh").concat();
    let in_blocks = in_blocks.lines().filter(|line| line.starts_with("herald ")).map(str::to_owned);
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
    let text = document::file("docs/troubleshooting.md");
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
