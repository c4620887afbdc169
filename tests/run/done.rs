//! `herald done`: a sound by a status, and the same status once more.

use rstest::rstest;

use crate::{err, event_of, events, finish, out, world};

#[test]
fn every_status_is_given_back() {
    let (env, front) = world();
    let mut expected = Vec::new();
    for status in [0, 1, 2, 100, 126, 127, 129, 130, 137, 141, 143, 148, 255] {
        let output = finish(&env, &front, &["done", &status.to_string()]);
        assert_eq!(output.status.code(), Some(status));
        assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{status}: {}", err(&output));
        expected.extend(event_of(status));
    }
    assert_eq!(events(&env), expected);
    assert_eq!(finish(&env, &front, &["done"]).status.code(), Some(0), "nothing said is success");
}

#[rstest]
#[case(&["done", "256"], "0 to 255")]
#[case(&["done", "-1"], "0 to 255")]
#[case(&["done", "99999999999"], "0 to 255")]
#[case(&["done", "1.5"], "not a number (0 to 255)")]
#[case(&["done", ""], "not a number (0 to 255)")]
#[case(&["done", "ok"], "not a number (0 to 255)")]
#[case(&["done", "1", "2"], "unexpected argument")]
#[case(&["done", "--min", "10", "1"], "did you mean 10s?")]
#[case(&["done", "--secs", "-1", "1"], "--secs")]
#[case(&["done", "--secs", "1", "--ms", "1"], "cannot be used with")]
fn a_status_that_is_none_is_answered(#[case] args: &[&str], #[case] said: &str) {
    let (env, front) = world();
    let output = finish(&env, &front, args);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains(said) && output.stdout.is_empty(), "{}", err(&output));
    assert!(events(&env).is_empty());
}

#[rstest]
#[case::too_short(&["--min", "10s", "--secs", "9"], false)]
#[case::long_enough(&["--min", "10s", "--secs", "10"], true)]
#[case::too_short_by_a_little(&["--min", "10s", "--ms", "9999"], false)]
#[case::longer_than_anything(&["--min", "10s", "--secs", "18446744073709551615"], true)]
#[case::unknown_how_long(&["--min", "10s"], true)]
#[case::editor(&["--command", "sudo vim x"], false)]
#[case::build(&["--command", "make -j4"], true)]
#[case::nothing_known(&["--command", ""], true)]
#[case::odd(&["--command", "'\"$(((|||&&&"], true)]
#[case::quiet(&["--quiet-on", "1"], false)]
fn what_is_short_or_had_its_human_is_silent(#[case] args: &[&str], #[case] heard: bool) {
    let (env, front) = world();
    let output = finish(&env, &front, &[&["done"], args, &["--", "1"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(!events(&env).is_empty(), heard);
}

#[rstest]
#[case::editor(b"vim x\n", false)]
#[case::editor_behind_a_mark(b"\xef\xbb\xbfvim x", false)]
#[case::build(b"make\n", true)]
#[case::nothing(b"", true)]
#[case::no_text(b"\xff\xfe\0", true)]
fn the_command_can_come_through_a_pipe(#[case] line: &[u8], #[case] heard: bool) {
    let (env, front) = world();
    let output = env.finish(crate::herald(&env, &front, &["done", "--command", "-", "0"]), line);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(!events(&env).is_empty(), heard);
}

#[test]
fn two_terminals_in_one_directory_do_not_silence_each_other() {
    let (env, front) = world();
    env.config("");
    for (session, reason) in [("1", "ok"), ("2", "ok"), ("1", "throttled")] {
        finish(&env, &front, &["done", "--session", session, "1"]);
        assert_eq!(crate::bench::last_decision(&env).1, reason);
    }
}

/// As it stands in the README.
#[test]
fn behind_a_command_it_keeps_the_scripts_status() {
    let (env, front) = world();
    let mut command = env.command("sh");
    command.args(["-c", "sh -c 'exit 6'; \"$1\" done $?; echo $?", "sh"]).arg(&front.herald);
    assert_eq!(out(&env.finish(command, b"")), "6\n");
    assert_eq!(events(&env), ["command.failure"]);
}

/// A sound of one's own for one program, by its name alone.
#[test]
fn the_players_are_asked_for_a_sound_of_the_program() {
    let (env, front) = world();
    finish(&env, &front, &["done", "--command", "SECRET=x cargo test --token y", "1"]);
    assert!(env.journal().iter().all(|line| !line.to_string().contains("token")));
    let state = fs_find(&env.state_dir(), b"command.failure.cargo-test");
    assert!(state, "the request holds the name of its detail");
}

fn fs_find(folder: &std::path::Path, wanted: &[u8]) -> bool {
    let holds = |bytes: Vec<u8>| bytes.windows(wanted.len()).any(|part| part == wanted);
    std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => fs_find(&entry.path(), wanted),
        _ => std::fs::read(entry.path()).is_ok_and(holds),
    })
}
