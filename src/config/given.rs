//! A value as somebody types it on a command line, and what it would be in the file.
//!
//! TOML is always understood. Where the key leaves no doubt, the quotes may be missing. Nothing is judged here: what is
//! no value of the key is told by the reader, like any other fault of the file.

use toml::Value;

use super::keys::{Condition, Kind};

/// The value that these words stand for, of a key of that kind. Several make a list.
pub fn given(kind: Kind, words: &[String]) -> Value {
    let mut values: Vec<Value> = words.iter().map(|word| one(kind, word)).collect();
    match values.pop() {
        Some(only) if values.is_empty() => only,
        last => Value::Array(values.into_iter().chain(last).collect()),
    }
}

fn one(kind: Kind, word: &str) -> Value {
    let read = toml::from_str::<toml::Table>(&format!("value = {word}")).ok();
    // A line end in it would make it several keys.
    let read = read.filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
    let text = || Value::String(word.to_owned());
    match (kind, read) {
        (Kind::Boolean, None) => match word.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Value::Boolean(true),
            "false" | "no" | "off" => Value::Boolean(false),
            _ => text(),
        },
        (Kind::Volume | Kind::Count(_), None) => match word.strip_suffix('%').unwrap_or(word).parse() {
            Ok(number) => Value::Integer(number),
            Err(_) => text(),
        },
        // `[ab]*` begins a list, and is a glob.
        (Kind::Pattern(Condition::Word | Condition::Event | Condition::Directory), Some(Value::Array(list)))
            if !list.iter().all(Value::is_str) =>
        {
            text()
        }
        // A pack may be called 2024; a number without a unit is no duration, and the reader says what would be one.
        (
            Kind::Sounds
            | Kind::Packs
            | Kind::Pattern(_)
            | Kind::Words(_)
            | Kind::WordsOrNone(_)
            | Kind::Word(_)
            | Kind::Text(_)
            | Kind::Texts(_)
            | Kind::Hours,
            Some(value),
        ) if !matches!(value, Value::String(_) | Value::Array(_)) => text(),
        (_, Some(value)) => value,
        (_, None) => text(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::place::find;
    use super::*;

    #[rstest]
    #[case("volume", &["50"], "50")]
    #[case("volume", &["50%"], "50")]
    #[case("volume", &["\"50\""], "\"50\"")]
    #[case("timeout", &["5s"], "\"5s\"")]
    #[case("timeout", &["\"5s\""], "\"5s\"")]
    #[case("timeout", &["5"], "5")]
    #[case("pack", &["quiet"], "\"quiet\"")]
    #[case("pack", &["2024"], "\"2024\"")]
    #[case("pack", &["quiet", "herald"], "[\"quiet\", \"herald\"]")]
    #[case("pack", &["[\"a\", \"b\"]"], "[\"a\", \"b\"]")]
    #[case("speaker.overlap", &["replace"], "\"replace\"")]
    #[case("speaker.normalize", &["off"], "false")]
    #[case("events.bell.enabled", &["true"], "true")]
    #[case("events.bell.sound", &["done.wav"], "\"done.wav\"")]
    #[case("events.bell.sound", &["~/a b.wav", "builtin:bell"], "[\"~/a b.wav\", \"builtin:bell\"]")]
    #[case("rules[0].match.agent", &["[cx]*"], "\"[cx]*\"")]
    #[case("rules[0].match.agent", &["[1]"], "\"[1]\"")]
    #[case("quiet.hours", &["22:00-08:00"], "\"22:00-08:00\"")]
    #[case("speaker.skip_when", &["microphone-in-use"], "\"microphone-in-use\"")]
    #[case("speaker.skip_when", &["[]"], "[]")]
    #[case("quiet.days", &["sat", "sun"], "[\"sat\", \"sun\"]")]
    #[case("rules[0].match", &["{ agent = \"codex\" }"], "{ agent = \"codex\" }")]
    #[case("pack", &["a\nvolume = 3"], "\"a\\nvolume = 3\"")]
    fn what_is_typed_is_understood(#[case] key: &str, #[case] words: &[&str], #[case] expected: &str) {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let expected: toml::Table = toml::from_str(&format!("v = {expected}")).unwrap();
        assert_eq!(given(find(key).unwrap().kind, &words), expected["v"]);
    }
}
