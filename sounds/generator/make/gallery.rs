//! The page that shows every sound of every pack.

use std::fmt::Write as _;

use super::score::{SCORES, Score, Sound};

const INTRODUCTION: &str = "\
# The built-in sounds, seen

<!-- Written by `cargo run --example make-sounds`, as the pictures are. -->

Above, the waveform, up to half of full scale. Below, how strong each frequency is: darker is stronger, in steps of 5 dB
down to 60 dB below the sound's strongest; an octave from line to line. Time runs to the right, 100 ms from line to line.
The scales are the same in all pictures.
";

/// The name of a sound's picture.
pub(super) fn picture(score: &Score, sound: &Sound) -> String {
    format!("pictures/{}/{}.png", score.name, sound.event)
}

/// The page: a row for each event, a column for each pack.
pub(super) fn page() -> String {
    let mut page = format!("{INTRODUCTION}\n| event |");
    for score in SCORES {
        _ = write!(page, " `{}` |", score.name);
    }
    page += "\n|---|";
    page += &"---|".repeat(SCORES.len());
    for first in SCORES[0].sounds {
        _ = write!(page, "\n| `{}` |", first.event);
        for score in SCORES {
            let sound = score.sounds.iter().find(|sound| sound.event == first.event);
            let sound = sound.unwrap_or_else(|| panic!("{} has no {}", score.name, first.event));
            let ms = (sound.seconds * 1_000.0).round();
            _ = write!(page, " {}, {ms} ms<br>![{}]({}) |", sound.label, sound.label, picture(score, sound));
        }
    }
    page + "\n"
}
