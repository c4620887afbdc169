//! What a configuration is once it has been read: plain values, every one of them already checked.
//!
//! Owns the defaults and the limits. Knows neither TOML nor files; [`super::read`] makes these, [`super::rules`]
//! asks them, [`super::image`] keeps them.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::address::Address;
use super::circumstance::SkipWhen;
use super::days::{Days, Hours};
use crate::event::{EventName, Priority};
use crate::sound_ref::SoundRef;

/// The whole configuration, complete without any file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// 0 to 100, perceptual.
    pub volume: u8,
    /// The active packs, the first that has an event wins.
    pub packs: Vec<String>,
    /// The longest a sound may play.
    pub timeout: Duration,
    /// What was set for single events; sorted by name, each name once.
    pub events: Vec<(EventName, Overrides)>,
    /// In the order of the file.
    pub rules: Vec<Rule>,
    /// How sounds share the one voice.
    pub speaker: Speaker,
    /// When nothing is heard.
    pub quiet: Vec<QuietHours>,
    /// How sound gets out of this machine.
    pub output: Output,
    /// Which other machines are told, and heard of.
    pub link: Option<Box<Link>>,
    /// What goes to a phone.
    pub push: Option<Box<Push>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            volume: 70,
            packs: vec!["herald".to_owned()],
            timeout: Duration::from_secs(10),
            events: Vec::new(),
            rules: Vec::new(),
            speaker: Speaker::default(),
            quiet: Vec::new(),
            output: Output::default(),
            link: None,
            push: None,
        }
    }
}

impl Config {
    /// What was set for this event, if anything was.
    pub fn event(&self, name: &EventName) -> Option<&Overrides> {
        self.events.binary_search_by(|(known, _)| known.cmp(name)).ok().map(|at| &self.events[at].1)
    }
}

/// How sounds share the one voice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speaker {
    /// What a sound does that meets one of its own priority.
    pub overlap: Overlap,
    /// Nobody is cut before having been heard this long.
    pub min_audible: Duration,
    /// Silence played first, for devices that sleep.
    pub lead_in: Duration,
    /// Every sound is brought to one loudness.
    pub normalize: bool,
    /// When a sound is skipped that no event and no rule says otherwise of.
    pub skip_when: SkipWhen,
}

impl Default for Speaker {
    fn default() -> Self {
        Self {
            overlap: Overlap::Queue,
            min_audible: Duration::from_millis(150),
            lead_in: Duration::ZERO,
            normalize: true,
            skip_when: SkipWhen::NEVER,
        }
    }
}

/// What a sound does that meets one of its own priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overlap {
    /// The newest waits.
    #[default]
    Queue,
    /// The newest cuts in.
    Replace,
    /// The newest is skipped.
    Drop,
}

impl Overlap {
    /// All of them, the default first.
    pub const ALL: [Self; 3] = [Self::Queue, Self::Replace, Self::Drop];

    /// The word used in configuration and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Replace => "replace",
            Self::Drop => "drop",
        }
    }
}

/// How sound gets out of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The socket of the sound server, whatever the environment says: agents strip it.
    pub server: Option<PathBuf>,
}

/// Which other machines are told, and heard of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Where what would be heard here is sent to.
    pub send_to: Option<Address>,
    /// It is heard here as well.
    pub play_here: bool,
    /// Where other machines' occurrences come from.
    pub listen_to: Vec<Address>,
    /// Which machines are heard; all of them where nothing is said.
    pub hosts: Option<Pattern>,
    /// The name of this machine; without it the system's.
    pub host: Option<String>,
    /// Sounds one other machine may make in a minute.
    pub limit: u32,
    /// Holds the broker's password in its first line.
    pub password_file: Option<PathBuf>,
    /// Holds the certificates of those who vouch for the broker; without it the system's.
    pub ca_file: Option<PathBuf>,
    /// Holds the certificate the broker knows this user by.
    pub cert_file: Option<PathBuf>,
    /// Holds its key.
    pub key_file: Option<PathBuf>,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            send_to: None,
            play_here: false,
            listen_to: Vec::new(),
            hosts: None,
            host: None,
            limit: 30,
            password_file: None,
            ca_file: None,
            cert_file: None,
            key_file: None,
        }
    }
}

/// What goes to a phone, by a server that speaks as ntfy does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// Without a slash at its end.
    pub server: String,
    /// Whoever knows it can read along.
    pub topic: String,
    /// Holds the server's token in its first line.
    pub token_file: Option<PathBuf>,
    /// Which events; where nothing is said, all that are urgent enough.
    pub events: Option<Pattern>,
    /// What is less urgent is not pushed.
    pub priority: Priority,
    /// What only a mute or quiet hours silence is pushed all the same.
    pub while_muted: bool,
}

impl Default for Push {
    fn default() -> Self {
        Self {
            server: "https://ntfy.sh".to_owned(),
            topic: String::new(),
            token_file: None,
            events: None,
            priority: Priority::Urgent,
            while_muted: false,
        }
    }
}

/// What an event or a rule sets; `None` leaves the key to whoever comes next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overrides {
    /// Whether it is heard at all.
    pub enabled: Option<bool>,
    /// The sounds to choose from; never an empty list.
    pub sounds: Option<Vec<SoundRef>>,
    /// The packs that hold instead of the global ones; never an empty list.
    pub packs: Option<Vec<String>>,
    /// 0 to 100, relative to the global volume.
    pub volume: Option<u8>,
    /// How long the same event of the same session stays silent after it was heard.
    pub throttle: Option<Duration>,
    /// How urgently it wants to be heard.
    pub priority: Option<Priority>,
    /// It is heard so much later, and only if the session doesn't go on in between.
    pub delay: Option<Duration>,
    /// It is heard only at the end of a task that took at least so long.
    pub min_duration: Option<Duration>,
    /// When it is skipped, whatever holds for others.
    pub skip_when: Option<SkipWhen>,
}

/// One `[quiet]`: nothing is heard in these hours of these days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// Never empty; the whole day where only days were given.
    pub hours: Vec<Hours>,
    /// On which days they begin.
    pub days: Days,
    /// Events that are heard all the same.
    pub allow: Option<Pattern>,
}

/// One of `[[rules]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Which occurrences it is about.
    pub when: When,
    /// What it sets for them.
    pub then: Overrides,
}

/// The conditions of a rule; all that are given must hold, and none given holds always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// Who told.
    pub agent: Option<Pattern>,
    /// Which of Herald's events it is.
    pub event: Option<Pattern>,
    /// The tool it is about, whatever its case.
    pub tool: Option<Pattern>,
    /// The agent's working directory.
    pub cwd: Option<Pattern>,
    /// What kind of it.
    pub detail: Option<Pattern>,
    /// The other machine it comes from; one of this machine comes from none.
    pub host: Option<Pattern>,
}

/// One or several globs of which any may match; `~/` is already expanded.
///
/// One is the usual case, and thousands of them are decoded in a hook: it is worth its own variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pattern {
    /// A single one.
    One(Box<str>),
    /// A list of them.
    Any(Box<[Box<str>]>),
}

impl Pattern {
    /// All of them.
    pub fn globs(&self) -> &[Box<str>] {
        match self {
            Self::One(glob) => std::slice::from_ref(glob),
            Self::Any(globs) => globs,
        }
    }
}

impl From<Vec<Box<str>>> for Pattern {
    fn from(mut globs: Vec<Box<str>>) -> Self {
        match globs.pop() {
            Some(glob) if globs.is_empty() => Self::One(glob),
            last => {
                globs.extend(last);
                Self::Any(globs.into())
            }
        }
    }
}

/// Everything that holds for one occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether Herald or the configuration knows this event.
    pub known: bool,
    /// Whether it is heard at all.
    pub enabled: bool,
    /// Whether it was a rule that switched it off.
    pub off_by_rule: bool,
    /// The sounds to choose from; empty: what the packs have for the event.
    pub sounds: Vec<SoundRef>,
    /// The packs that hold here.
    pub packs: Vec<String>,
    /// Whether a rule chose them.
    pub packs_are_chosen: bool,
    /// 0 to 100: the global volume times the event's.
    pub volume: u8,
    /// How long the same event of the same session stays silent after it was heard.
    pub throttle: Duration,
    /// How urgently it wants to be heard.
    pub priority: Priority,
    /// It is heard so much later, and only if the session doesn't go on in between.
    pub delay: Duration,
    /// It is heard only at the end of a task that took at least so long.
    pub min_duration: Duration,
    /// The player asks right before it would be heard, and skips it while one of these holds.
    pub skip_when: SkipWhen,
}

/// `part` hundredths of `whole`, rounded.
pub(super) fn scaled(whole: u8, part: u8) -> u8 {
    let product = u16::from(whole.min(100)) * u16::from(part.min(100));
    u8::try_from((product + 50) / 100).unwrap_or(100)
}

/// The throttle of an event nobody set one for.
pub(crate) const THROTTLE: Duration = Duration::from_secs(3);

/// What values a file may hold.
pub(crate) mod limit {
    use std::ops::RangeInclusive;
    use std::time::Duration;

    /// Longest playback.
    pub(crate) const TIMEOUT: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(30);
    /// A day: longer would be a way of switching off that `status` doesn't call so.
    pub(crate) const THROTTLE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(24 * 60 * 60);
    /// Longer than any automatic review takes; what is told a minute late is told in vain.
    pub(crate) const DELAY: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(60);
    /// The shortest task worth a sound.
    pub(crate) const MIN_DURATION: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(24 * 60 * 60);
    /// Longer would make an urgent sound wait for a song.
    pub(crate) const MIN_AUDIBLE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(5);
    /// The slowest devices known wake up in two seconds.
    pub(crate) const LEAD_IN: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(3);
    /// More than that in a minute is no signal any more.
    pub(crate) const SOUNDS_A_MINUTE: RangeInclusive<u32> = 1..=600;
    /// All of them are asked in every hook.
    pub(crate) const RULES: usize = 4096;
    /// Entries of one list of sounds, packs or patterns.
    pub(crate) const LIST: usize = 64;
    /// Bytes of one list of sounds or packs: it travels in a request.
    pub(crate) const LIST_BYTES: usize = 8 * 1024;
    /// Bytes of one pattern.
    pub(crate) const PATTERN_BYTES: usize = 1024;
    /// Spellings the braces of one pattern may stand for: the matcher tries them all.
    pub(crate) const PATTERN_SPELLINGS: usize = 256;
    /// Bytes of the file.
    pub(crate) const FILE_BYTES: u64 = 1024 * 1024;
}
