//! What brings a sound to the loudness that all sounds have, and the memory of what was measured.
//!
//! Owns the target, the ceiling, and the file of measures. A measure that is lost is made again; one that is wrong
//! could only be of a file that changed behind its size and time, and is corrected by the ceiling.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::level::Level;

/// The loudest 400 ms of every sound, in LUFS as heard on two sides: that of the built-in packs, which are made so.
pub(crate) const TARGET: f64 = -17.0;
/// -1 dBTP: what a resampler or a lossy wireless link may add stays below full scale.
pub(crate) const CEILING: f32 = 0.891;
/// The most that is added, in decibels: a recording of next to nothing stays that.
const MOST: f64 = 40.0;

/// The factor that brings a sound of that level to the target, or as near as the ceiling allows.
pub(crate) fn correction(level: Level) -> f32 {
    let Some(loudness) = level.loudness else { return 1.0 };
    let gain = 10_f64.powf((TARGET - loudness).min(MOST) / 20.0);
    let highest = if level.peak > 0.0 { f64::from(CEILING) / level.peak } else { gain };
    gain.min(highest) as f32
}

/// A file as it is now: its path, size and time of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key(u64);

impl Key {
    /// That of the file at `path`; `None` where it can't be looked at.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let about = fs::metadata(path).ok()?;
        let changed = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let mut hash = Xxh3::new();
        hash.update(path.as_os_str().as_encoded_bytes());
        hash.update(&[0]);
        hash.update(&about.len().to_le_bytes());
        hash.update(&changed.as_nanos().to_le_bytes());
        Some(Self(hash.digest()))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    key: Key,
    loudness: Option<f32>,
    peak: f32,
}

/// The levels that were measured, across processes. Only the owner of the speaker writes them.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    file: Option<File>,
    /// The latest first.
    rows: Vec<Row>,
}

impl Levels {
    /// How many are remembered.
    const ROWS: usize = 256;
    /// More bytes than so many rows make.
    const BYTES: u64 = 8 << 10;

    /// What the file holds; a damaged one holds nothing.
    pub(crate) fn load(file: File) -> Self {
        let mut bytes = Vec::new();
        let read = (&file).take(Self::BYTES).read_to_end(&mut bytes);
        let rows: Vec<Row> = read.ok().and_then(|_| postcard::from_bytes(&bytes).ok()).unwrap_or_default();
        let sane = |row: &Row| {
            row.peak >= 0.0 && row.peak.is_finite() && row.loudness.is_none_or(|lufs| (-70.0..=20.0).contains(&lufs))
        };
        Self { file: Some(file), rows: rows.into_iter().filter(sane).collect() }
    }

    /// What was measured of that file.
    pub(crate) fn get(&self, key: Key) -> Option<Level> {
        let row = self.rows.iter().find(|row| row.key == key)?;
        Some(Level { loudness: row.loudness.map(f64::from), peak: f64::from(row.peak) })
    }

    /// Remembers what was measured.
    pub(crate) fn remember(&mut self, key: Key, level: Level) {
        self.rows.retain(|row| row.key != key);
        self.rows.insert(0, Row { key, loudness: level.loudness.map(|lufs| lufs as f32), peak: level.peak as f32 });
        self.rows.truncate(Self::ROWS);
        if let Some(file) = &mut self.file
            && let Ok(bytes) = postcard::to_stdvec(&self.rows)
        {
            // Lost or torn, it is measured once more.
            let _ = file.rewind().and_then(|()| file.write_all(&bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::as_it_is(Some(-17.0), 0.5, 0.0)]
    #[case::too_loud(Some(-3.0), 1.0, -14.0)]
    #[case::too_quiet(Some(-30.0), 0.05, 13.0)]
    #[case::as_far_as_the_ceiling_allows(Some(-30.0), 0.5, 5.01)]
    #[case::above_full_scale(Some(-10.0), 4.0, -13.05)]
    #[case::next_to_nothing(Some(-69.0), 0.0005, 40.0)]
    #[case::silence(None, 0.0, 0.0)]
    fn gain_goes_to_the_target_and_never_above_the_ceiling(
        #[case] loudness: Option<f64>,
        #[case] peak: f64,
        #[case] decibels: f64,
    ) {
        let gain = f64::from(correction(Level { loudness, peak }));
        assert!((20.0 * gain.log10() - decibels).abs() < 0.01, "{gain}");
        assert!(gain * peak <= f64::from(CEILING) + 1e-6 || loudness.is_none());
    }

    #[test]
    fn what_was_measured_is_found_again_until_the_file_changes() {
        let dir = tempfile::tempdir().expect("a directory");
        let open = || {
            File::options().read(true).write(true).create(true).truncate(false).open(dir.path().join("levels")).unwrap()
        };
        let sound = dir.path().join("a.wav");
        fs::write(&sound, "one").unwrap();
        let key = Key::of(&sound).expect("a file");
        let level = Level { loudness: Some(-23.5), peak: 0.25 };
        Levels::load(open()).remember(key, level);
        assert_eq!(Levels::load(open()).get(key), Some(level));
        fs::write(&sound, "other").unwrap();
        assert_ne!(Key::of(&sound), Some(key));
        assert_eq!(Key::of(&dir.path().join("none")), None);
    }

    #[test]
    fn the_oldest_measures_make_room_and_damage_costs_all_of_them_and_no_more() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("levels");
        let open = || File::options().read(true).write(true).create(true).truncate(false).open(&path).unwrap();
        let mut levels = Levels::load(open());
        for n in 0..Levels::ROWS as u64 + 10 {
            levels.remember(Key(n << 40), Level { loudness: None, peak: 1.0 });
        }
        let again = Levels::load(open());
        assert_eq!((again.rows.len(), again.get(Key(0)).is_none()), (Levels::ROWS, true));
        assert!(fs::metadata(&path).unwrap().len() < Levels::BYTES);
        for bytes in [&b""[..], b"\xff\xff\xff\xff\xff", b"nonsense"] {
            fs::write(&path, bytes).unwrap();
            Levels::load(open()).remember(Key(7), Level { loudness: None, peak: 0.5 });
            assert_eq!(Levels::load(open()).get(Key(7)), Some(Level { loudness: None, peak: 0.5 }));
        }
    }
}
