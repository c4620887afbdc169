//! `herald run` at a terminal: the command in the foreground is stopped, goes on and is interrupted as if Herald were
//! not there.

use rstest::rstest;

use crate::session::Kind::{Bash, Fish, Zsh};
use crate::session::{Kind, NONE, Session, Settings, world};
use crate::support::terminal::{INTERRUPT, QUIT, SUSPEND, Terminal};
use crate::support::{find_program, or_skip};

/// A shell that knows the program as `herald` and tells of nothing by itself.
fn session(kind: Kind) -> Option<Session> {
    let before = match kind {
        Fish => "set -x PATH $PWD/../bin $PATH",
        _ => "PATH=$PWD/../bin:$PATH",
    };
    Session::start(kind, NONE, Settings { before, ..Settings::default() })
}

#[rstest]
fn ctrl_c_reaches_the_command_once_and_is_silent(#[values(Bash, Zsh, Fish)] kind: Kind) {
    let Some(session) = session(kind) else { return };
    let script =
        "trap 'n=$((n+1)); echo got $n' INT; echo waiting; while [ $((n+0)) -lt 2 ]; do sleep 0.05; done; exit 6";
    session.env.write("work/counts.sh", script);
    session.terminal.press("herald run -- sh counts.sh\n");
    session.terminal.wait_for_text("waiting\r\n");
    session.terminal.press(INTERRUPT);
    session.terminal.wait_for_text("got 1\r\n");
    // A second copy of the same interrupt would have been the second count.
    session.terminal.press(INTERRUPT);
    session.terminal.wait_for_text("got 2\r\n");
    assert_eq!(session.prompt(), 6);
    session.assert_heard(&["command.failure"]);

    session.terminal.press("herald run -- waits\n");
    session.terminal.wait_for("it to wait", |shown| (shown.matches("waiting\r\n").count() == 2).then_some(()));
    session.terminal.press(INTERRUPT);
    assert_eq!(session.prompt(), 130);
    session.assert_heard(&["command.failure"]);
}

#[rstest]
fn ctrl_c_leaves_a_loop_as_it_would_without(#[values(Bash, Zsh)] kind: Kind) {
    let Some(session) = session(kind) else { return };
    session.terminal.press("for i in 1 2 3; do echo round $i; herald run -- waits; done\n");
    session.terminal.wait_for_text("round 1\r\nwaiting\r\n");
    session.terminal.press(INTERRUPT);
    assert_eq!(session.prompt(), 130);
    assert!(!session.terminal.shown().contains("round 2"), "{}", session.terminal.shown());
}

#[rstest]
fn ctrl_z_stops_it_and_fg_goes_on(#[values(Bash, Zsh, Fish)] kind: Kind) {
    let Some(session) = session(kind) else { return };
    session.terminal.press("herald run -- goes-on\n");
    session.terminal.wait_for_text("waiting\r\n");
    for _ in 0..3 {
        session.terminal.press(SUSPEND);
        let status = session.prompt();
        assert!(kind == Fish || status == 148, "a stopped job, not {status}");
        let before = session.terminal.shown().len();
        session.terminal.press("fg\n");
        session.terminal.wait_for("it to go on", |shown| shown[before..].contains("back\r\n").then_some(()));
    }
    session.env.write("work/go", "");
    let status = session.prompt();
    assert!(kind == Fish || status == 7, "its own status, not {status}");
    session.assert_heard(&["command.failure"]);
}

#[rstest]
fn a_stopped_one_ends_with_its_command_when_it_is_told_to(#[values(Bash, Zsh)] kind: Kind) {
    let Some(session) = session(kind) else { return };
    session.terminal.press("herald run -- waits\n");
    session.terminal.wait_for_text("waiting\r\n");
    session.terminal.press(SUSPEND);
    session.prompt();
    session.run("kill %1; fg; true");
    session.run("jobs");
    session.assert_heard(&["command.failure"]);
}

#[rstest]
fn in_the_background_it_reads_nothing_and_tells_at_its_end(#[values(Bash, Zsh, Fish)] kind: Kind) {
    let Some(session) = session(kind) else { return };
    session.run("herald run -- exits 3 &");
    session.assert_heard(&["command.failure"]);
    session.run("herald run -- exits 0 | cat");
    session.assert_heard(&["command.failure", "command.success"]);
}

#[test]
fn ctrl_backslash_ends_the_command_and_the_status_tells() {
    let Some(session) = session(Bash) else { return };
    session.run("ulimit -c 0");
    session.terminal.press("herald run -- waits\n");
    session.terminal.wait_for_text("waiting\r\n");
    session.terminal.press(QUIT);
    assert_eq!(session.prompt(), 131);
    session.assert_heard(&["command.failure"]);
}

#[test]
fn the_command_has_the_terminal_and_learns_of_its_size() {
    if or_skip(find_program("stty")).is_none() {
        return;
    }
    let (env, front) = world();
    let mut command = env.command(&front.herald);
    let script = "test -t 0 && test -t 1 && test -t 2 && stty size && ps -o stat= -p $$ && exit 5";
    command.args(["run", "--", "sh", "-c", script]);
    let Some(mut terminal) = or_skip(Terminal::start(&command)) else { return };
    assert_eq!(terminal.wait().code(), Some(5));
    terminal.wait_for_text("24 80");
    terminal.wait_for("the mark of the foreground", |shown| shown.contains('+').then_some(()));
}
