//! The effective configuration as TOML: what `config show` prints, and what [`super::parse`] reads back to the same.

use std::fmt::Write as _;
use std::path::Path;

use super::days::Days;
use super::types::{Config, Link, Overrides, Push, When};
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
    if let Some(server) = &config.output.server {
        _ = writeln!(out, "\n[output]\nserver = {}", quoted_one(&format!("unix:{}", server.display())));
    }
    if let Some(link) = &config.link {
        write_link(&mut out, link);
    }
    if let Some(push) = &config.push {
        write_push(&mut out, push);
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

fn write_link(out: &mut String, link: &Link) {
    _ = writeln!(out, "\n[link]");
    if let Some(address) = &link.send_to {
        _ = writeln!(out, "send_to = {}", quoted_one(&address.to_string()));
    }
    _ = writeln!(out, "play_here = {}", link.play_here);
    if !link.listen_to.is_empty() {
        _ = writeln!(out, "listen_to = {}", texts(&link.listen_to));
    }
    if let Some(hosts) = &link.hosts {
        _ = writeln!(out, "hosts = {}", texts(hosts.globs()));
    }
    if let Some(host) = &link.host {
        _ = writeln!(out, "host = {}", quoted_one(host));
    }
    _ = writeln!(out, "limit = {}", link.limit);
    for (key, file) in [
        ("password_file", &link.password_file),
        ("ca_file", &link.ca_file),
        ("cert_file", &link.cert_file),
        ("key_file", &link.key_file),
    ] {
        write_file(out, key, file.as_deref());
    }
}

fn write_push(out: &mut String, push: &Push) {
    _ = writeln!(out, "\n[push]");
    _ = writeln!(out, "server = {}", quoted_one(&push.server));
    _ = writeln!(out, "topic = {}", quoted_one(&push.topic));
    write_file(out, "token_file", push.token_file.as_deref());
    if let Some(events) = &push.events {
        _ = writeln!(out, "events = {}", texts(events.globs()));
    }
    _ = writeln!(out, "priority = \"{}\"", push.priority);
    _ = writeln!(out, "while_muted = {}", push.while_muted);
}

fn write_file(out: &mut String, key: &str, file: Option<&Path>) {
    if let Some(file) = file {
        _ = writeln!(out, "{key} = {}", quoted_one(&file.to_string_lossy()));
    }
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
        ("host", &when.host),
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

fn quoted_one(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn quoted(texts: impl IntoIterator<Item = impl ToString>) -> Vec<String> {
    texts.into_iter().map(|text| quoted_one(&text.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;
    use std::path::PathBuf;
    use std::time::Duration;

    use proptest::option;
    use proptest::prelude::*;

    use super::super::address::{Address, Broker};
    use super::super::circumstance::{Circumstance, SkipWhen};
    use super::super::days::Hours;
    use super::super::parse;
    use super::super::types::{Output, Overlap, Pattern, QuietHours, Rule, Speaker, limit};
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
                pattern(word),
            ),
            overrides(true),
        )
            .prop_map(|((agent, event, tool, cwd, detail, host), then)| Rule {
                when: When { agent, event, tool, cwd, detail, host },
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

    fn file() -> impl Strategy<Value = Option<PathBuf>> {
        option::of("(/[a-zä \\\"]{1,5}){1,3}".prop_map(PathBuf::from))
    }

    fn address() -> impl Strategy<Value = Address> {
        prop_oneof![
            "(/[a-zä ]{1,5}){1,3}".prop_map(|path| Address::Unix(path.into())),
            (
                any::<bool>(),
                option::of("[a-z]{1,5}"),
                "[a-z][a-z.-]{1,9}|::1",
                1_u16..,
                "[a-z$~]{1,5}(/[A-Z_]{1,3}){0,2}"
            )
                .prop_map(|(tls, user, host, port, base)| Address::Broker(Broker {
                    tls,
                    user,
                    host,
                    port,
                    base
                })),
        ]
    }

    prop_compose! {
        fn link()(
            send_to in option::of(address()),
            play_here in any::<bool>(),
            listen_to in prop::collection::vec(address(), 0..3),
            hosts in pattern("[a-z]{1,5}[.*]{0,2}"),
            host in option::of("[a-z0-9][a-z.-]{0,5}"),
            limit in limit::SOUNDS_A_MINUTE,
            (password_file, ca_file, pair) in (file(), file(), option::of((file(), file()))),
        ) -> Link {
            let (cert_file, key_file) = match pair {
                Some((Some(cert), Some(key))) => (Some(cert), Some(key)),
                _ => (None, None),
            };
            Link { send_to, play_here, listen_to, hosts, host, limit, password_file, ca_file, cert_file, key_file }
        }
    }

    prop_compose! {
        fn push()(
            server in "https?://[a-z]{1,5}(:[1-9][0-9]{0,3})?(/[a-z]{1,3}){0,2}",
            topic in "[a-zA-Z0-9_-]{1,64}",
            token_file in file(),
            events in pattern("[a-z]{1,5}[.*]{0,2}"),
            priority in prop::sample::select(&Priority::ALL[..]),
            while_muted in any::<bool>(),
        ) -> Push {
            Push { server, topic, token_file, events, priority, while_muted }
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
            (server, link, push) in (file(), option::of(link()), option::of(push())),
        ) -> Config {
            let events = events.into_iter().map(|(name, overrides)| (name.parse().unwrap(), overrides)).collect();
            let speaker = Speaker { overlap, min_audible, lead_in, normalize, skip_when };
            let output = Output { server };
            let (link, push) = (link.map(Box::new), push.map(Box::new));
            Config { volume, packs, timeout, events, rules, speaker, quiet, output, link, push }
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_to_the_same(config in config()) {
            read_back(&config);
        }
    }
}
