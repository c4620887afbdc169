//! The README: what it shows is what the program takes.

#[path = "support/document.rs"]
mod document;

use std::collections::BTreeSet;
use std::path::Path;

use clap::CommandFactory as _;
use document::{all_blocks, blocks, file, quoted};
use herald::agents;
use herald::cli::Cli;
use herald::config;
use herald::event::{self, EVENTS, Priority};

/// What follows the word `herald` in everything set as code: command and arguments, up to the end of the shell command.
fn calls(text: &str) -> Vec<Vec<String>> {
    let mut code: Vec<String> = ["sh", "console"].iter().flat_map(|shell| blocks(text, shell)).collect();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            code.extend(quoted(line));
        }
    }
    let mut calls = Vec::new();
    for line in code.iter().flat_map(|code| code.lines()) {
        let line = line.split(" #").next().unwrap_or_default();
        for command in line.split(['|', ';', '&', '<', '>', '(', ')']) {
            let words: Vec<&str> =
                command.split_whitespace().skip_while(|word| matches!(*word, "then" | "else")).collect();
            if let ["herald" | "target/release/herald", rest @ ..] = words.as_slice()
                && !rest.is_empty()
            {
                calls.push(rest.iter().map(|word| word.trim_matches(['"', '\'', '[', ']']).to_owned()).collect());
            }
        }
    }
    calls
}

#[test]
fn every_piece_of_configuration_is_read_without_a_problem() {
    let blocks = all_blocks(&file("README.md"));
    assert!(blocks.iter().any(|block| block.language == "toml"));
    for block in blocks.iter().filter(|block| block.language == "toml") {
        let (_, problems) =
            config::parse(&block.text, Path::new("/home/you/.config/herald/config.toml"), Some(Path::new("/home/you")));
        assert!(problems.is_empty(), "the block at line {}: {problems:#?}", block.line);
    }
}

#[test]
fn every_key_of_the_configuration_is_shown() {
    let shown: String = blocks(&file("README.md"), "toml").concat();
    let (config, _) = config::parse(&shown, Path::new("/c/config.toml"), Some(Path::new("/home/you")));
    // What the defaults show is every key there is outside of events and rules.
    for line in config::show(&config::Config::default()).lines() {
        let key = line.split_once(" = ").map_or(line, |(key, _)| key);
        assert!(shown.lines().any(|line| line.starts_with(key)), "{key:?} is not in the README");
    }
    assert!(!config.events.is_empty() && !config.rules.is_empty());
}

#[test]
fn every_command_and_option_it_names_exists() {
    let program = Cli::command();
    let calls = calls(&file("README.md"));
    let mut named = BTreeSet::new();
    for call in &calls {
        let [name, rest @ ..] = call.as_slice() else { continue };
        if name.starts_with('-') {
            continue;
        }
        let mut command =
            program.find_subcommand(name).unwrap_or_else(|| panic!("there is no command: herald {}", call.join(" ")));
        named.insert(name.clone());
        // What follows is another program's.
        for word in rest.iter().take_while(|word| *word != "--") {
            if let Some(inner) = command.find_subcommand(word) {
                command = inner;
            } else if let Some(long) = word.strip_prefix("--").filter(|long| !long.is_empty()) {
                let long = long.split('=').next().unwrap_or_default();
                let known = command.get_arguments().any(|argument| argument.get_long() == Some(long));
                assert!(known, "there is no --{long}: herald {}", call.join(" "));
            } else if word.len() == 2
                && let Some(short) = word.strip_prefix('-').and_then(|short| short.chars().next())
            {
                let known = command.get_arguments().any(|argument| argument.get_short() == Some(short));
                assert!(known, "there is no -{short}: herald {}", call.join(" "));
            }
        }
    }
    // And the other way round: none is left out.
    let shown = program.get_subcommands().filter(|command| !command.is_hide_set());
    let all: BTreeSet<String> = shown.map(|command| command.get_name().to_owned()).collect();
    assert_eq!(named, all);
}

#[test]
fn every_make_target_it_names_exists() {
    let makefile = file("Makefile");
    let readme = file("README.md");
    let mut named = 0;
    for target in readme.split("make ").skip(1).filter_map(|rest| rest.split([' ', '`', '\n', ';', '.']).next()) {
        if target.is_empty() || target.starts_with('&') {
            continue;
        }
        let known = makefile.lines().any(|line| line.strip_prefix(target).is_some_and(|rest| rest.starts_with(':')));
        assert!(known, "there is no target {target:?}");
        named += 1;
    }
    assert!(named >= 2);
}

#[test]
fn the_table_of_events_is_the_programs() {
    let readme = file("README.md");
    let rows: Vec<Vec<String>> = readme
        .lines()
        .skip_while(|line| !line.starts_with("| event |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect())
        .collect();
    let names: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let known: Vec<&str> = EVENTS.iter().map(|row| row.name).collect();
    assert_eq!(names, known, "the events and their order");
    for (row, event) in rows.iter().zip(EVENTS) {
        let expected = [if event.enabled { "on" } else { "off" }, event.priority.as_str(), event.parent.unwrap_or("")];
        assert_eq!(row[1..4], expected, "{}", event.name);
        assert_eq!(Some(row[4].as_str()), event::about(event.name), "{}", event.name);
    }
    for priority in Priority::ALL {
        let lives = format!("{} {}", priority.as_str(), priority.lifetime().as_secs());
        assert!(readme.contains(&lives), "how long a request waits: {lives} s");
    }
}

#[test]
fn every_agent_is_listed_and_no_other() {
    let readme = file("README.md");
    for agent in agents::AGENTS {
        assert!(readme.contains(&format!("`{}`", agent.id)), "{} is not listed", agent.id);
    }
    // Every agent it installs for, and every value of --agent, is one of the table; ID stands for any.
    for call in calls(&readme) {
        if let ["install" | "uninstall", rest @ ..] = call.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            for id in rest.iter().take_while(|word| !word.starts_with('-')) {
                assert!(*id == "AGENT" || *id == "AGENT…" || agents::find(id).is_some(), "{id} is no agent");
            }
        }
        if let Some(at) = call.iter().position(|word| word == "--agent") {
            let id = call[at + 1].as_str();
            assert!(id == "ID" || agents::find(id).is_some(), "{id} is no agent");
        }
    }
}
