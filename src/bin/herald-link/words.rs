//! What brokers carry besides occurrences: who is here, and who wants silence; and under which topics all of it goes.
//!
//! Pure. What is read was written by a stranger until every field of it was looked at.

use herald::config::is_machine;
use herald::link::{BadMessage, Id, Muted};
use serde::{Deserialize, Serialize};

/// The version of these words; another one is not read.
const VERSION: u8 = 1;

/// More than either has, in bytes.
const LARGEST: usize = 512;

/// What a topic is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic<'a> {
    /// Something happened on that machine.
    Event(&'a str),
    /// Whether that machine is here.
    Here(&'a str),
    /// The user's mute.
    Mute,
}

impl<'a> Topic<'a> {
    /// Reads the topic of a message below `base`.
    pub(crate) fn read(base: &str, topic: &'a str) -> Option<Self> {
        let rest = topic.strip_prefix(base)?.strip_prefix('/')?;
        match rest.split_once('/') {
            None if rest == "mute" => Some(Self::Mute),
            Some((host, "event")) if is_machine(host) => Some(Self::Event(host)),
            Some((host, "here")) if is_machine(host) => Some(Self::Here(host)),
            _ => None,
        }
    }
}

/// Where that machine's occurrences go.
pub(crate) fn event_topic(base: &str, host: &str) -> String {
    format!("{base}/{host}/event")
}

/// Where it is told whether that machine is here.
pub(crate) fn here_topic(base: &str, host: &str) -> String {
    format!("{base}/{host}/here")
}

/// Where the user's mute goes.
pub(crate) fn mute_topic(base: &str) -> String {
    format!("{base}/mute")
}

/// A topic that somebody listens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) topic: String,
    /// What is retained there is wanted, too.
    pub(crate) retained: bool,
    /// What comes while we are away is kept for us.
    pub(crate) kept: bool,
}

/// All topics of somebody who listens.
pub(crate) fn heard(base: &str) -> [Wanted; 3] {
    [
        Wanted { topic: event_topic(base, "+"), retained: false, kept: true },
        // Whoever comes back is told anew who is here: what changed meanwhile would only fill the broker's queue.
        Wanted { topic: here_topic(base, "+"), retained: true, kept: false },
        Wanted { topic: mute_topic(base), retained: true, kept: true },
    ]
}

/// Whether a machine is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Presence {
    v: u8,
    /// Which one.
    pub(crate) host: String,
    /// Whether it is.
    pub(crate) here: bool,
}

impl Presence {
    pub(crate) fn of(host: &str, here: bool) -> Self {
        Self { v: VERSION, host: host.to_owned(), here }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, BadMessage> {
        let read: Self = parsed(bytes)?;
        if read.v != VERSION {
            return Err(BadMessage("it is of another version"));
        }
        if !is_machine(&read.host) {
            return Err(BadMessage("its machine has no name that can be one"));
        }
        Ok(read)
    }
}

/// The user wants silence everywhere, or wants it to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Silence {
    v: u8,
    /// Which one it is.
    pub(crate) id: Id,
    /// Where the user said so.
    pub(crate) host: String,
    /// Whether it begins or ends.
    pub(crate) muted: bool,
    /// How long it lasts yet, in seconds; without it until it is ended by hand.
    pub(crate) left_s: Option<u64>,
}

impl Silence {
    /// What `letter` says `age_s` seconds after it was written; `None` where that is over.
    pub(crate) fn of(letter: &Muted, host: &str, age_s: u64) -> Option<Self> {
        let left_s = match letter.left_s.filter(|_| letter.muted) {
            Some(left) => Some(left.checked_sub(age_s).filter(|left| *left > 0)?),
            None => None,
        };
        Some(Self { v: VERSION, id: letter.id, host: host.to_owned(), muted: letter.muted, left_s })
    }

    /// How long the broker keeps it.
    pub(crate) fn expiry(&self) -> Option<u32> {
        self.left_s.map(|left| u32::try_from(left).unwrap_or(u32::MAX))
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, BadMessage> {
        let read: Self = parsed(bytes)?;
        if read.v != VERSION {
            return Err(BadMessage("it is of another version"));
        }
        if !is_machine(&read.host) {
            return Err(BadMessage("its machine has no name that can be one"));
        }
        Ok(read)
    }

    /// How long it lasts yet where the broker says that it keeps the message for `expiry` more seconds.
    pub(crate) fn left(&self, expiry: Option<u32>) -> Option<u64> {
        self.left_s.map(|left| expiry.map_or(left, |expiry| left.min(expiry.into())))
    }
}

fn parsed<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, BadMessage> {
    if bytes.len() > LARGEST {
        return Err(BadMessage("it is larger than 512 bytes"));
    }
    serde_json::from_slice(bytes).map_err(|_| BadMessage("it is no message of Herald's"))
}

#[cfg(test)]
mod tests {
    use herald::platform::clock::Stamp;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("herald/anna/desk/event", Some(Topic::Event("desk")))]
    #[case("herald/anna/desk.1/here", Some(Topic::Here("desk.1")))]
    #[case("herald/anna/mute", Some(Topic::Mute))]
    #[case("herald/anna/event", None)]
    #[case("herald/anna/desk/other", None)]
    #[case("herald/anna/desk/event/more", None)]
    #[case("herald/anna/-rf/event", None)]
    #[case("herald/anna//event", None)]
    #[case("herald/bob/desk/event", None)]
    #[case("herald/annabel/desk/event", None)]
    fn topics_are_read(#[case] topic: &str, #[case] wanted: Option<Topic<'_>>) {
        assert_eq!(Topic::read("herald/anna", topic), wanted);
    }

    #[test]
    fn what_is_said_of_a_machine_is_read_as_it_was_written() {
        for here in [true, false] {
            let said = Presence::of("desk", here);
            assert_eq!(Presence::read(&said.to_bytes()), Ok(said));
        }
        for bad in
            [&b""[..], b"{}", b"{\"v\":2,\"host\":\"a\",\"here\":true}", b"{\"v\":1,\"host\":\"a/b\",\"here\":true}"]
        {
            assert!(Presence::read(bad).is_err());
        }
        assert!(Presence::read(&[b' '; LARGEST + 1]).is_err());
    }

    fn muted(muted: bool, left_s: Option<u64>) -> Muted {
        Muted { id: Id(7), at: Stamp { wall_ms: 0, boot_us: 0 }, muted, left_s }
    }

    #[rstest]
    #[case(muted(true, Some(60)), 0, Some(Some(60)))]
    #[case(muted(true, Some(60)), 59, Some(Some(1)))]
    #[case(muted(true, Some(60)), 60, None)]
    #[case(muted(true, None), 9999, Some(None))]
    #[case(muted(false, None), 9999, Some(None))]
    #[case(muted(false, Some(3)), 9999, Some(None))]
    fn a_silence_lasts_as_long_as_is_left_of_it(
        #[case] letter: Muted,
        #[case] age_s: u64,
        #[case] left: Option<Option<u64>>,
    ) {
        let said = Silence::of(&letter, "desk", age_s);
        assert_eq!(said.as_ref().map(|said| said.left_s), left);
        if let Some(said) = said {
            assert_eq!(said.left(said.expiry()), said.left_s);
            assert_eq!(Silence::read(&said.to_bytes()), Ok(said));
        }
    }

    #[test]
    fn the_broker_knows_how_long_it_kept_it() {
        let said = Silence::of(&muted(true, Some(60)), "desk", 0).unwrap();
        assert_eq!((said.left(Some(20)), said.left(None), said.left(Some(90))), (Some(20), Some(60), Some(60)));
    }
}
