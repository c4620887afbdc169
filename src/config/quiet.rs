//! Quiet hours as they are written: times of the day, days of the week, and what is heard all the same.
//!
//! Owns the spelling. When they begin and end on a real clock is the policy's business.

use std::fmt;

use serde::{Deserialize, Serialize};
use toml::de::DeValue;

use super::keys::{Kind, QUIET};
use super::pattern;
use super::problem::{nearest, shortened};
use super::reader::{Entry, Reader};
use super::types::Pattern;
use crate::event::EventName;

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

impl QuietHours {
    /// Whether this event is heard all the same.
    pub fn allows(&self, event: &EventName) -> bool {
        self.allow.as_ref().is_some_and(|allow| allow.globs().iter().any(|glob| pattern::word(glob, event.as_str())))
    }
}

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
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
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
    fn named(word: &str) -> Option<Self> {
        let day = |names: &[&str; 7]| names.iter().position(|name| *name == word).map(|day| Self(1 << day));
        match word {
            "weekdays" => Some(Self(0b001_1111)),
            "weekends" => Some(Self(0b110_0000)),
            _ => day(&DAYS).or_else(|| day(&LONG)),
        }
    }
}

const HOURS: &str = "\"HH:MM-HH:MM\", as in \"22:00-08:00\" or \"13:00-14:30\"";

impl Reader<'_> {
    /// `[quiet]`, or several as `[[quiet]]`.
    pub(super) fn quiet(&mut self, section: &Entry<'_>, into: &mut Vec<QuietHours>) {
        let DeValue::Array(list) = section.value else {
            into.extend(self.quiet_hours(section));
            return;
        };
        for (index, one) in list.iter().enumerate() {
            let entry = Entry {
                path: format!("quiet[{index}]"),
                name: "quiet",
                value: one.get_ref(),
                key_at: one.span(),
                value_at: one.span(),
            };
            into.extend(self.quiet_hours(&entry));
        }
    }

    fn quiet_hours(&mut self, section: &Entry<'_>) -> Option<QuietHours> {
        let (mut hours, mut days, mut allow) = (None, None, None);
        let entries = self.table(section)?;
        for (key, entry) in self.known(entries, QUIET) {
            match (key.name, key.kind) {
                ("hours", _) => hours = Some(self.hours(&entry)),
                ("days", _) => days = Some(self.days(&entry)),
                ("allow", Kind::Pattern(condition)) => allow = Some(self.pattern(&entry, condition)),
                _ => {}
            }
        }
        if hours.is_none() && days.is_none() {
            let message = "these quiet hours have neither hours nor days, so they never begin".to_owned();
            let at = section.key_at.clone();
            let problem = self.doubtful(at.clone(), &at, &section.path, message);
            problem.allowed = Some(format!("hours = {HOURS}; days = {}", DAYS.join(", ")));
            problem.help = Some("as in: hours = \"22:00-08:00\"".to_owned());
            return None;
        }
        Some(QuietHours {
            hours: hours.unwrap_or_else(|| Some(vec![Hours::WHOLE_DAY]))?,
            days: days.unwrap_or(Some(Days::ALL))?,
            allow: allow.unwrap_or_default(),
        })
    }

    fn hours(&mut self, entry: &Entry<'_>) -> Option<Vec<Hours>> {
        let texts = self.texts(entry, HOURS, "leave the key out for whole days")?;
        let found: Vec<Hours> = texts
            .iter()
            .filter_map(|(at, text)| {
                let read = hours(text);
                if let Err(why) = &read {
                    let problem = self.wrong(at.clone(), &entry.path, format!("\"{}\": {why}", shortened(text, 60)));
                    problem.allowed = Some(HOURS.to_owned());
                    problem.suggestion = meant(text).map(|hours| format!("\"{hours}\""));
                }
                read.ok()
            })
            .collect();
        (found.len() == texts.len()).then_some(found)
    }

    fn days(&mut self, entry: &Entry<'_>) -> Option<Days> {
        let texts = self.texts(entry, "days, as in \"sat\", \"weekdays\"", "leave the key out for every day")?;
        let words: Vec<String> = texts.iter().map(|(_, text)| text.trim().to_ascii_lowercase()).collect();
        for ((at, text), word) in texts.iter().zip(&words) {
            if Days::named(word).is_none() {
                let near = nearest(text, DAYS.into_iter().chain(LONG).chain(["weekdays", "weekends"]));
                let message = format!("\"{}\" is no day of the week", shortened(text, 60));
                let problem = self.wrong(at.clone(), &entry.path, message);
                problem.allowed = Some(format!("{}, weekdays, weekends", DAYS.join(", ")));
                problem.suggestion = near.map(|near| format!("\"{near}\""));
            }
        }
        Days::named_all(words.iter().map(String::as_str))
    }
}

/// `HH:MM-HH:MM`.
fn hours(text: &str) -> Result<Hours, &'static str> {
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
fn meant(text: &str) -> Option<Hours> {
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use super::super::Problem;
    use super::*;

    fn read(text: &str) -> (Vec<QuietHours>, Vec<Problem>) {
        let (config, problems) = super::super::parse(text, Path::new("/cfg/config.toml"), None);
        (config.quiet, problems)
    }

    #[rstest]
    #[case("22:00-08:00", 1320, 480, true)]
    #[case("0:00-24:00", 0, 1440, false)]
    #[case(" 13:00 - 14:30 ", 780, 870, false)]
    #[case("18:00-00:00", 1080, 1440, false)]
    #[case("23:59-00:01", 1439, 1, true)]
    fn hours_are_times_of_one_day_or_of_two(
        #[case] text: &str,
        #[case] from: u16,
        #[case] to: u16,
        #[case] overnight: bool,
    ) {
        let read = hours(text).unwrap();
        assert_eq!((read, read.is_overnight()), (Hours { from, to }, overnight));
        assert_eq!(hours(&read.to_string()), Ok(read));
    }

    #[rstest]
    #[case("22-8", Some("22:00-08:00"))]
    #[case("22.30 – 7.00", Some("22:30-07:00"))]
    #[case("10pm to 8am", Some("22:00-08:00"))]
    #[case("12am-12pm", Some("00:00-12:00"))]
    #[case("22:00-22:00", None)]
    #[case("25:00-08:00", None)]
    #[case("24:00-08:00", None)]
    #[case("22:00-24:01", None)]
    #[case("22:0-08:00", None)]
    #[case("22:60-08:00", None)]
    #[case("night", None)]
    #[case("", None)]
    #[case("+1:00-02:00", None)]
    fn other_spellings_are_told_with_the_likely_one(#[case] text: &str, #[case] likely: Option<&str>) {
        let (quiet, problems) = read(&format!("[quiet]\nhours = [{text:?}]\n"));
        assert_eq!((quiet.len(), problems.len()), (0, 1), "{problems:?}");
        assert!(problems[0].is_error() && problems[0].line == 2 && problems[0].column == 10, "{problems:?}");
        let suggestion = problems[0].suggestion.as_deref().map(|text| text.trim_matches('"'));
        if likely.is_some() {
            assert_eq!(suggestion, likely);
        }
    }

    #[test]
    fn days_have_short_and_long_names_and_two_for_many() {
        let days = |text: &str| {
            let (quiet, problems) = read(&format!("[quiet]\ndays = {text}\n"));
            assert_eq!(problems, []);
            assert_eq!(quiet[0].hours, [Hours::WHOLE_DAY]);
            quiet[0].days.names().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(days("[\"sat\", \"Sunday\"]"), "sat sun");
        assert_eq!(days("\"weekdays\""), "mon tue wed thu fri");
        assert_eq!(days("[\"weekends\", \"mon\"]"), "mon sat sun");
        let (quiet, problems) = read("quiet = { days = [\"satturday\"] }\n");
        assert_eq!(quiet, []);
        assert_eq!(problems[0].suggestion.as_deref(), Some("\"saturday\""));
    }

    #[test]
    fn several_quiet_hours_are_a_list_of_tables_and_none_is_half_read() {
        let text = "[[quiet]]\nhours = \"22:00-08:00\"\nallow = \"input.*\"\n[[quiet]]\ndays = [\"sun\"]\n[[quiet]]\nhours = \"x\"\n";
        let (quiet, problems) = read(text);
        assert_eq!((quiet.len(), problems.len()), (2, 1));
        assert!(quiet[0].allows(&"input.question".parse().unwrap()));
        assert!(
            !quiet[0].allows(&"task.complete".parse().unwrap()) && !quiet[1].allows(&"input.question".parse().unwrap())
        );
        let (quiet, problems) = read("[quiet]\nallow = \"input.*\"\n");
        assert_eq!((quiet.len(), problems.len(), problems[0].is_error()), (0, 1, false));
        let (_, problems) = read("[quiet]\nhour = \"22:00-08:00\"\n");
        assert!(problems.iter().any(|problem| problem.suggestion.as_deref() == Some("hours")), "{problems:?}");
    }
}
