//! Agents that never close the pipe, write slowly, write much, or stop in the middle.

use std::io::{self, Write as _};
use std::process::{ChildStdin, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rstest::rstest;

use crate::bench::{PROMPT, assert_silent, last_decision, pair, rounds, stop};
use crate::support::TestEnv;

/// Runs a hook whose stdin `write` writes to and keeps open until the hook has ended.
fn with_writer(
    mut command: Command,
    write: impl FnOnce(&mut ChildStdin) -> io::Result<()> + Send,
) -> (Output, Duration, io::Result<()>) {
    let start = Instant::now();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("could not start the hook");
    let mut stdin = child.stdin.take().expect("a pipe");
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let wrote = write(&mut stdin);
            (wrote, stdin)
        });
        let output = child.wait_with_output().expect("the hook's end");
        let took = start.elapsed();
        let (wrote, _stdin) = writer.join().expect("the writer");
        (output, took, wrote)
    })
}

fn hook(env: &TestEnv, args: &[&str]) -> Command {
    let mut command = env.herald();
    command.arg("hook").args(args);
    command
}

#[test]
fn a_complete_payload_is_enough_where_the_pipe_is_never_closed() {
    let env = TestEnv::new();
    let mut times = Vec::new();
    for round in 0..9 {
        let payload = stop(&format!("session {round}"));
        let (output, took, wrote) = with_writer(hook(&env, &[]), |stdin| stdin.write_all(payload.as_bytes()));
        assert_silent(&output, "never closed");
        wrote.expect("it reads");
        times.push(took);
    }
    assert_eq!(crate::decisions_but(&env, "bad-payload").len(), 9, "each was understood");
    times.sort();
    assert!(times[4] < Duration::from_millis(180), "it waited for the end of the pipe: {times:?}");
}

#[test]
fn half_a_payload_is_given_up_where_the_pipe_is_never_closed() {
    let env = TestEnv::new();
    let (output, took, _) = with_writer(hook(&env, &[]), |stdin| stdin.write_all(b"{\"hook_event_name\":\"Stop\",\"s"));
    assert_silent(&output, "half a payload");
    assert!(took < PROMPT, "{took:?}");
    assert_eq!(crate::bench::occurrences(&env).len(), 1);
}

#[test]
fn an_event_on_the_command_line_waits_for_no_payload() {
    let env = TestEnv::new();
    let (output, took, _) = with_writer(hook(&env, &["--event", "task.complete"]), |_| Ok(()));
    assert_silent(&output, "no payload");
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(last_decision(&env), pair("play", "ok"));
}

#[test]
fn a_silent_pipe_is_left_after_a_second() {
    let env = TestEnv::new();
    let (output, took, _) = with_writer(hook(&env, &["--agent", "claude-code"]), |_| Ok(()));
    assert_silent(&output, "nothing at all");
    assert!((Duration::from_millis(900)..PROMPT).contains(&took), "{took:?}");
    assert_eq!(last_decision(&env), pair("skip", "unknown-event"));
}

/// A payload that comes in pieces is read as one; one that comes for ever is not waited for for ever.
#[test]
fn a_slow_writer_is_heard_and_an_endless_one_is_left() {
    let env = TestEnv::new();
    let payload = stop("slow");
    let (output, _, wrote) = with_writer(hook(&env, &[]), |stdin| {
        payload.as_bytes().chunks(20).try_for_each(|piece| {
            thread::sleep(Duration::from_millis(40));
            stdin.write_all(piece)
        })
    });
    assert_silent(&output, "slow");
    wrote.expect("it reads to the end");
    assert_eq!(last_decision(&env), pair("play", "ok"));

    let (output, took, _) = with_writer(hook(&env, &[]), |stdin| {
        stdin.write_all(b"{\"a\":\"")?;
        loop {
            thread::sleep(Duration::from_millis(50));
            stdin.write_all(b"x")?;
        }
    });
    assert_silent(&output, "endless");
    assert!(took < PROMPT, "{took:?}");
}

fn of_size(size: usize, end: &str) -> Vec<u8> {
    let head = "{\"hook_event_name\":\"Stop\",\"session_id\":\"big\",\"last_assistant_message\":\"";
    let mut text = head.to_owned();
    text.push_str(&"x".repeat(size - head.len() - 2));
    text.push_str("\"}");
    assert_eq!(text.len(), size);
    text.push_str(end);
    text.into_bytes()
}

/// Some agents take a broken pipe for a hook that failed.
#[rstest]
#[case::of_200_kb(200_000, "\n")]
#[case::ends_where_a_chunk_does(131_072, "")]
#[case::its_newline_begins_a_chunk(131_072, "\n")]
#[case::more_follows(131_072, "\n\n  \r\n")]
#[case::two_objects(200_000, "\n{}\n")]
#[case::of_3_mb(3_000_000, "\n")]
fn the_writer_of_a_large_payload_never_meets_a_broken_pipe(#[case] size: usize, #[case] end: &str) {
    let env = TestEnv::new();
    let payload = of_size(size, end);
    let mut broken = 0;
    let all = rounds(20, 200);
    for _ in 0..all {
        let (output, took, wrote) = with_writer(hook(&env, &[]), |stdin| stdin.write_all(&payload));
        assert_silent(&output, "large");
        assert!(took < PROMPT, "{took:?}");
        broken += usize::from(wrote.is_err());
    }
    assert_eq!(broken, 0, "of {all} writers so many met a broken pipe");
    let understood = crate::decisions_but(&env, "bad-payload");
    assert_eq!(understood.len(), all);
    assert_eq!(understood[0], pair("play", "ok"));
}

#[rstest]
#[case::just_below_the_limit(4 * 1024 * 1024 - 1)]
#[case::the_limit(4 * 1024 * 1024)]
#[case::more_than_the_limit(4 * 1024 * 1024 + 70_000)]
#[case::much_more(20_000_000)]
fn a_payload_of_many_megabytes_is_decided(#[case] size: usize) {
    let env = TestEnv::new();
    let payload = of_size(size, "\n");
    for (told, args) in [&[][..], &["--event", "Stop"]].into_iter().enumerate() {
        // On a busy machine its time may be over before it has read all, and then it ends without a word.
        for _ in 0..10 {
            let (output, took, wrote) = with_writer(hook(&env, args), |stdin| stdin.write_all(&payload));
            assert_silent(&output, "huge");
            assert!(took < PROMPT, "{took:?}");
            if crate::bench::decisions(&env).len() > told {
                wrote.expect("what is too much is read, too");
                break;
            }
        }
    }
    // Of more than the limit the end is missing, and only the command line tells what it is.
    let whole = size <= 4 * 1024 * 1024;
    let expected = if whole {
        [pair("play", "ok"), pair("skip", "throttled")]
    } else {
        [pair("skip", "bad-payload"), pair("play", "ok")]
    };
    assert_eq!(crate::bench::decisions(&env), expected);
}
