//! Reading `[quiet]`: times of the day, days of the week, and what is heard all the same.
//!
//! When they begin and end on a real clock is the policy's business.

use toml::de::DeValue;

use super::days::{DAY_WORDS, DAYS, Days, Hours, hours, meant};
use super::keys::{Kind, QUIET};
use super::problem::{nearest, shortened};
use super::reader::{Entry, Reader};
use super::types::{Config, Pattern, QuietHours};

const HOURS: &str = "\"HH:MM-HH:MM\", as in \"22:00-08:00\" or \"13:00-14:30\"";

impl Reader<'_> {
    /// `[quiet]`, or several as `[[quiet]]`.
    pub(super) fn quiet(&mut self, section: &Entry<'_>, config: &mut Config) {
        let DeValue::Array(list) = section.value else {
            config.quiet.extend(self.quiet_hours(section, config));
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
            config.quiet.extend(self.quiet_hours(&entry, config));
        }
    }

    fn quiet_hours(&mut self, section: &Entry<'_>, config: &Config) -> Option<QuietHours> {
        let (mut hours, mut days, mut allow) = (None, None, None);
        let entries = self.table(section)?;
        for (key, entry) in self.known(entries, QUIET) {
            match (key.name, key.kind) {
                ("hours", _) => hours = Some(self.hours(&entry)),
                ("days", _) => days = Some(self.days(&entry)),
                ("allow", Kind::Pattern(condition)) => {
                    let pattern = self.pattern(&entry, condition);
                    for name in pattern.iter().flat_map(Pattern::globs) {
                        self.likely_condition(&entry, name, config);
                    }
                    allow = Some(pattern);
                }
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
                let near = nearest(text, DAY_WORDS.iter().copied());
                let message = format!("\"{}\" is no day of the week", shortened(text, 60));
                let problem = self.wrong(at.clone(), &entry.path, message);
                problem.allowed = Some(format!("{}, weekdays, weekends", DAYS.join(", ")));
                problem.suggestion = near.map(|near| format!("\"{near}\""));
            }
        }
        Days::named_all(words.iter().map(String::as_str))
    }
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
