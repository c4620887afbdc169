//! The samples of a 16-bit WAV file with the plainest of headers.

/// A parsed file.
pub(crate) struct Wav {
    pub(crate) rate: u32,
    pub(crate) channels: u16,
    samples: Vec<f32>,
}

impl Wav {
    /// # Panics
    /// When it is anything else.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let long = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        assert_eq!((&bytes[..4], &bytes[8..16], &bytes[36..40]), (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..]));
        assert_eq!((short(20), short(34)), (1, 16), "plain 16-bit samples");
        assert_eq!(long(4) as usize, bytes.len() - 8, "the header knows the file's length");
        assert_eq!(long(40) as usize, bytes.len() - 44, "and that of its samples");
        let samples =
            bytes[44..].chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0);
        Self { rate: long(24), channels: short(22), samples: samples.collect() }
    }

    pub(crate) fn channel(&self, channel: usize) -> Vec<f32> {
        self.samples.iter().skip(channel).step_by(usize::from(self.channels)).copied().collect()
    }
}
