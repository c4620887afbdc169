//! Many channels to two, by ITU-R BS.775: centre and surrounds at -3 dB, no low-frequency effects.
//!
//! It is done here and not by the sound server so that one file sounds alike on every output. Invariant: what was at
//! full scale on every channel is at full scale on both, so nothing clips.

/// Which loudspeakers the channels of a file belong to: the bits of a WAV file's channel mask. Samples come in the order
/// of the bits, as in WAV and FLAC files; rodio brings Vorbis into the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout(u32);

const SIDE: f32 = std::f32::consts::FRAC_1_SQRT_2;
const LEFT: [f32; 2] = [1.0, 0.0];
const RIGHT: [f32; 2] = [0.0, 1.0];
const MIDDLE: [f32; 2] = [SIDE, SIDE];
const BACK_LEFT: [f32; 2] = [SIDE, 0.0];
const BACK_RIGHT: [f32; 2] = [0.0, SIDE];
const BACK_MIDDLE: [f32; 2] = [0.5, 0.5];
const NONE: [f32; 2] = [0.0, 0.0];

/// What of each loudspeaker goes left and right, by the mask's bits.
const SPEAKERS: [[f32; 2]; 18] = [
    LEFT,
    RIGHT,
    MIDDLE,
    NONE, // low-frequency effects
    BACK_LEFT,
    BACK_RIGHT,
    [0.92, 0.38], // between left and centre
    [0.38, 0.92],
    BACK_MIDDLE,
    BACK_LEFT, // side
    BACK_RIGHT,
    BACK_MIDDLE, // top
    BACK_LEFT,
    BACK_MIDDLE,
    BACK_RIGHT,
    BACK_LEFT,
    BACK_MIDDLE,
    BACK_RIGHT,
];

impl Layout {
    /// What files mean that don't say: the common order of WAV and FLAC.
    pub(crate) const fn usual(channels: usize) -> Self {
        Self(match channels {
            0 | 1 => 0x4,
            2 => 0x3,
            3 => 0x7,
            4 => 0x33,
            5 => 0x37,
            6 => 0x3f,
            7 => 0x70f,
            _ => 0x63f,
        })
    }

    /// By a mask, if it names a known loudspeaker for each channel.
    pub(crate) fn of_mask(mask: u32, channels: usize) -> Self {
        let known = mask & ((1 << SPEAKERS.len()) - 1);
        if known.count_ones() as usize == channels { Self(known) } else { Self::usual(channels) }
    }

    /// The weights of each channel, in the order of samples.
    pub(super) fn mixdown(self) -> Mixdown {
        let named = SPEAKERS.iter().enumerate().filter(|(bit, _)| self.0 >> bit & 1 == 1);
        let mut weights: Vec<[f32; 2]> = named.map(|(_, weights)| *weights).collect();
        let sum = |side: usize| weights.iter().map(|weights| weights[side]).sum::<f32>();
        let scale = 1.0 / sum(0).max(sum(1)).max(f32::MIN_POSITIVE);
        weights.iter_mut().flatten().for_each(|weight| *weight *= scale);
        Mixdown(weights)
    }
}

/// What of each channel goes left and right.
pub(super) struct Mixdown(Vec<[f32; 2]>);

impl Mixdown {
    /// One frame to two channels.
    pub(super) fn of(&self, frame: &[f32]) -> [f32; 2] {
        let side = |side: usize| frame.iter().zip(&self.0).map(|(sample, weights)| sample * weights[side]).sum();
        [side(0), side(1)]
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    fn full_scale_on_every_channel_stays_full_scale(#[values(3, 4, 5, 6, 7, 8)] channels: usize) {
        let [left, right] = Layout::usual(channels).mixdown().of(&vec![1.0; channels]);
        assert!((left - 1.0).abs() < 1e-6 && (right - 1.0).abs() < 1e-6, "{left} {right}");
    }

    #[test]
    fn sides_stay_apart_and_the_centre_in_the_middle() {
        let six = Layout::usual(6).mixdown();
        let alone = |channel: usize| six.of(&std::array::from_fn::<_, 6, _>(|n| if n == channel { 1.0 } else { 0.0 }));
        assert!(alone(0)[0] > 0.4 && alone(0)[1] == 0.0);
        assert!(alone(1)[1] > 0.4 && alone(1)[0] == 0.0);
        assert!(alone(2)[0] > 0.25 && alone(2)[0] == alone(2)[1]);
        assert_eq!(alone(3), [0.0, 0.0], "no low-frequency effects");
        assert!(alone(4)[0] > 0.25 && alone(4)[1] == 0.0);
        assert!(alone(5)[1] > 0.25 && alone(5)[0] == 0.0);
    }

    #[test]
    fn a_mask_says_which_channel_is_whose() {
        // Left, right and left behind them: not a centre.
        let [left, right] = Layout::of_mask(0x13, 3).mixdown().of(&[0.0, 0.0, 1.0]);
        assert!(left > 0.3 && right == 0.0);
        // A mask that doesn't fit says nothing.
        assert_eq!(Layout::of_mask(0x1, 6), Layout::usual(6));
        assert_eq!(Layout::of_mask(0xffff_ffff, 6), Layout::usual(6));
    }
}
