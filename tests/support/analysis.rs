//! Pure functions on samples, and the verdict built from them.
//!
//! A signal is one channel: `&[f32]` with full scale 1, and its rate. Positions are frames. Nothing here knows a clock.

use std::f64::consts::TAU;
use std::fmt;
use std::ops::Range;

use super::recorder::RATE;
use super::tone::Tone;

/// What counts as sound: -48 dBFS, well above rounding and dither, well below any test sound.
pub(crate) const AUDIBLE: f32 = 0.004;

/// Pauses shorter than this belong to the sound: a low tone is near zero for some time in each period.
pub(crate) const MIN_GAP_MS: f64 = 20.0;

/// A stretch of sound, from its first audible frame to one past its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Segment {
    pub(crate) fn frames(&self) -> Range<usize> {
        self.start..self.end
    }

    pub(crate) fn duration_ms(&self, rate: u32) -> f64 {
        ms(self.end - self.start, rate)
    }

    pub(crate) fn of<'a>(&self, samples: &'a [f32]) -> &'a [f32] {
        &samples[self.frames()]
    }
}

/// The stretches of sound, as they come.
pub(crate) fn segments(samples: &[f32], rate: u32) -> Vec<Segment> {
    segments_above(samples, rate, AUDIBLE, MIN_GAP_MS)
}

/// Stretches above `threshold`; a pause shorter than `min_gap_ms` doesn't end one.
pub(crate) fn segments_above(samples: &[f32], rate: u32, threshold: f32, min_gap_ms: f64) -> Vec<Segment> {
    let min_gap = frames(min_gap_ms, rate);
    let mut found: Vec<Segment> = Vec::new();
    for (frame, _) in samples.iter().enumerate().filter(|(_, sample)| sample.abs() > threshold) {
        match found.last_mut() {
            Some(last) if frame - last.end < min_gap => last.end = frame + 1,
            _ => found.push(Segment { start: frame, end: frame + 1 }),
        }
    }
    found
}

/// Pauses longer than `min_ms` inside the signal, not at its ends.
pub(crate) fn gaps(samples: &[f32], rate: u32, min_ms: f64) -> Vec<Segment> {
    let mut found = Vec::new();
    let mut last = None;
    for (frame, _) in samples.iter().enumerate().filter(|(_, sample)| sample.abs() > AUDIBLE) {
        if let Some(last) = last.filter(|&last: &usize| ms(frame - last - 1, rate) > min_ms) {
            found.push(Segment { start: last + 1, end: frame });
        }
        last = Some(frame);
    }
    found
}

/// The frequency of a single tone, from the times of its upward crossings of zero.
///
/// A crossing counts only after the signal was clearly below zero, so that rounding near zero makes none.
pub(crate) fn frequency(samples: &[f32], rate: u32) -> Option<f64> {
    let depth = -peak(samples) / 10.0;
    let mut crossings = Vec::new();
    let mut armed = false;
    for (frame, pair) in samples.windows(2).enumerate() {
        armed |= pair[0] < depth;
        if armed && pair[0] < 0.0 && pair[1] >= 0.0 {
            crossings.push(frame as f64 + f64::from(pair[0] / (pair[0] - pair[1])));
            armed = false;
        }
    }
    let (first, last) = (crossings.first()?, crossings.last()?);
    let periods = (crossings.len() - 1) as f64;
    (periods > 0.0).then(|| periods * f64::from(rate) / (last - first))
}

/// In dB relative to full scale, where a full-scale sine has -3.01.
pub(crate) fn rms_dbfs(samples: &[f32]) -> f64 {
    let power = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / samples.len().max(1) as f64;
    10.0 * power.log10()
}

pub(crate) fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

pub(crate) fn peak_dbfs(samples: &[f32]) -> f64 {
    20.0 * f64::from(peak(samples)).log10()
}

/// The amplitude of one tone in the whole of `samples`: Goertzel under a Hann window.
///
/// Tones closer than four periods per length of the signal run into each other; for short stretches use [`levels`].
pub(crate) fn tone_level(samples: &[f32], rate: u32, hz: f64) -> f64 {
    let count = samples.len() as f64;
    let coefficient = 2.0 * (TAU * hz / f64::from(rate)).cos();
    let (mut one, mut two, mut weight) = (0.0, 0.0, 0.0);
    for (index, &sample) in samples.iter().enumerate() {
        let hann = 0.5 - 0.5 * (TAU * (index as f64 + 0.5) / count).cos();
        (one, two) = (f64::from(sample) * hann + coefficient * one - two, one);
        weight += hann;
    }
    let power = one * one + two * two - coefficient * one * two;
    if weight > 0.0 { 2.0 * power.max(0.0).sqrt() / weight } else { 0.0 }
}

/// The strongest frequency between `from` and `to`, to `step`.
pub(crate) fn strongest(samples: &[f32], rate: u32, from: f64, to: f64, step: f64) -> f64 {
    let count = ((to - from) / step) as usize;
    let level = |hz: f64| tone_level(samples, rate, hz);
    let candidates = (0..=count).map(|index| from + index as f64 * step);
    candidates.map(|hz| (level(hz), hz)).fold((0.0, from), |best, next| if next.0 > best.0 { next } else { best }).1
}

/// What a short window holds, if it holds nothing but the tones that were asked for.
#[derive(Debug, Clone)]
pub(crate) struct Levels {
    pub(crate) start: usize,
    /// The amplitude of each tone, in the order asked.
    pub(crate) levels: Vec<f64>,
    /// RMS of what these tones don't explain: large where the window holds something else, or a tone begins in it.
    pub(crate) residual: f64,
}

/// The tones of each window of `window_ms`, every `hop_ms`, by least squares: tells tones apart in windows shorter than
/// their beat, which no spectrum can.
pub(crate) fn levels(samples: &[f32], rate: u32, tones: &[f64], window_ms: f64, hop_ms: f64) -> Vec<Levels> {
    let (window, hop) = (frames(window_ms, rate).max(1), frames(hop_ms, rate).max(1));
    let basis = tone_basis(tones, rate, window);
    let solver = normal_inverse(&basis);
    let starts = (0..(samples.len() + 1).saturating_sub(window)).step_by(hop);
    starts
        .map(|start| {
            let stretch: Vec<f64> = samples[start..start + window].iter().map(|&sample| f64::from(sample)).collect();
            let projections: Vec<f64> = basis.iter().map(|wave| dot(wave, &stretch)).collect();
            let weights: Vec<f64> = solver.iter().map(|row| dot(row, &projections)).collect();
            let error = |index: usize| {
                let model: f64 = basis.iter().zip(&weights).map(|(wave, weight)| wave[index] * weight).sum();
                stretch[index] - model
            };
            let residual = ((0..window).map(|index| error(index).powi(2)).sum::<f64>() / window as f64).sqrt();
            let levels = weights[1..].chunks_exact(4).map(|w| w[0].hypot(w[1])).collect();
            Levels { start, levels, residual }
        })
        .collect()
}

/// How many milliseconds hold both tones at once, each with at least `floor` of amplitude.
///
/// One tone right after the other is no overlap: a window with the change in it holds both, but not *throughout*, and
/// the residual tells. An overlap shorter than about 4 ms is not seen.
pub(crate) fn overlap_ms(samples: &[f32], rate: u32, tones: [f64; 2], floor: f64) -> f64 {
    const WINDOW_MS: f64 = 3.0;
    const HOP_MS: f64 = 0.25;
    let both = |window: &Levels| {
        let weakest = window.levels[0].min(window.levels[1]);
        // Neither tone alone may fall short of the floor, and what is found has to be the truth about the window.
        weakest >= floor && window.residual < weakest * 0.02
    };
    let windows = levels(samples, rate, &tones, WINDOW_MS, HOP_MS);
    // Single windows are chance; an overlap makes a run of them, and reaches one window further than the run.
    let runs = windows.chunk_by(|one, next| both(one) == both(next)).filter(|run| run.len() >= 3 && both(&run[0]));
    runs.map(|run| run.len() as f64 * HOP_MS + WINDOW_MS).sum()
}

/// The largest step from one sample to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Jump {
    pub(crate) at: usize,
    pub(crate) size: f32,
    /// Relative to the peak within 10 ms around it.
    pub(crate) relative: f64,
}

/// Where the signal jumps most, relative to its level there.
pub(crate) fn largest_jump(samples: &[f32], rate: u32) -> Jump {
    let around = frames(10.0, rate);
    let mut largest = Jump { at: 0, size: 0.0, relative: 0.0 };
    let level_at = |at: usize| peak(&samples[at.saturating_sub(around)..(at + around).min(samples.len())]);
    // The level is only looked up where a step could be the largest one: for a step below the audible there is none.
    for (at, pair) in samples.windows(2).enumerate() {
        let size = (pair[1] - pair[0]).abs();
        if size > AUDIBLE && f64::from(size) > largest.relative * f64::from(AUDIBLE) {
            let relative = f64::from(size) / f64::from(level_at(at));
            if relative > largest.relative {
                largest = Jump { at, size, relative };
            }
        }
    }
    largest
}

/// A jump that no tone up to `highest_hz` makes, with a tenth to spare.
pub(crate) fn click(samples: &[f32], rate: u32, highest_hz: f64) -> Option<Jump> {
    let jump = largest_jump(samples, rate);
    (jump.relative > 1.1 * steepest(highest_hz, rate)).then_some(jump)
}

/// The largest step of a tone, relative to its amplitude.
pub(crate) fn steepest(hz: f64, rate: u32) -> f64 {
    2.0 * (std::f64::consts::PI * hz / f64::from(rate)).sin()
}

/// How the head of a recording fits its source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fit {
    /// The recording's frame where the source begins; negative when the recording was cut out too late.
    pub(crate) lag: isize,
    /// Recording over source.
    pub(crate) gain: f64,
    /// The largest difference, relative to the peak.
    pub(crate) worst: f64,
    /// 1 is the same shape.
    pub(crate) correlation: f64,
}

/// Lays the first `first_ms` of `source` on the beginning of the first sound in `recording`; both at `rate`.
///
/// 2 ms before the source belong to the comparison, as silence: so nothing may have been played before it. A pure tone
/// that lost whole periods looks like itself; a test of the head is sharper with [`Tone::sweep`].
pub(crate) fn fit_head(recording: &[f32], source: &[f32], rate: u32, first_ms: f64) -> Option<Fit> {
    let before = frames(2.0, rate) as isize;
    let head = frames(first_ms, rate).min(source.len()) as isize;
    let onset = |samples: &[f32]| samples.iter().position(|sample| sample.abs() > AUDIBLE);
    let guess = onset(recording)? as isize - onset(source)? as isize;
    let at = |samples: &[f32], index: isize| {
        let sample = usize::try_from(index).ok().and_then(|index| samples.get(index));
        f64::from(sample.copied().unwrap_or(0.0))
    };
    let fit = |lag: isize| {
        let (mut cross, mut own, mut heard, mut peak) = (0.0, 0.0, 0.0, 0.0_f64);
        for index in -before..head {
            let (x, y) = (at(source, index), at(recording, lag + index));
            cross += x * y;
            own += x * x;
            heard += y * y;
            peak = peak.max(x.abs());
        }
        let gain = cross / own;
        let difference = |index| (at(recording, lag + index) - gain * at(source, index)).abs();
        let worst = (-before..head).map(difference).fold(0.0, f64::max) / (gain.abs() * peak);
        Fit { lag, gain, worst, correlation: cross / (own * heard).sqrt() }
    };
    let candidates = (guess - before..=guess + before).map(fit).filter(|fit| fit.gain > 0.0);
    candidates.max_by(|one, other| one.correlation.total_cmp(&other.correlation))
}

/// Whether the head of the recording is the head of the source up to a constant gain, sample by sample.
pub(crate) fn aligned_equal(
    recording: &[f32],
    source: &[f32],
    rate: u32,
    first_ms: f64,
    tolerance: f64,
) -> Result<Fit, String> {
    let fit = fit_head(recording, source, rate, first_ms).ok_or("nothing to compare")?;
    if fit.worst <= tolerance {
        Ok(fit)
    } else {
        Err(format!("the first {first_ms} ms differ from the source: {fit:?}"))
    }
}

/// As [`aligned_equal`] for a source at another rate, which the server resampled: compares the shape.
pub(crate) fn aligned_alike(
    recording: &[f32],
    rate: u32,
    source: &[f32],
    source_rate: u32,
    first_ms: f64,
    correlation: f64,
) -> Result<Fit, String> {
    let source = resampled(source, source_rate, rate);
    let fit = fit_head(recording, &source, rate, first_ms).ok_or("nothing to compare")?;
    if fit.correlation >= correlation {
        Ok(fit)
    } else {
        Err(format!("the first {first_ms} ms are not shaped like the source: {fit:?}"))
    }
}

/// Windowed-sinc resampling: exact enough to judge by, slow enough for tests only.
pub(crate) fn resampled(samples: &[f32], from: u32, to: u32) -> Vec<f32> {
    const REACH: isize = 32;
    if from == to {
        return samples.to_vec();
    }
    let ratio = f64::from(from) / f64::from(to);
    // Going down, what doesn't fit below half the new rate has to go.
    let cutoff = (1.0 / ratio).min(1.0);
    let count = (samples.len() as f64 / ratio) as usize;
    let sample_at = |index: usize| {
        let position = index as f64 * ratio;
        let centre = position.floor() as isize;
        let reach = (REACH as f64 / cutoff) as isize;
        let taps = (centre - reach + 1..=centre + reach).filter_map(|tap| {
            let sample = f64::from(*samples.get(usize::try_from(tap).ok()?)?);
            let distance = position - tap as f64;
            let hann = 0.5 + 0.5 * (std::f64::consts::PI * distance / (reach as f64 + 1.0)).cos();
            Some(sample * sinc(distance * cutoff) * cutoff * hann)
        });
        taps.sum::<f64>() as f32
    };
    (0..count).map(sample_at).collect()
}

/// What a sound has to be to have arrived whole. The figures are the project's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    pub(crate) duration_ms: f64,
    pub(crate) frequency: f64,
    pub(crate) level_db: f64,
    pub(crate) gap_ms: f64,
    pub(crate) head_ms: f64,
    /// Of the head's samples, relative to its peak; rounding to 16 bits on the way is far below.
    pub(crate) head_tolerance: f64,
    /// Of the head's shape, where the server had to resample.
    pub(crate) head_correlation: f64,
    /// What the volume does to the level.
    pub(crate) gain_db: f64,
}

impl Default for Verdict {
    fn default() -> Self {
        Self {
            duration_ms: 6.0,
            frequency: 0.01,
            level_db: 0.5,
            gap_ms: 2.0,
            head_ms: 10.0,
            head_tolerance: 0.01,
            head_correlation: 0.99,
            gain_db: 0.0,
        }
    }
}

/// All that is wrong with a sound, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Faults(pub(crate) Vec<String>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl Verdict {
    pub(crate) fn gain_db(mut self, gain_db: f64) -> Self {
        self.gain_db = gain_db;
        self
    }

    /// Whether `heard` (a channel at the recorder's rate) is exactly one sound, and that sound is all of `source`.
    pub(crate) fn whole(&self, heard: &[f32], source: &Tone) -> Result<Segment, Faults> {
        let found = segments(heard, RATE);
        match found.as_slice() {
            [only] => self.segment(heard, only, source),
            others => {
                let durations = others.iter().map(|other| format!("{:.1} ms", other.duration_ms(RATE)));
                let list = durations.collect::<Vec<_>>().join(", ");
                Err(Faults(vec![format!("{} sounds instead of one: {list}", others.len())]))
            }
        }
    }

    /// Whether one of several sounds is all of `source`.
    pub(crate) fn segment(&self, heard: &[f32], segment: &Segment, source: &Tone) -> Result<Segment, Faults> {
        let mut faults = Vec::new();
        let sound = segment.of(heard);
        let expected_segment = segments(&source.samples, source.rate);
        let [expected_segment] = expected_segment.as_slice() else {
            return Err(Faults(vec!["the source is not one sound".to_owned()]));
        };
        let expected = expected_segment.of(&source.samples);

        let (got, want) = (segment.duration_ms(RATE), expected_segment.duration_ms(source.rate));
        if (got - want).abs() > self.duration_ms {
            faults.push(format!("it lasts {got:.1} ms instead of {want:.1} ms"));
        }
        let (got, want) = (frequency(sound, RATE), frequency(expected, source.rate));
        if got.zip(want).is_none_or(|(got, want)| (got / want - 1.0).abs() > self.frequency) {
            faults.push(format!("its frequency is {got:?} Hz instead of {want:?} Hz"));
        }
        let (got, want) = (rms_dbfs(sound), rms_dbfs(expected) + self.gain_db);
        if (got - want).abs() > self.level_db {
            faults.push(format!("its level is {got:.2} dBFS instead of {want:.2} dBFS"));
        }
        for gap in gaps(sound, RATE, self.gap_ms) {
            let at = ms(gap.start, RATE);
            faults.push(format!("at {at:.1} ms it pauses for {:.1} ms", gap.duration_ms(RATE)));
        }
        // From shortly before, because the first samples of a soft beginning are below the threshold.
        let from_before = &heard[segment.start.saturating_sub(frames(5.0, RATE))..segment.end];
        let head = if source.rate == RATE {
            aligned_equal(from_before, &source.samples, RATE, self.head_ms, self.head_tolerance)
        } else {
            let correlation = self.head_correlation;
            aligned_alike(from_before, RATE, &source.samples, source.rate, self.head_ms, correlation)
        };
        faults.extend(head.err());
        if faults.is_empty() { Ok(segment.clone()) } else { Err(Faults(faults)) }
    }
}

pub(crate) fn ms(frames: usize, rate: u32) -> f64 {
    frames as f64 * 1000.0 / f64::from(rate)
}

pub(crate) fn frames(ms: f64, rate: u32) -> usize {
    (ms * f64::from(rate) / 1000.0).round() as usize
}

fn sinc(x: f64) -> f64 {
    let angle = std::f64::consts::PI * x;
    if angle.abs() < 1e-9 { 1.0 } else { angle.sin() / angle }
}

/// A constant, and for each tone its two phases, steady and growing: so a fade is no residual.
fn tone_basis(tones: &[f64], rate: u32, window: usize) -> Vec<Vec<f64>> {
    let wave = |f: &dyn Fn(f64) -> f64| (0..window).map(|index| f(index as f64)).collect::<Vec<_>>();
    let middle = (window as f64 - 1.0) / 2.0;
    let mut basis = vec![wave(&|_| 1.0)];
    for hz in tones {
        let step = TAU * hz / f64::from(rate);
        let grown = |index: f64| (index - middle) / middle;
        basis.push(wave(&|index| (step * (index - middle)).sin()));
        basis.push(wave(&|index| (step * (index - middle)).cos()));
        basis.push(wave(&|index| grown(index) * (step * (index - middle)).sin()));
        basis.push(wave(&|index| grown(index) * (step * (index - middle)).cos()));
    }
    basis
}

/// The inverse of the normal equations' matrix: with it the weights that come nearest to a stretch are a product.
fn normal_inverse(basis: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let size = basis.len();
    let unit = |row: usize| (0..size).map(move |column| if row == column { 1.0 } else { 0.0 });
    let products = |wave: &Vec<f64>| basis.iter().map(|other| dot(wave, other)).collect::<Vec<_>>();
    let mut rows: Vec<Vec<f64>> =
        basis.iter().enumerate().map(|(row, wave)| products(wave).into_iter().chain(unit(row)).collect()).collect();
    for column in 0..size {
        let pivot = (column..size).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()));
        rows.swap(column, pivot.unwrap_or(column));
        let lead: Vec<f64> = rows[column].iter().map(|cell| cell / rows[column][column]).collect();
        for row in &mut rows {
            let factor = row[column];
            row.iter_mut().zip(&lead).for_each(|(cell, above)| *cell -= factor * above);
        }
        rows[column] = lead;
    }
    rows.into_iter().map(|row| row[size..].to_vec()).collect()
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}
