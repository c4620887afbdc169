//! Where there is nothing to hear with: the same sounds as a file.

use std::fs;

use herald::event::EVENTS;

use crate::stage::text;
use crate::support::TestEnv;
use crate::support::analysis::{frames, segments_above};
use crate::support::recorder::RATE;
use crate::wav::Wav;

/// Longer than any pause in a built-in sound, shorter than the one between two of them.
const BETWEEN_MS: f64 = 300.0;

fn sounds_in(file: &std::path::Path) -> (Wav, usize) {
    let wav = Wav::parse(&fs::read(file).expect("the file was written"));
    assert_eq!((wav.rate, wav.channels), (48_000, 2));
    let found = segments_above(&wav.channel(0), RATE, 0.0005, BETWEEN_MS);
    (wav, found.len())
}

fn events_that_are_on() -> usize {
    EVENTS.iter().filter(|row| row.enabled).count()
}

#[test]
fn the_preview_renders_every_event_that_is_on() {
    let env = TestEnv::new();
    let file = env.path().join("out.wav");
    let output = env.run(["preview".as_ref(), "--render".as_ref(), file.as_os_str()]);
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    assert_eq!(sounds_in(&file).1, events_that_are_on());
    assert!(env.journal().is_empty(), "nothing was asked of the speaker");
}

#[test]
fn without_a_sound_server_the_preview_says_so_and_renders() {
    let env = TestEnv::new();
    let file = env.path().join("out.wav");
    let output = env.run(["preview".as_ref(), "--or-render".as_ref(), file.as_os_str()]);
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let said = text(&output.stdout);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 2, "one for what is missing, one for the file: {said}");
    assert!(lines[0].contains("no output device"), "{said}");
    assert!(lines[1].contains(&*file.to_string_lossy()), "{said}");
    assert_eq!(sounds_in(&file).1, events_that_are_on());
}

#[test]
fn a_lead_in_is_as_long_as_it_says() {
    let env = TestEnv::new();
    let file = env.path().join("out.wav");
    let onset = |settings: &str| {
        env.config(settings);
        let output = env.run(["preview".as_ref(), "task.complete".as_ref(), "--render".as_ref(), file.as_os_str()]);
        assert!(output.status.success(), "{output:?}");
        let heard = sounds_in(&file).0.channel(0);
        heard.iter().position(|sample| *sample != 0.0).expect("there is a sound in it")
    };
    let without = onset("[speaker]\nlead_in = \"0ms\"\n");
    let with = onset("[speaker]\nlead_in = \"200ms\"\n");
    assert_eq!(with - without, frames(200.0, RATE));
}
