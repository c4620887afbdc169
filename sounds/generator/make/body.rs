//! The instruments: what can be struck, as the partials it rings with.

/// One partial of a body.
pub(super) struct Partial {
    /// Its frequency, as a multiple of the note's.
    pub(super) ratio: f64,
    /// Its amplitude beside the others.
    pub(super) level: f64,
    /// Its decay time, as a share of the note's.
    pub(super) life: f64,
}

const fn partial(ratio: f64, level: f64, life: f64) -> Partial {
    Partial { ratio, level, life }
}

/// What is struck, and how softly.
pub(super) struct Body {
    pub(super) partials: &'static [Partial],
    /// Seconds until the note is fully there.
    pub(super) attack: f64,
    /// How much is heard of the noise of what strikes it or blows across it.
    pub(super) brush: f64,
    /// Seconds until that has fallen to 1/e.
    pub(super) brush_decay: f64,
}

/// A soft mallet on tuned glass: the voice of the family.
///
/// The second fundamental is a few cents off, so that a held note breathes instead of standing still; 2.76 and 5.4 are
/// the modes of a free bar and give the touch of glass; the rest is harmonic, for warmth on small speakers.
pub(super) static GLASS: Body = Body {
    partials: &[
        partial(1.0, 1.0, 1.0),
        partial(1.0021, 0.30, 1.0),
        partial(2.0, 0.16, 0.65),
        partial(3.0, 0.05, 0.40),
        partial(4.0, 0.08, 0.25),
        partial(2.756, 0.05, 0.18),
        partial(5.404, 0.04, 0.10),
    ],
    attack: 0.007,
    brush: 0.0,
    brush_decay: 0.016,
};

/// The same mallet on wood: darker, shorter, with enough of the lower harmonics to be heard on a laptop.
pub(super) static WOOD: Body = Body {
    partials: &[
        partial(1.0, 1.0, 1.0),
        partial(0.9982, 0.25, 1.0),
        partial(2.0, 0.42, 0.70),
        partial(3.0, 0.18, 0.45),
        partial(3.932, 0.12, 0.16),
        partial(6.1, 0.03, 0.07),
    ],
    attack: 0.006,
    brush: 0.0,
    brush_decay: 0.016,
};

/// A small bell: hum, minor third, fifth and octave over the struck note.
pub(super) static BELL: Body = Body {
    partials: &[
        partial(0.5, 0.30, 1.30),
        partial(1.0, 1.0, 1.0),
        partial(1.0026, 0.45, 1.0),
        partial(1.1892, 0.20, 0.70),
        partial(1.4983, 0.12, 0.55),
        partial(2.0, 0.34, 0.60),
        partial(2.52, 0.14, 0.30),
        partial(3.01, 0.10, 0.25),
        partial(4.08, 0.07, 0.14),
    ],
    attack: 0.006,
    brush: 0.0,
    brush_decay: 0.016,
};

/// Glass that is stroked rather than struck: nearly pure, and it swells.
pub(super) static BREATH: Body = Body {
    partials: &[partial(1.0, 1.0, 1.0), partial(1.0030, 0.50, 1.0), partial(2.0, 0.12, 0.80), partial(3.0, 0.05, 0.50)],
    attack: 0.045,
    brush: 0.0,
    brush_decay: 0.016,
};

/// A felt hammer on a thick string: round, low, and soon over; the second and third harmonic let a small speaker tell
/// the pitch.
pub(super) static FELT: Body = Body {
    partials: &[
        partial(1.0, 1.0, 1.0),
        partial(1.0017, 0.22, 1.0),
        partial(2.0, 0.34, 0.65),
        partial(3.0, 0.13, 0.42),
        partial(4.0, 0.03, 0.25),
    ],
    attack: 0.016,
    brush: 1.2,
    brush_decay: 0.016,
};

/// A block of wood under a cloth: a thud with a pitch. It lies deeper than a small speaker reaches, so it is rich in the
/// lower harmonics.
pub(super) static THUD: Body = Body {
    partials: &[
        partial(1.0, 1.0, 1.0),
        partial(2.0, 0.60, 0.85),
        partial(2.71, 0.12, 0.30),
        partial(3.0, 0.30, 0.60),
        partial(4.0, 0.08, 0.35),
    ],
    attack: 0.009,
    brush: 2.0,
    brush_decay: 0.016,
};

/// A low tone that swells, as from a bottle blown across.
pub(super) static HUM: Body = Body {
    partials: &[partial(1.0, 1.0, 1.0), partial(0.9975, 0.45, 1.0), partial(2.0, 0.26, 0.90), partial(3.0, 0.07, 0.70)],
    attack: 0.090,
    brush: 1.6,
    brush_decay: 0.12,
};

/// A bronze bowl, struck with a covered stick.
pub(super) static BOWL: Body = Body {
    partials: &[
        partial(0.5, 0.22, 1.20),
        partial(1.0, 1.0, 1.0),
        partial(1.0035, 0.40, 1.0),
        partial(1.506, 0.16, 0.60),
        partial(2.0, 0.20, 0.60),
        partial(2.74, 0.10, 0.35),
    ],
    attack: 0.011,
    brush: 0.8,
    brush_decay: 0.016,
};
