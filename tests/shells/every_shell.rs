//! What holds in bash, zsh and fish alike.

use rstest::rstest;

use crate::session::Kind::{Bash, Fish, Zsh};
use crate::session::{ALL, FAILURE, Kind, NONE, SUCCESS, Session, Settings};
use crate::support::terminal::{INTERRUPT, SUSPEND};

#[rstest]
fn a_command_is_heard_by_its_status_and_the_status_is_kept(#[values(Bash, Zsh, Fish)] kind: Kind) {
    let Some(session) = Session::start(kind, ALL, Settings::default()) else { return };
    let mut heard = Vec::new();
    for (line, status) in [("true", 0), ("false", 1), ("exits 255", 255), ("exits 42", 42), ("true", 0)] {
        assert_eq!(session.run(line), status, "{line}");
        heard.push(if status == 0 { SUCCESS } else { FAILURE });
        session.assert_heard(&heard);
    }
}

#[rstest]
fn short_commands_are_not_heard_and_read_anew_with_another_time_they_are(#[values(Bash, Zsh, Fish)] kind: Kind) {
    let Some(session) = Session::start(kind, NONE, Settings::default()) else { return };
    for line in ["true", "false", "sleep 0.1"] {
        session.run(line);
    }
    let herald = session.front.herald.display().to_string();
    let again = match kind {
        Fish => format!("{herald} init fish --min 0s | source"),
        _ => format!("eval \"$({herald} init {} --min 0s)\"", kind.name()),
    };
    session.run(&again);
    // fish tells of the line that read it anew, too: it has ended by then.
    let mut heard = if kind == Fish { vec![SUCCESS] } else { vec![] };
    session.assert_heard(&heard);
    for _ in 0..2 {
        session.sentinel();
        heard.push(FAILURE);
        session.assert_heard(&heard);
    }
}

#[rstest]
fn what_took_longer_than_the_time_given_is_heard(#[values(Bash, Zsh, Fish)] kind: Kind) {
    let Some(session) = Session::start(kind, "1200ms", Settings::default()) else { return };
    session.run("sleep 1.3");
    session.assert_heard(&[SUCCESS]);
}

#[rstest]
#[case::editor("vim file")]
#[case::pager("echo x | less")]
#[case::behind_sudo("sudo -E vim file")]
#[case::behind_env("env A=1 vim file")]
#[case::behind_an_assignment("A=1 vim file")]
#[case::one_of_several("true; vim file")]
#[case::in_a_shell_of_its_own("sh -c 'vim x'")]
fn programs_that_a_human_sits_before_are_not_heard(#[values(Bash, Zsh, Fish)] kind: Kind, #[case] line: &str) {
    let Some(session) = Session::start(kind, ALL, Settings::default()) else { return };
    session.run(line);
    session.sentinel();
    session.assert_heard(&[FAILURE]);
}

#[rstest]
fn empty_lines_and_mistakes_of_grammar_are_nothing(#[values(Bash, Zsh, Fish)] kind: Kind) {
    let Some(session) = Session::start(kind, ALL, Settings::default()) else { return };
    session.run("");
    session.run("   ");
    if kind != Fish {
        // fish doesn't take it, and stays on the line.
        session.run("echo )");
        session.run("");
    }
    session.sentinel();
    session.assert_heard(&[FAILURE]);
}

#[rstest]
fn ctrl_c_at_a_command_and_at_the_prompt_is_silent(#[values(Bash, Zsh, Fish)] kind: Kind) {
    let Some(session) = Session::start(kind, ALL, Settings::default()) else { return };
    session.terminal.press("waits\n");
    session.terminal.wait_for_text("waiting\r\n");
    session.terminal.press(INTERRUPT);
    assert_eq!(session.prompt(), 130);
    if kind != Fish {
        // fish clears the line and stays where it is.
        session.terminal.press("half a line");
        session.terminal.wait_for_text("half a line");
        session.terminal.press(INTERRUPT);
        session.prompt();
    }
    session.sentinel();
    session.assert_heard(&[FAILURE]);
}

#[rstest]
fn a_stopped_command_is_silent_and_goes_on(#[values(Bash, Zsh, Fish)] kind: Kind) {
    let Some(session) = Session::start(kind, ALL, Settings::default()) else { return };
    session.terminal.press("goes-on\n");
    session.terminal.wait_for_text("waiting\r\n");
    session.terminal.press(SUSPEND);
    session.prompt();
    session.terminal.press("fg\n");
    session.terminal.wait_for_text("back\r\n");
    session.terminal.press(INTERRUPT);
    let status = session.prompt();
    // fish's own `fg` ends well, however the job did.
    assert_eq!(status, if kind == Fish { 0 } else { 130 });
    session.sentinel();
    session.assert_heard(&[FAILURE]);
}

#[rstest]
fn jobs_in_the_background_change_nothing(#[values(Bash, Zsh, Fish)] kind: Kind) {
    let Some(session) = Session::start(kind, ALL, Settings::default()) else { return };
    session.run("sleep 60 &");
    session.assert_heard(&[SUCCESS]);
    let shown = session.terminal.shown();
    session.sentinel();
    let more = &session.terminal.shown()[shown.len()..];
    assert!(!more.contains("Done") && !more.contains("done") && !more.contains("ended"), "{more}");
    assert!(!more.contains("herald"), "{more}");
    session.run("jobs");
    assert!(!session.terminal.shown().contains("herald"), "no job but the user's own");
}

#[rstest]
#[case::pipeline("true | false", 1, FAILURE)]
#[case::pipeline_that_ends_well("false | true", 0, SUCCESS)]
#[case::subshell("sh -c '(exit 3)'", 3, FAILURE)]
#[case::not_found("no-program-of-this-name", 127, FAILURE)]
#[case::both("false; true", 0, SUCCESS)]
#[case::quotes("echo 'a b' \"c $HOME\" > /dev/null", 0, SUCCESS)]
#[case::with_a_space(" true", 0, SUCCESS)]
#[case::comment("true # and a word", 0, SUCCESS)]
fn lines_of_all_kinds_are_heard_once(
    #[values(Bash, Zsh, Fish)] kind: Kind,
    #[case] line: &str,
    #[case] status: i32,
    #[case] event: &str,
) {
    let before = if kind == Zsh { "setopt interactive_comments" } else { "" };
    let Some(session) = Session::start(kind, ALL, Settings { before, ..Settings::default() }) else { return };
    assert_eq!(session.run(line), status);
    session.assert_heard(&[event]);
    session.sentinel();
    session.assert_heard(&[event, FAILURE]);
}

#[rstest]
fn of_a_command_nothing_but_the_event_is_written_down(#[values(Bash, Zsh, Fish)] kind: Kind) {
    let Some(session) = Session::start(kind, ALL, Settings::default()) else { return };
    session.run("TOKEN=s3cret sh -c 'exit 4' s3cret");
    session.assert_heard(&[FAILURE]);
    let line = &session.heard()[0];
    assert_eq!((line["agent"].as_str(), line["agent_event"].as_str()), (Some("shell"), Some("done")));
    assert!(line["session"].is_string(), "two terminals are two sessions: {line}");
    for journalled in session.env.journal() {
        assert!(!journalled.to_string().contains("s3cret"), "{journalled}");
    }
}

/// What a shell shows with Herald's line is, to the byte, what it shows without it.
#[rstest]
fn nothing_is_shown_that_would_not_be_shown_without(#[values(Bash, Zsh, Fish)] kind: Kind) {
    let shown = |without| {
        let session = Session::start(kind, ALL, Settings { without, ..Settings::default() })?;
        for line in ["true", "", "echo one", "false", "exits 9", "printf 'no newline'", "echo two | cat"] {
            session.run(line);
        }
        Some(session.transcript())
    };
    let (Some(without), Some(with)) = (shown(true), shown(false)) else { return };
    assert_eq!(with, without);
}

/// A Herald that hangs is nobody's concern: the prompt is there at once.
#[rstest]
fn the_prompt_does_not_wait(#[values(Bash, Zsh, Fish)] kind: Kind) {
    let (env, front) = crate::session::world();
    if crate::support::or_skip(crate::support::find_program(kind.name())).is_none() {
        return;
    }
    let mut command = env.command(&front.herald);
    command.args(["init", kind.name(), "--min", "0s"]);
    let snippet = String::from_utf8(env.finish(command, b"").stdout).expect("text");
    let hung = env.path().join("stubs/hung");
    let script = format!("#!/bin/sh\necho began > '{}/began'\nexec sleep 600\n", env.work_dir().display());
    let mut write = env.command("sh");
    write.args(["-c", "cat > \"$1\"; chmod 755 \"$1\"", "sh"]).arg(&hung);
    assert!(env.finish(write, script.as_bytes()).status.success());
    let rc = format!(
        "{}{}",
        kind.prompt_for_tests(),
        snippet.replace(&front.herald.display().to_string(), &hung.display().to_string())
    );
    let Some(session) = Session::with_rc(kind, env, front, &rc) else { return };
    assert_eq!(session.run("false"), 1);
    session.wait_for_file("began");
    assert_eq!(session.run("true"), 0);
}
