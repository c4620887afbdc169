//! Pitches in semitones, 69 being A at 440 Hz; `S` is a sharp, `F` behind a letter a flat.

pub(super) const D3: f64 = 50.0;
pub(super) const EF3: f64 = 51.0;
pub(super) const F3: f64 = 53.0;
pub(super) const G3: f64 = 55.0;
pub(super) const A3: f64 = 57.0;
pub(super) const C4: f64 = 60.0;
pub(super) const D4: f64 = 62.0;
pub(super) const E4: f64 = 64.0;
pub(super) const F4: f64 = 65.0;
pub(super) const FS4: f64 = 66.0;
pub(super) const G4: f64 = 67.0;
pub(super) const A4: f64 = 69.0;
pub(super) const B4: f64 = 71.0;
pub(super) const C5: f64 = 72.0;
pub(super) const D5: f64 = 74.0;
pub(super) const E5: f64 = 76.0;
pub(super) const FS5: f64 = 78.0;
pub(super) const G5: f64 = 79.0;
pub(super) const A5: f64 = 81.0;
pub(super) const B5: f64 = 83.0;
pub(super) const D6: f64 = 86.0;
pub(super) const E6: f64 = 88.0;
