//! Format, length, ends, constant part, peak and loudness of every sound.

use herald::sound::builtin;

use crate::measures::{momentary_loudness, offset, ramped, true_peak};
use crate::sounds::{self, PROMISES, Promise};

/// Of a mono file: -17 LUFS once it is heard on both sides.
const LOUDNESS: f64 = -20.0;

#[test]
fn every_sound_is_48_khz_16_bit_mono_and_neither_short_nor_long() {
    for Promise { pack, lengths, .. } in PROMISES {
        for sound in sounds::of(pack) {
            assert!(lengths.contains(&sound.seconds()), "{pack}/{}: {} s", sound.id, sound.seconds());
        }
    }
}

#[test]
fn the_packs_together_are_not_much_to_carry() {
    let total: usize = sounds::all().map(|sound| builtin::bytes(sound.pack, sound.id).unwrap().len()).sum();
    assert!(total < 1_800_000, "{total} bytes");
}

#[test]
fn every_sound_begins_and_ends_in_silence_without_a_click() {
    for sound in sounds::all() {
        assert!(ramped(&sound.wave), "{}/{}", sound.pack, sound.id);
    }
}

#[test]
fn no_sound_has_a_constant_part() {
    for sound in sounds::all() {
        assert!(offset(&sound.wave) < 0.001, "{}/{}", sound.pack, sound.id);
    }
}

#[test]
fn no_sound_peaks_above_minus_1_dbtp() {
    for sound in sounds::all() {
        let peak = 20.0 * true_peak(&sound.wave).log10();
        assert!(peak <= -1.0, "{}/{}: {peak:.2} dBTP", sound.pack, sound.id);
    }
}

#[test]
fn all_sounds_of_all_packs_are_equally_loud() {
    for sound in sounds::all() {
        let loudness = momentary_loudness(&sound.wave);
        assert!((loudness - LOUDNESS).abs() < 0.25, "{}/{}: {loudness:.2} LUFS", sound.pack, sound.id);
    }
}
