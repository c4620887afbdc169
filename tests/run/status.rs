//! The exit status, and the event it comes to.

use rstest::rstest;

use crate::{err, event_of, events, finish, is_ignored, world};

/// Those of tools and shells, and the edges.
const STATUSES: &[i32] =
    &[0, 1, 2, 3, 42, 64, 77, 99, 100, 124, 125, 126, 127, 128, 129, 130, 131, 137, 141, 143, 148, 192, 200, 254, 255];

#[test]
fn every_exit_status_is_kept_and_nothing_is_shown() {
    let (env, front) = world();
    let mut expected = Vec::new();
    for &status in STATUSES {
        let output = finish(&env, &front, &["run", "--", "sh", "-c", &format!("exit {status}")]);
        assert_eq!(output.status.code(), Some(status), "{}", err(&output));
        assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{status}: {}", err(&output));
        expected.extend(event_of(status));
    }
    assert_eq!(events(&env), expected);
}

#[rstest]
#[case::hup("HUP", 1)]
#[case::int("INT", 2)]
#[case::quit("QUIT", 3)]
#[case::ill("ILL", 4)]
#[case::trap("TRAP", 5)]
#[case::abrt("ABRT", 6)]
#[case::bus("BUS", 7)]
#[case::fpe("FPE", 8)]
#[case::kill("KILL", 9)]
#[case::usr1("USR1", 10)]
#[case::segv("SEGV", 11)]
#[case::usr2("USR2", 12)]
#[case::pipe("PIPE", 13)]
#[case::alrm("ALRM", 14)]
#[case::term("TERM", 15)]
#[case::xcpu("XCPU", 24)]
#[case::vtalrm("VTALRM", 26)]
#[case::prof("PROF", 27)]
#[case::pwr("PWR", 30)]
#[case::sys("SYS", 31)]
fn a_command_that_a_signal_ended_has_128_and_its_number(#[case] name: &str, #[case] number: i32) {
    if is_ignored(number) {
        return;
    }
    let (env, front) = world();
    let script = format!("ulimit -c 0; kill -{name} $$; sleep 10");
    let output = finish(&env, &front, &["run", "--", "sh", "-c", &script]);
    assert_eq!(output.status.code(), Some(128 + number), "{name}: {} {}", output.status, err(&output));
    let expected: &[&str] = if matches!(name, "INT" | "PIPE") { &[] } else { &["command.failure"] };
    assert_eq!(events(&env), expected);
}

#[rstest]
#[case::by_itself(&["run", "--", "sh", "-c", "exit 130"], &[])]
#[case::none(&["run", "--quiet-on", "none", "--", "sh", "-c", "exit 130"], &["command.failure"])]
#[case::others(&["run", "--quiet-on", "0,3", "--", "sh", "-c", "exit 3"], &[])]
#[case::only_these(&["run", "--quiet-on", "0,3", "--", "sh", "-c", "exit 141"], &["command.failure"])]
#[case::short(&["run", "--min", "1h", "--", "false"], &[])]
#[case::long_enough(&["run", "--min", "50ms", "--", "sleep", "0.06"], &["command.success"])]
#[case::without_hyphens(&["run", "sh", "-c", "exit 0"], &["command.success"])]
#[case::options_of_the_command(&["run", "test", "--min", "=", "--min"], &["command.success"])]
fn what_is_asked_to_be_quiet_is_quiet(#[case] args: &[&str], #[case] expected: &[&str]) {
    let (env, front) = world();
    finish(&env, &front, args);
    assert_eq!(events(&env), expected);
}

#[rstest]
#[case(&["run"], "<COMMAND>")]
#[case(&["run", "--"], "<COMMAND>")]
#[case(&["run", "--min", "10", "--", "true"], "did you mean 10s?")]
#[case(&["run", "--quiet-on", "300", "--", "true"], "(0 to 255); or write none")]
#[case(&["run", "--loud", "true"], "--loud")]
fn wrong_usage_exits_with_2_and_runs_nothing(#[case] args: &[&str], #[case] said: &str) {
    let (env, front) = world();
    let output = finish(&env, &front, args);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains(said), "{}", err(&output));
    assert!(events(&env).is_empty());
}
