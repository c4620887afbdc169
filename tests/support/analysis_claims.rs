//! Claims about the judgement itself, on synthetic samples: each measure is shown what it must accept and what it must
//! refuse. Only the bench's own test target includes this file.

use super::support::analysis::*;
use super::support::{Tone, Verdict};

const RATE: u32 = 48_000;

/// With 50 ms of silence around it, as a recording has it.
fn recorded(samples: &[f32]) -> Vec<f32> {
    let silence = vec![0.0; frames(50.0, RATE)];
    [silence.as_slice(), samples, silence.as_slice()].concat()
}

fn to_16_bits(samples: &[f32]) -> Vec<f32> {
    samples.iter().map(|sample| (sample * 32_768.0).round() / 32_768.0).collect()
}

fn near(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance, "{got} is not {want} ± {tolerance}");
}

#[test]
fn segments_are_the_stretches_of_sound() {
    let tone = Tone::sine(RATE, 440.0, 100.0);
    let pause = Tone::silence(RATE, 30.0);
    let found = segments(&recorded(&tone.clone().then(&pause).then(&tone).samples), RATE);
    assert_eq!(found.len(), 2);
    near(found[0].duration_ms(RATE), 100.0, 0.2);
    near(ms(found[1].start, RATE), 180.0, 0.2);
}

#[test]
fn a_short_pause_is_a_gap_and_not_the_end() {
    let tone = Tone::sine(RATE, 440.0, 100.0);
    let torn = recorded(&tone.clone().then(&Tone::silence(RATE, 5.0)).then(&tone).samples);
    assert_eq!(segments(&torn, RATE).len(), 1);
    let found = gaps(&torn, RATE, 2.0);
    assert_eq!(found.len(), 1);
    near(found[0].duration_ms(RATE), 5.0, 0.2);
    assert!(gaps(&recorded(&tone.samples), RATE, 2.0).is_empty());
}

#[test]
fn silence_has_no_segment_and_no_frequency() {
    let silence = vec![0.0; 4800];
    assert!(segments(&silence, RATE).is_empty());
    assert_eq!(frequency(&silence, RATE), None);
    assert_eq!(fit_head(&silence, &Tone::standard().samples, RATE, 10.0), None);
    assert!(segments(&[], RATE).is_empty());
}

#[test]
fn frequency_is_exact_and_tells_a_percent() {
    for hz in [110.0, 440.0, 1000.0, 8000.0] {
        near(frequency(&Tone::sine(RATE, hz, 100.0).samples, RATE).unwrap(), hz, hz * 1e-4);
    }
    let sharp = frequency(&Tone::sine(RATE, 1015.0, 100.0).samples, RATE).unwrap();
    assert!((sharp / 1000.0 - 1.0).abs() > 0.01);
    near(strongest(&Tone::sine(RATE, 1000.0, 100.0).samples, RATE, 900.0, 1100.0, 1.0), 1000.0, 1.0);
}

#[test]
fn level_of_a_half_scale_sine_is_minus_nine_db() {
    near(rms_dbfs(&Tone::sine(RATE, 1000.0, 100.0).samples), -9.03, 0.01);
    near(rms_dbfs(&Tone::sine(RATE, 1000.0, 100.0).amplitude(1.0).samples), -3.01, 0.01);
    near(peak_dbfs(&Tone::sine(RATE, 1000.0, 100.0).samples), -6.02, 0.01);
    assert_eq!(rms_dbfs(&[0.0; 10]), f64::NEG_INFINITY);
}

#[test]
fn tone_level_is_the_amplitude_of_that_tone_alone() {
    let mix = Tone::sine(RATE, 440.0, 50.0).mixed(&Tone::sine(RATE, 880.0, 50.0).amplitude(0.25)).samples;
    near(tone_level(&mix, RATE, 440.0), 0.5, 0.01);
    near(tone_level(&mix, RATE, 880.0), 0.25, 0.01);
    near(tone_level(&mix, RATE, 3000.0), 0.0, 0.01);
}

#[test]
fn short_windows_tell_tones_apart() {
    let mix = Tone::sine(RATE, 440.0, 50.0).mixed(&Tone::sine(RATE, 880.0, 50.0).amplitude(0.25)).samples;
    for window in levels(&to_16_bits(&mix), RATE, &[440.0, 880.0], 3.0, 1.0) {
        near(window.levels[0], 0.5, 0.005);
        near(window.levels[1], 0.25, 0.005);
        near(window.residual, 0.0, 1e-4);
    }
}

#[test]
fn one_tone_after_another_is_no_overlap_wherever_it_changes() {
    // Every phase at which one can take over from the other, with and without the ramp of a barge-in.
    for extra in (0..110).step_by(7) {
        let first = Tone::sine(RATE, 440.0, 60.0 + f64::from(extra) * 1000.0 / f64::from(RATE));
        let second = Tone::sine(RATE, 880.0, 60.0);
        for (first, second) in [
            (first.clone(), second.clone()),
            (first.clone().ramped(5.0), second.clone()),
            (first.clone().ramped(5.0), second.ramped(5.0)),
        ] {
            let heard = to_16_bits(&recorded(&first.then(&second).samples));
            assert_eq!(overlap_ms(&heard, RATE, [440.0, 880.0], 0.02), 0.0, "{extra} frames");
        }
    }
}

#[test]
fn two_tones_at_once_are_an_overlap_even_in_a_crossfade() {
    for overlap in [5.0, 10.0, 40.0] {
        for extra in (0..55).step_by(9) {
            let shift = f64::from(extra) * 1000.0 / f64::from(RATE);
            let late = Tone::silence(RATE, 60.0 - overlap + shift).then(&Tone::sine(RATE, 880.0, 60.0));
            let hard = Tone::sine(RATE, 440.0, 60.0 + shift).mixed(&late);
            let heard = to_16_bits(&recorded(&hard.samples));
            near(overlap_ms(&heard, RATE, [440.0, 880.0], 0.02), overlap, 1.5);

            let late = Tone::silence(RATE, 60.0 - overlap + shift).then(&Tone::sine(RATE, 880.0, 60.0).ramped(5.0));
            let soft = Tone::sine(RATE, 440.0, 60.0 + shift).ramped(5.0).mixed(&late);
            let heard = to_16_bits(&recorded(&soft.samples));
            assert!(overlap_ms(&heard, RATE, [440.0, 880.0], 0.02) > 0.0, "a crossfade of {overlap} ms, {extra}");
        }
    }
}

#[test]
fn a_tone_has_no_click_and_a_torn_one_has() {
    let tone = Tone::sine(RATE, 1000.0, 100.0);
    assert_eq!(click(&recorded(&tone.samples), RATE, 1000.0), None);
    let ramped = Tone::sine(RATE, 1000.0, 100.3).ramped(5.0);
    assert_eq!(click(&recorded(&ramped.samples), RATE, 1000.0), None);
    // Ends at the top of its wave.
    let cut = recorded(&tone.samples[..frames(50.25, RATE)]);
    let found = click(&cut, RATE, 1000.0).unwrap();
    near(ms(found.at, RATE), 100.25, 0.1);
    // Loses a third of a period in the middle.
    let torn = recorded(&[&tone.samples[..1000], &tone.samples[1016..]].concat());
    assert!(click(&torn, RATE, 1000.0).is_some());
}

#[test]
fn the_head_is_equal_up_to_a_gain_and_nothing_else() {
    let source = Tone::sweep(RATE, 500.0, 2000.0, 100.0).samples;
    let quieter: Vec<f32> = source.iter().map(|sample| sample * 0.3).collect();
    let fit = aligned_equal(&recorded(&to_16_bits(&quieter)), &source, RATE, 10.0, 0.002).unwrap();
    assert_eq!(fit.lag, 2400);
    near(fit.gain, 0.3, 0.001);

    let equal = |heard: &[f32]| aligned_equal(&recorded(heard), &source, RATE, 10.0, 0.01).is_ok();
    assert!(equal(&source));
    assert!(!equal(&source[48..]), "the first millisecond is missing");
    assert!(!equal(&source[240..]), "five milliseconds are missing");
    let inverted: Vec<f32> = source.iter().map(|sample| -sample).collect();
    assert!(!equal(&inverted), "upside down");
    let slower: Vec<f32> = source.iter().flat_map(|&sample| [sample, sample]).collect();
    assert!(!equal(&slower), "an octave down, as stereo played as mono is");
    let doubled = [&source[..96], &source].concat();
    assert!(!equal(&doubled), "two milliseconds twice");
    let faded: Vec<f32> = source.iter().enumerate().map(|(n, sample)| sample * (n as f32 / 240.0).min(1.0)).collect();
    assert!(!equal(&faded), "faded in");
}

#[test]
fn the_head_of_another_rate_is_alike_in_shape() {
    for rate in [8000, 22_050, 44_100, 96_000] {
        let source = Tone::sine(rate, 1000.0, 100.0);
        let heard = recorded(&Tone::sine(RATE, 1000.0, 100.0).samples);
        let fit = aligned_alike(&heard, RATE, &source.samples, rate, 10.0, 0.99).unwrap();
        near(fit.gain, 1.0, 0.03);
        let wrong = recorded(&Tone::sine(RATE, 1100.0, 100.0).samples);
        aligned_alike(&wrong, RATE, &source.samples, rate, 10.0, 0.99).unwrap_err();
    }
}

#[test]
fn the_verdict_accepts_what_is_whole() {
    let verdict = Verdict::default();
    for source in [Tone::standard(), Tone::standard().ramped(5.0), Tone::sine(44_100, 1000.0, 300.0)] {
        let played = recorded(&to_16_bits(&resampled(&source.samples, source.rate, RATE)));
        verdict.whole(&played, &source).unwrap();
        let quieter: Vec<f32> = played.iter().map(|sample| sample / 2.0).collect();
        verdict.gain_db(-6.02).whole(&quieter, &source).unwrap();
    }
}

#[test]
fn the_verdict_names_each_fault() {
    let source = Tone::standard();
    let fault = |heard: &[f32]| Verdict::default().whole(&recorded(heard), &source).unwrap_err().to_string();
    let samples = &source.samples;
    assert!(fault(&samples[..frames(290.0, RATE)]).contains("lasts"));
    assert!(fault(&samples[frames(10.0, RATE)..]).contains("lasts"));
    assert!(fault(&[]).contains("0 sounds"));
    assert!(fault(&[samples.as_slice(), &vec![0.0; 4800], samples].concat()).contains("2 sounds"));
    assert!(fault(&Tone::sine(RATE, 1020.0, 300.0).samples).contains("frequency"));
    assert!(fault(&Tone::standard().amplitude(0.4).samples).contains("level"));
    let mut paused = samples.clone();
    paused[4800..4944].fill(0.0);
    assert!(fault(&paused).contains("pauses"));
    assert!(fault(&Tone::standard().ramped(5.0).samples).contains("differ"));
}
