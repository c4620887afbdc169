//! RIFF/WAVE, the plainest kind: 16-bit PCM, one channel, no extra chunks.

/// The bytes of a file with these samples.
pub(super) fn mono(rate: u32, samples: &[i16]) -> Vec<u8> {
    const HEADER: u32 = 44;
    const BYTES_PER_SAMPLE: u16 = 2;
    let data = u32::try_from(samples.len() * usize::from(BYTES_PER_SAMPLE)).expect("a sound of seconds, not days");
    let mut out = Vec::with_capacity((HEADER + data) as usize);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(HEADER - 8 + data).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16_u32.to_le_bytes());
    for field in [1_u16, 1] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    for field in [rate, rate * u32::from(BYTES_PER_SAMPLE)] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    for field in [BYTES_PER_SAMPLE, 8 * BYTES_PER_SAMPLE] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    out.extend_from_slice(b"data");
    out.extend_from_slice(&data.to_le_bytes());
    for sample in samples {
        out.extend_from_slice(&sample.to_le_bytes());
    }
    out
}
