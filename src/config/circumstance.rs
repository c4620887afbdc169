//! What the world may be doing while a sound had better not be heard, and sets of it.
//!
//! A set is one byte: it is decoded in every hook, and travels in every request. Bits that a later version knows are
//! kept and mean nothing here. Asking the world is the player's business.

use serde::{Deserialize, Serialize};

/// Something that only the moment of playing can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circumstance {
    /// Something records from a microphone.
    MicrophoneInUse,
    /// The user's screen is locked.
    ScreenLocked,
    /// The desktop was told not to disturb.
    DoNotDisturb,
}

impl Circumstance {
    /// All of them, in the order in which they are asked and shown.
    pub const ALL: [Self; 3] = [Self::MicrophoneInUse, Self::ScreenLocked, Self::DoNotDisturb];

    /// Whether a player of this system can find out about any of them.
    pub const CAN_BE_TOLD: bool = cfg!(all(unix, not(target_os = "macos")));

    /// The word used in configuration, journal and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MicrophoneInUse => "microphone-in-use",
            Self::ScreenLocked => "screen-locked",
            Self::DoNotDisturb => "do-not-disturb",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::MicrophoneInUse => 1,
            Self::ScreenLocked => 2,
            Self::DoNotDisturb => 4,
        }
    }
}

/// When a sound is skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkipWhen(u8);

impl SkipWhen {
    /// Whatever the world does.
    pub const NEVER: Self = Self(0);

    /// Whether it is skipped while this holds.
    pub const fn contains(self, circumstance: Circumstance) -> bool {
        self.0 & circumstance.bit() != 0
    }

    /// Whether nothing is to be asked.
    pub fn is_never(self) -> bool {
        self.all().next().is_none()
    }

    /// What is in it.
    pub fn all(self) -> impl Iterator<Item = Circumstance> {
        Circumstance::ALL.into_iter().filter(move |one| self.contains(*one))
    }

    /// The words of what is in it.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        self.all().map(Circumstance::as_str)
    }
}

impl FromIterator<Circumstance> for SkipWhen {
    fn from_iter<I: IntoIterator<Item = Circumstance>>(all: I) -> Self {
        Self(all.into_iter().fold(0, |bits, one| bits | one.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_holds_what_was_put_in_and_nothing_else() {
        for bits in 0_u8..8 {
            let put: Vec<_> = Circumstance::ALL
                .into_iter()
                .enumerate()
                .filter(|(at, _)| bits >> at & 1 == 1)
                .map(|(_, one)| one)
                .collect();
            let set: SkipWhen = put.iter().copied().collect();
            assert_eq!(set.all().collect::<Vec<_>>(), put);
            assert_eq!(set.is_never(), put.is_empty());
        }
    }

    #[test]
    fn what_only_a_later_version_knows_means_nothing() {
        assert!(SkipWhen(0x80).is_never());
    }
}
