//! A world with a sound server in it, and what every test of sound does there.

#![allow(dead_code, reason = "two test targets share it, and each uses only a part of it")]

use std::cell::Cell;
use std::ffi::OsStr;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Depth, Kind, PATIENCE, Recorder, Server, TestEnv, Tone, server_or_skip, wait_for};

/// The way the player takes to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The PulseAudio protocol.
    Pulse,
    /// The system's default device: ALSA, which leads to the same server.
    Device,
}

impl Way {
    pub(crate) const ALL: [Self; 2] = [Self::Pulse, Self::Device];

    /// The journal's word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pulse => "pulse",
            Self::Device => "device",
        }
    }
}

pub(crate) struct Stage {
    pub(crate) env: TestEnv,
    pub(crate) server: Server,
    sessions: Cell<u32>,
}

impl Stage {
    /// A world with this server, or `None` where it is missing.
    pub(crate) fn with(kind: Kind) -> Option<Self> {
        let server = server_or_skip(kind)?;
        Some(Self { env: world_of(&server, Way::Pulse), server, sessions: Cell::new(0) })
    }

    /// Another world with the same server: its players know nothing of what happened so far.
    pub(crate) fn begin_anew(&mut self, way: Way) {
        self.env = world_of(&self.server, way);
    }

    pub(crate) fn listen(&self) -> Recorder {
        Recorder::start(&self.server)
    }

    pub(crate) fn file(&self, name: &str, tone: &Tone) -> PathBuf {
        self.env.write(name, tone.wav(Depth::S16))
    }

    /// The configuration in which these events have these sounds, at full level and without throttle.
    pub(crate) fn sounds<'a>(&self, sounds: impl IntoIterator<Item = (&'a str, &'a Path)>) {
        self.sounds_and("", sounds);
    }

    /// As [`Self::sounds`], with other settings.
    pub(crate) fn sounds_and<'a>(&self, settings: &str, sounds: impl IntoIterator<Item = (&'a str, &'a Path)>) {
        let volume = if settings.contains("volume") { "" } else { "volume = 100\n" };
        // As the file has it, unless a test asks for more: then samples can be compared one by one.
        let as_it_is = "[speaker]\nnormalize = false\n";
        let settings = match settings {
            settings if settings.contains("normalize") => settings.to_owned(),
            settings if settings.contains("[speaker]\n") => settings.replace("[speaker]\n", as_it_is),
            settings => format!("{settings}\n{as_it_is}"),
        };
        let mut toml = format!("{volume}{settings}\n");
        for (event, sound) in sounds {
            toml.push_str(&format!("[events.\"{event}\"]\nsound = \"{}\"\nthrottle = \"0s\"\n", sound.display()));
        }
        self.env.config(&toml);
        // A sound file may well be missing: that is what some tests are about.
        let problems = herald::config::check(&self.env.config_file(), None).problems;
        assert!(problems.is_empty(), "{problems:#?}");
    }

    /// Claude Code tells of an event; the request that it became.
    #[track_caller]
    pub(crate) fn tell(&self, payload: Moment) -> u64 {
        let line = self.told(payload);
        assert_eq!(line["decision"], "play", "{line}");
        line["request"].as_u64().unwrap_or_else(|| panic!("no request: {line}"))
    }

    /// Claude Code tells of an event; the journal's line of it. The hook is silent and content, as always.
    #[track_caller]
    pub(crate) fn told(&self, moment: Moment) -> Value {
        self.sessions.set(self.sessions.get() + 1);
        let before = self.occurrences().len();
        let output = self.env.hook(moment.payload(self.sessions.get()).to_string());
        assert!(output.status.success(), "a hook exits with 0: {output:?}");
        assert!(output.stdout.is_empty() && output.stderr.is_empty(), "a hook says nothing: {output:?}");
        let lines = self.occurrences();
        assert_eq!(lines.len(), before + 1, "one line for one hook: {lines:?}");
        lines[before].clone()
    }

    fn occurrences(&self) -> Vec<Value> {
        self.lines("occurrence")
    }

    pub(crate) fn lines(&self, kind: &str) -> Vec<Value> {
        self.env.journal().into_iter().filter(|line| line["kind"] == kind).collect()
    }

    /// The end of a request, waiting for it.
    #[track_caller]
    pub(crate) fn end_of(&self, request: u64) -> Value {
        self.env.wait_for_journal(|line| line["kind"] == "playback" && line["request"] == request, PATIENCE)
    }

    /// `herald play …`, with what it said and whether it was content.
    pub(crate) fn play<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> (bool, String) {
        let mut command = self.env.herald();
        command.arg("play").args(args);
        let output = self.env.finish(command, b"");
        (output.status.success(), text(&output.stdout) + &text(&output.stderr))
    }

    /// `herald play … --wait`, heard to its end; the journal's line of it.
    #[track_caller]
    pub(crate) fn play_to_the_end<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Value {
        let before = self.lines("playback").len();
        let mut args: Vec<_> = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        args.push("--wait".into());
        let (content, said) = self.play(&args);
        let lines = self.lines("playback");
        assert!(content, "herald play {args:?} said: {said}; the journal: {lines:?}");
        assert_eq!(said, "", "herald play says nothing when all is well");
        assert_eq!(lines.len(), before + 1, "{lines:?}");
        assert_eq!(lines[before]["outcome"], "finished");
        lines[before].clone()
    }

    pub(crate) fn wait_until_idle(&self) {
        self.env.wait_for_players_to_end(PATIENCE);
    }

    /// The one player that runs now.
    #[track_caller]
    pub(crate) fn player(&self) -> u32 {
        wait_for("one player", PATIENCE, || match self.env.player_pids().as_slice() {
            [pid] => Some(*pid),
            _ => None,
        })
    }
}

fn world_of(server: &Server, way: Way) -> TestEnv {
    let mut env = TestEnv::new().with_server(server);
    if way == Way::Device {
        let nowhere = env.path().join("no-server");
        env.set("PULSE_SERVER", format!("unix:{}", nowhere.display()));
    }
    env
}

/// What Claude Code tells its hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// `task.complete`, of normal priority.
    Stop,
    /// `task.error`, of high priority.
    StopFailure,
    /// `input.permission`, urgent.
    Permission,
    /// `input.idle`, normal.
    Idle,
}

impl Moment {
    fn payload(self, session: u32) -> Value {
        let mut payload = json!({
            "session_id": format!("5f0c2b6e-9d41-4c77-8f3a-{session:012}"),
            "transcript_path": "/home/user/.claude/projects/-home-user-app/transcript.jsonl",
            "cwd": "/home/user/app",
            "permission_mode": "default",
        });
        let more = match self {
            Self::Stop => json!({
                "hook_event_name": "Stop",
                "stop_hook_active": false,
                "last_assistant_message": "I've completed the refactoring. Here's a summary...",
                "background_tasks": [],
                "session_crons": [],
            }),
            Self::StopFailure => json!({
                "hook_event_name": "StopFailure",
                "error": "server_error",
                "last_assistant_message": "API Error: 500",
            }),
            Self::Permission => json!({
                "hook_event_name": "Notification",
                "message": "Claude needs your permission to use Bash",
                "notification_type": "permission_prompt",
            }),
            Self::Idle => json!({
                "hook_event_name": "Notification",
                "message": "Claude is waiting for your input",
                "notification_type": "idle_prompt",
            }),
        };
        if let (Some(payload), Value::Object(more)) = (payload.as_object_mut(), more) {
            payload.extend(more);
        }
        payload
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Waits for the sound that begins after `mark`, and for the silence behind it; up to where the recording reached then.
///
/// A busy machine may pause in mid-sound for longer than that silence: wait for the player's word that it is over first.
#[track_caller]
pub(crate) fn hear(recorder: &Recorder, mark: usize) -> Range<usize> {
    recorder.wait_for_sound_after(mark, PATIENCE).expect("a sound is heard");
    assert!(recorder.wait_for_silence(QUIET_MS, PATIENCE), "it ends");
    mark..recorder.frames()
}

/// What a server may hold back at the end, and more.
const QUIET_MS: u64 = 100;
