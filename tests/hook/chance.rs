//! Chance that can be repeated: whoever uses it says by which seed.

#![allow(dead_code, reason = "each test target uses only a part of it")]

#[allow(clippy::print_stderr, reason = "the test's own report")]
fn announce(seed: u64) {
    eprintln!("HERALD_TEST_SEED={seed}");
}

/// SplitMix64.
pub(crate) struct Chance(u64);

impl Chance {
    /// Seeded by `HERALD_TEST_SEED`, else by the clock; the seed is printed.
    pub(crate) fn announced() -> Self {
        let seed = Self::drawn();
        announce(seed);
        Self(seed)
    }

    /// The seed that was asked for, else one by the clock.
    pub(crate) fn drawn() -> u64 {
        let given = std::env::var("HERALD_TEST_SEED").ok().and_then(|text| text.parse().ok());
        given.unwrap_or_else(|| herald::platform::clocks().1)
    }

    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
