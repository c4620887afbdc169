//! What is particular to bash: other tools at the same hooks, strict modes, the history.

use rstest::rstest;

use crate::session::Kind::Bash;
use crate::session::{ALL, FAILURE, SUCCESS, Session, Settings, world};
use crate::support::{find_program, or_skip};

/// A prompt tool as many are: it wants the status and every status of a pipeline.
const TOOL: &str = "tool() { seen=\"$? ${PIPESTATUS[*]}\"; }";

/// One that times commands by the DEBUG trap, which is set anew at the first prompt and finds its own hooks by name.
const WITH_TRAP: &str = r#"
ran=0 ready=
before_command() { if [[ -n $ready ]]; then ready=; ran=$((ran + 1)); fi; }
at_prompt() { seen="$? ${PIPESTATUS[*]}"; ready=1; }
install_at_prompt() {
    trap 'before_command "$_"' DEBUG
    PROMPT_COMMAND=${PROMPT_COMMAND//install_at_prompt/at_prompt}
    at_prompt
}
PROMPT_COMMAND="install_at_prompt${PROMPT_COMMAND:+;$PROMPT_COMMAND}"
"#;

fn session(before: &'static str, after: &'static str) -> Option<Session> {
    Session::start(Bash, ALL, Settings { before, after, without: false })
}

#[rstest]
#[case::text_before("PROMPT_COMMAND='tool'", "")]
#[case::text_with_an_end("PROMPT_COMMAND='tool;'", "")]
#[case::list_before("PROMPT_COMMAND=(true tool true)", "")]
#[case::put_in_front_later("", "PROMPT_COMMAND=\"tool${PROMPT_COMMAND:+;$PROMPT_COMMAND}\"")]
#[case::put_behind_later("", "PROMPT_COMMAND=\"${PROMPT_COMMAND:+$PROMPT_COMMAND;}tool\"")]
#[case::put_in_its_place_later("", "PROMPT_COMMAND=tool")]
#[case::added_to_the_list_later("", "PROMPT_COMMAND+=(tool)")]
#[case::around("PROMPT_COMMAND=':'", "PROMPT_COMMAND=\"tool;$PROMPT_COMMAND\"")]
fn other_prompt_tools_see_status_and_pipeline(#[case] before: &'static str, #[case] after: &'static str) {
    let before: &'static str = format!("{TOOL}\n{before}").leak();
    let Some(session) = session(before, after) else { return };
    session.assert_another_tool_sees_all();
}

#[rstest]
#[case::before(WITH_TRAP, "")]
#[case::after("", WITH_TRAP)]
fn a_tool_with_the_debug_trap_keeps_it(#[case] before: &'static str, #[case] after: &'static str) {
    let Some(session) = session(before, after) else { return };
    assert_eq!(session.run("false | exits 3"), 3);
    session.assert_heard(&[FAILURE]);
    session.run("echo \"<$seen>\"");
    session.terminal.wait_for_text("<3 1 3>");
    session.run("echo \"<ran $ran>\"");
    session.terminal.wait_for_text("<ran 3>");
    session.assert_heard(&[FAILURE, SUCCESS, SUCCESS]);
}

#[rstest]
#[case::unset_is_an_error("set -u", "")]
#[case::unset_is_an_error_later("", "set -u")]
#[case::posix("", "set -o posix")]
#[case::no_clobber("", "set -C")]
#[case::other_separators("", "IFS=.0123456789")]
#[case::extended_debugging("", "shopt -s extdebug")]
#[case::traced_functions("", "set -o functrace; set -E; trap 'trapped=1' ERR")]
#[case::no_history("", "set +o history")]
#[case::history_with_times("HISTTIMEFORMAT='%F %T '", "")]
#[case::aliases("alias printf=false history=false", "")]
#[case::twice("", "eval \"$herald_lines\"")]
fn settings_of_all_kinds_change_nothing(#[case] before: &'static str, #[case] after: &'static str) {
    let before: &'static str =
        format!("{before}\nherald_lines=\"$(\"$PWD/../bin/herald\" init bash --min 0s)\"").leak();
    let Some(session) = session(before, after) else { return };
    session.assert_works_in_silence();
}

#[test]
fn a_shell_that_ends_at_errors_does_not_end_at_its_prompt() {
    let Some(session) = session("", "set -e") else { return };
    assert_eq!(session.run("! true"), 1);
    session.assert_heard(&[FAILURE]);
    assert_eq!(session.run("true"), 0);
    session.assert_heard(&[FAILURE, SUCCESS]);
}

#[test]
fn what_is_shown_when_a_command_begins_is_kept() {
    let Some(session) = session("PS0='<begins>'", "") else { return };
    session.run("echo one");
    session.terminal.wait_for_text("<begins>one");
}

#[rstest]
#[case::kept("", &["vim x"])]
#[case::twice_the_same("HISTCONTROL=ignoreboth", &["vim x", "vim x"])]
#[case::older_ones_removed("HISTCONTROL=erasedups", &["vim x", "vim y", "vim x"])]
#[case::by_an_alias("alias v='sudo vim'", &["v x"])]
#[case::with_times("HISTTIMEFORMAT='%F %T '", &["vim x"])]
#[case::over_two_lines("", &["vim \\\nx"])]
#[case::full("HISTSIZE=2", &["vim a", "vim b", "vim c", "vim d"])]
fn what_the_history_knows_is_skipped(#[case] before: &'static str, #[case] lines: &[&str]) {
    let Some(session) = session(before, "") else { return };
    for line in lines {
        session.run(line);
    }
    session.sentinel();
    session.assert_heard(&[FAILURE]);
}

/// The history doesn't tell what was hidden from it; a hidden command is no editor because the one before was one.
#[test]
fn a_command_hidden_from_the_history_is_not_taken_for_the_one_before() {
    let Some(session) = session("HISTCONTROL=ignorespace", "") else { return };
    session.run("vim x");
    session.run(" true");
    session.assert_heard(&[SUCCESS]);
}

#[test]
fn an_old_bash_is_told_what_to_do() {
    let (env, front) = world();
    let mut command = env.command(&front.herald);
    command.args(["init", "bash", "--min", "0s"]);
    let snippet = String::from_utf8(env.finish(command, b"").stdout).expect("text");
    let old = snippet.replace("BASH_VERSINFO[0] < 5", "BASH_VERSINFO[0] < 99");
    assert_ne!(old, snippet);
    let rc = format!("{}{old}", Bash.prompt_for_tests());
    let Some(session) = Session::with_rc(Bash, env, front, &rc) else { return };
    session.terminal.wait_for_text("need bash 5");
    session.terminal.wait_for_text("herald run --min 10s -- COMMAND");
    session.run("echo \"<${PS0-}${PROMPT_COMMAND-}>\"");
    session.terminal.wait_for_text("<>");
    assert!(session.heard().is_empty());
}

#[test]
fn a_shell_that_nobody_types_at_is_left_alone() {
    if or_skip(find_program("bash")).is_none() {
        return;
    }
    let (env, front) = world();
    let mut command = env.command("bash");
    command.args(["-c", "eval \"$(\"$1\" init bash)\"; echo \"<${PS0-}${PROMPT_COMMAND-}>\"", "bash"]);
    command.arg(&front.herald);
    let output = env.finish(command, b"");
    assert_eq!((String::from_utf8_lossy(&output.stdout).trim(), output.stderr.as_slice()), ("<>", &b""[..]));
}

#[test]
fn shellcheck_has_nothing_to_say() {
    if or_skip(find_program("shellcheck")).is_none() {
        return;
    }
    let (env, front) = world();
    let mut command = env.command(&front.herald);
    command.args(["init", "bash"]);
    let snippet = env.finish(command, b"").stdout;
    let mut check = env.command("shellcheck");
    check.args(["--shell", "bash", "-"]);
    let output = env.finish(check, &snippet);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
