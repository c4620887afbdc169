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

/// Whether these are the samples of that built-in sound, at whatever level and under whatever ramps.
fn is_built_in(heard: &[f32], pack: &str, id: &str) -> bool {
    let file = Wav::parse(herald::sound::builtin::bytes(pack, id).expect("it is built in")).channel(0);
    let peak = |samples: &[f32]| samples.iter().fold(f32::MIN_POSITIVE, |peak, x| peak.max(x.abs()));
    let (here, there) = (peak(heard), peak(&file));
    heard.len() == file.len() && heard.iter().zip(&file).all(|(a, b)| (a / here - b / there).abs() < 0.05)
}

#[test]
fn both_built_in_packs_are_heard_by_their_names() {
    let env = TestEnv::new();
    let file = env.path().join("out.wav");
    let rendered = |settings: &str, what: &str| {
        env.config(settings);
        let output = env.run(["preview".as_ref(), what.as_ref(), "--render".as_ref(), file.as_os_str()]);
        assert!(output.status.success(), "{output:?}");
        sounds_in(&file)
    };
    let by_rule = "pack = \"herald\"\n[[rules]]\nmatch = { event = \"bell\" }\npack = \"quiet\"\n";
    let by_sound = "[events.info]\nsound = \"pack:quiet/task.progress\"\n";
    for (settings, event, pack, id) in [
        ("", "bell", "herald", "bell"),
        ("pack = \"quiet\"\n", "bell", "quiet", "bell"),
        ("pack = [\"gone\", \"quiet\", \"herald\"]\n", "bell", "quiet", "bell"),
        (by_rule, "bell", "quiet", "bell"),
        (by_rule, "info", "herald", "info"),
        (by_sound, "info", "quiet", "task.progress"),
    ] {
        let heard = rendered(settings, event).0.channel(0);
        assert!(is_built_in(&heard, pack, id), "{settings}{event} is not {id} of {pack}");
    }
    for pack in ["herald", "quiet"] {
        assert_eq!(rendered("", pack).1, EVENTS.len(), "{pack}");
    }
}
