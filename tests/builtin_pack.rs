//! The built-in pack keeps what it promises: made by its generator, valid CESP, one sound per event, equally loud,
//! clean at both ends, and no two alike.
//!
//! The measures here are the test's own, not the generator's: a fault there must not hide itself here. Each has a test
//! that shows it failing on a spoilt sound.

#[path = "../sounds/generator/make/mod.rs"]
mod make;

use std::collections::BTreeSet;
use std::f64::consts::{PI, TAU};
use std::path::{Path, PathBuf};

use herald::event::{EVENTS, from_herald_or_cesp};
use herald::sound::builtin::{self, PACK};
use serde_json::{Value, json};

const RATE: f64 = 48_000.0;
const LOUDNESS: f64 = -20.0;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds/herald")
}

#[test]
fn the_committed_pack_is_what_the_generator_makes_bit_for_bit() {
    let mut made: BTreeSet<String> = ["LICENSE".to_owned()].into();
    for file in make::files() {
        let on_disk = std::fs::read(folder().with_file_name(&file.name)).unwrap_or_default();
        assert!(on_disk == file.bytes, "{} differs: run `cargo run --example make-sounds`", file.name);
        made.extend(file.name.strip_prefix("herald/").map(str::to_owned));
    }
    let found: BTreeSet<String> =
        folder().read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, made);
}

#[test]
fn each_event_has_a_sound_and_each_sound_an_event() {
    for row in EVENTS {
        assert!(builtin::has(PACK, row.name) && builtin::bytes(PACK, row.name).is_some(), "{}", row.name);
    }
    assert_eq!(builtin::ids().count(), EVENTS.len());
}

#[test]
fn the_manifest_is_valid_cesp() {
    let manifest: Value = serde_json::from_str(builtin::manifest(PACK).unwrap()).unwrap();
    assert_eq!(faults(&manifest, read), [""; 0]);
    assert_eq!(manifest["name"], PACK);
    assert_eq!(manifest["license"], "CC0-1.0");
}

#[test]
fn each_category_of_the_manifest_has_the_sound_of_the_event_that_owns_it() {
    let manifest: Value = serde_json::from_str(builtin::manifest(PACK).unwrap()).unwrap();
    let categories = manifest["categories"].as_object().unwrap();
    assert_eq!(categories.len(), CATEGORIES.len());
    for (category, value) in categories {
        let event = from_herald_or_cesp(category).unwrap().name;
        assert_eq!(value["sounds"][0]["file"], format!("{event}.wav"));
    }
}

#[test]
fn a_manifest_that_is_not_cesp_is_seen() {
    let sound = |file: &str| json!({ "sounds": [{ "file": file, "label": "x" }] });
    let cases: &[(&str, Value)] = &[
        ("/cesp_version", json!("1")),
        ("/name", json!("Herald")),
        ("/display_name", json!("")),
        ("/version", json!("1.0")),
        ("/colour", json!("red")),
        ("/tags", Value::from(vec!["x"; 11])),
        ("/categories/input.permission", sound("bell.wav")),
        ("/categories/task.complete", sound("../bell.wav")),
        ("/categories/task.complete", sound("absent.wav")),
        ("/categories/task.complete", sound("openpeon.json")),
        ("/categories/task.complete", sound("glass bell.wav")),
        ("/categories/task.complete", json!({ "sounds": [{ "file": "bell.wav" }] })),
        ("/categories/task.complete", json!({ "sounds": [{ "file": "bell.wav", "label": "x", "volume": 1 }] })),
        ("/categories/task.complete", json!({ "sounds": [], "volume": 1 })),
    ];
    for (place, value) in cases {
        let mut manifest: Value = serde_json::from_str(builtin::manifest(PACK).unwrap()).unwrap();
        let (parent, key) = place.rsplit_once('/').unwrap();
        manifest.pointer_mut(parent).unwrap()[key] = value.clone();
        assert_eq!(faults(&manifest, read).len(), 1, "{place} = {value}");
    }
}

#[test]
fn every_sound_is_48_khz_16_bit_mono_and_neither_short_nor_long() {
    for sound in sounds() {
        let seconds = sound.wave.len() as f64 / RATE;
        assert!((0.2..=0.9).contains(&seconds), "{}: {seconds} s", sound.id);
    }
    let total: usize = builtin::ids().map(|id| builtin::bytes(PACK, id).unwrap().len()).sum();
    assert!(total < 1_200_000, "{total} bytes are a lot to carry");
}

#[test]
fn every_sound_begins_and_ends_in_silence_without_a_click() {
    for sound in sounds() {
        assert!(ramped(&sound.wave), "{}", sound.id);
    }
}

#[test]
fn no_sound_has_a_constant_part() {
    for sound in sounds() {
        assert!(offset(&sound.wave) < 0.001, "{}", sound.id);
    }
}

#[test]
fn no_sound_peaks_above_minus_1_dbtp() {
    for sound in sounds() {
        let peak = 20.0 * true_peak(&sound.wave).log10();
        assert!(peak <= -1.0, "{}: {peak:.2} dBTP", sound.id);
    }
}

#[test]
fn all_sounds_are_equally_loud() {
    for sound in sounds() {
        let loudness = momentary_loudness(&sound.wave);
        assert!((loudness - LOUDNESS).abs() < 0.25, "{}: {loudness:.2} LUFS", sound.id);
    }
}

#[test]
fn no_two_sounds_are_alike() {
    let prints: Vec<_> = sounds().into_iter().map(|sound| (sound.id, fingerprint(&sound.wave))).collect();
    for (index, (one, a)) in prints.iter().enumerate() {
        for (other, b) in &prints[index + 1..] {
            let distance = distance(a, b);
            assert!(distance > ALIKE, "{one} and {other}: {distance:.3}");
        }
    }
}

#[test]
fn a_copy_is_alike_whatever_its_gain_start_or_end() {
    for sound in sounds() {
        let print = fingerprint(&sound.wave);
        let quieter: Vec<f64> = sound.wave.iter().map(|x| x * 0.5).collect();
        let later: Vec<f64> = [0.0; 960].iter().chain(&sound.wave).copied().collect();
        let shorter = &sound.wave[..sound.wave.len() * 9 / 10];
        for copy in [&quieter[..], &later, shorter] {
            let distance = distance(&print, &fingerprint(copy));
            assert!(distance < ALIKE, "{}: {distance:.3}", sound.id);
        }
    }
}

#[test]
fn what_asks_rises_and_what_went_wrong_falls() {
    for sound in sounds() {
        let pitches: Vec<usize> = fingerprint(&sound.wave).into_iter().filter_map(|frame| frame.pitch).collect();
        let (first, last) = (pitches[0], pitches[pitches.len() - 1]);
        if sound.id.starts_with("input.") {
            assert!(last > first, "{} goes from {first} to {last}", sound.id);
            let steps_from_home = (last - HOME % 12) % 12;
            assert!(steps_from_home != 0, "{} comes home, as if all were done", sound.id);
        }
        if is_error(sound.id) {
            assert!(last < first, "{} goes from {first} to {last}", sound.id);
        }
        if sound.id.ends_with(".complete") {
            assert_eq!((last - HOME % 12) % 12, 0, "{} doesn't come home", sound.id);
        }
    }
}

#[test]
fn errors_are_darker_than_everything_else() {
    let (errors, others): (Vec<_>, Vec<_>) = sounds()
        .into_iter()
        .map(|sound| (sound.id, brightness(&fingerprint(&sound.wave))))
        .partition(|(id, _)| is_error(id));
    let (brightest, high) = errors.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    for (id, brightness) in others {
        assert!(high < brightness, "{brightest} at {high:.1} is no darker than {id} at {brightness:.1}");
    }
}

#[test]
fn the_measures_see_a_spoilt_sound() {
    let wave = &sounds()[0].wave;
    let loud: Vec<f64> = wave.iter().map(|x| x * 4.0).collect();
    assert!(true_peak(&loud) > 0.9);
    assert!((momentary_loudness(&loud) - momentary_loudness(wave) - 12.04).abs() < 0.01);
    assert!(!ramped(&wave[2_000..]), "cut at the start");
    assert!(!ramped(&wave[..20_000]), "cut at the end");
    assert!(offset(&wave.iter().map(|x| x + 0.002).collect::<Vec<_>>()) > 0.001);
    // A sine of a quarter of the rate, sampled between its peaks: 3 dB more than any sample shows.
    let between: Vec<f64> = (0..480).map(|i| (PI / 2.0 * f64::from(i) + PI / 4.0).sin()).collect();
    assert!((true_peak(&between[..]) - 1.0).abs() < 0.08, "{}", true_peak(&between));
    // The standard's own calibration: 997 Hz at full scale in one channel is -3.01 LUFS.
    let calibration: Vec<f64> = (0..48_000).map(|i| (TAU * 997.0 * f64::from(i) / RATE).sin()).collect();
    assert!((momentary_loudness(&calibration) + 3.01).abs() < 0.02, "{}", momentary_loudness(&calibration));
}

fn is_error(id: &str) -> bool {
    ["task.error", "command.failure", "tool.error"].contains(&id)
}

/// One sound of the pack, decoded.
struct Sound {
    id: &'static str,
    wave: Vec<f64>,
}

/// All of them; fails if one is not PCM, 48 kHz, 16 bit, mono.
fn sounds() -> Vec<Sound> {
    builtin::ids()
        .map(|id| {
            let bytes = builtin::bytes(PACK, id).unwrap();
            let (header, data) = bytes.split_at(44);
            let u16_at = |at: usize| u16::from_le_bytes(header[at..at + 2].try_into().unwrap());
            let u32_at = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
            assert_eq!((&header[..4], &header[8..16], &header[36..40]), (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..]));
            assert_eq!(
                (u32_at(4) as usize, u32_at(16), u32_at(40) as usize),
                (bytes.len() - 8, 16, data.len()),
                "{id}"
            );
            assert_eq!((u16_at(20), u16_at(22), u32_at(24)), (1, 1, 48_000), "{id}: PCM, mono, rate");
            assert_eq!((u32_at(28), u16_at(32), u16_at(34)), (96_000, 2, 16), "{id}: bytes a second, a frame, bits");
            let sample = |pair: &[u8; 2]| f64::from(i16::from_le_bytes(*pair)) / 32_768.0;
            Sound { id, wave: data.as_chunks().0.iter().map(sample).collect() }
        })
        .collect()
}

/// Whether both ends lie under a raised cosine of 5 ms, and begin and end within 2 steps of zero.
fn ramped(wave: &[f64]) -> bool {
    let step = 1.0 / 32_768.0;
    let peak = wave.iter().fold(0.0_f64, |peak, x| peak.max(x.abs()));
    let under = |(index, sample): (usize, &f64)| {
        let allowed = 0.5 - 0.5 * (PI * index as f64 / 240.0).cos();
        sample.abs() <= allowed * peak + 2.0 * step
    };
    wave.iter().take(240).enumerate().all(under) && wave.iter().rev().take(240).enumerate().all(under)
}

fn offset(wave: &[f64]) -> f64 {
    (wave.iter().sum::<f64>() / wave.len() as f64).abs()
}

/// The highest magnitude of the signal, also between its samples.
fn true_peak(wave: &[f64]) -> f64 {
    let mut peak = wave.iter().fold(0.0_f64, |peak, x| peak.max(x.abs()));
    for quarter in [0.25, 0.5, 0.75] {
        let weights: Vec<f64> = (-7..9)
            .map(|tap| {
                let distance = f64::from(tap) - quarter;
                let sinc = (PI * distance).sin() / (PI * distance);
                sinc * (0.5 + 0.5 * (PI * distance / 9.0).cos())
            })
            .collect();
        for near in wave.windows(weights.len()) {
            let between: f64 = near.iter().zip(&weights).map(|(x, weight)| x * weight).sum();
            peak = peak.max(between.abs());
        }
    }
    peak
}

/// LUFS of the loudest 400 ms or of the whole, by ITU-R BS.1770; the filters are derived from their analogue shapes.
fn momentary_loudness(wave: &[f64]) -> f64 {
    let k = (PI * 1_681.974_450_955_533 / RATE).tan();
    let (high, q) = (10_f64.powf(3.999_843_853_973_347 / 20.0), 0.707_175_236_955_419_6);
    let band = high.powf(0.499_666_774_154_541_6);
    let scale = 1.0 + k / q + k * k;
    let shelf = biquad(
        wave,
        [(high + band * k / q + k * k) / scale, 2.0 * (k * k - high) / scale, (high - band * k / q + k * k) / scale],
        [2.0 * (k * k - 1.0) / scale, (1.0 - k / q + k * k) / scale],
    );
    let k = (PI * 38.135_470_876_024_44 / RATE).tan();
    let q = 0.500_327_037_323_877_3;
    let scale = 1.0 + k / q + k * k;
    let weighted = biquad(&shelf, [1.0, -2.0, 1.0], [2.0 * (k * k - 1.0) / scale, (1.0 - k / q + k * k) / scale]);

    let window = weighted.len().min(19_200);
    let loudest =
        weighted.windows(window).step_by(48).map(|w| w.iter().map(|x| x * x).sum::<f64>()).fold(0.0, f64::max);
    -0.691 + 10.0 * (loudest / window as f64).log10()
}

fn biquad(wave: &[f64], b: [f64; 3], a: [f64; 2]) -> Vec<f64> {
    let (mut x1, mut x2, mut y1, mut y2) = (0.0, 0.0, 0.0, 0.0);
    wave.iter()
        .map(|&x| {
            let y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
            (x2, x1, y2, y1) = (x1, x, y1, y);
            y
        })
        .collect()
}

/// Two sounds nearer than this would be taken for each other.
///
/// A copy that is quieter, later or cut at the end stays below 0.24; the nearest two of the pack, a parent and its
/// child, are 0.43 apart, and half of all pairs 0.9.
const ALIKE: f64 = 0.35;

/// The semitones a fingerprint listens to: 131 Hz to 4.2 kHz.
const SEMITONES: std::ops::RangeInclusive<u8> = 48..=108;

/// The note everything is at home in, a D.
const HOME: usize = 62;

/// What is heard in 50 ms.
struct Frame {
    /// How strong each band of three semitones is, 0 at 45 dB below the sound's strongest, 1 at it.
    bands: Vec<f64>,
    /// The strongest semitone, where anything is loud enough to have one.
    pitch: Option<usize>,
}

/// What is heard over time, whatever the gain: one frame every 25 ms.
fn fingerprint(wave: &[f64]) -> Vec<Frame> {
    const FRAME: usize = 2_400;
    const FLOOR: f64 = 45.0;
    const PITCHED_ABOVE: f64 = 25.0;
    let padded: Vec<f64> = wave.iter().copied().chain([0.0; FRAME]).collect();
    let window: Vec<f64> = (0..FRAME).map(|i| 0.5 - 0.5 * (TAU * i as f64 / FRAME as f64).cos()).collect();
    let powers: Vec<Vec<f64>> = padded
        .windows(FRAME)
        .step_by(FRAME / 2)
        .map(|frame| {
            let frame: Vec<f64> = frame.iter().zip(&window).map(|(x, w)| x * w).collect();
            SEMITONES.map(|semitone| power(&frame, 440.0 * ((f64::from(semitone) - 69.0) / 12.0).exp2())).collect()
        })
        .collect();
    let strongest = powers.iter().flatten().fold(f64::MIN_POSITIVE, |a, &b| a.max(b));
    let above = |power: f64, floor: f64| (10.0 * (power / strongest).max(1e-12).log10() + floor).max(0.0);
    powers
        .iter()
        .map(|semitones| {
            let band = |three: &[f64]| above(three.iter().copied().fold(0.0, f64::max), FLOOR) / FLOOR;
            let loudest = (0..semitones.len()).max_by(|&a, &b| semitones[a].total_cmp(&semitones[b])).unwrap();
            Frame {
                bands: semitones.chunks(3).map(band).collect(),
                pitch: (above(semitones[loudest], PITCHED_ABOVE) > 0.0)
                    .then_some(loudest + usize::from(*SEMITONES.start())),
            }
        })
        .collect()
}

/// The power of one frequency in a frame, after Goertzel.
fn power(frame: &[f64], hertz: f64) -> f64 {
    let turn = 2.0 * (TAU * hertz / RATE).cos();
    let (mut s1, mut s2) = (0.0, 0.0);
    for x in frame {
        (s2, s1) = (s1, x + turn * s1 - s2);
    }
    s1 * s1 + s2 * s2 - turn * s1 * s2
}

/// How far apart two sounds are, 0 to 1: half by spectrum over time, half by pitch; at the best of small delays.
fn distance(a: &[Frame], b: &[Frame]) -> f64 {
    let silent = Frame { bands: vec![0.0; a[0].bands.len()], pitch: None };
    let at_lag = |lag: isize| {
        let frame = |of: &'_ [Frame], index: isize| usize::try_from(index).ok().filter(|&i| i < of.len());
        let (mut apart, mut whole, mut off_pitch, mut pitched) = (0.0, 0.0, 0.0, 0.0_f64);
        for index in -2..(a.len().max(b.len()) as isize + 2) {
            let one = frame(a, index).map_or(&silent, |i| &a[i]);
            let other = frame(b, index + lag).map_or(&silent, |i| &b[i]);
            for (x, y) in one.bands.iter().zip(&other.bands) {
                apart += (x - y).abs();
                whole += x.max(*y);
            }
            if one.pitch.is_some() || other.pitch.is_some() {
                pitched += 1.0;
                off_pitch += match (one.pitch, other.pitch) {
                    (Some(x), Some(y)) => x.abs_diff(y).min(6) as f64 / 6.0,
                    _ => 1.0,
                };
            }
        }
        0.5 * apart / whole + 0.5 * off_pitch / pitched
    };
    (-2..=2).map(at_lag).fold(f64::INFINITY, f64::min)
}

/// The mean height of what is heard, in semitones.
fn brightness(print: &[Frame]) -> f64 {
    let (mut weighted, mut whole) = (0.0, 0.0);
    for frame in print {
        for (band, level) in frame.bands.iter().enumerate() {
            weighted += level * (f64::from(*SEMITONES.start()) + 3.0 * band as f64);
            whole += level;
        }
    }
    weighted / whole
}

/// A file of the pack, by the name the manifest uses.
fn read(file: &str) -> Option<Vec<u8>> {
    std::fs::read(folder().join(file)).ok()
}

const CATEGORIES: &[&str] = &[
    "session.start",
    "session.end",
    "task.acknowledge",
    "task.complete",
    "task.error",
    "task.progress",
    "input.required",
    "resource.limit",
    "user.spam",
];

/// Everything in which a manifest is not CESP v1.0.
fn faults(manifest: &Value, read: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<String> {
    const OPTIONAL: &[&str] = &[
        "description",
        "author",
        "license",
        "language",
        "homepage",
        "tags",
        "icon",
        "preview",
        "min_player_version",
        "category_aliases",
    ];
    const REQUIRED: &[&str] = &["cesp_version", "name", "display_name", "version", "categories"];
    let mut faults = Vec::new();
    let mut expect = |holds: bool, what: String| {
        if !holds {
            faults.push(what);
        }
    };
    let only = |value: &Value, allowed: &[&str]| {
        value.as_object().is_some_and(|object| object.keys().all(|key| allowed.contains(&key.as_str())))
    };
    let text = |value: &Value, lengths: std::ops::RangeInclusive<usize>, ok: fn(char) -> bool| {
        value.as_str().is_some_and(|text| lengths.contains(&text.chars().count()) && text.chars().all(ok))
    };

    expect(only(manifest, &[REQUIRED, OPTIONAL].concat()), "a property that is not CESP's".to_owned());
    expect(manifest["cesp_version"] == "1.0", "cesp_version".to_owned());
    let name_character = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let name_starts_well = manifest["name"].as_str().is_some_and(|name| !name.starts_with(['_', '-']));
    expect(text(&manifest["name"], 1..=64, name_character) && name_starts_well, "name".to_owned());
    expect(text(&manifest["display_name"], 1..=128, |_| true), "display_name".to_owned());
    let is_number = |part: &str| part.parse::<u32>().is_ok_and(|number| number.to_string() == part);
    let is_semver = |version: &str| version.split('.').count() == 3 && version.split('.').all(is_number);
    expect(manifest["version"].as_str().is_some_and(is_semver), "version".to_owned());
    expect(text(&manifest["description"], 0..=256, |_| true), "description".to_owned());
    expect(only(&manifest["author"], &["name", "github"]), "author".to_owned());
    expect(manifest["tags"].as_array().is_some_and(|tags| tags.len() <= 10), "tags".to_owned());

    let mut total = 0;
    for (category, value) in manifest["categories"].as_object().into_iter().flatten() {
        expect(CATEGORIES.contains(&category.as_str()), format!("category {category}"));
        expect(only(value, &["sounds", "icon"]), format!("{category}: a property that is not CESP's"));
        for sound in value["sounds"].as_array().into_iter().flatten() {
            let path_character = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-');
            let file = sound["file"].as_str().unwrap_or_default();
            let bytes = read(file).unwrap_or_default();
            total += bytes.len();
            let inside = !file.starts_with('/') && file.split('/').all(|part| part != "..");
            let well_named = text(&sound["file"], 1..=256, path_character) && inside;
            let well_formed = file.ends_with(".wav") && bytes.starts_with(b"RIFF") && bytes.len() <= 1_000_000;
            expect(well_named && well_formed, format!("{category}: file {file:?}"));
            expect(text(&sound["label"], 1..=256, |_| true), format!("{category}: label"));
            expect(only(sound, &["file", "label", "sha256", "icon"]), format!("{category}: sound"));
        }
    }
    expect(total <= 50_000_000, "more than 50 MB".to_owned());
    faults
}
