//! From one session to ten thousand.

use serde_json::json;

use super::{CURVES, Three, columns, configure_usual, curves};
use crate::lab::{hook, is_quick, payload, runs, settle, time, tone, world};
use crate::report::Report;
use crate::report::row::verdict;
use crate::stats::Sample;
use crate::support::env::TestEnv;
use crate::support::server::{Kind, server_or_skip};

const COUNTS: [usize; 5] = [1, 10, 100, 1_000, 10_000];

/// Times what it was after ten.
const BAR: f64 = 1.1;

pub(crate) fn figures(report: &mut Report) {
    report.table("sessions", "a hook after so many sessions", columns(), TEXT);
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let env = world("").with_server(&server);
    let sound = tone(&env, "sound.wav", 5.0);
    env.config(&format!(
        "volume = 10\n[events.\"task.complete\"]\nsound = {:?}\nthrottle = \"1h\"\n",
        sound.display().to_string()
    ));
    let mut known = 0;
    let mut ten: Option<Sample> = None;
    for count in COUNTS.into_iter().filter(|count| *count <= if is_quick() { 100 } else { usize::MAX }) {
        for session in known..count {
            time(hook(&env), &payload("Stop", session));
        }
        known = count;
        settle(&env);
        configure_usual(&env, &sound, 1, 3600);
        remember(&env, count);
        let three = Three::throttled(&env, count - 1, runs(160));
        let mut notes = Vec::new();
        if let Some(ten) = ten.as_ref().filter(|_| count > 10) {
            let ratio = three.herald.p50().as_secs_f64() / ten.p50().as_secs_f64();
            notes.push(format!("{ratio:.2} x after ten, bar {BAR} {}", verdict(ratio <= BAR)));
        }
        three.put(report, count, notes);
        if count == 10 {
            ten = Some(three.herald);
        }
    }
    report.plot(curves("sessions", "A hook after so many sessions: start to exit", "sessions", CURVES));
}

/// What the usual hook has then written: all that it ever heard of.
fn remember(env: &TestEnv, count: usize) {
    let begun = 1_700_000_000.0;
    let played = (0..count).map(|n| (format!("Stop:bench-{n}"), json!(begun + n as f64))).collect();
    env.write("home/.config/sound-hook/throttle.json", serde_json::Value::Object(played).to_string());
}

const TEXT: &str = "The hook measured is throttled: it has to find when its session was heard last. Herald was told of each \
session by a hook of its own, and remembers the 400 latest moments, here two of each session, in a file of a fixed size; the hook \
of the usual kind forgets none, and reads its JSON file whole.";
