//! How long a caller waits: from the start of a process to its exit.

use std::time::Duration;

use super::contender::{Moment, PLAYERS, Stage, Who, hooks};
use super::display::Display;
use crate::lab::{Load, out_of_step, runs, time, time_nothing};
use crate::programs::shipped;
use crate::report::{Report, Row, times};
use crate::stats::Sample;
use crate::support::server::{Kind, Server, server_or_skip};

/// Nobody waits longer than they have to: a sound that is soon over.
const SHORT: f64 = 20.0;

pub(crate) fn figures(report: &mut Report) {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let display = Display::start();
    let stage = Stage::new(&server, display.as_ref(), SHORT);
    report.table("wall-idle", "a caller waits for its hook: start to exit", times(), IDLE);
    race(report, &stage, 140);
    report.plot(super::bars("wall", "Start to exit of a hook", "wall-idle", "p50", "median", Some("/bin/true")));
    report.table("wall-loaded", "the same while every core is busy", times(), LOADED);
    let load = Load::of_every_core();
    race(report, &stage, 40);
    drop(load);
    waits(report, &server, display.as_ref());
}

/// All of them in turns.
fn race(report: &mut Report, stage: &Stage, wanted: usize) {
    let behind = PLAYERS.iter().filter(|player| player.name != "pw-play").map(Who::Behind);
    let contenders: Vec<Who> = hooks().into_iter().chain(behind).collect();
    let missing: Vec<Option<String>> = contenders.iter().map(|who| super::lacks(*who, stage)).collect();
    let mut samples: Vec<Sample> = contenders.iter().map(|_| Sample::new()).collect();
    let mut yardstick = Sample::new();
    for run in 0..runs(wanted) {
        for ((who, sample), missing) in contenders.iter().zip(&mut samples).zip(&missing) {
            if missing.is_some() || (who.is_slow() && run % 10 != 0) {
                continue;
            }
            yardstick.push(time_nothing());
            // The first in a world reads what the others find prepared.
            let (command, input) = who.command(stage);
            let took = time(command, &input);
            stage.settle();
            if run > 0 {
                sample.push(took);
            }
        }
    }
    Row::new("/bin/true").sample(&yardstick).put(report);
    for ((who, sample), missing) in contenders.iter().zip(&samples).zip(missing) {
        let name = who.name();
        let row = Row::new(&name).sample(sample);
        match (missing, bar(*who)) {
            (Some(why), _) => row.note(&why),
            (None, Some(bar)) if wanted >= 100 => row.against(&yardstick, bar),
            _ => row.beside(&yardstick),
        }
        .put(report);
    }
}

/// What was asked of it, times the yardstick.
fn bar(who: Who) -> Option<f64> {
    let Who::Herald(programs, moment) = who else { return None };
    let is_static = std::ptr::eq(programs, shipped()) && programs.form == "static";
    Some(match (is_static, moment) {
        (true, Moment::Plays) => 2.0,
        (true, _) => 1.5,
        (false, Moment::Plays) => 2.5,
        (false, _) => 2.3,
    })
}

/// Players that are waited for, as in the simplest hook of all.
fn waits(report: &mut Report, server: &Server, display: Option<&Display>) {
    let stages = [SHORT, 300.0].map(|ms| Stage::new(server, display, ms));
    let all: Vec<Who> = std::iter::once(Who::Waiting).chain(PLAYERS.iter().map(Who::Player)).collect();
    let mut samples: Vec<[Sample; 2]> = all.iter().map(|_| [Sample::new(), Sample::new()]).collect();
    let missing: Vec<Option<String>> = all.iter().map(|who| super::lacks(*who, &stages[0])).collect();
    for run in 0..runs(16) {
        for ((who, samples), missing) in all.iter().zip(&mut samples).zip(&missing) {
            if missing.is_some() || (who.is_slow() && run % 2 != 0) {
                continue;
            }
            for (stage, sample) in stages.iter().zip(samples) {
                out_of_step(run);
                let (command, input) = who.command(stage);
                sample.push(time(command, &input).min(Duration::from_secs(60)));
                stage.settle();
            }
        }
    }
    report.table("waits", "a caller waits for the sound: start to exit", super::two("20 ms", "300 ms"), WAITS);
    for ((who, [short, long]), missing) in all.iter().zip(&samples).zip(missing) {
        let cells = vec![short.ms(0.5), short.ms(0.99), long.ms(0.5), long.ms(0.99)];
        report.line(&who.name(), cells, missing.into_iter().collect());
    }
}

const IDLE: &str = "What an agent waits for. Herald and the hook of the usual kind \
(`benches/rivals/usual-hook.sh` and `.py`: read the payload, look the sound up in a JSON file, look into a JSON file when it \
was heard last, start `paplay` detached) get the same payload on standard input; players are started in the background by a \
shell, as hooks have it that want to be back. PulseAudio plays 20 ms of sound; the next turn begins when nothing of the last \
one runs any more. It shows what the hook costs the agent, not when it is heard. A shell that starts a player and looks \
into nothing does less than a hook: no payload is read, nothing is looked up or throttled.";

const LOADED: &str = "As many endless loops as there are cores run beside it: a build, a test run, the agent itself. Each \
process then waits for its turn, and the more processes a hook is made of the more often; what is long is the scheduler's.";

const WAITS: &str = "The simplest hook of all names a player and waits for it. Columns: a sound of 20 ms and one of 300 ms, \
p50 and p99 each. `herald play --wait` is Herald's command for those who want that.";
