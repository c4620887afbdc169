//! Settings nobody thought of: generated in every style, hooks put in and taken out.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use herald::install::{self, Scope, Way, Wish};
use herald::paths::Paths;
use proptest::prelude::*;

use crate::world::PROGRAM;

/// How a generated text is written.
#[derive(Clone, Debug)]
struct Style {
    nl: &'static str,
    indent: &'static str,
    remarks: bool,
    trailing: bool,
    one_line: bool,
    ended: bool,
}

fn style() -> impl Strategy<Value = Style> {
    (
        prop_oneof![Just("\n"), Just("\r\n")],
        prop_oneof![Just("  "), Just("\t"), Just("    "), Just("")],
        any::<[bool; 4]>(),
    )
        .prop_map(|(nl, indent, [remarks, trailing, one_line, ended])| Style {
            nl,
            indent,
            remarks: remarks && !one_line,
            trailing,
            one_line,
            ended,
        })
}

/// A value as its parts, so that it can be written in any style.
#[derive(Clone, Debug)]
enum Tree {
    Leaf(&'static str),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just("1"),
        Just("-2.5e3"),
        Just("true"),
        Just("null"),
        Just("\"\""),
        Just("\"a // b\""),
        Just("\"{[,]}\""),
        Just("\"\\\"/*\""),
        Just("\"\u{fc}\u{1f514}\""),
        Just("\"/usr/bin/herald hook --agent cursor\""),
    ]
    .prop_map(Tree::Leaf);
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::List),
            prop::collection::vec(inner, 0..4).prop_map(|values| {
                Tree::Object(values.into_iter().enumerate().map(|(at, value)| (format!("k{at}"), value)).collect())
            }),
        ]
    })
}

/// The hooks of others, in the shape that Qwen Code has.
fn hooks() -> impl Strategy<Value = Option<Tree>> {
    let handler = Tree::Object(vec![
        ("type".to_owned(), Tree::Leaf("\"command\"")),
        ("command".to_owned(), Tree::Leaf("\"/opt/herald/notify hook --agent qwen-code\"")),
    ]);
    let group = Tree::Object(vec![("hooks".to_owned(), Tree::List(vec![handler]))]);
    let events = prop::sample::subsequence(vec!["Stop", "Notification", "PreToolUse", "SessionStart"], 0..=4);
    let events = (events, 0..3_usize).prop_map(move |(events, count)| {
        Tree::Object(
            events.into_iter().map(|event| (event.to_owned(), Tree::List(vec![group.clone(); count]))).collect(),
        )
    });
    prop::option::of(events)
}

fn written(tree: &Tree, style: &Style, depth: usize, text: &mut String) {
    let (open, close, items): (_, _, Vec<(Option<&str>, &Tree)>) = match tree {
        Tree::Leaf(leaf) => return text.push_str(leaf),
        Tree::List(list) => ('[', ']', list.iter().map(|item| (None, item)).collect()),
        Tree::Object(object) => ('{', '}', object.iter().map(|(key, item)| (Some(key.as_str()), item)).collect()),
    };
    let gap = |text: &mut String, depth: usize| {
        if !style.one_line {
            text.push_str(style.nl);
            text.push_str(&style.indent.repeat(depth));
        }
    };
    text.push(open);
    for (at, (key, item)) in items.iter().enumerate() {
        gap(text, depth + 1);
        if style.remarks && at % 2 == 0 {
            write!(text, "// above, \"{{\"").expect("text");
            gap(text, depth + 1);
        }
        if let Some(key) = key {
            write!(text, "\"{key}\": ").expect("text");
        }
        written(item, style, depth + 1, text);
        if at + 1 < items.len() || style.trailing {
            text.push(',');
        }
        if style.remarks && at % 3 == 0 {
            text.push_str(" // behind ]");
        } else if style.remarks && at % 3 == 1 {
            text.push_str(" /* behind } */");
        }
    }
    if !items.is_empty() {
        gap(text, depth);
    }
    text.push(close);
}

fn json() -> impl Strategy<Value = String> {
    (prop::collection::vec(tree(), 0..4), hooks(), 0..4_usize, style()).prop_map(|(values, hooks, at, style)| {
        let mut properties: Vec<_> = values.into_iter().enumerate().map(|(at, it)| (format!("p{at}"), it)).collect();
        if let Some(hooks) = hooks {
            properties.insert(at.min(properties.len()), ("hooks".to_owned(), hooks));
        }
        let mut text = String::new();
        written(&Tree::Object(properties), &style, 0, &mut text);
        text + if style.ended { style.nl } else { "" }
    })
}

fn lines(parts: &'static [&'static str]) -> impl Strategy<Value = String> {
    (prop::sample::subsequence(parts.to_vec(), 0..=parts.len()), style()).prop_map(|(parts, style)| {
        let text = parts.join("\n\n").replace('\n', style.nl);
        text + if style.ended { style.nl } else { "" }
    })
}

fn toml() -> impl Strategy<Value = String> {
    lines(&[
        "# mine",
        "model = \"x\" # why",
        "quoted.\"key.x\" = 'lit'",
        "[table]\nlist = [\n  1, # one\n  { a = 1 },\n]",
        "[[hooks]] # theirs\nevent = \"Stop\"\ncommand = \"\"\"beep\nboop\"\"\"",
        "[[other]]\n  [other.inner]\n  date = 1979-05-27T07:32:00Z",
        "[[hooks]]\nevent = \"Notification\"\ncommand = '/opt/herald hook --agent cursor'",
    ])
}

fn yaml() -> impl Strategy<Value = String> {
    lines(&[
        "# mine",
        "version: 1 # why",
        "agent:\n  model: 'x: y'\n  list:\n  - 1\n  - {a: [b]}",
        "text: |\n  eventHooks:\n    events:\n      - name: no",
        "eventHooks:\n  logFile: ~/x.log\n  events:\n    # theirs\n    - name: on_error\n      commands:\n        - command: beep",
        "last: \"a # b\"",
    ])
}

/// A home of which nobody knows, with that file. For agents only whose folder no variable of the test's own environment
/// could move.
fn home(file: &str, text: &str) -> (tempfile::TempDir, Paths, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let file = at(file);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(&file, text).expect("a file");
    let paths =
        Paths { home: Some(folder.path().to_owned()), config: at("c.toml"), data: at("data"), state: at("state") };
    (folder, paths, file)
}

fn done(paths: &Paths, way: Way, agent: &str) {
    let wish = Wish { agents: vec![agent.to_owned()], scope: Some(Scope::User), force: true, ..Wish::default() };
    for report in install::run(paths, way, &wish, PROGRAM).expect("it runs") {
        report.outcome.expect("it does it");
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// In and out again; and the same with an edit of somebody else's in between.
fn there_and_back(agent: &str, file: &str, text: &str, edit: impl Fn(&str) -> String) {
    let (_folder, paths, path) = home(file, text);
    let now = |path: &Path| fs::read_to_string(path).expect("text");
    done(&paths, Way::Install, agent);
    let there = now(&path);
    assert_ne!(there, text);
    done(&paths, Way::Install, agent);
    assert_eq!(now(&path), there, "twice is once");
    done(&paths, Way::Uninstall, agent);
    assert_eq!(now(&path), text, "every byte");

    done(&paths, Way::Install, agent);
    fs::write(&path, edit(&there)).expect("a file");
    done(&paths, Way::Uninstall, agent);
    assert_eq!(squeezed(&now(&path)), squeezed(&edit(text)), "only ours went, out of:\n{}", edit(&there));
    assert!(!now(&path).contains(PROGRAM));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_comes_back(text in json()) {
        there_and_back("qwen-code", ".qwen/settings.json", &text, |text| {
            let gap = if text.trim_start_matches('{').trim_start().starts_with('}') { "" } else { "," };
            text.replacen('{', &format!("{{ /* new */ \"zz\": [1]{gap}"), 1)
        });
    }

    #[test]
    fn toml_comes_back(text in toml()) {
        there_and_back("kimi-code", ".kimi-code/config.toml", &text, |text| format!("zz = 1 # new\n{text}"));
    }

    #[test]
    fn yaml_comes_back(text in yaml()) {
        there_and_back("rovodev", ".rovodev/config.yml", &text, |text| format!("zz: 1 # new\n{text}"));
    }
}
