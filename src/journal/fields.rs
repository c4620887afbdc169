//! What a line says, field by field, without parsing the rest.
//!
//! A full journal has some 40,000 lines, and to parse them takes a tenth of a second: too long for what only counts. A
//! field is found by its key in quotes with the colon behind it. Inside a string a quote is never bare, so that nothing
//! but a key can look like one; a line of Herald's holds no object inside the object, so that each key is there once.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::LazyLock;

use memchr::memchr2;
use memchr::memmem::Finder;
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

    /// The word.
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
}

/// What each key is found by: as it is written, in quotes and with the colon.
static WRITTEN: LazyLock<[Finder<'static>; Key::ALL.len()]> =
    LazyLock::new(|| Key::ALL.map(|key| Finder::new(format!("\"{}\":", key.as_str()).as_bytes()).into_owned()));

/// The fields of one line.
#[derive(Clone, Debug)]
pub struct Fields<'a>(Form<'a>);

#[derive(Clone, Debug)]
enum Form<'a> {
    Written(Written<'a>),
    Parsed(&'a Value),
}

impl<'a> Fields<'a> {
    /// The fields of a line that is whole.
    pub(super) fn of(line: &'a [u8]) -> Self {
        Self(Form::Written(Written { line, end: Cell::new(0) }))
    }

    /// The field, if it is a text.
    pub fn text(&self, key: Key) -> Option<Cow<'a, str>> {
        match &self.0 {
            Form::Written(written) => written.text(key),
            Form::Parsed(value) => value[key.as_str()].as_str().map(Cow::Borrowed),
        }
    }

    /// Whether the field is this text; it isn't copied, nor looked at further.
    pub fn is(&self, key: Key, word: &str) -> bool {
        match &self.0 {
            Form::Written(written) => match written.plain(key) {
                Some(plain) => plain == word.as_bytes(),
                None => written.text(key).is_some_and(|text| text == word),
            },
            Form::Parsed(value) => value[key.as_str()] == word,
        }
    }

    /// The field, if it is a number.
    pub fn number(&self, key: Key) -> Option<f64> {
        match &self.0 {
            Form::Written(written) => {
                let word = written.word(key)?;
                // Most are whole numbers, which are read in a fraction of the time.
                word.parse::<u32>().map(f64::from).or_else(|_| word.parse()).ok()
            }
            Form::Parsed(value) => value[key.as_str()].as_f64(),
        }
    }

    /// The request the line is about.
    pub fn request(&self) -> Option<u64> {
        match &self.0 {
            Form::Written(written) => written.word(Key::Request)?.parse().ok(),
            Form::Parsed(value) => value[Key::Request.as_str()].as_u64(),
        }
    }
}

impl<'a> From<&'a Value> for Fields<'a> {
    fn from(line: &'a Value) -> Self {
        Self(Form::Parsed(line))
    }
}

#[derive(Clone, Debug)]
struct Written<'a> {
    line: &'a [u8],
    /// Where the value ended that was found last: mostly the next one that is wanted follows.
    end: Cell<usize>,
}

impl<'a> Written<'a> {
    /// Where the value of the key begins.
    fn value(&self, key: Key) -> Option<usize> {
        let finder = &WRITTEN[key as usize];
        let (from, length) = (self.end.get(), finder.needle().len());
        // Behind the brace or the comma.
        if self.line.get(from + 1..).is_some_and(|rest| rest.starts_with(finder.needle())) {
            return Some(from + 1 + length);
        }
        let found = finder.find(&self.line[from..]).map(|at| from + at);
        found.or_else(|| finder.find(&self.line[..from])).map(|at| at + length)
    }

    fn text(&self, key: Key) -> Option<Cow<'a, str>> {
        let quoted = self.quoted(key)?;
        if let Some(plain) = self.unescaped(quoted) {
            return std::str::from_utf8(plain).ok().map(Cow::Borrowed);
        }
        let text = serde_json::Deserializer::from_slice(quoted).into_iter::<String>().next()?.ok()?;
        Some(Cow::Owned(text))
    }

    /// The bytes of a text that is written without any escape.
    fn plain(&self, key: Key) -> Option<&'a [u8]> {
        self.unescaped(self.quoted(key)?)
    }

    /// The value, with all that follows it, if it is a text.
    fn quoted(&self, key: Key) -> Option<&'a [u8]> {
        let quoted = self.line[self.value(key)?..].trim_ascii_start();
        quoted.starts_with(b"\"").then_some(quoted)
    }

    fn unescaped(&self, quoted: &'a [u8]) -> Option<&'a [u8]> {
        let inner = &quoted[1..];
        let end = memchr2(b'"', b'\\', inner)?;
        if inner[end] != b'"' {
            return None;
        }
        self.end.set(self.line.len() - inner.len() + end + 1);
        Some(&inner[..end])
    }

    /// A number as it is written, or another word.
    fn word(&self, key: Key) -> Option<&'a str> {
        let at = self.value(key)?;
        let text = self.line[at..].trim_ascii_start();
        let end = text.iter().position(|byte| matches!(byte, b',' | b'}' | b' ')).unwrap_or(text.len());
        self.end.set(self.line.len() - text.len() + end);
        std::str::from_utf8(&text[..end]).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::Map;

    use super::*;

    #[test]
    fn each_key_has_its_own_place() {
        for (at, key) in Key::ALL.into_iter().enumerate() {
            assert_eq!(key as usize, at);
            assert_eq!(Key::ALL.iter().filter(|other| other.as_str() == key.as_str()).count(), 1);
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
    #[case::absent(r#"{"a":"reason"}"#, None)]
    #[case::in_a_text(r#"{"detail":"it said \"reason\": \"no\"","reason":"ok"}"#, Some("ok"))]
    #[case::end_of_another_key(r#"{"the_reason":"no","reason":"ok"}"#, Some("ok"))]
    #[case::cut_off(r#"{"reason":"o"#, None)]
    #[case::nothing("{}", None)]
    fn a_text_is_what_parsing_finds(#[case] line: &str, #[case] expected: Option<&str>) {
        assert_eq!(Fields::of(line.as_bytes()).text(Key::Reason).as_deref(), expected);
        if let Ok(value) = serde_json::from_str::<Value>(line) {
            assert_eq!(value["reason"].as_str(), expected);
            assert_eq!(Fields::from(&value).text(Key::Reason).as_deref(), expected);
        }
    }

    #[rstest]
    #[case(r#"{"took_us":1234,"lock_us":5}"#, Some(1234.0))]
    #[case(r#"{"took_us": 7.25}"#, Some(7.25))]
    #[case(r#"{"took_us":null}"#, None)]
    #[case(r#"{"took_us":"9"}"#, None)]
    #[case(r#"{"a":1}"#, None)]
    fn a_number_is_what_parsing_finds(#[case] line: &str, #[case] expected: Option<f64>) {
        assert_eq!(Fields::of(line.as_bytes()).number(Key::TookUs), expected);
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<String>().prop_map(Value::from),
            "[ -~]{0,20}".prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e6..1e6_f64).prop_map(Value::from),
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
        ]
    }

    fn key() -> impl Strategy<Value = String> {
        prop_oneof![
            6 => proptest::sample::select(&Key::ALL).prop_map(|key| key.as_str().to_owned()),
            1 => any::<String>(),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Any flat object, whatever is in its texts.
        #[test]
        fn any_line_says_what_parsing_finds(
            pairs in proptest::collection::vec((key(), value()), 0..10),
            order in Just(Key::ALL.to_vec()).prop_shuffle(),
        ) {
            let object: Map<String, Value> = pairs.into_iter().collect();
            let value = Value::Object(object);
            let line = value.to_string();
            let (found, parsed) = (Fields::of(line.as_bytes()), Fields::from(&value));
            // In any order: where the last one was found is where the next one is looked for.
            for key in order {
                prop_assert_eq!(found.text(key), parsed.text(key), "{}", line);
                let near = |one: f64, other: f64| (one - other).abs() <= one.abs() * f64::EPSILON;
                match (found.number(key), parsed.number(key)) {
                    (Some(one), Some(other)) => prop_assert!(near(one, other), "{}", line),
                    (one, other) => prop_assert_eq!(one, other, "{}", line),
                }
            }
            prop_assert_eq!(found.request(), parsed.request(), "{}", line);
        }
    }
}
