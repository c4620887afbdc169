//! From one hook to two hundred in the same moment.

use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use super::{CURVES, configure_usual, curves};
use crate::lab::{hook, is_quick, payload, ready, settle, tone, world};
use crate::report::row::verdict;
use crate::report::{Report, Unit, column, grouped};
use crate::rivals::contender::usual_hook;
use crate::stats::Sample;
use crate::support::env::TestEnv;
use crate::support::server::{Kind, server_or_skip};

const COUNTS: [usize; 8] = [1, 2, 5, 10, 20, 50, 100, 200];

/// What the 99th percentile of two hundred may be.
const BAR: Duration = Duration::from_millis(150);

/// Of all rounds of one contender.
#[derive(Default)]
struct Crowd {
    each: Sample,
    all: Sample,
}

pub(crate) fn figures(report: &mut Report) {
    let names = ["Herald p50", "Herald p99", "Herald, all", "usual p50", "usual p99", "usual, all", "/bin/true"];
    report.table("at-once", "hooks at once", names.map(|name| column(name, Unit::Ms)).to_vec(), TEXT);
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let env = world("").with_server(&server);
    let sound = tone(&env, "sound.wav", 20.0);
    env.config(&format!("volume = 10\n[events.\"task.complete\"]\nsound = {:?}\n", sound.display().to_string()));
    configure_usual(&env, &sound, 1, 3);
    let mut session = 0;
    for count in COUNTS {
        let rounds = if is_quick() { 2 } else { (200 / count).clamp(4, 50) };
        let [mut nothing, mut herald, mut usual] = [(); 3].map(|()| Crowd::default());
        for round in 0..rounds {
            let mut input = || {
                session += 1;
                payload("Stop", session)
            };
            nothing.push(&env, count, || (env.command("/bin/true"), String::new()));
            herald.push(&env, count, || (hook(&env), input()));
            // It takes so long that fewer rounds have to do.
            if round % 4 == 0 {
                usual.push(&env, count, || (env.command(usual_hook()), input()));
            }
        }
        let mut notes = Vec::new();
        if count == 200 {
            notes.push(format!("p99 bar 150 ms {}", verdict(herald.each.p99() <= BAR)));
        }
        let cells = vec![
            herald.each.ms(0.5),
            herald.each.ms(0.99),
            herald.all.ms(0.5),
            usual.each.ms(0.5),
            usual.each.ms(0.99),
            usual.all.ms(0.5),
            nothing.each.ms(0.5),
        ];
        report.line(&grouped(count as f64), cells, notes);
    }
    report.plot(curves("at-once", "Hooks at once: start to exit of each", "hooks at once", CURVES));
}

impl Crowd {
    /// All of them are let go at the same moment, each by a thread that then waits for it.
    fn push(&mut self, env: &TestEnv, count: usize, mut make: impl FnMut() -> (Command, String)) {
        let commands: Vec<Command> = (0..count)
            .map(|_| {
                let (mut command, input) = make();
                command.stdin(ready(&input)).stdout(Stdio::null()).stderr(Stdio::null());
                command
            })
            .collect();
        let gate = Barrier::new(count + 1);
        let times: Vec<(Instant, Instant)> = std::thread::scope(|scope| {
            let waiting: Vec<_> = commands
                .into_iter()
                .map(|mut command| {
                    let gate = &gate;
                    scope.spawn(move || {
                        gate.wait();
                        let begun = Instant::now();
                        let status = command.status().expect("it starts");
                        assert!(status.success(), "it ended with {status}");
                        (begun, Instant::now())
                    })
                })
                .collect();
            gate.wait();
            waiting.into_iter().map(|thread| thread.join().expect("the waiting thread")).collect()
        });
        settle(env);
        let first = times.iter().map(|(begun, _)| *begun).min();
        let last = times.iter().map(|(_, ended)| *ended).max();
        self.each.extend(&times.iter().map(|(begun, ended)| *ended - *begun).collect());
        if let (Some(first), Some(last)) = (first, last) {
            self.all.push(last - first);
        }
    }
}

const TEXT: &str = "So many hooks of as many sessions begin in the same moment, and each would be heard: Herald decides one \
after the other under a lock and starts one player; the hook of the usual kind takes no lock and starts a player each. `all`: \
from the first one's start to the last one's end. Most of it is the time that so many processes take on so few cores: \
`/bin/true` is beside it.";
