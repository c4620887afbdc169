//! The sounds as they are compiled in, decoded.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use herald::sound::builtin;

/// Samples per second of every sound.
pub(crate) const RATE: f64 = 48_000.0;

/// What a pack promises beyond what all promise.
pub(crate) struct Promise {
    pub(crate) pack: &'static str,
    /// How many seconds its sounds last.
    pub(crate) lengths: RangeInclusive<f64>,
    /// The note it is at home in, of the twelve from C on.
    pub(crate) home: usize,
}

pub(crate) const PROMISES: [Promise; 2] =
    [Promise { pack: "herald", lengths: 0.2..=0.9, home: 2 }, Promise { pack: "quiet", lengths: 0.08..=0.35, home: 0 }];

#[test]
fn every_pack_has_its_promise() {
    assert_eq!(PROMISES.map(|promise| promise.pack), builtin::PACKS);
}

/// One sound of a pack.
pub(crate) struct Sound {
    pub(crate) pack: &'static str,
    pub(crate) id: &'static str,
    pub(crate) wave: Vec<f64>,
}

impl Sound {
    pub(crate) fn seconds(&self) -> f64 {
        self.wave.len() as f64 / RATE
    }

    pub(crate) fn is_error(&self) -> bool {
        ["task.error", "command.failure", "tool.error"].contains(&self.id)
    }
}

/// The folder a pack is compiled in from.
pub(crate) fn folder(pack: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds").join(pack)
}

/// The sounds of all packs.
pub(crate) fn all() -> impl Iterator<Item = Sound> {
    builtin::PACKS.iter().flat_map(|pack| of(pack))
}

/// The sounds of a pack, in the order of the events; fails if one is not PCM, 48 kHz, 16 bit, mono.
pub(crate) fn of(pack: &'static str) -> Vec<Sound> {
    let sound = |id| {
        let bytes = builtin::bytes(pack, id).unwrap();
        let (header, data) = bytes.split_at(44);
        let u16_at = |at: usize| u16::from_le_bytes(header[at..at + 2].try_into().unwrap());
        let u32_at = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        assert_eq!((&header[..4], &header[8..16], &header[36..40]), (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..]));
        assert_eq!((u32_at(4) as usize, u32_at(16), u32_at(40) as usize), (bytes.len() - 8, 16, data.len()), "{id}");
        assert_eq!((u16_at(20), u16_at(22), u32_at(24)), (1, 1, 48_000), "{pack}/{id}: PCM, mono, rate");
        assert_eq!((u32_at(28), u16_at(32), u16_at(34)), (96_000, 2, 16), "{pack}/{id}: bytes a second, a frame, bits");
        let sample = |pair: &[u8; 2]| f64::from(i16::from_le_bytes(*pair)) / 32_768.0;
        Sound { pack, id, wave: data.as_chunks().0.iter().map(sample).collect() }
    };
    builtin::ids().map(sound).collect()
}
