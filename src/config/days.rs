//! Times of the day and days of the week, as they are written. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};

/// From one time of the day to another, or overnight to one of the next day. In minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// 0 to 1439.
    pub from: u16,
    /// 1 to 1440; never `from`. Below `from` it is of the next day.
    pub to: u16,
}

/// Minutes of a day.
const DAY: u16 = 24 * 60;

impl Hours {
    /// A day and its night.
    pub const WHOLE_DAY: Self = Self { from: 0, to: DAY };

    /// Whether they end on the day after.
    pub const fn is_overnight(self) -> bool {
        self.to < self.from
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

/// Some days of the week; Monday is the lowest bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Days(u8);

/// All words for days that the file may hold, in any case.
pub(super) const DAY_WORDS: &[&str] = &[
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "weekdays",
    "weekends",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// How the days are written, Monday first.
pub(super) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const LONG: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Days {
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);

    /// Whether the day is one of them, from 0, Monday, to 6.
    pub const fn has(self, day: u8) -> bool {
        self.0 >> day & 1 == 1
    }

    /// Them as they are written.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        DAYS.iter().enumerate().filter(move |(day, _)| self.0 >> day & 1 == 1).map(|(_, name)| *name)
    }

    /// All that the words stand for; `None` where one of them is no day.
    pub(super) fn named_all<'w>(words: impl IntoIterator<Item = &'w str>) -> Option<Self> {
        words.into_iter().try_fold(Self(0), |days, word| Some(Self(days.0 | Self::named(word)?.0)))
    }

    /// The day or days that a word stands for.
    pub(super) fn named(word: &str) -> Option<Self> {
        let day = |names: &[&str; 7]| names.iter().position(|name| *name == word).map(|day| Self(1 << day));
        match word {
            "weekdays" => Some(Self(0b001_1111)),
            "weekends" => Some(Self(0b110_0000)),
            _ => day(&DAYS).or_else(|| day(&LONG)),
        }
    }
}

/// `HH:MM-HH:MM`.
pub(super) fn hours(text: &str) -> Result<Hours, &'static str> {
    let (from, to) = text.split_once('-').ok_or("two times with a '-' between them are needed")?;
    let (from, to) = (minutes(from.trim()), minutes(to.trim()));
    let (Some(from), Some(to)) = (from, to) else { return Err("a time is two digits, a colon, and two digits") };
    match (from, to) {
        (from, to) if from == to => Err("they end when they begin; the whole day is \"00:00-24:00\""),
        (DAY.., _) => Err("the last time at which they can begin is 23:59"),
        (_, 0) => Ok(Hours { from, to: DAY }),
        (from, to) if to <= DAY => Ok(Hours { from, to }),
        _ => Err("the last time of a day is 24:00"),
    }
}

fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let is_number =
        |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(hours, 2) || minutes.len() != 2 || !is_number(minutes, 2) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 24 && minutes < 60 && hours * 60 + minutes <= DAY).then_some(hours * 60 + minutes)
}

/// What was probably meant by other spellings: `22-8`, `22.00 – 8.00`, `10pm to 8am`.
pub(super) fn meant(text: &str) -> Option<Hours> {
    let text = text.to_ascii_lowercase().replace(['–', '—'], "-").replace(" to ", "-").replace("..", "-");
    let (from, to) = text.split_once('-')?;
    let time = |text: &str| {
        let text = text.trim();
        let (text, afternoon) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
            (Some(text), _) => (text.trim(), Some(false)),
            (_, Some(text)) => (text.trim(), Some(true)),
            _ => (text, None),
        };
        let (hours, minutes) = text.split_once([':', '.', 'h']).unwrap_or((text, "00"));
        let (hours, minutes): (u16, u16) =
            (hours.parse().ok()?, if minutes.is_empty() { 0 } else { minutes.parse().ok()? });
        let hours = match afternoon {
            None => hours,
            Some(afternoon) if (1..=12).contains(&hours) => hours % 12 + if afternoon { 12 } else { 0 },
            Some(_) => return None,
        };
        (hours <= 24 && minutes < 60).then(|| format!("{hours:02}:{minutes:02}"))
    };
    hours(&format!("{}-{}", time(from)?, time(to)?)).ok()
}
