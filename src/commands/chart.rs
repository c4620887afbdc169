//! Bars and columns of characters: pure, and plain where the terminal knows no Unicode.

/// What a terminal can draw with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// Blocks in eighths.
    Blocks,
    /// ASCII alone.
    Plain,
}

/// Blocks that fill one to eight eighths of a cell from its left.
const ACROSS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// The same from its bottom.
const UP: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The same in ASCII, as far as that goes.
const UP_PLAIN: [char; 8] = ['.', '.', ':', '-', '=', '+', '*', '#'];

impl Ink {
    pub(super) fn of_locale(utf8: bool) -> Self {
        if utf8 { Self::Blocks } else { Self::Plain }
    }

    /// A bar as long as `value` is of `most`, of at most `width` cells; what is there at all is seen.
    pub(super) fn bar(self, value: u64, most: u64, width: usize) -> String {
        let (cell, full) = match self {
            Self::Blocks => (8, '█'),
            Self::Plain => (1, '#'),
        };
        let parts = scaled(value, most, width * cell);
        let mut bar: String = std::iter::repeat_n(full, parts / cell).collect();
        bar.extend(parts.checked_rem(cell).filter(|&rest| rest > 0).map(|rest| ACROSS[rest - 1]));
        bar
    }

    /// One column for each value, `cells` wide; where nothing is, nothing is drawn.
    pub(super) fn columns(self, values: &[u64], cells: usize) -> String {
        let most = values.iter().copied().max().unwrap_or(0);
        let steps = if self == Self::Blocks { UP } else { UP_PLAIN };
        let column = |value: u64| scaled(value, most, steps.len()).checked_sub(1).map_or(' ', |step| steps[step]);
        values.iter().flat_map(|&value| std::iter::repeat_n(column(value), cells)).collect()
    }
}

/// How many of `parts` stand for `value` where all of them stand for `most`: rounded, but never none for something.
fn scaled(value: u64, most: u64, parts: usize) -> usize {
    if value == 0 || most == 0 {
        return 0;
    }
    let all = parts as u128;
    let share = (u128::from(value.min(most)) * all + u128::from(most) / 2) / u128::from(most);
    usize::try_from(share.clamp(1, all.max(1))).unwrap_or(parts)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Ink::Blocks, 10, 10, 4, "████")]
    #[case(Ink::Blocks, 5, 10, 4, "██")]
    #[case(Ink::Blocks, 1, 32, 4, "▏")]
    #[case(Ink::Blocks, 9, 32, 4, "█▏")]
    #[case::seen_all_the_same(Ink::Blocks, 1, 1_000_000, 4, "▏")]
    #[case::none(Ink::Blocks, 0, 10, 4, "")]
    #[case::nothing_at_all(Ink::Blocks, 0, 0, 4, "")]
    #[case::never_longer(Ink::Blocks, 20, 10, 4, "████")]
    #[case(Ink::Plain, 10, 10, 4, "####")]
    #[case(Ink::Plain, 1, 1_000_000, 4, "#")]
    #[case(Ink::Plain, 6, 10, 5, "###")]
    #[case::huge(Ink::Plain, u64::MAX, u64::MAX, 3, "###")]
    fn a_bar_is_as_long_as_its_share(
        #[case] ink: Ink,
        #[case] value: u64,
        #[case] most: u64,
        #[case] width: usize,
        #[case] expected: &str,
    ) {
        assert_eq!(ink.bar(value, most, width), expected);
    }

    #[test]
    fn columns_rise_with_their_values() {
        assert_eq!(Ink::Blocks.columns(&[0, 1, 4, 8], 2), "  ▁▁▄▄██");
        assert_eq!(Ink::Plain.columns(&[0, 1, 4, 8], 1), " .-#");
        assert_eq!(Ink::Blocks.columns(&[0, 0], 1), "  ");
    }
}
