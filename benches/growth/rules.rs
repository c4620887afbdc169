//! From one rule and event in the configuration to a thousand of each.

use std::fmt::Write as _;
use std::time::Duration;

use super::{CURVES, Three, columns, configure_usual, curves};
use crate::lab::{hook, payload, runs, settle, time, tone, world};
use crate::report::Report;
use crate::report::row::verdict;
use crate::support::env::TestEnv;
use crate::support::server::{Kind, Server, server_or_skip};
use crate::support::wait_for;

const COUNTS: [usize; 4] = [1, 10, 100, 1_000];

/// What the largest may take more than the smallest.
const BAR: Duration = Duration::from_millis(1);

pub(crate) fn figures(report: &mut Report) {
    report.table("rules", "a hook with so many rules and as many events configured", columns(), TEXT);
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let worlds = COUNTS.map(|count| configured(&server, count));
    let mut least = None;
    for (env, count) in worlds.iter().zip(COUNTS) {
        let three = Three::throttled(env, 0, runs(160));
        let least = *least.get_or_insert(three.herald.p50());
        let mut notes = Vec::new();
        if count == 1_000 {
            let more = three.herald.p50().saturating_sub(least);
            notes.push(format!("{:.2} ms more, bar 1 ms {}", more.as_secs_f64() * 1000.0, verdict(more <= BAR)));
        }
        three.put(report, count, notes);
    }
    report.plot(curves(
        "rules",
        "A hook with so many rules and events: start to exit",
        "rules, and as many events",
        CURVES,
    ));
}

fn configured(server: &Server, count: usize) -> TestEnv {
    let env = world("").with_server(server);
    let sound = tone(&env, "sound.wav", 5.0);
    let mut config = format!(
        "volume = 10\n[events.\"task.complete\"]\nsound = {:?}\nthrottle = \"1h\"\n",
        sound.display().to_string()
    );
    for n in 0..count {
        let _ = writeln!(config, "[events.\"own.event-{n}\"]\nvolume = {}\nthrottle = \"5s\"", n % 100);
    }
    for n in 0..count {
        let _ = writeln!(
            config,
            "[[rules]]\nmatch = {{ agent = \"codex\", cwd = \"~/work/project-{n}/**\" }}\nvolume = 50"
        );
    }
    env.config(&config);
    configure_usual(&env, &sound, count, 3600);
    // The first hook after a change parses; its player writes down what those after it read.
    let mut session = 0;
    let image = || {
        session += 1;
        time(hook(&env), &payload("Stop", session));
        let files = std::fs::read_dir(env.state_dir()).ok()?;
        files.flatten().any(|file| file.file_name().to_string_lossy().ends_with(".image")).then_some(())
    };
    wait_for("the cached configuration", Duration::from_secs(20), image);
    settle(&env);
    env
}

const TEXT: &str = "None of the rules matches, so that all of them are looked at. The first hook after a change of the file \
parses it; what is measured are those after it, which read the copy that was made then. The hook of the usual kind has no \
rules: its JSON file holds as many events, and is parsed each time.";
