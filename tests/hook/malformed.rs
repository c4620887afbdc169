//! Ten thousand payloads that nobody should send.

use std::fs;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::bench::{Chance, PROMPT, assert_silent, occurrences, report, rounds};
use crate::spoilt::{malformed, real_payloads};
use crate::support::TestEnv;

/// How many hooks run at once.
const AT_ONCE: usize = 8;

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
