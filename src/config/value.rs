//! Single values: what each kind may be, and what is said where it isn't.

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use jiff::SignedDuration;
use toml::de::{DeInteger, DeValue};

use super::circumstance::{Circumstance, SkipWhen};
use super::keys::Condition;
use super::pattern;
use super::problem::{Problem, Severity, nearest, shortened};
use super::reader::{Entry, Reader};
use super::types::{Overlap, Pattern, limit};
use crate::event::{self, EventName, Priority};
use crate::sound_ref::SoundRef;

/// The four spellings of a sound.
const SOUNDS: &str = "\"builtin:ID\", \"pack:NAME/ID\", \"xdg:THEME/NAME\", or a path (with a separator, or ending in .wav, .ogg, .mp3, …)";

/// The names of packs.
const PACKS: &str = "the name of an installed pack (letters, digits, '.', '_', '-'), or \"xdg:THEME\"";

/// What a pattern may hold.
const GLOB: &str = "a glob: *, ?, [abc], {a,b}, a leading ! for not, \\ before a character that is meant";

impl Reader<'_> {
    pub(super) fn wrong_type(&mut self, entry: &Entry<'_>, expected: &str) -> &mut Problem {
        let message = format!("{} must be {expected}, not {}", leaf(entry), kind(entry.value));
        let problem = self.wrong(entry.value_at.clone(), &entry.path, message);
        problem.allowed = Some(expected.to_owned());
        problem
    }

    pub(super) fn boolean(&mut self, entry: &Entry<'_>) -> Option<bool> {
        if let DeValue::Boolean(value) = entry.value {
            return Some(*value);
        }
        let meant = match entry.value {
            DeValue::String(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Some("true"),
                "false" | "no" | "off" => Some("false"),
                _ => None,
            },
            DeValue::Integer(number) => match integer(number) {
                Some(0) => Some("false"),
                Some(1) => Some("true"),
                _ => None,
            },
            _ => None,
        };
        self.wrong_type(entry, "true or false").suggestion = meant.map(str::to_owned);
        None
    }

    /// 0 to 100.
    pub(super) fn volume(&mut self, entry: &Entry<'_>) -> Option<u8> {
        let number = match entry.value {
            DeValue::Integer(number) => {
                // More digits than a number holds are out of range in the direction of their sign.
                let value =
                    integer(number).unwrap_or(if number.as_str().starts_with('-') { i64::MIN } else { i64::MAX });
                if let Ok(volume @ 0..=100) = u8::try_from(value) {
                    return Some(volume);
                }
                let message = format!("{} must be 0 to 100", leaf(entry));
                let problem = self.wrong(entry.value_at.clone(), &entry.path, message);
                problem.allowed = Some("a whole number from 0 to 100".to_owned());
                problem.suggestion = Some(value.clamp(0, 100).to_string());
                return None;
            }
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::String(text) => text.trim().trim_end_matches('%').parse().ok(),
            DeValue::Array(list) if list.len() == 1 => match list[0].get_ref() {
                DeValue::Integer(number) => number.as_str().parse().ok(),
                _ => None,
            },
            _ => None,
        };
        let meant = number.and_then(|number: f64| {
            let percent = if number > 0.0 && number < 1.0 { number * 100.0 } else { number };
            percent.is_finite().then(|| format!("{:.0}", percent.clamp(0.0, 100.0)))
        });
        self.wrong_type(entry, "a whole number from 0 to 100").suggestion = meant;
        None
    }

    /// A whole number in `range`.
    pub(super) fn count(&mut self, entry: &Entry<'_>, range: &RangeInclusive<u32>) -> Option<u32> {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        let number: Option<f64> = match entry.value {
            DeValue::Integer(number) => {
                let value =
                    integer(number).unwrap_or(if number.as_str().starts_with('-') { i64::MIN } else { i64::MAX });
                if let Some(count) = u32::try_from(value).ok().filter(|count| range.contains(count)) {
                    return Some(count);
                }
                let message = format!("{} must be {} to {}", leaf(entry), range.start(), range.end());
                let problem = self.wrong(entry.value_at.clone(), &entry.path, message);
                problem.allowed = Some(allowed);
                let nearest = value.clamp(i64::from(*range.start()), i64::from(*range.end()));
                problem.suggestion = Some(nearest.to_string());
                return None;
            }
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let within = |number: &f64| (f64::from(*range.start())..=f64::from(*range.end())).contains(number);
        let problem = self.wrong_type(entry, "a whole number");
        problem.allowed = Some(allowed);
        problem.suggestion = number.filter(within).map(|number| format!("{number:.0}"));
        None
    }

    pub(super) fn duration(&mut self, entry: &Entry<'_>, range: &RangeInclusive<Duration>) -> Option<Duration> {
        let (shortest, longest) = (spelled(*range.start()), spelled(*range.end()));
        let allowed = format!("a duration from {shortest} to {longest}, as in \"150ms\", \"3s\" or \"1m30s\"");
        let DeValue::String(text) = entry.value else {
            let seconds = match entry.value {
                DeValue::Integer(number) => {
                    integer(number).and_then(|n| u64::try_from(n).ok()).map(Duration::from_secs)
                }
                DeValue::Float(number) => {
                    number.as_str().parse().ok().and_then(|n| Duration::try_from_secs_f64(n).ok())
                }
                _ => None,
            };
            let problem = self.wrong_type(entry, "a text with a unit");
            problem.allowed = Some(allowed);
            problem.suggestion = seconds.filter(|s| range.contains(s)).map(|s| format!("\"{}\"", spelled(s)));
            return None;
        };
        let Some(duration) = parse_duration(text) else {
            let message = format!("{} is not a duration", leaf(entry));
            let meant = parse_duration(&format!("{}s", text.trim()))
                .and_then(|meant| Duration::try_from(meant).ok())
                .filter(|meant| range.contains(meant));
            let problem = self.wrong(entry.value_at.clone(), &entry.path, message);
            problem.allowed = Some(allowed);
            problem.suggestion = meant.map(|meant| format!("\"{}\"", spelled(meant)));
            return None;
        };
        let inside = Duration::try_from(duration).ok().filter(|duration| range.contains(duration));
        if inside.is_none() {
            let message = format!("{} must be {shortest} to {longest}", leaf(entry));
            let nearest =
                if duration.is_negative() || duration.unsigned_abs() < *range.start() { shortest } else { longest };
            let problem = self.wrong(entry.value_at.clone(), &entry.path, message);
            problem.allowed = Some(allowed);
            problem.suggestion = Some(format!("\"{nearest}\""));
        }
        inside
    }

    pub(super) fn overlap(&mut self, entry: &Entry<'_>) -> Option<Overlap> {
        self.word(entry, &Overlap::ALL.map(|one| (one.as_str(), one)))
    }

    pub(super) fn priority(&mut self, entry: &Entry<'_>) -> Option<Priority> {
        self.word(entry, &Priority::ALL.map(|one| (one.as_str(), one)))
    }

    fn word<T: Copy>(&mut self, entry: &Entry<'_>, words: &[(&'static str, T)]) -> Option<T> {
        let names = words.iter().map(|(name, _)| *name);
        let allowed = names.clone().collect::<Vec<_>>().join(", ");
        let DeValue::String(text) = entry.value else {
            self.wrong_type(entry, "a text").allowed = Some(allowed);
            return None;
        };
        let found = words.iter().find(|(name, _)| name == text).map(|(_, value)| *value);
        if found.is_none() {
            let message = format!("{} can't be \"{}\"", leaf(entry), shortened(text, 60));
            let meant = nearest(text, names);
            let problem = self.wrong(entry.value_at.clone(), &entry.path, message);
            problem.allowed = Some(allowed);
            problem.suggestion = meant.map(|meant| format!("\"{meant}\""));
        }
        found
    }

    /// A list of circumstances, which may be empty: then nothing is asked.
    pub(super) fn skip_when(&mut self, entry: &Entry<'_>) -> Option<SkipWhen> {
        let known = Circumstance::ALL.map(Circumstance::as_str);
        let allowed = format!("a list of: {}; [] to be heard always", known.join(", "));
        if matches!(entry.value, DeValue::Array(list) if list.is_empty()) {
            return Some(SkipWhen::NEVER);
        }
        if let DeValue::Boolean(value) = entry.value {
            let problem = self.wrong_type(entry, "a list of texts");
            problem.suggestion = (!value).then(|| "[]".to_owned());
            problem.allowed = Some(allowed);
            return None;
        }
        let texts = self.texts(entry, &allowed, "")?;
        let mut meant = Vec::with_capacity(texts.len());
        for (at, text) in &texts {
            if !Circumstance::CAN_BE_TOLD {
                let message = format!("this system tells nobody whether \"{}\" holds", shortened(text, 40));
                self.report(Severity::Note, at.clone(), &entry.path, format!("{message}, so it has no effect here"));
            }
            match Circumstance::ALL.into_iter().find(|one| one.as_str() == *text) {
                Some(one) => meant.push(one),
                None => {
                    let message = format!("{} can't be \"{}\"", leaf(entry), shortened(text, 60));
                    let likely = alias(text).or_else(|| nearest(text, known));
                    let problem = self.wrong(at.clone(), &entry.path, message);
                    problem.allowed = Some(allowed.clone());
                    problem.suggestion = likely.map(|likely| format!("\"{likely}\""));
                }
            }
        }
        (meant.len() == texts.len()).then(|| meant.into_iter().collect())
    }

    /// A text or a list of texts with the place of each; nothing if any of it is something else.
    pub(super) fn texts<'v>(
        &mut self,
        entry: &Entry<'v>,
        allowed: &str,
        hint: &str,
    ) -> Option<Vec<(Range<usize>, &'v str)>> {
        let list = match entry.value {
            DeValue::String(text) => return Some(vec![(entry.value_at.clone(), text)]),
            DeValue::Array(list) => list,
            _ => {
                let meant = matches!(entry.value, DeValue::Integer(_))
                    .then(|| format!("\"{}\"", self.written(&entry.value_at)));
                let problem = self.wrong_type(entry, "a text or a list of texts");
                match meant {
                    Some(meant) if allowed == PACKS || allowed == GLOB => problem.suggestion = Some(meant),
                    _ => problem.help = Some("a text stands in quotes".to_owned()),
                }
                problem.allowed = Some(allowed.to_owned());
                return None;
            }
        };
        if list.is_empty() || list.len() > limit::LIST {
            let most = limit::LIST;
            let (message, help) = if list.is_empty() {
                (format!("{} is an empty list", leaf(entry)), hint.to_owned())
            } else {
                let count = list.len();
                let message = format!("{} has {count} entries, and no more than {most} may be", leaf(entry));
                (message, format!("take {} of them out", count - most))
            };
            let problem = self.wrong(entry.value_at.clone(), &entry.path, message);
            problem.allowed = Some(format!("1 to {most} entries"));
            problem.help = Some(help);
            return None;
        }
        let mut texts = Vec::with_capacity(list.len());
        for one in list.iter() {
            match one.get_ref() {
                DeValue::String(text) => texts.push((one.span(), &**text)),
                other => {
                    let message = format!("{} is a list of texts, and this is {}", leaf(entry), kind(other));
                    self.wrong(one.span(), &entry.path, message).allowed = Some(allowed.to_owned());
                }
            }
        }
        (texts.len() == list.len()).then_some(texts)
    }

    /// Whether a list of this size travels in a request.
    fn fits(&mut self, entry: &Entry<'_>, bytes: usize) -> bool {
        if bytes > limit::LIST_BYTES {
            let message =
                format!("{} has {bytes} bytes in all, and no more than {} may be", leaf(entry), limit::LIST_BYTES);
            let allowed = format!("up to {} bytes, with relative paths made whole", limit::LIST_BYTES);
            self.wrong(entry.value_at.clone(), &entry.path, message).allowed = Some(allowed);
        }
        bytes <= limit::LIST_BYTES
    }

    pub(super) fn sounds(&mut self, entry: &Entry<'_>) -> Option<Vec<SoundRef>> {
        let texts = self.texts(entry, SOUNDS, "write enabled = false for silence, or leave the key out")?;
        let mut sounds = Vec::with_capacity(texts.len());
        for (at, text) in &texts {
            match self.sound(text) {
                Ok(sound) => {
                    self.missed(entry, at, &sound);
                    sounds.push(sound);
                }
                Err((message, meant)) => {
                    let problem = self.wrong(at.clone(), &entry.path, message);
                    problem.allowed = Some(SOUNDS.to_owned());
                    problem.suggestion = meant.map(|meant| format!("\"{meant}\""));
                }
            }
        }
        let bytes = sounds.iter().map(|sound| sound.to_string().len()).sum();
        (self.fits(entry, bytes) && sounds.len() == texts.len()).then_some(sounds)
    }

    /// Warns of a file that isn't there.
    fn missed(&mut self, entry: &Entry<'_>, at: &Range<usize>, sound: &SoundRef) {
        if let SoundRef::Path(path) = sound
            && !(self.is_there)(path)
        {
            let message = format!("there is no sound file {}", shortened(&path.to_string_lossy(), 200));
            let problem = self.doubtful(at.clone(), at, &entry.path, message);
            problem.allowed = Some("a file; a relative path is taken from the folder of the configuration".to_owned());
            problem.help = Some("until it is there, the pack's sound is played".to_owned());
        }
    }

    fn sound(&self, text: &str) -> Result<SoundRef, (String, Option<String>)> {
        let shown = shortened(text, 60);
        if text.is_empty() {
            let message =
                "a sound can't be empty; leave the key out for the pack's, or write enabled = false".to_owned();
            return Err((message, None));
        }
        if let Some((scheme, rest)) = text.split_once(':')
            && !matches!(scheme, "builtin" | "pack" | "xdg")
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b))
        {
            // It would be taken for a path, and nobody would hear or see anything.
            if rest.starts_with("//") {
                return Err((format!("\"{shown}\" is a URL; only files of this machine are played"), None));
            }
            if scheme.len() > 1
                && let Some(meant) = nearest(scheme, ["builtin", "pack", "xdg"])
            {
                return Err((format!("\"{shown}\" is not a sound"), Some(format!("{meant}:{rest}"))));
            }
        }
        match SoundRef::parse(text, &self.base, self.home) {
            Ok(Some(sound)) => Ok(sound),
            Ok(None) => {
                let tail = format!(".{text}");
                let row = event::EVENTS.iter().find(|row| row.name == text || row.name.ends_with(&tail));
                let message = format!("\"{shown}\" is not a sound: a plain word names no file and no pack");
                Err((message, row.map(|row| format!("builtin:{}", row.name))))
            }
            Err(error) => Err((shortened(&error.to_string(), 200), None)),
        }
    }

    pub(super) fn packs(&mut self, entry: &Entry<'_>) -> Option<Vec<String>> {
        let texts = self.texts(entry, PACKS, "the built-in packs are called \"herald\" and \"quiet\"")?;
        let mut packs = Vec::with_capacity(texts.len());
        for (at, text) in &texts {
            let name = text.strip_prefix("xdg:").unwrap_or(text);
            // The same names as in the spelling of a sound.
            if matches!(SoundRef::parse(&format!("pack:{name}/x"), &self.base, None), Ok(Some(_))) {
                packs.push((*text).to_owned());
            } else {
                let message = format!("\"{}\" can't be the name of a pack", shortened(text, 60));
                let problem = self.wrong(at.clone(), &entry.path, message);
                problem.allowed = Some(PACKS.to_owned());
                let stem =
                    name.rsplit(['/', '\\']).next().filter(|stem| crate::sound_ref::is_part(stem) && *stem != name);
                problem.suggestion = stem.map(|stem| format!("\"{stem}\""));
                problem.help = Some("this lists the packs there are: herald pack list".to_owned());
            }
        }
        let bytes = packs.iter().map(String::len).sum();
        (self.fits(entry, bytes) && packs.len() == texts.len()).then_some(packs)
    }

    pub(super) fn pattern(&mut self, entry: &Entry<'_>, condition: Condition) -> Option<Pattern> {
        let texts = self.texts(entry, GLOB, "it matches nothing; leave the key out to match everything")?;
        let mut any = Vec::with_capacity(texts.len());
        for (at, text) in &texts {
            if let Some(fault) = pattern::fault(text) {
                let message = format!("\"{}\" is not a pattern: {fault}", shortened(text, 60));
                self.wrong(at.clone(), &entry.path, message).allowed = Some(GLOB.to_owned());
                continue;
            }
            match condition {
                Condition::Word => any.push((*text).into()),
                Condition::Event if pattern::is_glob(text) || text.parse::<EventName>().is_ok() => {
                    any.push((*text).into());
                }
                Condition::Event => {
                    let message = format!("\"{}\" can't be the name of an event", shortened(text, 60));
                    let problem = self.wrong(at.clone(), &entry.path, message);
                    problem.allowed = Some("1 to 64 letters, digits, '.', '_' or '-', or a glob".to_owned());
                    problem.suggestion = joined_event(text).map(|name| format!("\"{name}\""));
                }
                Condition::Directory => any.push(self.directory(&entry.path, at, text)),
            }
        }
        (any.len() == texts.len()).then(|| Pattern::from(any))
    }

    fn directory(&mut self, path: &str, at: &Range<usize>, text: &str) -> Box<str> {
        let expanded = pattern::expanded(text, self.home);
        let message = match &expanded {
            None => "no home directory is known, so this matches nothing",
            Some(pattern) if !pattern::may_match_a_directory(pattern) => {
                "this is the path of no directory; a pattern for one begins with /, ~/ or **/"
            }
            Some(_) => "",
        };
        if !message.is_empty() {
            let problem = self.doubtful(at.clone(), at, path, message.to_owned());
            problem.allowed = Some("a glob that begins with /, ~/ or **/".to_owned());
            let rest = text.strip_prefix("$HOME/").or_else(|| text.strip_prefix("${HOME}/"));
            if let Some(rest) = rest {
                problem.suggestion = Some(format!("\"~/{}\"", shortened(rest, 60)));
            } else if text.starts_with(['$', '~', '!', '.']) {
                problem.help = Some("write the whole path".to_owned());
            } else if expanded.is_some() {
                problem.suggestion = Some(format!("\"**/{}\"", shortened(text, 60)));
            }
        }
        expanded.unwrap_or_else(|| text.into())
    }
}

/// The circumstance that other words stand for.
fn alias(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase().replace(['-', '_', ' '], "");
    let meant = match text.as_str() {
        "mic" | "microphone" | "micinuse" | "microphoneinuse" | "recording" | "call" | "incall" | "meeting" => {
            Circumstance::MicrophoneInUse
        }
        "locked" | "lock" | "screenlock" | "screenlocked" | "lockscreen" | "screensaver" => Circumstance::ScreenLocked,
        "dnd" | "donotdisturb" | "focus" | "notificationspaused" | "presenting" => Circumstance::DoNotDisturb,
        _ => return None,
    };
    Some(meant.as_str())
}

/// The event whose name was written with other characters between its words.
pub(super) fn joined_event(name: &str) -> Option<&'static str> {
    let joined = name.trim().to_lowercase().replace([' ', '/', ':', ','], ".");
    event::canonical(&joined).map(|row| row.name)
}

/// The key itself, as messages call it.
fn leaf(entry: &Entry<'_>) -> String {
    shortened(entry.name, 60)
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn integer(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn parse_duration(text: &str) -> Option<SignedDuration> {
    text.parse().ok()
}

/// Whether the text is a duration, whatever its size.
pub(super) fn is_duration(text: &str) -> bool {
    parse_duration(text).is_some()
}

/// A duration as it is written in the file.
pub(super) fn spelled(duration: Duration) -> String {
    match SignedDuration::try_from(duration) {
        Ok(duration) => format!("{duration:#}").replace(' ', ""),
        Err(_) => format!("{}s", duration.as_secs()),
    }
}
