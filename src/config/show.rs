//! The effective configuration as TOML: what `config show` prints, and what [`super::parse`] reads back to the same.

use std::fmt::Write as _;

use super::days::Days;
use super::types::{Config, Overrides, When};
use super::value::spelled;

/// The whole configuration, defaults included, as a file that means the same.
pub fn show(config: &Config) -> String {
    let mut out = String::new();
    _ = writeln!(out, "volume = {}", config.volume);
    _ = writeln!(out, "pack = {}", texts(&config.packs));
    _ = writeln!(out, "timeout = \"{}\"", spelled(config.timeout));

    let speaker = &config.speaker;
    _ = writeln!(out, "\n[speaker]");
    _ = writeln!(out, "overlap = \"{}\"", speaker.overlap.as_str());
    _ = writeln!(out, "min_audible = \"{}\"", spelled(speaker.min_audible));
    _ = writeln!(out, "lead_in = \"{}\"", spelled(speaker.lead_in));
    _ = writeln!(out, "normalize = {}", speaker.normalize);

    _ = writeln!(out, "skip_when = {}", list(speaker.skip_when.words()));

    for quiet in &config.quiet {
        _ = writeln!(out, "\n[[quiet]]");
        _ = writeln!(out, "hours = {}", texts(&quiet.hours));
        if quiet.days != Days::ALL {
            _ = writeln!(out, "days = {}", texts(quiet.days.names()));
        }
        if let Some(allow) = &quiet.allow {
            _ = writeln!(out, "allow = {}", texts(allow.globs()));
        }
    }
    for (name, overrides) in &config.events {
        _ = writeln!(out, "\n[events.\"{name}\"]");
        write_overrides(&mut out, overrides);
    }
    for rule in &config.rules {
        _ = writeln!(out, "\n[[rules]]");
        _ = writeln!(out, "match = {}", conditions(&rule.when));
        write_overrides(&mut out, &rule.then);
    }
    out
}

fn write_overrides(out: &mut String, overrides: &Overrides) {
    if let Some(enabled) = overrides.enabled {
        _ = writeln!(out, "enabled = {enabled}");
    }
    if let Some(sounds) = &overrides.sounds {
        _ = writeln!(out, "sound = {}", texts(sounds.iter().map(ToString::to_string)));
    }
    if let Some(packs) = &overrides.packs {
        _ = writeln!(out, "pack = {}", texts(packs));
    }
    if let Some(volume) = overrides.volume {
        _ = writeln!(out, "volume = {volume}");
    }
    if let Some(throttle) = overrides.throttle {
        _ = writeln!(out, "throttle = \"{}\"", spelled(throttle));
    }
    if let Some(priority) = overrides.priority {
        _ = writeln!(out, "priority = \"{priority}\"");
    }
    for (key, duration) in [("delay", overrides.delay), ("min_duration", overrides.min_duration)] {
        if let Some(duration) = duration {
            _ = writeln!(out, "{key} = \"{}\"", spelled(duration));
        }
    }
    if let Some(skip_when) = overrides.skip_when {
        _ = writeln!(out, "skip_when = {}", list(skip_when.words()));
    }
}

fn conditions(when: &When) -> String {
    let keys = [
        ("agent", &when.agent),
        ("event", &when.event),
        ("tool", &when.tool),
        ("cwd", &when.cwd),
        ("detail", &when.detail),
    ];
    let given: Vec<String> = keys
        .into_iter()
        .filter_map(|(key, pattern)| pattern.as_ref().map(|pattern| format!("{key} = {}", texts(pattern.globs()))))
        .collect();
    if given.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", given.join(", ")) }
}

/// One text as itself, several as a list.
fn texts(texts: impl IntoIterator<Item = impl ToString>) -> String {
    match quoted(texts).as_slice() {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

/// A list, however many they are.
fn list(texts: impl IntoIterator<Item = impl ToString>) -> String {
    format!("[{}]", quoted(texts).join(", "))
}

fn quoted(texts: impl IntoIterator<Item = impl ToString>) -> Vec<String> {
    texts.into_iter().map(|text| toml::Value::String(text.to_string()).to_string()).collect()
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;
    use std::path::Path;
    use std::time::Duration;

    use proptest::option;
    use proptest::prelude::*;

    use super::super::circumstance::{Circumstance, SkipWhen};
    use super::super::days::Hours;
    use super::super::parse;
    use super::super::types::{Overlap, Pattern, QuietHours, Rule, Speaker, limit};
    use super::*;
    use crate::event::Priority;
    use crate::sound_ref::SoundRef;

    fn read_back(config: &Config) {
        let text = show(config);
        let (again, problems) = parse(&text, Path::new("/elsewhere/config.toml"), None);
        assert!(!problems.iter().any(super::super::Problem::is_error), "{problems:#?}\n{text}");
        assert_eq!(again, *config, "{text}");
    }

    #[test]
    fn the_defaults_are_shown_in_full() {
        let text = show(&Config::default());
        assert_eq!(
            text,
            "volume = 70\npack = \"herald\"\ntimeout = \"10s\"\n\n[speaker]\noverlap = \"queue\"\n\
             min_audible = \"150ms\"\nlead_in = \"0s\"\nnormalize = true\nskip_when = []\n"
        );
        read_back(&Config::default());
    }

    #[test]
    fn no_file_is_taken_for_a_url_or_a_misspelt_kind_of_sound() {
        for path in ["/://", "/a b://c", "/pac:k/x", "/x/pack:a/b"] {
            let mut config = Config::default();
            let sounds = Some(vec![SoundRef::Path(path.into())]);
            config.rules.push(Rule { when: When::default(), then: Overrides { sounds, ..Overrides::default() } });
            read_back(&config);
        }
    }

    fn duration(range: RangeInclusive<Duration>) -> impl Strategy<Value = Duration> {
        (range.start().as_nanos() as u64..=range.end().as_nanos() as u64, 0_u32..10)
            .prop_map(|(nanos, zeros)| nanos - nanos % 10_u64.pow(zeros))
            .prop_map(Duration::from_nanos)
            .prop_filter("in range", move |duration| range.contains(duration))
    }

    fn sound() -> impl Strategy<Value = SoundRef> {
        prop_oneof![
            "[a-z]{1,5}".prop_map(SoundRef::Builtin),
            ("[a-z0-9]{1,5}", "[a-z][a-z.]{0,5}").prop_map(|(pack, id)| SoundRef::Pack { pack, id }),
            ("[A-Z]{1,5}", "[a-z-]{1,5}")
                .prop_filter("no option", |(_, name)| !name.starts_with('-'))
                .prop_map(|(theme, name)| SoundRef::Xdg { theme, name }),
            "/[^\0]{0,20}".prop_map(|path| SoundRef::Path(path.into())),
        ]
        // On Windows these are shares.
        .prop_filter("no share", |sound| !sound.to_string().starts_with("//"))
    }

    fn overrides(packs: bool) -> impl Strategy<Value = Overrides> {
        let packs = if packs { option::of(self::packs()).boxed() } else { Just(None).boxed() };
        (
            option::of(any::<bool>()),
            option::of(prop::collection::vec(sound(), 1..4)),
            packs,
            option::of(0_u8..=100),
            option::of(duration(limit::THROTTLE)),
            option::of(prop::sample::select(&Priority::ALL[..])),
            option::of(duration(limit::DELAY)),
            option::of(duration(limit::MIN_DURATION)),
            option::of(skip_when()),
        )
            .prop_map(
                |(enabled, sounds, packs, volume, throttle, priority, delay, min_duration, skip_when)| Overrides {
                    enabled,
                    sounds,
                    packs,
                    volume,
                    throttle,
                    priority,
                    delay,
                    min_duration,
                    skip_when,
                },
            )
    }

    fn skip_when() -> impl Strategy<Value = SkipWhen> {
        prop::sample::subsequence(Circumstance::ALL.to_vec(), 0..=3).prop_map(|all| all.into_iter().collect())
    }

    fn packs() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("(xdg:)?[A-Za-z0-9][A-Za-z0-9._-]{0,8}", 1..4)
    }

    fn pattern(shape: &'static str) -> impl Strategy<Value = Option<Pattern>> {
        option::of(prop::collection::vec(shape.prop_map(String::into_boxed_str), 1..3).prop_map(Pattern::from))
    }

    fn rule() -> impl Strategy<Value = Rule> {
        let word = "!?[a-zA-Z\"'# ä\t\n*?]{0,8}[a-z*]";
        (
            (
                pattern(word),
                pattern("[a-z]{1,5}[.*]{0,2}"),
                pattern(word),
                pattern("!?(/[a-zä *]{1,5}){1,3}(/\\*\\*)?"),
                pattern(word),
            ),
            overrides(true),
        )
            .prop_map(|((agent, event, tool, cwd, detail), then)| Rule {
                when: When { agent, event, tool, cwd, detail },
                then,
            })
    }

    prop_compose! {
        fn quiet()(
            hours in prop::collection::vec((0_u16..1440, 1_u16..=1440).prop_filter("not empty", |(from, to)| from != to), 1..3),
            days in prop::sample::subsequence(Days::ALL.names().collect::<Vec<_>>(), 1..=7),
            allow in pattern("[a-z]{1,5}[.*]{0,2}"),
        ) -> QuietHours {
            let hours = hours.into_iter().map(|(from, to)| Hours { from, to }).collect();
            QuietHours { hours, days: Days::named_all(days).unwrap(), allow }
        }
    }

    prop_compose! {
        fn config()(
            volume in 0_u8..=100,
            packs in packs(),
            timeout in duration(limit::TIMEOUT),
            events in prop::collection::btree_map("[A-Za-z0-9._-]{1,12}", overrides(false), 0..5),
            rules in prop::collection::vec(rule(), 0..5),
            overlap in prop::sample::select(&Overlap::ALL[..]),
            min_audible in duration(limit::MIN_AUDIBLE),
            lead_in in duration(limit::LEAD_IN),
            normalize in any::<bool>(),
            skip_when in skip_when(),
            quiet in prop::collection::vec(quiet(), 0..3),
        ) -> Config {
            let events = events.into_iter().map(|(name, overrides)| (name.parse().unwrap(), overrides)).collect();
            let speaker = Speaker { overlap, min_audible, lead_in, normalize, skip_when };
            Config { volume, packs, timeout, events, rules, speaker, quiet }
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_to_the_same(config in config()) {
            read_back(&config);
        }
    }
}
