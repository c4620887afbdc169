//! What is played: one row per event.
//!
//! The rules of the family, so that a new row fits. All in D; the instrument is a soft mallet. What asks for a human
//! rises and ends on a note that is not home. What is finished comes home to D. What went wrong is on wood, in the
//! minor, and falls. Urgency is in the rhythm, never in loudness or harshness. An event with a parent borrows its
//! parent's character and is shorter or plainer.

use super::synth::{BELL, BREATH, Body, GLASS, Note, WOOD};

/// One sound of the pack.
pub(super) struct Sound {
    /// The event it stands for; also its file's name.
    pub(super) event: &'static str,
    /// The CESP category it is listed under. One sound each: a player that has only nine words hears the plainest one.
    pub(super) category: Option<&'static str>,
    /// What it is like, in words.
    pub(super) label: &'static str,
    /// How long it is.
    pub(super) seconds: f64,
    /// How much of the room is heard.
    pub(super) room: f64,
    /// What is struck.
    pub(super) notes: &'static [Note],
}

impl Sound {
    /// The name of its file.
    pub(super) fn file(&self) -> String {
        format!("{}.wav", self.event)
    }
}

/// Pitches in semitones; `S` is a sharp.
const D3: f64 = 50.0;
const A3: f64 = 57.0;
const D4: f64 = 62.0;
const E4: f64 = 64.0;
const F4: f64 = 65.0;
const FS4: f64 = 66.0;
const A4: f64 = 69.0;
const B4: f64 = 71.0;
const D5: f64 = 74.0;
const E5: f64 = 76.0;
const FS5: f64 = 78.0;
const G5: f64 = 79.0;
const A5: f64 = 81.0;
const B5: f64 = 83.0;
const D6: f64 = 86.0;
const E6: f64 = 88.0;

const fn note(body: &'static Body, at: f64, pitch: f64, level: f64, decay: f64) -> Note {
    Note::new(body, at, pitch, level, decay)
}

/// Every sound of the pack, in the order of Herald's table of events.
pub(super) static SOUNDS: &[Sound] = &[
    Sound {
        event: "task.complete",
        category: Some("task.complete"),
        label: "Two steps home, into a warm chord",
        seconds: 0.76,
        room: 0.30,
        notes: &[
            note(&GLASS, 0.0, A4, 0.75, 0.16),
            note(&GLASS, 0.12, D5, 0.85, 0.22),
            note(&GLASS, 0.12, FS5, 0.42, 0.20),
            note(&GLASS, 0.13, D6, 0.26, 0.16),
        ],
    },
    Sound {
        event: "task.error",
        category: Some("task.error"),
        label: "Two low, dark steps down",
        seconds: 0.70,
        room: 0.22,
        notes: &[note(&WOOD, 0.0, F4, 0.85, 0.12), note(&WOOD, 0.19, D4, 1.0, 0.18), note(&WOOD, 0.19, D3, 0.35, 0.15)],
    },
    Sound {
        event: "input.required",
        category: Some("input.required"),
        label: "Three quick steps up, left open",
        seconds: 0.64,
        room: 0.26,
        notes: &[
            note(&GLASS, 0.0, D5, 0.70, 0.09),
            note(&GLASS, 0.09, E5, 0.75, 0.09),
            note(&GLASS, 0.18, A5, 0.90, 0.18),
        ],
    },
    Sound {
        event: "input.permission",
        category: None,
        label: "Knock, knock, and a raised hand",
        seconds: 0.74,
        room: 0.24,
        notes: &[
            note(&GLASS, 0.0, A5, 0.80, 0.14).damped(0.07),
            note(&GLASS, 0.13, A5, 0.85, 0.14).damped(0.07),
            note(&GLASS, 0.29, E6, 0.80, 0.18),
            note(&GLASS, 0.29, E5, 0.35, 0.18),
        ],
    },
    Sound {
        event: "input.question",
        category: None,
        label: "A voice that goes up at the end",
        seconds: 0.76,
        room: 0.28,
        notes: &[note(&GLASS, 0.0, A4, 0.80, 0.14), note(&GLASS, 0.22, G5, 0.85, 0.20).bent(-5.0, 0.045)],
    },
    Sound {
        event: "input.idle",
        category: None,
        label: "A patient breath upwards",
        seconds: 0.84,
        room: 0.40,
        notes: &[
            note(&BREATH, 0.0, A4, 0.75, 0.18),
            note(&BREATH, 0.32, B4, 0.80, 0.22),
            note(&BREATH, 0.34, E5, 0.40, 0.22),
        ],
    },
    Sound {
        event: "resource.limit",
        category: Some("resource.limit"),
        label: "Three taps on the ceiling and a drop",
        seconds: 0.66,
        room: 0.20,
        notes: &[
            note(&WOOD, 0.0, A4, 0.80, 0.10).damped(0.06),
            note(&WOOD, 0.11, A4, 0.80, 0.10).damped(0.06),
            note(&WOOD, 0.22, A4, 0.80, 0.10).damped(0.06),
            note(&WOOD, 0.36, E4, 0.95, 0.13),
            note(&WOOD, 0.36, A3, 0.40, 0.13),
        ],
    },
    Sound {
        event: "command.success",
        category: None,
        label: "One strummed chord, at home",
        seconds: 0.46,
        room: 0.26,
        notes: &[
            note(&GLASS, 0.0, D5, 0.80, 0.15),
            note(&GLASS, 0.022, FS5, 0.60, 0.15),
            note(&GLASS, 0.044, A5, 0.55, 0.14),
            note(&GLASS, 0.066, D6, 0.45, 0.13),
        ],
    },
    Sound {
        event: "command.failure",
        category: None,
        label: "A short stumble down",
        seconds: 0.44,
        room: 0.20,
        notes: &[note(&WOOD, 0.0, E4, 0.85, 0.10).damped(0.08), note(&WOOD, 0.11, A3, 1.0, 0.13)],
    },
    Sound {
        event: "bell",
        category: None,
        label: "One small bell",
        seconds: 0.74,
        room: 0.26,
        notes: &[note(&BELL, 0.0, B5, 0.90, 0.22)],
    },
    Sound {
        event: "session.start",
        category: Some("session.start"),
        label: "Four steps up, arriving",
        seconds: 0.78,
        room: 0.34,
        notes: &[
            note(&GLASS, 0.0, D5, 0.60, 0.14),
            note(&GLASS, 0.10, FS5, 0.62, 0.14),
            note(&GLASS, 0.20, A5, 0.64, 0.15),
            note(&GLASS, 0.30, D6, 0.66, 0.17),
        ],
    },
    Sound {
        event: "session.end",
        category: Some("session.end"),
        label: "Three steps down, slowing, at rest",
        seconds: 0.80,
        room: 0.38,
        notes: &[
            note(&GLASS, 0.0, A5, 0.65, 0.14),
            note(&GLASS, 0.14, FS5, 0.65, 0.16),
            note(&GLASS, 0.32, D5, 0.75, 0.19),
            note(&GLASS, 0.32, D4, 0.35, 0.19),
        ],
    },
    Sound {
        event: "task.start",
        category: Some("task.acknowledge"),
        label: "A quick nod",
        seconds: 0.28,
        room: 0.18,
        notes: &[note(&GLASS, 0.0, FS5, 0.75, 0.07).damped(0.05), note(&GLASS, 0.065, A5, 0.80, 0.09)],
    },
    Sound {
        event: "task.progress",
        category: Some("task.progress"),
        label: "A drop of water",
        seconds: 0.22,
        room: 0.22,
        notes: &[note(&GLASS, 0.0, D6, 0.80, 0.055).bent(-7.0, 0.022)],
    },
    Sound {
        event: "task.interrupted",
        category: None,
        label: "A note, stopped by hand",
        seconds: 0.38,
        room: 0.14,
        notes: &[note(&GLASS, 0.0, E5, 0.85, 0.40).damped(0.11), note(&WOOD, 0.13, D4, 0.70, 0.06).damped(0.05)],
    },
    Sound {
        event: "context.compact",
        category: None,
        label: "A run that folds together",
        seconds: 0.58,
        room: 0.24,
        notes: &[
            note(&GLASS, 0.0, B5, 0.60, 0.10),
            note(&GLASS, 0.11, A5, 0.60, 0.10),
            note(&GLASS, 0.20, FS5, 0.60, 0.10),
            note(&GLASS, 0.27, E5, 0.62, 0.10),
            note(&GLASS, 0.325, D5, 0.64, 0.10),
            note(&GLASS, 0.37, B4, 0.66, 0.10),
            note(&GLASS, 0.405, A4, 0.75, 0.14),
        ],
    },
    Sound {
        event: "subagent.complete",
        category: None,
        label: "The way home in small, an octave up",
        seconds: 0.42,
        room: 0.26,
        notes: &[note(&GLASS, 0.0, A5, 0.70, 0.10).damped(0.09), note(&GLASS, 0.10, D6, 0.80, 0.12)],
    },
    Sound {
        event: "background.complete",
        category: None,
        label: "A sigh of relief, from afar",
        seconds: 0.80,
        room: 0.60,
        notes: &[
            note(&BREATH, 0.0, A4, 0.35, 0.25),
            note(&BREATH, 0.0, E5, 0.75, 0.15),
            note(&BREATH, 0.26, D5, 0.90, 0.21),
            note(&BREATH, 0.26, FS4, 0.40, 0.21),
        ],
    },
    Sound {
        event: "tool.error",
        category: None,
        label: "One small wooden slip",
        seconds: 0.32,
        room: 0.16,
        notes: &[note(&WOOD, 0.0, D4, 0.90, 0.10).bent(4.0, 0.05)],
    },
    Sound {
        event: "info",
        category: None,
        label: "Two even notes",
        seconds: 0.46,
        room: 0.26,
        notes: &[note(&GLASS, 0.0, E5, 0.75, 0.11).damped(0.11), note(&GLASS, 0.15, E5, 0.70, 0.13)],
    },
    Sound {
        event: "user.spam",
        category: Some("user.spam"),
        label: "A flustered wobble",
        seconds: 0.60,
        room: 0.22,
        notes: &[
            note(&GLASS, 0.0, FS5, 0.70, 0.07),
            note(&GLASS, 0.06, E5, 0.70, 0.07),
            note(&GLASS, 0.12, FS5, 0.70, 0.07),
            note(&GLASS, 0.18, E5, 0.70, 0.07),
            note(&GLASS, 0.24, FS5, 0.70, 0.07),
            note(&GLASS, 0.34, B4, 0.90, 0.16).bent(3.0, 0.06),
        ],
    },
];
