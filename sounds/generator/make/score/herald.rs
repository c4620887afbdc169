//! The pack `herald`: a soft mallet on glass and wood.
//!
//! The rules of the family, so that a new row fits. All in D. What asks for a human rises and ends on a note that is not
//! home. What is finished comes home to D. What went wrong is on wood, in the minor, and falls. Urgency is in the
//! rhythm, never in loudness or harshness. An event with a parent borrows its parent's character and is shorter or
//! plainer.

use super::pitch::{A3, A4, A5, B4, B5, D3, D4, D5, D6, E4, E5, E6, F4, FS4, FS5, G5};
use super::{Score, Sound};
use crate::make::body::{BELL, BREATH, GLASS, WOOD};
use crate::make::synth::Note;

pub(super) static HERALD: Score = Score {
    name: "herald",
    display_name: "Herald",
    description: "Herald's own sounds: one family of soft mallets on glass and wood, equally loud, apart by ear.",
    tags: &["mallet", "glass", "soft", "no-voice"],
    sounds: SOUNDS,
};

const SOUNDS: &[Sound] = &[
    Sound {
        event: "task.complete",
        category: Some("task.complete"),
        label: "Two steps home, into a warm chord",
        seconds: 0.76,
        room: 0.30,
        notes: &[
            Note::new(&GLASS, 0.0, A4, 0.75, 0.16),
            Note::new(&GLASS, 0.12, D5, 0.85, 0.22),
            Note::new(&GLASS, 0.12, FS5, 0.42, 0.20),
            Note::new(&GLASS, 0.13, D6, 0.26, 0.16),
        ],
    },
    Sound {
        event: "task.error",
        category: Some("task.error"),
        label: "Two low, dark steps down",
        seconds: 0.70,
        room: 0.22,
        notes: &[
            Note::new(&WOOD, 0.0, F4, 0.85, 0.12),
            Note::new(&WOOD, 0.19, D4, 1.0, 0.18),
            Note::new(&WOOD, 0.19, D3, 0.35, 0.15),
        ],
    },
    Sound {
        event: "input.required",
        category: Some("input.required"),
        label: "Three quick steps up, left open",
        seconds: 0.64,
        room: 0.26,
        notes: &[
            Note::new(&GLASS, 0.0, D5, 0.70, 0.09),
            Note::new(&GLASS, 0.09, E5, 0.75, 0.09),
            Note::new(&GLASS, 0.18, A5, 0.90, 0.18),
        ],
    },
    Sound {
        event: "input.permission",
        category: None,
        label: "Knock, knock, and a raised hand",
        seconds: 0.74,
        room: 0.24,
        notes: &[
            Note::new(&GLASS, 0.0, A5, 0.80, 0.14).damped(0.07),
            Note::new(&GLASS, 0.13, A5, 0.85, 0.14).damped(0.07),
            Note::new(&GLASS, 0.29, E6, 0.80, 0.18),
            Note::new(&GLASS, 0.29, E5, 0.35, 0.18),
        ],
    },
    Sound {
        event: "input.question",
        category: None,
        label: "A voice that goes up at the end",
        seconds: 0.76,
        room: 0.28,
        notes: &[Note::new(&GLASS, 0.0, A4, 0.80, 0.14), Note::new(&GLASS, 0.22, G5, 0.85, 0.20).bent(-5.0, 0.045)],
    },
    Sound {
        event: "input.idle",
        category: None,
        label: "A patient breath upwards",
        seconds: 0.84,
        room: 0.40,
        notes: &[
            Note::new(&BREATH, 0.0, A4, 0.75, 0.18),
            Note::new(&BREATH, 0.32, B4, 0.80, 0.22),
            Note::new(&BREATH, 0.34, E5, 0.40, 0.22),
        ],
    },
    Sound {
        event: "resource.limit",
        category: Some("resource.limit"),
        label: "Three taps on the ceiling and a drop",
        seconds: 0.66,
        room: 0.20,
        notes: &[
            Note::new(&WOOD, 0.0, A4, 0.80, 0.10).damped(0.06),
            Note::new(&WOOD, 0.11, A4, 0.80, 0.10).damped(0.06),
            Note::new(&WOOD, 0.22, A4, 0.80, 0.10).damped(0.06),
            Note::new(&WOOD, 0.36, E4, 0.95, 0.13),
            Note::new(&WOOD, 0.36, A3, 0.40, 0.13),
        ],
    },
    Sound {
        event: "command.success",
        category: None,
        label: "One strummed chord, at home",
        seconds: 0.46,
        room: 0.26,
        notes: &[
            Note::new(&GLASS, 0.0, D5, 0.80, 0.15),
            Note::new(&GLASS, 0.022, FS5, 0.60, 0.15),
            Note::new(&GLASS, 0.044, A5, 0.55, 0.14),
            Note::new(&GLASS, 0.066, D6, 0.45, 0.13),
        ],
    },
    Sound {
        event: "command.failure",
        category: None,
        label: "A short stumble down",
        seconds: 0.44,
        room: 0.20,
        notes: &[Note::new(&WOOD, 0.0, E4, 0.85, 0.10).damped(0.08), Note::new(&WOOD, 0.11, A3, 1.0, 0.13)],
    },
    Sound {
        event: "bell",
        category: None,
        label: "One small bell",
        seconds: 0.74,
        room: 0.26,
        notes: &[Note::new(&BELL, 0.0, B5, 0.90, 0.22)],
    },
    Sound {
        event: "session.start",
        category: Some("session.start"),
        label: "Four steps up, arriving",
        seconds: 0.78,
        room: 0.34,
        notes: &[
            Note::new(&GLASS, 0.0, D5, 0.60, 0.14),
            Note::new(&GLASS, 0.10, FS5, 0.62, 0.14),
            Note::new(&GLASS, 0.20, A5, 0.64, 0.15),
            Note::new(&GLASS, 0.30, D6, 0.66, 0.17),
        ],
    },
    Sound {
        event: "session.end",
        category: Some("session.end"),
        label: "Three steps down, slowing, at rest",
        seconds: 0.80,
        room: 0.38,
        notes: &[
            Note::new(&GLASS, 0.0, A5, 0.65, 0.14),
            Note::new(&GLASS, 0.14, FS5, 0.65, 0.16),
            Note::new(&GLASS, 0.32, D5, 0.75, 0.19),
            Note::new(&GLASS, 0.32, D4, 0.35, 0.19),
        ],
    },
    Sound {
        event: "task.start",
        category: Some("task.acknowledge"),
        label: "A quick nod",
        seconds: 0.28,
        room: 0.18,
        notes: &[Note::new(&GLASS, 0.0, FS5, 0.75, 0.07).damped(0.05), Note::new(&GLASS, 0.065, A5, 0.80, 0.09)],
    },
    Sound {
        event: "task.progress",
        category: Some("task.progress"),
        label: "A drop of water",
        seconds: 0.22,
        room: 0.22,
        notes: &[Note::new(&GLASS, 0.0, D6, 0.80, 0.055).bent(-7.0, 0.022)],
    },
    Sound {
        event: "task.interrupted",
        category: None,
        label: "A note, stopped by hand",
        seconds: 0.38,
        room: 0.14,
        notes: &[
            Note::new(&GLASS, 0.0, E5, 0.85, 0.40).damped(0.11),
            Note::new(&WOOD, 0.13, D4, 0.70, 0.06).damped(0.05),
        ],
    },
    Sound {
        event: "context.compact",
        category: None,
        label: "A run that folds together",
        seconds: 0.58,
        room: 0.24,
        notes: &[
            Note::new(&GLASS, 0.0, B5, 0.60, 0.10),
            Note::new(&GLASS, 0.11, A5, 0.60, 0.10),
            Note::new(&GLASS, 0.20, FS5, 0.60, 0.10),
            Note::new(&GLASS, 0.27, E5, 0.62, 0.10),
            Note::new(&GLASS, 0.325, D5, 0.64, 0.10),
            Note::new(&GLASS, 0.37, B4, 0.66, 0.10),
            Note::new(&GLASS, 0.405, A4, 0.75, 0.14),
        ],
    },
    Sound {
        event: "subagent.complete",
        category: None,
        label: "The way home in small, an octave up",
        seconds: 0.42,
        room: 0.26,
        notes: &[Note::new(&GLASS, 0.0, A5, 0.70, 0.10).damped(0.09), Note::new(&GLASS, 0.10, D6, 0.80, 0.12)],
    },
    Sound {
        event: "background.complete",
        category: None,
        label: "A sigh of relief, from afar",
        seconds: 0.80,
        room: 0.60,
        notes: &[
            Note::new(&BREATH, 0.0, A4, 0.35, 0.25),
            Note::new(&BREATH, 0.0, E5, 0.75, 0.15),
            Note::new(&BREATH, 0.26, D5, 0.90, 0.21),
            Note::new(&BREATH, 0.26, FS4, 0.40, 0.21),
        ],
    },
    Sound {
        event: "tool.error",
        category: None,
        label: "One small wooden slip",
        seconds: 0.32,
        room: 0.16,
        notes: &[Note::new(&WOOD, 0.0, D4, 0.90, 0.10).bent(4.0, 0.05)],
    },
    Sound {
        event: "info",
        category: None,
        label: "Two even notes",
        seconds: 0.46,
        room: 0.26,
        notes: &[Note::new(&GLASS, 0.0, E5, 0.75, 0.11).damped(0.11), Note::new(&GLASS, 0.15, E5, 0.70, 0.13)],
    },
    Sound {
        event: "user.spam",
        category: Some("user.spam"),
        label: "A flustered wobble",
        seconds: 0.60,
        room: 0.22,
        notes: &[
            Note::new(&GLASS, 0.0, FS5, 0.70, 0.07),
            Note::new(&GLASS, 0.06, E5, 0.70, 0.07),
            Note::new(&GLASS, 0.12, FS5, 0.70, 0.07),
            Note::new(&GLASS, 0.18, E5, 0.70, 0.07),
            Note::new(&GLASS, 0.24, FS5, 0.70, 0.07),
            Note::new(&GLASS, 0.34, B4, 0.90, 0.16).bent(3.0, 0.06),
        ],
    },
];
