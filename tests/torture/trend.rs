//! Whether something grew: pure, on a series of samples.

/// How much the last quarter lies above the second, beyond what is allowed; `None` where it doesn't.
///
/// The first quarter is warm-up. Medians, so that one sample at an odd moment says nothing; `slack` is what may change
/// without being growth.
pub(crate) fn growth(series: &[u64], slack: u64) -> Option<(u64, u64)> {
    let quarter = series.len() / 4;
    if quarter == 0 {
        return None;
    }
    let (then, now) = (median(&series[quarter..2 * quarter]), median(&series[series.len() - quarter..]));
    (now > then + then / 20 + slack).then_some((then, now))
}

pub(crate) fn median(values: &[u64]) -> u64 {
    quantile(values, 500)
}

/// The `per_mille`th of a thousand.
pub(crate) fn quantile(values: &[u64], per_mille: usize) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) * per_mille / 1000).copied().unwrap_or(0)
}

#[test]
fn what_grows_is_told_from_what_warms_up_swings_or_starts_anew() {
    let rises: Vec<u64> = (0..40).map(|n| 100 + 2 * n).collect();
    let warms: Vec<u64> = (0..40).map(|n: u64| 100 + 20 * n.min(8)).collect();
    let swings: Vec<u64> = (0..40).map(|n| 100 + 50 * (n % 3)).collect();
    let saws: Vec<u64> = (0..40).map(|n| 100 + 10 * (n % 10)).collect();
    let spikes: Vec<u64> = (0..40).map(|n| if n == 35 { 10_000 } else { 100 }).collect();
    assert_eq!(growth(&rises, 10), Some((128, 168)));
    assert_eq!(growth(&rises, 100), None, "as much was allowed");
    for steady in [warms, swings, saws, spikes, vec![5; 40], vec![7]] {
        assert_eq!(growth(&steady, 10), None, "{steady:?}");
    }
}
