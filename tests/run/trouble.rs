//! What can't be started, and what fails in Herald: the first has the status shells give it, the second is never seen.

use std::fs;

use herald::speaker::{PLAYER_PATIENCE, Speaker};
use rstest::rstest;

use crate::bench::{Front, paths};
use crate::support::TestEnv;
use crate::{err, events, finish, out, world};

#[rstest]
#[case::not_found(&["no-program-of-this-name"], 127, "in no directory of PATH")]
#[case::no_such_file(&["./nothing"], 127, "there is no such file")]
#[case::empty(&[""], 127, "could not run")]
#[case::a_line_in_quotes(&["make && make install"], 127, "herald run -- sh -c")]
#[case::not_executable(&["./plain"], 126, "chmod +x ./plain")]
#[case::directory(&["./folder"], 126, "it is a directory")]
#[case::no_interpreter(&["./no-interpreter"], 126, "interpreter")]
#[case::no_first_line(&["./no-first-line"], 126, "no #! in its first line")]
#[case::below_a_file(&["./plain/x"], 126, "Not a directory")]
#[case::hostile(&["no\u{1b}[2Jthing"], 127, "could not run no")]
fn what_cannot_be_started_is_told_in_one_line(#[case] args: &[&str], #[case] status: i32, #[case] said: &str) {
    let (env, front) = world();
    env.write("work/plain", "text\n");
    fs::create_dir(env.work_dir().join("folder")).expect("a folder");
    let mut make = env.command("sh");
    let script = "printf '#!/no/such/interpreter\\n' > no-interpreter; echo echo > no-first-line; chmod 755 no-*";
    make.args(["-c", script]);
    env.finish(make, b"");
    let output = finish(&env, &front, &[&["run", "--"], args].concat());
    assert_eq!(output.status.code(), Some(status), "{}", err(&output));
    assert!(err(&output).starts_with("herald: ") && err(&output).contains(said), "{}", err(&output));
    assert_eq!((err(&output).lines().count(), out(&output).as_str()), (1, ""));
    assert!(!err(&output).contains('\u{1b}'));
    assert_eq!(events(&env), ["command.failure"], "it is a failure like any other");
}

/// Everything Herald needs for a sound is broken, one thing after the other.
#[rstest]
#[case::no_player("rm ../bin/herald-player")]
#[case::state_is_a_file("rm -rf ../state; echo > ../state")]
#[case::state_is_open_to_others("mkdir -p ../state; chmod 777 ../state")]
#[case::state_is_read_only("chmod 500 ../state")]
#[case::faulty_configuration("echo 'volume = \"loud\"' > ../config.toml")]
#[case::configuration_is_a_folder("rm -f ../config.toml; mkdir ../config.toml")]
#[case::journal_is_a_pipe("mkdir -p ../state; mkfifo ../state/journal.jsonl")]
fn whatever_fails_in_herald_the_command_is_as_ever(#[case] trouble: &str) {
    let (env, front) = world();
    let mut breaks = env.command("sh");
    breaks.args(["-c", trouble]);
    env.finish(breaks, b"");
    for status in [0, 7] {
        let output =
            finish(&env, &front, &["run", "--", "sh", "-c", &format!("echo out; echo err >&2; exit {status}")]);
        assert_eq!((output.status.code(), &*out(&output), &*err(&output)), (Some(status), "out\n", "err\n"));
        let output = finish(&env, &front, &["done", &status.to_string()]);
        assert_eq!((output.status.code(), &*out(&output), &*err(&output)), (Some(status), "", ""));
    }
    let mut mends = env.command("sh");
    mends.args(["-c", "chmod 700 ../state"]);
    env.finish(mends, b"");
}

#[test]
fn somebody_who_holds_the_lock_for_ever_delays_it_by_no_more_than_a_hook() {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    assert_eq!(finish(&env, &front, &["run", "--", "true"]).status.code(), Some(0));
    let speaker = Speaker::open(&paths(&env).run()).expect("the speaker");
    let _held = speaker.enter(PLAYER_PATIENCE).expect("the lock");
    for args in [["run", "--", "false"], ["done", "--", "1"]] {
        assert_eq!(finish(&env, &front, &args).status.code(), Some(1));
    }
}
