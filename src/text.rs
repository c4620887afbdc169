//! Text of unknown origin, made fit for a terminal. Both programs that talk to people use it.

/// The text without anything that would move the cursor or turn the reading direction.
pub fn clean(text: &str) -> String {
    let hides = |c: char| {
        c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    text.chars().map(|c| if hides(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn what_steers_a_terminal_is_shown_and_not_obeyed() {
        assert_eq!(
            clean("a\u{1b}[31mb\r\n\u{9b}c\u{202e}d\u{2066}e\u{7f}"),
            "a\u{fffd}[31mb\u{fffd}\u{fffd}\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}"
        );
        assert_eq!(clean("äöü – 音 🎵"), "äöü – 音 🎵");
    }
}
