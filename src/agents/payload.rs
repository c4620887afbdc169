//! A payload's top level, read without parsing what nobody asks for.
//!
//! Owns the tolerance: byte order marks, UTF-16, invalid UTF-8, lone surrogates, bad escapes, raw control
//! characters, trailing bytes, any nesting, and the spelling of keys: `session_id`, `sessionId`, `sessionID` and
//! `session-id` are one key, looked up as `session_id`. Values stay unparsed until a field is asked for; a field of
//! another type than asked for is a missing field. Knows no agent's words.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// How many keys of an object, or items of an array, are kept. Agents send some forty; the rest is skipped.
const KEPT: usize = 512;

/// The bytes as text: without byte order mark, UTF-16 decoded, invalid UTF-8 replaced. Copies only if it must.
pub fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    // PowerShell pipes UTF-16 with a mark; without one, a NUL beside the first brace tells.
    let wide: Option<fn([u8; 2]) -> u16> = match bytes {
        [0xFF, 0xFE, ..] | [b'{', 0, ..] => Some(u16::from_le_bytes),
        [0xFE, 0xFF, ..] | [0, b'{', ..] => Some(u16::from_be_bytes),
        _ => None,
    };
    let Some(unit) = wide else {
        return String::from_utf8_lossy(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes));
    };
    let text: String = char::decode_utf16(bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])))
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    Cow::Owned(text.trim_start_matches('\u{feff}').to_owned())
}

/// The text with what JSON forbids inside strings made good: raw control characters and escapes that are none.
///
/// Payloads put together by shell scripts hold such: a newline in a directory's name, `C:\Users` unescaped.
pub fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut chars = text.chars();
    let mut in_string = false;
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                in_string = !in_string;
                out.push(c);
            }
            '\\' if in_string => {
                let rest = chars.as_str().as_bytes();
                match rest {
                    [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => {
                        out.push(c);
                        out.extend(chars.next());
                    }
                    [b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|h| h.is_ascii_hexdigit()) => out.push('\\'),
                    _ => out.push_str("\\\\"),
                }
            }
            c if in_string && u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// The top-level keys of a JSON object, with unparsed values.
#[derive(Debug, Default)]
pub struct Object<'a> {
    entries: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Object<'a> {
    /// The object at the start of the text; `None` if there is none. What follows it is not looked at.
    pub fn parse(text: &'a str) -> Option<Self> {
        Self::deserialize(&mut serde_json::Deserializer::from_str(text)).ok()
    }

    /// Whether it has no keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether one of the keys is there, with any value but null.
    pub fn has(&self, keys: &[&str]) -> bool {
        self.find(keys, |raw| (raw.get() != "null").then_some(())).is_some()
    }

    /// Whether there is a key of exactly this spelling, with any value but null.
    pub fn spells(&self, key: &str) -> bool {
        self.entries.iter().any(|(k, raw)| k == key && raw.get() != "null")
    }

    /// The first of the keys that holds a string, decoded.
    pub fn text(&self, keys: &[&str]) -> Option<Cow<'a, str>> {
        self.find(keys, text)
    }

    /// The first of the keys that holds a string with something other than white space in it.
    pub fn filled(&self, keys: &[&str]) -> Option<Cow<'a, str>> {
        self.find(keys, |raw| text(raw).filter(|text| !text.trim().is_empty()))
    }

    /// The first of the keys that holds a truth value, or the word for one.
    pub fn flag(&self, keys: &[&str]) -> Option<bool> {
        self.find(keys, |raw| match raw.get() {
            "true" | "\"true\"" => Some(true),
            "false" | "\"false\"" => Some(false),
            _ => None,
        })
    }

    /// The first of the keys that holds a whole number, or a string of one (environment values are strings).
    pub fn integer(&self, keys: &[&str]) -> Option<i64> {
        self.find(keys, |raw| {
            let digits = raw.get().trim_matches('"');
            digits.trim().parse().ok().or_else(|| digits.strip_suffix(".0")?.parse().ok())
        })
    }

    /// Whether one of the keys holds a number, written as a number.
    pub fn is_number(&self, keys: &[&str]) -> bool {
        self.find(keys, |raw| raw.get().starts_with(|c: char| c == '-' || c.is_ascii_digit()).then_some(())).is_some()
    }

    /// The first of the keys that holds an object.
    pub fn object(&self, keys: &[&str]) -> Option<Self> {
        self.find(keys, |raw| Self::parse(raw.get()))
    }

    /// The first of the keys that holds an object of at most so many bytes.
    pub fn object_within(&self, keys: &[&str], bytes: usize) -> Option<Self> {
        self.find(keys, |raw| if raw.get().len() <= bytes { Self::parse(raw.get()) } else { None })
    }

    /// The first of the keys that holds an array: its items, unparsed.
    pub fn items(&self, keys: &[&str]) -> Option<Vec<&'a RawValue>> {
        self.find(keys, |raw| Items::deserialize(&mut serde_json::Deserializer::from_str(raw.get())).ok())
            .map(|Items(items)| items)
    }

    /// The first string of the first of the keys that holds an array.
    pub fn first_text(&self, keys: &[&str]) -> Option<Cow<'a, str>> {
        self.items(keys)?.into_iter().find_map(text)
    }

    /// The aliases in their order; of a key that is there twice, in one spelling or two, the last that can be read.
    fn find<T>(&self, keys: &[&str], read: impl Fn(&'a RawValue) -> Option<T>) -> Option<T> {
        let of =
            |key: &&str| self.entries.iter().rev().filter(|(k, _)| same_key(k, key)).find_map(|(_, raw)| read(raw));
        keys.iter().find_map(of)
    }
}

/// Whether the two are one key: case and separators don't count. Nearly all pairs differ in their first letter, which is
/// therefore looked at by itself.
fn same_key(one: &str, other: &str) -> bool {
    let initial = |key: &str| key.as_bytes().first().map(u8::to_ascii_lowercase);
    initial(one) == initial(other) && (one == other || letters(one).eq(letters(other)))
}

fn letters(key: &str) -> impl Iterator<Item = u8> + '_ {
    key.bytes().filter(|byte| !matches!(byte, b'_' | b'-')).map(|byte| byte.to_ascii_lowercase())
}

/// The value as text, if it is a string.
pub fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::Deserializer::from_str(raw.get()).deserialize_bytes(Text).ok()
}

/// Reads a string by way of its bytes, the only door through which a lone surrogate is let in.
struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        Ok(String::from_utf8_lossy(bytes))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(String::from_utf8_lossy(bytes).into_owned()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(24);
                while let Some(key) = map.next_key_seed(Text)? {
                    if entries.len() < KEPT {
                        entries.push((key, map.next_value()?));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Object { entries })
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

/// The items of an array, at most [`KEPT`].
struct Items<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Items<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Sequence;

        impl<'de> Visitor<'de> for Sequence {
            type Value = Items<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while items.len() < KEPT {
                    let Some(item) = seq.next_element()? else {
                        return Ok(Items(items));
                    };
                    items.push(item);
                }
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Items(items))
            }
        }

        deserializer.deserialize_seq(Sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_alias_and_a_wrong_type_is_a_missing_field() {
        let object = Object::parse(r#"{"a":null,"b":7,"c":"x","d":"y","e":true,"f":{"g":1},"h":["i",2]}"#).unwrap();
        assert_eq!(object.text(&["a", "b", "c", "d"]).as_deref(), Some("x"));
        assert_eq!(object.text(&["a", "b", "e", "f", "h", "z"]), None);
        assert_eq!(object.integer(&["a", "c", "b"]), Some(7));
        assert_eq!(object.flag(&["a", "b", "c", "e"]), Some(true));
        assert_eq!(object.object(&["a", "h", "f"]).unwrap().integer(&["g"]), Some(1));
        assert_eq!(object.items(&["a", "f", "h"]).map(|items| items.len()), Some(2));
        assert_eq!(object.first_text(&["h"]).as_deref(), Some("i"));
        assert!(object.has(&["b"]) && !object.has(&["a"]));
    }

    #[test]
    fn of_a_key_that_is_there_twice_the_last_wins() {
        let object = Object::parse(r#"{"a":"1","a":"2"}"#).unwrap();
        assert_eq!(object.text(&["a"]).as_deref(), Some("2"));
    }

    #[test]
    fn escaped_keys_and_values_are_decoded_and_lone_surrogates_replaced() {
        let object = Object::parse(r#"{"\u0061":"b\n\ud83d\ude00","c":"x\ud800y"}"#).unwrap();
        assert_eq!(object.text(&["a"]).as_deref(), Some("b\n😀"));
        let lossy = object.text(&["c"]).unwrap();
        assert!(lossy.starts_with('x') && lossy.ends_with('y') && lossy.contains(char::REPLACEMENT_CHARACTER));
    }

    #[test]
    fn numbers_come_as_digits_or_as_strings_of_digits() {
        let object = Object::parse(r#"{"a":"-3","b":2.0,"c":1e999,"d":"x","e":1.5,"f":99999999999999999999}"#).unwrap();
        assert_eq!(object.integer(&["a"]), Some(-3));
        assert_eq!(object.integer(&["b"]), Some(2));
        assert_eq!(object.integer(&["c", "d", "e", "f"]), None);
        assert!(object.is_number(&["c"]) && !object.is_number(&["a"]));
    }

    #[test]
    fn twenty_thousand_keys_are_read_but_not_kept() {
        let keys: Vec<String> = (0..20_000).map(|n| format!("\"k{n}\":{n}")).collect();
        let text = format!("{{{}}}", keys.join(","));
        let object = Object::parse(&text).unwrap();
        assert_eq!(object.integer(&["k511"]), Some(511));
        assert_eq!(object.integer(&["k512"]), None);
    }

    #[test]
    fn marks_and_wide_characters_are_decoded() {
        let wide = |unit: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
            mark.then_some(0xFEFF).into_iter().chain("{\"ä\":1}".encode_utf16()).flat_map(unit).collect()
        };
        for bytes in [
            b"\xEF\xBB\xBF{\"\xC3\xA4\":1}".to_vec(),
            wide(u16::to_le_bytes, true),
            wide(u16::to_be_bytes, true),
            wide(u16::to_le_bytes, false),
            wide(u16::to_be_bytes, false),
        ] {
            assert_eq!(text_of(&bytes), "{\"ä\":1}");
        }
    }

    #[test]
    fn what_scripts_get_wrong_in_strings_is_mended() {
        let broken = "{\"cwd\":\"C:\\Users\\x\\u00\",\"a\":\"one\ntwo\u{1}\",\"b\":\"\\u0041\\\"\"}";
        assert!(Object::parse(broken).is_none());
        let text = mended(broken);
        let object = Object::parse(&text).unwrap();
        assert_eq!(object.text(&["cwd"]).as_deref(), Some("C:\\Users\\x\\u00"));
        assert_eq!(object.text(&["a"]).as_deref(), Some("one\ntwo\u{1}"));
        assert_eq!(object.text(&["b"]).as_deref(), Some("A\""));
    }

    #[test]
    fn only_an_object_is_an_object_and_what_follows_it_does_not_matter() {
        for none in ["", "null", "[]", "\"x\"", "1", "{", "{\"a\":", "{\"a\":1", "x{}", "{a:1}"] {
            assert!(Object::parse(none).is_none(), "{none}");
        }
        for some in ["{}", " \r\n{}\r\n", "{}{}", "{} trailing"] {
            assert!(Object::parse(some).is_some_and(|object| object.is_empty()), "{some}");
        }
    }
}
