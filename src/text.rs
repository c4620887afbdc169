//! Text of unknown origin, made fit for a terminal. Both programs that talk to people use it.

/// The text without anything that would move the cursor or turn the reading direction.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// JSON that means the same, with all of that written as escapes: such a character can only be inside a string.
pub fn clean_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if steers(c) {
            // None of them is beyond the first plane.
            safe.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            safe.push(c);
        }
    }
    safe
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::{clean, clean_json};

    #[test]
    fn what_steers_a_terminal_is_shown_and_not_obeyed() {
        assert_eq!(
            clean("a\u{1b}[31mb\r\n\u{9b}c\u{202e}d\u{2066}e\u{7f}f\u{61c}"),
            "a\u{fffd}[31mb\u{fffd}\u{fffd}\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}f\u{fffd}"
        );
        assert_eq!(clean("äöü – 音 🎵"), "äöü – 音 🎵");
    }

    #[test]
    fn json_means_the_same_and_steers_nothing() {
        let value = serde_json::json!({ "a\u{9b}": ["\u{202e}\u{7f}\u{1b}\n", "ä \"🎵\\"] });
        let written = clean_json(&value.to_string());
        assert_eq!(written, r#"{"a\u009b":["\u202e\u007f\u001b\n","ä \"🎵\\"]}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), value);
    }
}
