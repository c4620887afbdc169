//! Who takes part, and how each is started.
//!
//! Every player gets the same file, by the shortest command line that makes no window and no words.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::display::Display;
use crate::lab::{payload, settle, start, tone, world};
use crate::programs::{Programs, installed, shipped};
use crate::support::env::TestEnv;
use crate::support::find_program;
use crate::support::server::{Kind, Server};

/// What a hook is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Plays,
    Throttled,
    Off,
}

impl Moment {
    pub(crate) const ALL: [Self; 3] = [Self::Plays, Self::Throttled, Self::Off];

    fn words(self) -> &'static str {
        match self {
            Self::Plays => "plays",
            Self::Throttled => "throttled",
            Self::Off => "event off",
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Who {
    Nothing,
    Herald(&'static Programs, Moment),
    Usual(Moment),
    Player(&'static Player),
    /// As hooks have it that want to be back: `sh -c 'player file &'`.
    Behind(&'static Player),
    /// Herald's own command that waits for the end.
    Waiting,
}

/// A program that plays a file and then ends.
pub(crate) struct Player {
    pub(crate) name: &'static str,
    words: &'static [&'static str],
    reads_ogg: bool,
    /// Takes so long to start that fewer runs have to do.
    pub(crate) slow: bool,
}

pub(crate) const PLAYERS: [Player; 6] = [
    Player { name: "paplay", words: &["paplay"], reads_ogg: true, slow: false },
    Player { name: "pw-play", words: &["pw-play"], reads_ogg: true, slow: false },
    Player { name: "aplay", words: &["aplay", "-q"], reads_ogg: false, slow: false },
    Player { name: "canberra-gtk-play", words: &["canberra-gtk-play", "-f"], reads_ogg: true, slow: true },
    Player {
        name: "ffplay",
        words: &["ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"],
        reads_ogg: true,
        slow: true,
    },
    Player { name: "mpv", words: &["mpv", "--no-video", "--really-quiet"], reads_ogg: true, slow: true },
];

impl Player {
    /// Why it can't be had here, if it can't.
    pub(crate) fn lacks(&self, stage: &Stage) -> Option<String> {
        if find_program(self.words[0]).is_err() {
            return Some("not installed".to_owned());
        }
        match self.name {
            "pw-play" if stage.kind == Kind::PulseAudio => Some("needs PipeWire".to_owned()),
            "canberra-gtk-play" if !stage.has_display => Some("needs a display; Xvfb is not installed".to_owned()),
            _ if !self.reads_ogg && stage.is_ogg() => Some("does not read OGG".to_owned()),
            _ => None,
        }
    }
}

impl Who {
    pub(crate) fn name(self) -> String {
        let form = |programs: &Programs| {
            let is_other = installed().is_some_and(|other| std::ptr::eq(programs, other));
            if is_other { format!(", {}", programs.form) } else { String::new() }
        };
        match self {
            Self::Nothing => "/bin/true".to_owned(),
            Self::Herald(programs, moment) => format!("herald hook, {}{}", moment.words(), form(programs)),
            Self::Usual(moment) => format!("usual hook, {}", moment.words()),
            Self::Player(player) => player.name.to_owned(),
            Self::Behind(player) => format!("sh -c '{} FILE &'", player.name),
            Self::Waiting => "herald play FILE --wait".to_owned(),
        }
    }

    pub(crate) fn is_slow(self) -> bool {
        matches!(self, Self::Player(player) | Self::Behind(player) if player.slow)
    }

    /// Ready to start, with its input.
    pub(crate) fn command(self, stage: &Stage) -> (Command, String) {
        match self {
            Self::Nothing => (stage.plays.command("/bin/true"), String::new()),
            Self::Herald(programs, moment) => {
                let mut command = stage.world(moment).command(programs.herald());
                command.arg("hook");
                (command, input(moment))
            }
            Self::Usual(moment) => (stage.world(moment).command(usual_hook()), input(moment)),
            Self::Player(player) => {
                let mut command = stage.plays.command(player.words[0]);
                command.args(&player.words[1..]).arg(&stage.sound);
                (command, String::new())
            }
            Self::Behind(player) => {
                let mut command = stage.plays.command("sh");
                let line = format!("{} '{}' &", player.words.join(" "), stage.sound.display());
                command.args(["-c", &line]);
                (command, String::new())
            }
            Self::Waiting => {
                let mut command = stage.plays.command(shipped().herald());
                command.arg("play").arg(&stage.sound).arg("--wait");
                (command, String::new())
            }
        }
    }
}

/// Of another session each time, but for the throttled one.
fn input(moment: Moment) -> String {
    static SESSION: AtomicUsize = AtomicUsize::new(1);
    let session = SESSION.fetch_add(1, Ordering::Relaxed);
    match moment {
        Moment::Plays => payload("Stop", session),
        Moment::Throttled => payload("Stop", 0),
        Moment::Off => payload("PreToolUse", session),
    }
}

pub(crate) fn usual_hook() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/rivals/usual-hook.sh")
}

/// Herald's hooks and those of the usual kind; the dynamic front only where another is shipped.
pub(crate) fn hooks() -> Vec<Who> {
    let of = |programs| Moment::ALL.map(|moment| Who::Herald(programs, moment));
    let mut hooks = of(shipped()).to_vec();
    hooks.extend(installed().into_iter().flat_map(of));
    hooks.extend(Moment::ALL.map(Who::Usual));
    hooks
}

/// Where all of them perform: one server, one sound, a configuration that plays it.
pub(crate) struct Stage {
    plays: TestEnv,
    /// Here one session was heard, and won't be for an hour.
    still: TestEnv,
    sound: PathBuf,
    kind: Kind,
    has_display: bool,
}

impl Stage {
    pub(crate) fn new(server: &Server, display: Option<&Display>, ms: f64) -> Self {
        let (mut plays, mut still) = (world("").with_server(server), world("").with_server(server));
        for env in [&mut plays, &mut still] {
            if let Some(display) = display {
                env.set("DISPLAY", display.name());
                // No accessibility bus is there, and looking for one would be counted.
                env.set("NO_AT_BRIDGE", "1");
            }
        }
        let sound = tone(&plays, "sound.wav", ms);
        let stage = Self { plays, still, sound, kind: server.kind(), has_display: display.is_some() };
        stage.configure();
        stage
    }

    /// The same sound as OGG Vorbis, where that can be made here.
    pub(crate) fn in_ogg(mut self, ms: f64) -> Option<Self> {
        let file = self.sound.with_extension("ogg");
        crate::support::tone::Tone::sine(48_000, 1000.0, ms).ramped(5.0).write(&file).ok()?;
        self.sound = file;
        self.configure();
        Some(self)
    }

    fn is_ogg(&self) -> bool {
        self.sound.extension().is_some_and(|ending| ending == "ogg")
    }

    fn configure(&self) {
        for (env, throttle) in [(&self.plays, 3), (&self.still, 3600)] {
            env.config(&format!(
                "volume = 100\n[events.\"task.complete\"]\nsound = {:?}\nthrottle = \"{throttle}s\"\n",
                self.sound.display().to_string()
            ));
            let config =
                json!({ "enabled": true, "throttle": throttle, "events": { "Stop": { "sound": self.sound } } });
            env.write("home/.config/sound-hook/config.json", config.to_string());
            let _ = std::fs::remove_file(env.home().join(".config/sound-hook/throttle.json"));
        }
        let first = [Who::Herald(shipped(), Moment::Throttled), Who::Usual(Moment::Throttled)];
        for who in first {
            let (command, input) = who.command(self);
            let _ = start(command, &input).1.wait();
        }
        self.settle();
    }

    fn world(&self, moment: Moment) -> &TestEnv {
        if moment == Moment::Throttled { &self.still } else { &self.plays }
    }

    /// Waits until nothing of it runs any more.
    pub(crate) fn settle(&self) {
        settle(&self.plays);
        settle(&self.still);
    }

    pub(crate) fn env(&self) -> &TestEnv {
        &self.plays
    }
}
