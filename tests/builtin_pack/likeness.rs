//! No two sounds of a pack are alike, each says what it means, and the packs differ in character.

use std::iter::zip;

use herald::sound::builtin::PACKS;
use rstest::rstest;

use crate::fingerprint::{ALIKE, brightness, distance, fingerprint};
use crate::measures::{centroid, share_above};
use crate::sounds::{self, PROMISES, Promise, Sound};

#[test]
fn no_two_sounds_of_a_pack_are_alike() {
    for pack in PACKS {
        let prints: Vec<_> = sounds::of(pack).into_iter().map(|sound| (sound.id, fingerprint(&sound.wave))).collect();
        for (index, (one, a)) in prints.iter().enumerate() {
            for (other, b) in &prints[index + 1..] {
                let distance = distance(a, b);
                assert!(distance > ALIKE, "{pack}: {one} and {other}: {distance:.3}");
            }
        }
    }
}

#[test]
fn no_sound_of_one_pack_is_like_one_of_the_other() {
    let [one, other] = ["herald", "quiet"]
        .map(|pack| sounds::of(pack).into_iter().map(|sound| (sound.id, fingerprint(&sound.wave))).collect::<Vec<_>>());
    for (here, a) in &one {
        for (there, b) in &other {
            let distance = distance(a, b);
            assert!(distance > ALIKE, "herald/{here} and quiet/{there}: {distance:.3}");
        }
    }
}

#[test]
fn what_asks_rises_and_ends_open_what_is_finished_comes_home_and_what_went_wrong_falls() {
    for Promise { pack, home, .. } in PROMISES {
        for sound in sounds::of(pack) {
            let pitches: Vec<usize> = fingerprint(&sound.wave).into_iter().filter_map(|frame| frame.pitch).collect();
            let (first, last) = (pitches[0], pitches[pitches.len() - 1]);
            let way = format!("{pack}/{} goes from {first} to {last}", sound.id);
            if sound.id.starts_with("input.") {
                assert!(last > first, "{way}");
                assert!(last % 12 != home, "{way}: home, as if all were done");
            }
            if sound.is_error() {
                assert!(last < first, "{way}");
            }
            if sound.id.ends_with(".complete") {
                assert_eq!(last % 12, home, "{way}, which is not home");
            }
        }
    }
}

#[rstest]
fn errors_are_darker_than_everything_else(#[values("herald", "quiet")] pack: &'static str) {
    let heights = |errors: bool| {
        let sounds = sounds::of(pack).into_iter().filter(move |sound| sound.is_error() == errors);
        sounds.map(|sound| (brightness(&fingerprint(&sound.wave)), sound.id)).collect::<Vec<_>>()
    };
    let by_height = |a: &(f64, &str), b: &(f64, &str)| a.0.total_cmp(&b.0);
    let brightest = heights(true).into_iter().max_by(by_height).unwrap();
    let darkest = heights(false).into_iter().min_by(by_height).unwrap();
    assert!(brightest.0 < darkest.0, "{brightest:.1?} is no darker than {darkest:.1?}");
}

#[test]
fn each_quiet_sound_is_shorter_and_lower_than_its_namesake() {
    for (loud, quiet) in zip(sounds::of("herald"), sounds::of("quiet")) {
        assert!(quiet.seconds() < 0.7 * loud.seconds(), "{}", loud.id);
        let (high, low) = (centroid(&loud.wave), centroid(&quiet.wave));
        assert!(low < 0.9 * high, "{}: {low:.0} Hz beside {high:.0} Hz", loud.id);
    }
}

#[test]
fn the_quiet_pack_is_half_as_long_an_octave_lower_and_without_treble() {
    let median = |pack, measure: fn(&Sound) -> f64| {
        let mut figures: Vec<f64> = sounds::of(pack).iter().map(measure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    assert!(median("quiet", Sound::seconds) < 0.55 * median("herald", Sound::seconds));
    let middle = |sound: &Sound| centroid(&sound.wave);
    assert!(median("quiet", middle) < 0.55 * median("herald", middle));
    for sound in sounds::of("quiet") {
        let treble = 10.0 * share_above(&sound.wave, 2_000.0).log10();
        assert!(treble < -35.0, "quiet/{}: {treble:.1} dB above 2 kHz", sound.id);
    }
}
