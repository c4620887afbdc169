//! A sound to be looked at: its waveform, and below it how strong each frequency is over time.
//!
//! All pictures have the same scales, so that two of them, also of different packs, can be compared.

mod canvas;
mod glyphs;
mod spectrum;

pub(super) use canvas::show_the_same;

use canvas::{Canvas, GRID, TEXT, WAVE, shade};
use spectrum::Transform;

use super::{RATE, samples_in};

/// Milliseconds a pixel is wide.
const MS_PER_PIXEL: usize = 2;
/// Milliseconds from one mark of the time axis to the next.
const MARK_MS: usize = 100;

/// Where the drawing begins, to the right of the frequencies' names.
const LEFT: usize = 26;
/// For the unit behind the last mark.
const RIGHT: usize = 30;
/// The waveform.
const WAVE_TOP: usize = 3;
const WAVE_HEIGHT: usize = 40;
/// What fills its height: half of full scale, -6 dBFS.
const WAVE_SCALE: f64 = 0.5;
/// The frequencies.
const SPECTRUM_TOP: usize = WAVE_TOP + WAVE_HEIGHT + 5;
const PIXELS_PER_OCTAVE: usize = 14;
const OCTAVES: usize = 7;
const SPECTRUM_HEIGHT: usize = PIXELS_PER_OCTAVE * OCTAVES;
/// Their names, an octave apart; the lowest stands half an octave above the bottom.
const NAMES: [&str; OCTAVES] = ["125", "250", "500", "1k", "2k", "4k", "8k"];
const LOWEST_NAMED: f64 = 125.0;
/// Decibels below a sound's strongest frequency that are still drawn.
const RANGE: f64 = 60.0;
/// The time axis.
const AXIS: usize = SPECTRUM_TOP + SPECTRUM_HEIGHT;
const HEIGHT: usize = AXIS + 6 + glyphs::HEIGHT;

/// The marks a time axis needs for sounds of up to `seconds`.
pub(super) fn marks(seconds: f64) -> usize {
    (seconds * 1_000.0 / MARK_MS as f64).ceil() as usize
}

/// The PNG file for a sound, with a time axis of that many marks.
pub(crate) fn png(samples: &[i16], marks: usize) -> Vec<u8> {
    let width = marks * MARK_MS / MS_PER_PIXEL;
    let mut canvas = Canvas::new(LEFT + width + RIGHT, HEIGHT);
    axes(&mut canvas, marks, width);
    let columns = samples.len().div_ceil(samples_in(MS_PER_PIXEL as f64 / 1_000.0));
    wave(&mut canvas, samples);
    strengths(&mut canvas, samples, columns);
    canvas.png()
}

fn axes(canvas: &mut Canvas, marks: usize, width: usize) {
    for mark in 0..=marks {
        let x = LEFT + mark * MARK_MS / MS_PER_PIXEL;
        let (name, unit) = ((mark * MARK_MS).to_string(), if mark == marks { " ms" } else { "" });
        canvas.text(x - name.len() * glyphs::ADVANCE / 2, AXIS + 5, &(name + unit));
        (WAVE_TOP..AXIS).for_each(|y| canvas.dot(x, y, GRID));
        (AXIS..AXIS + 3).for_each(|y| canvas.dot(x, y, TEXT));
    }
    (LEFT..=LEFT + width).for_each(|x| canvas.dot(x, AXIS, TEXT));
    canvas.text(LEFT - 4 - 2 * glyphs::ADVANCE, WAVE_TOP + WAVE_HEIGHT - glyphs::HEIGHT, "Hz");
    for (octave, name) in NAMES.iter().enumerate() {
        let y = AXIS - PIXELS_PER_OCTAVE / 2 - octave * PIXELS_PER_OCTAVE;
        canvas.text(LEFT - 4 - name.len() * glyphs::ADVANCE, y - glyphs::HEIGHT / 2, name);
        (LEFT - 3..=LEFT + width).for_each(|x| canvas.dot(x, y, GRID));
    }
}

fn wave(canvas: &mut Canvas, samples: &[i16]) {
    let y = |sample: i16| {
        let height = f64::from(sample) / f64::from(i16::MAX) / WAVE_SCALE;
        let down = (0.5 - 0.5 * height.clamp(-1.0, 1.0)) * (WAVE_HEIGHT - 1) as f64;
        WAVE_TOP + down.round() as usize
    };
    for (column, some) in samples.chunks(RATE as usize * MS_PER_PIXEL / 1_000).enumerate() {
        let (highest, lowest) = (some.iter().max().copied(), some.iter().min().copied());
        for y in y(highest.unwrap_or(0))..=y(lowest.unwrap_or(0)) {
            canvas.dot(LEFT + column, y, WAVE);
        }
    }
}

fn strengths(canvas: &mut Canvas, samples: &[i16], columns: usize) {
    let transform = Transform::new();
    let hop = RATE as usize * MS_PER_PIXEL / 1_000;
    let columns: Vec<Vec<f64>> = (0..columns)
        .map(|column| {
            let powers = transform.powers(samples, column * hop + hop / 2);
            (0..SPECTRUM_HEIGHT).map(|row| strongest(&powers, edge(row), edge(row + 1))).collect()
        })
        .collect();
    let loudest = columns.iter().flatten().fold(f64::MIN_POSITIVE, |most, power| most.max(*power));
    for (column, rows) in columns.iter().enumerate() {
        for (row, power) in rows.iter().enumerate() {
            let below = 10.0 * libm::log10((power / loudest).max(f64::MIN_POSITIVE));
            if let Some(colour) = shade(1.0 + below / RANGE) {
                canvas.dot(LEFT + column, AXIS - 1 - row, colour);
            }
        }
    }
}

/// The frequency at the lower edge of a row, counted from the bottom.
fn edge(row: usize) -> f64 {
    let octaves = row as f64 / PIXELS_PER_OCTAVE as f64 - 0.5;
    LOWEST_NAMED * libm::exp2(octaves)
}

/// The highest power between two frequencies; between two powers, on the line from one to the other.
fn strongest(powers: &[f64], low: f64, high: f64) -> f64 {
    let step = Transform::hertz(1);
    let [first, behind] = [low, high].map(|hertz| (hertz / step).ceil() as usize);
    powers[first..behind].iter().copied().reduce(f64::max).unwrap_or_else(|| {
        let at = (low + high) / 2.0 / step;
        let share = at.fract();
        powers[at as usize] * (1.0 - share) + powers[at as usize + 1] * share
    })
}
