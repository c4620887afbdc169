//! An occurrence as it travels: one line of JSON.
//!
//! Invariant: it holds nothing but the event, who told, on which machine, in which session (a short hash), how urgent it
//! was there, and when. What is read was written by a stranger until every field of it was looked at.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config;
use crate::event::{EventName, Occurrence, Priority, Session};
use crate::platform::clock::Stamp;

/// The most bytes one has.
pub const LARGEST: usize = 4096;

/// The version of these words; another one is not read.
const VERSION: u8 = 1;

/// What tells an occurrence from all others, wherever it is delivered and however often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub u128);

impl Id {
    /// A new one. No secret: whoever may publish may forge.
    pub fn new(now: Stamp) -> Self {
        use std::hash::{BuildHasher as _, Hasher as _};
        // The standard library's random keys: two 64-bit numbers from the system, different in each process.
        let random = || {
            let mut hasher = std::hash::RandomState::new().build_hasher();
            hasher.write_u64(now.boot_us);
            hasher.write_u64(now.wall_ms);
            hasher.write_u32(std::process::id());
            hasher.finish()
        };
        Self(u128::from(random()) << 64 | u128::from(random()))
    }

    /// It as a key of the policy's memory.
    pub fn key(self) -> u64 {
        xxhash_rust::xxh3::xxh3_64(&self.0.to_le_bytes())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Id {
    type Err = BadMessage;

    fn from_str(text: &str) -> Result<Self, BadMessage> {
        let is_hex = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let id = is_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        id.map(Self).ok_or(BadMessage("its id is none"))
    }
}

impl Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Why what came is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadMessage(pub &'static str);

impl fmt::Display for BadMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for BadMessage {}

/// An occurrence of another machine's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurred {
    /// The version of the words.
    pub v: u8,
    /// Which one it is.
    pub id: Id,
    /// What happened.
    pub event: EventName,
    /// Who told.
    pub agent: String,
    /// On which machine.
    pub host: String,
    /// In which session: its short hash.
    pub session: String,
    /// How urgent it was there.
    pub priority: Priority,
    /// How old it was when it was sent, in milliseconds.
    pub age_ms: u64,
    /// When it happened by that machine's wall clock, in milliseconds since 1970.
    pub wall_ms: u64,
    /// The same by the clock that counts from its boot, in milliseconds.
    pub boot_ms: u64,
}

impl Occurred {
    /// What happened on this machine, now; `None` where nothing did.
    pub fn of(occurrence: &Occurrence, host: &str, priority: Priority, now: Stamp) -> Option<Self> {
        let event = occurrence.event.clone()?;
        let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let agent = occurrence.agent.bytes().filter(is_plain).take(64).map(char::from).collect();
        Some(Self {
            v: VERSION,
            id: Id::new(now),
            event,
            agent,
            host: host.to_owned(),
            session: occurrence.session_key().to_string(),
            priority,
            age_ms: 0,
            wall_ms: now.wall_ms,
            boot_ms: now.boot_us / 1000,
        })
    }

    /// Reads what came from anywhere.
    ///
    /// # Errors
    /// Where it is too large, no JSON, or a field holds what it never would.
    pub fn read(bytes: &[u8]) -> Result<Self, BadMessage> {
        if bytes.len() > LARGEST {
            return Err(BadMessage("it is larger than 4096 bytes"));
        }
        let read: Self = serde_json::from_slice(bytes).map_err(|_| BadMessage("it is no message of Herald's"))?;
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if read.v != VERSION {
            return Err(BadMessage("it is of another version"));
        }
        if !config::is_machine(&read.host) {
            return Err(BadMessage("its machine has no name that can be one"));
        }
        if read.agent.len() > 64 || !read.agent.bytes().all(is_plain) {
            return Err(BadMessage("its agent has no name that can be one"));
        }
        if read.session.len() != 8 || !read.session.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(BadMessage("its session is none"));
        }
        Ok(read)
    }

    /// As it is sent, so old by then; without a line end.
    pub fn to_bytes(&self, age: Duration) -> Vec<u8> {
        let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        serde_json::to_vec(&Self { age_ms, ..self.clone() }).unwrap_or_default()
    }

    /// When it happened, by that machine's clocks.
    pub fn at(&self) -> Stamp {
        Stamp { wall_ms: self.wall_ms, boot_us: self.boot_ms.saturating_mul(1000) }
    }

    /// As an occurrence of this machine's: sessions of different machines are different ones.
    pub fn into_occurrence(self) -> Occurrence {
        Occurrence {
            event: Some(self.event),
            session: Some(Session::of(&format!("{}/{}", self.host, self.session))),
            agent: self.agent,
            host: Some(self.host.into()),
            ..Occurrence::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn occurrence() -> Occurrence {
        Occurrence {
            event: "input.permission".parse().ok(),
            agent: "claude-code".to_owned(),
            session: Some(Session::of("s")),
            cwd: Some("/home/anna/secret project".into()),
            command: Some("rm -rf /".to_owned()),
            tool: Some("Bash".to_owned()),
            detail: Some("detail".to_owned()),
            ..Occurrence::default()
        }
    }

    fn sent() -> Occurred {
        let now = Stamp { wall_ms: 1_700_000_000_000, boot_us: 5_000_000 };
        Occurred::of(&occurrence(), "build-7", Priority::Urgent, now).unwrap()
    }

    #[test]
    fn it_holds_what_may_travel_and_nothing_else() {
        let sent = sent();
        let value: Value = serde_json::from_slice(&sent.to_bytes(Duration::from_millis(7))).unwrap();
        let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        let known = ["v", "id", "event", "agent", "host", "session", "priority", "age_ms", "wall_ms", "boot_ms"];
        assert_eq!(keys, known);
        assert_eq!((&value["age_ms"], &value["session"]), (&json!(7), &json!(Session::of("s").to_string())));
        for secret in ["secret", "rm -rf", "Bash", "detail"] {
            assert!(!value.to_string().contains(secret), "{secret}");
        }
        assert!(Occurred::of(&Occurrence::default(), "h", Priority::Low, Stamp::now()).is_none());
    }

    #[test]
    fn what_was_sent_is_read() {
        let sent = sent();
        let read = Occurred::read(&sent.to_bytes(Duration::from_secs(2))).unwrap();
        assert_eq!(read, Occurred { age_ms: 2000, ..sent });
        let occurrence = read.into_occurrence();
        assert_eq!((occurrence.host.as_deref(), occurrence.agent.as_str()), (Some("build-7"), "claude-code"));
        assert_ne!(occurrence.session, Some(Session::of("s")), "another machine's");
    }

    #[test]
    fn ids_differ() {
        let now = Stamp::now();
        assert_ne!(Id::new(now), Id::new(now));
        assert_eq!(Id(77).to_string().parse(), Ok(Id(77)));
    }

    #[rstest]
    #[case::version("v", json!(2))]
    #[case::id("id", json!("77"))]
    #[case::event("event", json!("a b"))]
    #[case::agent("agent", json!("\u{1b}[2J"))]
    #[case::long_agent("agent", json!("a".repeat(65)))]
    #[case::host("host", json!("a/b"))]
    #[case::wildcard("host", json!("+"))]
    #[case::session("session", json!("0123456"))]
    #[case::session_path("session", json!("../../.."))]
    #[case::priority("priority", json!("highest"))]
    #[case::age("age_ms", json!(-1))]
    #[case::clock("wall_ms", json!(1e300))]
    #[case::missing("boot_ms", Value::Null)]
    fn what_no_herald_wrote_is_refused(#[case] key: &str, #[case] other: Value) {
        let mut value: Value = serde_json::from_slice(&sent().to_bytes(Duration::ZERO)).unwrap();
        value[key] = other;
        assert!(Occurred::read(value.to_string().as_bytes()).is_err());
    }

    #[test]
    fn rubbish_and_what_is_too_large_is_refused() {
        let mut large = sent().to_bytes(Duration::ZERO);
        large.resize(LARGEST + 1, b' ');
        assert!(Occurred::read(&large).is_err());
        assert!(Occurred::read(&large[..LARGEST]).is_ok());
        for rubbish in [&b""[..], b"{", b"[]", b"null", b"\xff\xfe", b"{\"v\":1}"] {
            assert!(Occurred::read(rubbish).is_err());
        }
    }
}
