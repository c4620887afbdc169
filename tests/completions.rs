//! The completions in the repository: what `herald completions` prints today, and every shell takes them without a word.

#![allow(clippy::print_stderr, reason = "a skipped test says why")]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use clap_complete::{Generator as _, Shell};

const SHELLS: [Shell; 5] = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell];

fn committed(shell: Shell) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("completions").join(shell.file_name("herald"))
}

/// Everything a process printed and how it ended; nothing is read from this test's own input.
fn run(program: &str, args: &[&str]) -> std::io::Result<Output> {
    Command::new(program).args(args).stdin(Stdio::null()).output()
}

#[test]
fn the_committed_completions_are_those_the_program_prints() {
    for shell in SHELLS {
        let printed = run(env!("CARGO_BIN_EXE_herald"), &["completions", &shell.to_string()]).expect("herald starts");
        assert!(printed.status.success() && printed.stderr.is_empty(), "{shell}: {printed:?}");
        let file = committed(shell);
        let kept = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        // Git may write other line ends on Windows.
        let same = kept.replace("\r\n", "\n").into_bytes() == printed.stdout;
        assert!(same, "{} is not fresh; write it anew with: make completions", file.display());
    }
}

#[test]
fn there_is_no_file_of_a_shell_that_is_gone() {
    let mut kept: Vec<_> = std::fs::read_dir(env!("CARGO_MANIFEST_DIR").to_owned() + "/completions")
        .expect("completions/ is there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    let mut known: Vec<_> = SHELLS.into_iter().map(committed).collect();
    // The schema of the configuration lies with them; `config_schema` judges it.
    known.push(committed(Shell::Bash).with_file_name("herald.schema.json"));
    kept.sort();
    known.sort();
    assert_eq!(kept, known);
}

/// Reads the file in a shell without the user's settings, and asks it something only the file can have taught it.
#[cfg(unix)]
fn sources(shell: Shell, args: &[&str], script: &str, taught: &str) {
    let file = committed(shell);
    let script = script.replace("FILE", &format!("'{}'", file.display()));
    let said = match run(&shell.to_string(), &[args, &["-c", &script]].concat()) {
        Ok(said) => said,
        Err(e) => {
            let on_ci = std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
            assert!(!(on_ci && cfg!(target_os = "linux")), "{shell}: {e}, and CI skips nothing");
            eprintln!("skipped: {shell} can't be started: {e}");
            return;
        }
    };
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success() && err.is_empty(), "{shell}: {:?}\n{err}", said.status);
    assert!(out.contains(taught), "{shell} did not learn {taught:?}:\n{out}");
}

#[cfg(unix)]
#[test]
fn bash_sources_them_and_completes() {
    let script = "set -e; . FILE; complete -p herald; \
                  COMP_WORDS=(herald expl); COMP_CWORD=1; _herald herald expl herald; echo \"${COMPREPLY[@]}\"";
    sources(Shell::Bash, &["--norc", "--noprofile"], script, "explain");
}

#[cfg(unix)]
#[test]
fn zsh_sources_them_and_knows_the_function() {
    let script = "autoload -Uz compinit && compinit -D && . FILE && print -r -- $_comps[herald] && whence -w _herald";
    sources(Shell::Zsh, &["-f"], script, "_herald: function");
}

#[cfg(unix)]
#[test]
fn fish_sources_them_and_completes() {
    sources(Shell::Fish, &["--no-config"], "source FILE; and complete -C'herald expl'", "explain");
}
