//! What a sound takes of the machine: processor time, memory, processes and system calls, of all that is started for it.

use super::contender::{PLAYERS, Stage, Who, hooks};
use super::display::Display;
use super::trace::{Trace, trace};
use crate::lab::{Load, runs};
use crate::meter::{Taken, measure};
use crate::report::{Report, Unit, column};
use crate::stats::Sample;
use crate::support::server::{Kind, server_or_skip};

pub(crate) fn figures(report: &mut Report) {
    let columns = vec![
        column("CPU", Unit::Ms),
        column("CPU, busy", Unit::Ms),
        column("memory", Unit::Megabytes),
        column("processes", Unit::Count),
        column("calls", Unit::Count),
    ];
    report.table("cost", "what 300 ms of sound take of the machine", columns, TEXT);
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let display = Display::start();
    let stage = Stage::new(&server, display.as_ref(), 300.0);
    let all = contenders();
    let missing: Vec<Option<String>> = all.iter().map(|who| super::lacks(*who, &stage)).collect();
    let idle = rounds(&stage, &all, &missing, 9);
    let load = Load::of_every_core();
    let busy = rounds(&stage, &all, &missing, 4);
    drop(load);
    for (n, who) in all.iter().enumerate() {
        let traced: Option<Trace> = if missing[n].is_none() { trace(&stage, *who) } else { None };
        let largest = idle[n].iter().map(|taken| taken.resident_kib).max();
        let cells = vec![
            processor(&idle[n]),
            processor(&busy[n]),
            largest.map(|kib| kib as f64 * 1024.0 / 1e6),
            traced.as_ref().map(|traced| traced.processes as f64),
            traced.as_ref().map(|traced| traced.calls as f64),
        ];
        report.line(&who.name(), cells, missing[n].clone().into_iter().collect());
    }
    report.plot(super::bars("cpu", "Processor time of 300 ms of sound", "cost", "CPU", "user and system", None));
    report.plot(super::bars("memory", "Largest process of it", "cost", "memory", "peak resident size", None));
}

pub(super) fn contenders() -> Vec<Who> {
    let mut all = vec![Who::Nothing];
    all.extend(hooks());
    all.extend(PLAYERS.iter().filter(|player| player.name != "pw-play").map(Who::Player));
    all
}

fn rounds(stage: &Stage, all: &[Who], missing: &[Option<String>], wanted: usize) -> Vec<Vec<Taken>> {
    let mut taken: Vec<Vec<Taken>> = all.iter().map(|_| Vec::new()).collect();
    for run in 0..=runs(wanted) {
        for ((who, taken), missing) in all.iter().zip(&mut taken).zip(missing) {
            if missing.is_none() {
                let (command, input) = who.command(stage);
                let once = measure(&command, &input);
                stage.settle();
                taken.extend(once.filter(|_| run > 0));
            }
        }
    }
    taken
}

fn processor(taken: &[Taken]) -> Option<f64> {
    taken.iter().map(|taken| taken.processor).collect::<Sample>().ms(0.5)
}

const TEXT: &str = "CPU is user and system time of the process and of everything it started, detached players included, as \
the kernel counts it (median); beside it the same while every core is busy. Memory is the peak resident size of the largest \
single process of them; pages of shared libraries count in each. Processes and system calls are counted by strace, of all \
together, threads not being processes. What the sound server does for each isn't in it.";
