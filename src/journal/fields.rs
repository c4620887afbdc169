//! What a line says, field by field.
//!
//! A full journal has some 40,000 lines, and to parse them takes a tenth of a second: too long for what only counts. The
//! lines that Herald writes are flat and without spaces: such a one is gone over once, from left to right, and its
//! values are left where they lie. Any other line is parsed.
//!
//! Invariant: either way a field is what parsing finds, and a line that can't be parsed has none.

use std::borrow::Cow;

use serde_json::Value;

/// The keys of `journal::Entry`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "what they hold stands there")]
pub enum Key {
    Time,
    Kind,
    Agent,
    AgentEvent,
    Event,
    Session,
    Decision,
    Reason,
    Request,
    TookUs,
    LockUs,
    Sound,
    Outcome,
    FirstSampleMs,
    PlayedMs,
    Backend,
    What,
    Detail,
    Host,
    SentTo,
    Id,
    AgeMs,
}

impl Key {
    const ALL: [Self; 22] = [
        Self::Time,
        Self::Kind,
        Self::Agent,
        Self::AgentEvent,
        Self::Event,
        Self::Session,
        Self::Decision,
        Self::Reason,
        Self::Request,
        Self::TookUs,
        Self::LockUs,
        Self::Sound,
        Self::Outcome,
        Self::FirstSampleMs,
        Self::PlayedMs,
        Self::Backend,
        Self::What,
        Self::Detail,
        Self::Host,
        Self::SentTo,
        Self::Id,
        Self::AgeMs,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Kind => "kind",
            Self::Agent => "agent",
            Self::AgentEvent => "agent_event",
            Self::Event => "event",
            Self::Session => "session",
            Self::Decision => "decision",
            Self::Reason => "reason",
            Self::Request => "request",
            Self::TookUs => "took_us",
            Self::LockUs => "lock_us",
            Self::Sound => "sound",
            Self::Outcome => "outcome",
            Self::FirstSampleMs => "first_sample_ms",
            Self::PlayedMs => "played_ms",
            Self::Backend => "backend",
            Self::What => "what",
            Self::Detail => "detail",
            Self::Host => "host",
            Self::SentTo => "sent_to",
            Self::Id => "id",
            Self::AgeMs => "age_ms",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == word)
    }
}

/// The fields of one line.
#[derive(Debug)]
pub struct Fields<'a>(Form<'a>);

#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every line is of the large one, and it is held while it is asked"
)]
enum Form<'a> {
    Written(Written<'a>),
    Parsed(Cow<'a, Value>),
}

impl<'a> Fields<'a> {
    /// The fields of a line, if it is a JSON object.
    pub(super) fn of(line: &'a [u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok()?;
        let mut written = Written { rest: line, values: [""; _], escapes: false };
        if written.read().is_some() {
            return Some(Self(Form::Written(written)));
        }
        let parsed = serde_json::from_str(line).ok().filter(Value::is_object)?;
        Some(Self(Form::Parsed(Cow::Owned(parsed))))
    }

    /// The field, if it is a text.
    pub fn text(&self, key: Key) -> Option<Cow<'_, str>> {
        let written = match &self.0 {
            Form::Written(line) if line.escapes => {
                return serde_json::from_str(line.values[key as usize]).ok().map(Cow::Owned);
            }
            Form::Written(line) => line.values[key as usize],
            Form::Parsed(value) => return value[key.as_str()].as_str().map(Cow::Borrowed),
        };
        Some(Cow::Borrowed(written.strip_prefix('"')?.strip_suffix('"')?))
    }

    /// The field, if it is a number.
    pub fn number(&self, key: Key) -> Option<f64> {
        match &self.0 {
            Form::Written(line) => line.values[key as usize].parse().ok(),
            Form::Parsed(value) => value[key.as_str()].as_f64(),
        }
    }

    /// The request the line is about.
    pub fn request(&self) -> Option<u64> {
        self.number(Key::Request).map(|id| id as u64)
    }
}

impl<'a> From<&'a Value> for Fields<'a> {
    fn from(line: &'a Value) -> Self {
        Self(Form::Parsed(Cow::Borrowed(line)))
    }
}

/// A line that is gone over from left to right.
#[derive(Debug)]
struct Written<'a> {
    rest: &'a str,
    /// As they are written; what isn't there is empty.
    values: [&'a str; Key::ALL.len()],
    /// Whether a value is written otherwise than it is read.
    escapes: bool,
}

impl<'a> Written<'a> {
    fn read(&mut self) -> Option<()> {
        let length = self.rest.len();
        // However far that gets.
        let _ = self.in_order();
        self.in_any_order(if self.rest.len() == length { '{' } else { ',' })
    }

    /// The fields as Herald writes them, as long as they are those: to know a key beforehand is cheaper than to read it.
    fn in_order(&mut self) -> Option<()> {
        self.next("{\"time\":", Key::Time)?;
        self.next(",\"kind\":", Key::Kind)?;
        match self.values[Key::Kind as usize] {
            "\"occurrence\"" => {
                self.next(",\"agent\":", Key::Agent)?;
                self.next(",\"agent_event\":", Key::AgentEvent)?;
                self.next(",\"event\":", Key::Event)?;
                self.next(",\"session\":", Key::Session)?;
                self.next(",\"decision\":", Key::Decision)?;
                self.next(",\"reason\":", Key::Reason)?;
                self.next(",\"request\":", Key::Request)?;
                self.next(",\"took_us\":", Key::TookUs)?;
                self.next(",\"lock_us\":", Key::LockUs)
            }
            "\"playback\"" => {
                self.next(",\"request\":", Key::Request)?;
                self.next(",\"event\":", Key::Event)?;
                self.next(",\"sound\":", Key::Sound)?;
                self.next(",\"outcome\":", Key::Outcome)?;
                self.next(",\"reason\":", Key::Reason)?;
                self.next(",\"first_sample_ms\":", Key::FirstSampleMs)?;
                self.next(",\"played_ms\":", Key::PlayedMs)?;
                self.next(",\"backend\":", Key::Backend)
            }
            _ => None,
        }
    }

    #[inline(always)]
    fn next(&mut self, written: &str, key: Key) -> Option<()> {
        let rest = self.rest.strip_prefix(written)?;
        self.value(rest, Some(key))
    }

    /// All other fields; what is before the first of them is told.
    fn in_any_order(&mut self, mut before: char) -> Option<()> {
        while before == '{' || self.rest != "}" {
            let rest = self.rest.strip_prefix(before)?;
            before = ',';
            let (key, rest) = rest.split_at(string(rest)?.length);
            let key = key.trim_matches('"');
            // Another spelling of a key is a matter for parsing.
            if key.contains('\\') {
                return None;
            }
            self.value(rest.strip_prefix(':')?, Key::of(key))?;
        }
        Some(())
    }

    /// Takes the value that stands here; of several of a key the last counts, as in parsing.
    fn value(&mut self, rest: &'a str, key: Option<Key>) -> Option<()> {
        let length = match rest.as_bytes().first()? {
            b'"' => {
                let string = string(rest)?;
                self.escapes |= string.escapes;
                string.length
            }
            b'-' | b'0'..=b'9' => number(rest.as_bytes())?,
            // No list, no object, and what begins so but is none of these is followed by neither comma nor brace.
            _ => ["null", "true", "false"].into_iter().find(|word| rest.starts_with(word))?.len(),
        };
        let (value, rest) = rest.split_at(length);
        if let Some(key) = key {
            self.values[key as usize] = value;
        }
        self.rest = rest;
        Some(())
    }
}

/// How long the number is that stands here; one that may be too large for parsing, or has an exponent, is left to that.
fn number(text: &[u8]) -> Option<usize> {
    const SAFE: usize = 18;
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let start = usize::from(text[0] == b'-');
    let whole = digits(start);
    let end = start + whole;
    if !(1..=SAFE).contains(&whole) || (whole > 1 && text[start] == b'0') {
        return None;
    }
    if text.get(end) != Some(&b'.') {
        return Some(end);
    }
    Some(digits(end + 1)).filter(|fraction| *fraction > 0).map(|fraction| end + 1 + fraction)
}

/// A string with its quotes.
struct Quoted {
    length: usize,
    escapes: bool,
}

/// The string that stands here.
#[inline(always)]
fn string(text: &str) -> Option<Quoted> {
    let inner = text.as_bytes().strip_prefix(b"\"")?;
    let end = plain(inner);
    if inner.get(end) == Some(&b'"') { Some(Quoted { length: end + 2, escapes: false }) } else { escaped(text) }
}

/// The string that stands here, with escapes in it.
#[cold]
fn escaped(text: &str) -> Option<Quoted> {
    let mut strings = serde_json::Deserializer::from_str(text).into_iter::<String>();
    strings.next()?.ok()?;
    Some(Quoted { length: strings.byte_offset(), escapes: true })
}

/// How many bytes from here on stand for themselves in a string; sixteen are looked at together.
#[inline(always)]
fn plain(text: &[u8]) -> usize {
    let special = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
    let mut at = 0;
    while let Some(some) = text[at..].first_chunk::<16>() {
        let marks = u128::from_le_bytes(some.map(|byte| u8::from(special(byte))));
        if marks != 0 {
            return at + marks.trailing_zeros() as usize / 8;
        }
        at += some.len();
    }
    text[at..].iter().position(|byte| special(*byte)).map_or(text.len(), |end| at + end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    /// Every field is what parsing finds; a line without fields is none that can be parsed.
    fn agree(line: &[u8]) -> Result<(), String> {
        let parsed = serde_json::from_slice(line).ok().filter(Value::is_object);
        let fields = Fields::of(line);
        let shown = String::from_utf8_lossy(line);
        let (parsed, fields) = match (parsed, fields) {
            (Some(parsed), Some(fields)) => (parsed, fields),
            (None, None) => return Ok(()),
            (parsed, _) => return Err(format!("{shown}: parsed: {}", parsed.is_some())),
        };
        for key in Key::ALL {
            let expected = &parsed[key.as_str()];
            let near = |one: f64, other: f64| (one - other).abs() <= one.abs() * f64::EPSILON;
            let numbers = match (fields.number(key), expected.as_f64()) {
                (Some(one), Some(other)) => near(one, other),
                (one, other) => one == other,
            };
            if fields.text(key).as_deref() != expected.as_str() || !numbers {
                return Err(format!("{shown}: {}", key.as_str()));
            }
        }
        Ok(())
    }

    #[test]
    fn each_key_is_found_by_its_word() {
        for (at, key) in Key::ALL.into_iter().enumerate() {
            assert_eq!(key as usize, at);
            assert_eq!(Key::of(key.as_str()), Some(key));
        }
    }

    #[rstest]
    #[case::plain(r#"{"reason":"ok"}"#, Some("ok"))]
    #[case::spaced(r#"{"a": 1, "reason": "ok" }"#, Some("ok"))]
    #[case::empty(r#"{"reason":""}"#, Some(""))]
    #[case::escaped(r#"{"reason":"a \"b\" \u00e9"}"#, Some("a \"b\" é"))]
    #[case::not_ascii(r#"{"reason":"schön, 完了"}"#, Some("schön, 完了"))]
    #[case::ends_in_a_backslash(r#"{"reason":"C:\\"}"#, Some("C:\\"))]
    #[case::null(r#"{"reason":null}"#, None)]
    #[case::a_number(r#"{"reason":3}"#, None)]
    #[case::a_list(r#"{"reason":["ok"]}"#, None)]
    #[case::absent(r#"{"a":"reason"}"#, None)]
    #[case::in_a_text(r#"{"detail":"it said \"reason\": \"no\"","reason":"ok"}"#, Some("ok"))]
    #[case::in_an_object(r#"{"detail":{"reason":"no"},"event":"x"}"#, None)]
    #[case::end_of_another_key(r#"{"the_reason":"no","reason":"ok"}"#, Some("ok"))]
    #[case::spelt_otherwise(r#"{"re\u0061son":"ok"}"#, Some("ok"))]
    #[case::twice(r#"{"reason":"no","reason":"ok"}"#, Some("ok"))]
    #[case::cut_off(r#"{"reason":"o"#, None)]
    #[case::begun_twice(r#"{"a":1{"reason":"ok"}"#, None)]
    #[case::not_begun("}", None)]
    #[case::other_keys_first(r#"{"a":1,"b":2,"reason":"ok"}"#, Some("ok"))]
    #[case::two_objects(r#"{"reason":"o"}{}"#, None)]
    #[case::half_a_pair(r#"{"reason":"\ud800"}"#, None)]
    #[case::nothing("{}", None)]
    fn a_text_is_what_parsing_finds(#[case] line: &str, #[case] expected: Option<&str>) {
        let fields = Fields::of(line.as_bytes());
        assert_eq!(fields.as_ref().and_then(|fields| fields.text(Key::Reason)).as_deref(), expected);
        agree(line.as_bytes()).unwrap();
    }

    #[rstest]
    #[case(r#"{"took_us":1234,"lock_us":5}"#, Some(1234.0))]
    #[case(r#"{"took_us": 7.25}"#, Some(7.25))]
    #[case(r#"{"took_us":-0.5}"#, Some(-0.5))]
    #[case(r#"{"took_us":12345678901234567890}"#, Some(12_345_678_901_234_567_890.0))]
    #[case(r#"{"took_us":1e3}"#, Some(1000.0))]
    #[case(r#"{"took_us":1e999}"#, None)]
    #[case(r#"{"took_us":01}"#, None)]
    #[case(r#"{"took_us":1.}"#, None)]
    #[case(r#"{"took_us":null}"#, None)]
    #[case(r#"{"took_us":"9"}"#, None)]
    #[case(r#"{"a":1}"#, None)]
    fn a_number_is_what_parsing_finds(#[case] line: &str, #[case] expected: Option<f64>) {
        let fields = Fields::of(line.as_bytes());
        assert_eq!(fields.and_then(|fields| fields.number(Key::TookUs)), expected);
        agree(line.as_bytes()).unwrap();
    }

    #[test]
    fn what_herald_writes_is_not_parsed() {
        let line = r#"{"time":"2026-11-21T10:00:00.123Z","kind":"playback","request":7,"event":null,"sound":"C:\\d.wav","outcome":"finished","reason":"ok","first_sample_ms":7.1,"played_ms":800.0,"backend":"pulse","detail":"no \"\u00e9\" in ö"}"#;
        assert!(matches!(Fields::of(line.as_bytes()), Some(Fields(Form::Written(_)))));
    }

    #[test]
    fn every_byte_is_told_apart_at_every_place() {
        for byte in 0..=u8::MAX {
            for (before, after) in [(0, 0), (0, 20), (3, 20), (7, 1), (8, 0), (12, 9)] {
                let text = [vec![b'a'; before], vec![byte], vec![b'z'; after]].concat();
                let special = byte < b' ' || byte == b'"' || byte == b'\\';
                assert_eq!(plain(&text), if special { before } else { text.len() }, "{byte}");
            }
        }
    }

    fn key() -> impl Strategy<Value = String> {
        prop_oneof![
            6 => proptest::sample::select(&Key::ALL).prop_map(|key| format!("\"{}\"", key.as_str())),
            1 => Just("\"re\\u0061son\"".to_owned()),
            1 => any::<String>().prop_map(|text| Value::from(text).to_string()),
        ]
    }

    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "[ -~]{0,20}".prop_map(|text| Value::from(text).to_string()),
            2 => any::<String>().prop_map(|text| Value::from(text).to_string()),
            2 => any::<u64>().prop_map(|number| number.to_string()),
            1 => any::<i16>().prop_map(|number| number.to_string()),
            2 => (-1e6..1e6_f64).prop_map(|number| Value::from(number).to_string()),
            1 => "-?[0-9]{1,3}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{0,4})?",
            1 => proptest::sample::select(&["null", "true", "false", "[]", "{\"reason\":\"no\"}", "\"\\ud83d\\ude00\""][..])
                .prop_map(str::to_owned),
        ]
    }

    fn line() -> impl Strategy<Value = String> {
        let space = || proptest::sample::select(&["", "", "", "", "", "", " ", "\t", "\u{b}"][..]);
        let field = (key(), space(), value(), space()).prop_map(|(key, a, value, b)| format!("{key}{a}:{value}{b}"));
        proptest::collection::vec(field, 0..8).prop_map(|fields| format!("{{{}}}", fields.join(",")))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn any_line_says_what_parsing_finds(line in line()) {
            prop_assert_eq!(agree(line.as_bytes()), Ok(()));
        }

        /// Bytes that were taken out, put in or written over.
        #[test]
        fn a_damaged_line_says_what_parsing_finds(
            line in line(),
            harm in proptest::collection::vec((any::<proptest::sample::Index>(), 0..3_u8, any::<u8>(), 0..24_usize), 1..4),
        ) {
            let mut line = line.into_bytes();
            for (place, how, any, usual) in harm {
                let at = place.index(line.len() + 1);
                let byte = b"\"\\{}:,. 0e-\n\x00\x1f\x7f\x80\xff\xc3\xa9tn[u+".get(usual).copied().unwrap_or(any);
                match how {
                    0 if at < line.len() => drop(line.remove(at)),
                    1 if at < line.len() => line[at] = byte,
                    _ => line.insert(at, byte),
                }
            }
            prop_assert_eq!(agree(&line), Ok(()));
        }
    }
}
