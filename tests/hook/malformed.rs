//! Ten thousand payloads that nobody should send.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::bench::{Chance, PROMPT, assert_silent, occurrences, report, rounds};
use crate::support::TestEnv;

/// How many hooks run at once.
const AT_ONCE: usize = 8;

fn real_payloads() -> Vec<Vec<u8>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/payloads.jsonl");
    let text = fs::read_to_string(file).expect("the payloads");
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a row"));
    rows.map(|row| row["payload"].to_string().into_bytes()).collect()
}

/// One payload; which of the ways it is spoilt is chance, but each way comes as often.
fn malformed(index: usize, chance: &mut Chance, real: &[Vec<u8>]) -> Vec<u8> {
    let mut payload = chance.pick(real).clone();
    let length = payload.len();
    match index % 16 {
        0 => payload.truncate(chance.below(length + 1)),
        1 => payload = (0..chance.below(4096)).map(|_| chance.next() as u8).collect(),
        2 => {
            let depth = 1 + chance.below(100_000);
            let open = *chance.pick(&[&b"["[..], &b"{\"a\":"[..], &b"[{\"a\":"[..]]);
            payload = open.repeat(depth);
        }
        3 => {
            let text = "x".repeat(chance.below(300_000));
            payload = format!("{{\"hook_event_name\":\"Stop\",\"message\":\"{text}\"}}").into_bytes();
        }
        4 => {
            payload.splice(0..0, *b"\xef\xbb\xbf");
        }
        5 => {
            let lone = *chance.pick(&[r#"\ud800"#, r#"\udfff\ud800"#, r#"\ud83d x"#, r#"\u00"#, r#"\x"#]);
            payload =
                format!("{{\"hook_event_name\":\"Stop\",\"session_id\":\"{lone}\",\"cwd\":\"{lone}\"}}").into_bytes();
        }
        6 => (0..1 + chance.below(8)).for_each(|_| payload[chance.below(length)] = chance.next() as u8),
        7 => {
            let at = chance.below(length);
            let cut = chance.below(length - at + 1);
            payload.drain(at..at + cut);
        }
        8 => {
            let piece = chance.pick(real).clone();
            let at = chance.below(length);
            payload.splice(at..at, piece);
        }
        9 => payload = [payload.clone(), payload].concat(),
        10 => payload = payload.iter().flat_map(|byte| [*byte, 0]).collect(),
        11 => {
            let odd =
                ["null", "true", "-", "1e999", "\"\"", "[]", "{}", "[[]]", "{\"\":{}}", "NaN", "\"", "}", "\u{0}"];
            payload = chance.pick(&odd).as_bytes().to_vec();
        }
        12 => {
            let wrong = ["null", "[]", "{}", "7", "-1e308", "true", "\"\\u0000\"", "[[[[]]]]", "18446744073709551616"];
            let keys = ["hook_event_name", "session_id", "cwd", "type", "event", "tool_name", "message"];
            let pairs: Vec<_> = keys.iter().map(|key| format!("\"{key}\":{}", chance.pick(&wrong))).collect();
            payload = format!("{{{}}}", pairs.join(",")).into_bytes();
        }
        13 => {
            let many: Vec<_> = (0..chance.below(20_000)).map(|n| format!("\"k{n}\":{n}")).collect();
            payload = format!("{{{},\"hook_event_name\":\"Stop\"}}", many.join(",")).into_bytes();
        }
        14 => payload.retain(|byte| *byte != b'"'),
        _ => {
            let name = "Stop\u{1b}]0;x\u{7}\u{202e}\r\n".repeat(1 + chance.below(50));
            payload =
                serde_json::json!({ "hook_event_name": name, "session_id": name, "cwd": name }).to_string().into();
        }
    }
    payload
}

#[test]
fn no_payload_makes_the_hook_speak_fail_or_linger() {
    let env = TestEnv::new();
    let real = real_payloads();
    let mut chance = Chance::announced();
    let all = rounds(1500, 10_000);
    let payloads: Vec<_> = (0..all).map(|index| malformed(index, &mut chance, &real)).collect();
    let next = AtomicUsize::new(0);
    let mut times: Vec<(Duration, usize)> = Vec::new();
    thread::scope(|scope| {
        let worker = || {
            let mut mine = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(payload) = payloads.get(index) else { return mine };
                mine.push((one(&env, payload, index), index));
            }
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().for_each(|worker| times.extend(worker.join().expect("a worker failed; see above")));
    });
    times.sort();
    let late = times.iter().filter(|(took, _)| *took > Duration::from_millis(250)).count();
    let (median, (longest, which)) = (times[all / 2].0, times[all - 1]);
    let decided = occurrences(&env).len();
    report(&format!(
        "{all} payloads: median {median:?}, longest {longest:?}, {late} over 250 ms, {decided} written down"
    ));
    assert!(median < Duration::from_millis(250), "half of them took {median:?} or more");
    let start = &payloads[which][..payloads[which].len().min(300)];
    assert!(longest < PROMPT, "payload {which} took {longest:?}: {:?}", String::from_utf8_lossy(start));
    // Only a hook that meets its deadline leaves no line: under this load a few may.
    assert!(decided <= all && decided + all / 50 >= all, "{decided} of {all} were written down");
}

/// The payload comes from a file: a writer in this process would be what is measured.
#[track_caller]
fn one(env: &TestEnv, payload: &[u8], index: usize) -> Duration {
    let file = env.write(format!("payloads/{index}"), payload);
    let mut command = env.herald();
    command.arg("hook").stdin(Stdio::from(fs::File::open(&file).expect("it was just written")));
    if index.is_multiple_of(5) {
        command.args(["--agent", "claude-code"]);
    }
    let (output, took) = crate::bench::timed(command);
    let start = String::from_utf8_lossy(&payload[..payload.len().min(300)]);
    assert_silent(&output, &format!("payload {index}: {start:?}"));
    let _ = fs::remove_file(file);
    took
}
