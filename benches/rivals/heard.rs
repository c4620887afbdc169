//! How long until it is heard: from the start of a process to the first sample at the sink's monitor.

use std::time::{Duration, Instant};

use super::contender::{Moment, PLAYERS, Stage, Who};
use super::display::Display;
use crate::lab::{Load, arrived, ear, out_of_step, runs, start};
use crate::programs::{installed, shipped};
use crate::report::{Report, Row, times};
use crate::stats::Sample;
use crate::support::or_skip;
use crate::support::server::{Kind, Server};

const PATIENCE: Duration = Duration::from_secs(5);

/// One race.
struct Race<'a> {
    id: &'static str,
    title: &'a str,
    text: &'static str,
    wanted: usize,
    is_ogg: bool,
    /// Bars are for idle machines.
    has_bars: bool,
}

pub(crate) fn figures(report: &mut Report) {
    let display = Display::start();
    for kind in [Kind::PulseAudio, Kind::PipeWire] {
        let Some(server) = or_skip(Server::start_as_shipped(kind)) else { continue };
        let [idle, loaded, ogg] = match kind {
            Kind::PulseAudio => ["heard-pulseaudio", "heard-pulseaudio-loaded", "heard-ogg"],
            Kind::PipeWire => ["heard-pipewire", "heard-pipewire-loaded", ""],
        };
        let title = format!("start to first sample, {kind:?}");
        let race = Race { id: idle, title: &title, text: IDLE, wanted: 30, is_ogg: false, has_bars: true };
        race.run(report, &server, display.as_ref());
        report.plot(super::bars(idle, &capital(&title), idle, "p50", "median", None));
        let title = format!("start to first sample while every core is busy, {kind:?}");
        let load = Load::of_every_core();
        let race = Race { id: loaded, title: &title, text: LOADED, wanted: 10, is_ogg: false, has_bars: false };
        race.run(report, &server, display.as_ref());
        drop(load);
        if kind == Kind::PulseAudio {
            let title = "start to first sample of an OGG file, PulseAudio";
            let race = Race { id: ogg, title, text: OGG, wanted: 8, is_ogg: true, has_bars: false };
            race.run(report, &server, display.as_ref());
        }
    }
}

/// Whom the question is about; the others are heard in every third round.
fn is_main(who: Who) -> bool {
    match who {
        Who::Herald(programs, _) => std::ptr::eq(programs, shipped()),
        Who::Usual(_) => true,
        Who::Player(player) => matches!(player.name, "paplay" | "pw-play"),
        _ => false,
    }
}

/// Names without the word that says what all of them do.
fn name(who: Who) -> String {
    who.name().replace(", plays", "")
}

impl Race<'_> {
    fn run(&self, report: &mut Report, server: &Server, display: Option<&Display>) {
        report.table(self.id, self.title, times(), self.text);
        let mut stage = Stage::new(server, display, 300.0);
        if self.is_ogg {
            let Some(ogg) = stage.in_ogg(300.0) else { return };
            stage = ogg;
        }
        let contenders = contenders(server.kind());
        let missing: Vec<Option<String>> = contenders.iter().map(|who| super::lacks(*who, &stage)).collect();
        let samples = self.samples(server, &stage, &contenders, &missing);
        let of = |wanted: &str| contenders.iter().position(|who| name(*who) == wanted).map(|at| samples[at].clone());
        for ((who, sample), missing) in contenders.iter().zip(&samples).zip(&missing) {
            let name = name(*who);
            let mut row = Row::new(&name).sample(sample);
            if let Some(why) = missing {
                row = row.note(why);
            } else if sample.is_empty() {
                row = row.note("not heard");
            } else if self.has_bars && name == "herald hook" {
                let (rival, bar) = match server.kind() {
                    Kind::PulseAudio => ("paplay", 1.0),
                    Kind::PipeWire => ("pw-play", 0.8),
                };
                let rival = of(rival).unwrap_or_default();
                row = row.against(&rival, bar).p99_below(Duration::from_millis(100));
            } else if let Some(herald) = of("herald hook").filter(|_| name != "herald hook") {
                row = row.beside(&herald);
            }
            row.put(report);
        }
    }

    fn samples(&self, server: &Server, stage: &Stage, all: &[Who], missing: &[Option<String>]) -> Vec<Sample> {
        let recorder = ear(server);
        let mut heard: Vec<Vec<(Instant, usize)>> = all.iter().map(|_| Vec::new()).collect();
        for run in 0..=runs(self.wanted) {
            for (n, who) in all.iter().enumerate() {
                // One that wasn't heard in its first two runs won't be.
                let hopeless = run > 2 && heard[n].is_empty();
                if missing[n].is_some() || hopeless || (!is_main(*who) && run % 3 != 0 && run > 2) {
                    continue;
                }
                out_of_step(run + 7 * n);
                let from = recorder.frames();
                let (command, input) = who.command(stage);
                let (begun, mut child) = start(command, &input);
                let frame = recorder.wait_for_sound_after(from, PATIENCE);
                recorder.wait_for_silence(120, PATIENCE);
                let _ = child.wait();
                stage.settle();
                // What the first one reads, the others find in memory.
                heard[n].extend(frame.filter(|_| run > 0).map(|frame| (begun, frame)));
            }
        }
        let recording = recorder.finish();
        let after = |(begun, frame): &(Instant, usize)| {
            arrived(server.kind(), &recording, *frame)?.checked_duration_since(*begun)
        };
        heard.iter().map(|heard| heard.iter().filter_map(after).collect()).collect()
    }
}

fn contenders(kind: Kind) -> Vec<Who> {
    let mut all = vec![Who::Herald(shipped(), Moment::Plays)];
    all.extend(installed().map(|programs| Who::Herald(programs, Moment::Plays)));
    all.push(Who::Usual(Moment::Plays));
    all.extend(PLAYERS.iter().map(Who::Player));
    let behind = match kind {
        Kind::PulseAudio => "paplay",
        Kind::PipeWire => "pw-play",
    };
    all.extend(PLAYERS.iter().filter(|player| player.name == behind).map(Who::Behind));
    all
}

fn capital(text: &str) -> String {
    text.replacen('s', "S", 1)
}

const IDLE: &str = "A recorder at the monitor of the server's sink notes when the first audible sample of a 300 ms WAV file \
came by; each start falls on another point of the server's cycle. It shows when the server had the sound, from the agent's \
first step to the last of ours: starting programs, reading the payload and the file, connecting, filling a first buffer. The \
device and its own buffer come after that and are the same for all. On PipeWire, programs that speak PulseAudio's protocol \
go through pipewire-pulse. A ratio is to Herald's median; Herald's own is to the server's own player.";

const LOADED: &str = "The same with as many endless loops as cores.";

const OGG: &str = "The same sound as OGG Vorbis: whoever can't read it has no figure.";
