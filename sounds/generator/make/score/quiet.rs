//! The pack `quiet`: felt, muffled wood, a covered bowl, breath.
//!
//! The rules of the family, so that a new row fits. All in C, between D3 and E5, nothing longer than a third of a
//! second. What asks for a human rises and ends on a note that is not home. What is finished comes home to C, on felt.
//! What went wrong is a thud, in the minor, below everything else, and falls. Calm comes from the register, the timbre
//! and the length, never from a lower level: after levelling a soft sound is as loud as any other.

use super::pitch::{A3, A4, C4, C5, D3, D4, E4, E5, EF3, F3, G3, G4};
use super::{Score, Sound};
use crate::make::body::{BOWL, FELT, HUM, THUD};
use crate::make::synth::Note;

pub(super) static QUIET: Score = Score {
    name: "quiet",
    display_name: "Quiet",
    description: "Short, soft and low: felt, muffled wood and warm tones, for a room where others work.",
    tags: &["felt", "wood", "soft", "short", "low", "no-voice"],
    sounds: SOUNDS,
};

const SOUNDS: &[Sound] = &[
    Sound {
        event: "task.complete",
        category: Some("task.complete"),
        label: "A step down, and home",
        seconds: 0.33,
        room: 0.16,
        notes: &[
            Note::new(&FELT, 0.0, G4, 0.70, 0.075),
            Note::new(&FELT, 0.105, C4, 0.95, 0.11),
            Note::new(&FELT, 0.115, E5, 0.20, 0.08),
        ],
    },
    Sound {
        event: "task.error",
        category: Some("task.error"),
        label: "Two thuds, the second deeper",
        seconds: 0.30,
        room: 0.10,
        notes: &[Note::new(&THUD, 0.0, G3, 0.85, 0.055), Note::new(&THUD, 0.125, EF3, 1.0, 0.075)],
    },
    Sound {
        event: "input.required",
        category: Some("input.required"),
        label: "Three small steps up, left open",
        seconds: 0.30,
        room: 0.12,
        notes: &[
            Note::new(&FELT, 0.0, C4, 0.75, 0.05),
            Note::new(&FELT, 0.075, D4, 0.75, 0.05),
            Note::new(&FELT, 0.15, G4, 0.90, 0.09),
        ],
    },
    Sound {
        event: "input.permission",
        category: None,
        label: "Two soft knocks and a look up",
        seconds: 0.33,
        room: 0.12,
        notes: &[
            Note::new(&THUD, 0.0, D4, 0.80, 0.030),
            Note::new(&THUD, 0.085, D4, 0.80, 0.030),
            Note::new(&FELT, 0.185, A4, 0.90, 0.09),
        ],
    },
    Sound {
        event: "input.question",
        category: None,
        label: "A low word that lifts at the end",
        seconds: 0.30,
        room: 0.12,
        notes: &[Note::new(&FELT, 0.0, A3, 0.85, 0.07), Note::new(&FELT, 0.12, D4, 0.85, 0.10).bent(-4.0, 0.035)],
    },
    Sound {
        event: "input.idle",
        category: None,
        label: "A slow breath in",
        seconds: 0.35,
        room: 0.16,
        notes: &[Note::new(&HUM, 0.0, E4, 0.90, 0.17).bent(-5.0, 0.09)],
    },
    Sound {
        event: "resource.limit",
        category: Some("resource.limit"),
        label: "Three taps on a cushion and a drop",
        seconds: 0.34,
        room: 0.10,
        notes: &[
            Note::new(&THUD, 0.0, A3, 0.75, 0.035).damped(0.04),
            Note::new(&THUD, 0.07, A3, 0.75, 0.035).damped(0.04),
            Note::new(&THUD, 0.14, A3, 0.75, 0.035).damped(0.04),
            Note::new(&FELT, 0.22, F3, 1.0, 0.07),
        ],
    },
    Sound {
        event: "command.success",
        category: None,
        label: "One soft chord",
        seconds: 0.22,
        room: 0.14,
        notes: &[
            Note::new(&FELT, 0.0, C4, 0.90, 0.08),
            Note::new(&FELT, 0.014, G4, 0.50, 0.075),
            Note::new(&FELT, 0.028, E5, 0.28, 0.07),
        ],
    },
    Sound {
        event: "command.failure",
        category: None,
        label: "A short low stumble",
        seconds: 0.20,
        room: 0.08,
        notes: &[Note::new(&THUD, 0.0, F3, 0.80, 0.035).damped(0.05), Note::new(&THUD, 0.07, D3, 1.0, 0.06)],
    },
    Sound {
        event: "bell",
        category: None,
        label: "One covered bowl",
        seconds: 0.30,
        room: 0.14,
        notes: &[Note::new(&BOWL, 0.0, G4, 0.90, 0.12)],
    },
    Sound {
        event: "session.start",
        category: Some("session.start"),
        label: "Three slow steps up, arriving",
        seconds: 0.35,
        room: 0.16,
        notes: &[
            Note::new(&FELT, 0.0, G3, 0.70, 0.07),
            Note::new(&FELT, 0.095, E4, 0.65, 0.07),
            Note::new(&FELT, 0.19, C5, 0.70, 0.09),
        ],
    },
    Sound {
        event: "session.end",
        category: Some("session.end"),
        label: "Three slow steps down, at rest",
        seconds: 0.35,
        room: 0.16,
        notes: &[
            Note::new(&FELT, 0.0, A4, 0.65, 0.06),
            Note::new(&FELT, 0.085, E4, 0.65, 0.06),
            Note::new(&FELT, 0.19, C4, 0.80, 0.10),
        ],
    },
    Sound {
        event: "task.start",
        category: Some("task.acknowledge"),
        label: "A nod",
        seconds: 0.14,
        room: 0.08,
        notes: &[Note::new(&FELT, 0.0, E4, 0.70, 0.035).damped(0.04), Note::new(&FELT, 0.05, G4, 0.80, 0.05)],
    },
    Sound {
        event: "task.progress",
        category: Some("task.progress"),
        label: "One tick on felt",
        seconds: 0.08,
        room: 0.05,
        notes: &[Note::new(&THUD, 0.0, A4, 0.90, 0.025)],
    },
    Sound {
        event: "task.interrupted",
        category: None,
        label: "A note, and a hand laid on",
        seconds: 0.17,
        room: 0.06,
        notes: &[Note::new(&FELT, 0.0, A4, 0.85, 0.30).damped(0.065), Note::new(&THUD, 0.08, G3, 0.80, 0.035)],
    },
    Sound {
        event: "context.compact",
        category: None,
        label: "Steps down that fold together",
        seconds: 0.34,
        room: 0.10,
        notes: &[
            Note::new(&FELT, 0.0, C5, 0.65, 0.05),
            Note::new(&FELT, 0.085, A4, 0.65, 0.05),
            Note::new(&FELT, 0.15, G4, 0.65, 0.045),
            Note::new(&FELT, 0.20, E4, 0.68, 0.045),
            Note::new(&FELT, 0.235, D4, 0.75, 0.06),
        ],
    },
    Sound {
        event: "subagent.complete",
        category: None,
        label: "Home in small, an octave up",
        seconds: 0.18,
        room: 0.10,
        notes: &[Note::new(&FELT, 0.0, G4, 0.60, 0.04).damped(0.05), Note::new(&FELT, 0.065, C5, 0.85, 0.06)],
    },
    Sound {
        event: "background.complete",
        category: None,
        label: "A sigh that sinks home",
        seconds: 0.35,
        room: 0.24,
        notes: &[Note::new(&HUM, 0.0, C4, 0.90, 0.17).bent(5.0, 0.07)],
    },
    Sound {
        event: "tool.error",
        category: None,
        label: "One dull slip",
        seconds: 0.13,
        room: 0.06,
        notes: &[Note::new(&THUD, 0.0, F3, 0.90, 0.045).bent(5.0, 0.022)],
    },
    Sound {
        event: "info",
        category: None,
        label: "Two even touches",
        seconds: 0.22,
        room: 0.10,
        notes: &[Note::new(&FELT, 0.0, E4, 0.80, 0.045).damped(0.06), Note::new(&FELT, 0.10, E4, 0.72, 0.055)],
    },
    Sound {
        event: "user.spam",
        category: Some("user.spam"),
        label: "A small grumble",
        seconds: 0.30,
        room: 0.08,
        notes: &[
            Note::new(&THUD, 0.0, E4, 0.70, 0.03),
            Note::new(&THUD, 0.05, D4, 0.70, 0.03),
            Note::new(&THUD, 0.10, E4, 0.70, 0.03),
            Note::new(&THUD, 0.15, D4, 0.70, 0.03),
            Note::new(&FELT, 0.20, A3, 0.90, 0.06),
        ],
    },
];
