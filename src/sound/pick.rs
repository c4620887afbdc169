//! Chance without an immediate repeat.
//!
//! Pure: the caller brings the random number and keeps what was picked last, across processes if it likes.

/// One of `count`, not `last` again where there is another.
///
/// A `last` that is out of range is forgotten: the list has changed since.
pub fn pick(count: usize, last: Option<usize>, random: u64) -> usize {
    let below = |n: usize| usize::try_from(random % n as u64).unwrap_or(0);
    match last {
        _ if count < 2 => 0,
        Some(last) if last < count => {
            let among_others = below(count - 1);
            if among_others < last { among_others } else { among_others + 1 }
        }
        _ => below(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_is_never_picked_again_and_all_others_are_equally_likely() {
        for count in 2..9 {
            for last in 0..count {
                let mut seen = vec![0; count];
                for random in 0..840 {
                    seen[pick(count, Some(last), random)] += 1;
                }
                assert_eq!(seen[last], 0);
                assert!(seen.iter().enumerate().all(|(i, n)| i == last || *n == 840 / (count - 1)), "{seen:?}");
            }
        }
    }

    #[test]
    fn the_only_one_may_repeat_and_a_stale_memory_is_forgotten() {
        assert_eq!(pick(0, None, 7), 0);
        assert_eq!(pick(1, Some(0), 7), 0);
        assert_eq!(pick(3, Some(3), 5), 2);
        assert_eq!(pick(3, None, u64::MAX), 0);
    }
}
