//! What holds for one occurrence: the first matching rule for each key, then the event's own table, then the defaults.
//!
//! Pure: no clock, no file, no environment.

use std::borrow::Cow;
use std::time::Duration;

use super::address::Address;
use super::circumstance::SkipWhen;
use super::pattern;
use super::types::{Config, Link, Overrides, Pattern, Push, QuietHours, Settings, THROTTLE, When, scaled};
use crate::event::{self, EventName, Occurrence, Priority};
use crate::sound_ref::SoundRef;

impl Config {
    /// Everything that holds for this occurrence.
    ///
    /// An occurrence without an event is unknown, and nothing but its rules and the global values hold for it.
    pub fn settings(&self, occ: &Occurrence) -> Settings {
        let canonical = occ.event.as_ref().and_then(|name| event::canonical(name.as_str()));
        let own = occ.event.as_ref().and_then(|name| self.event(name));

        let subject = Subject::of(occ);
        let mut chosen = Chosen::default();
        for rule in &self.rules {
            if rule.when.matches(&subject) {
                chosen.fill(&rule.then);
                if chosen.is_complete() {
                    break;
                }
            }
        }
        let off_by_rule = chosen.enabled == Some(false);
        if let Some(own) = own {
            chosen.fill(own);
        }

        Settings {
            known: canonical.is_some() || own.is_some(),
            enabled: chosen.enabled.unwrap_or_else(|| canonical.is_none_or(|row| row.enabled)),
            off_by_rule,
            sounds: chosen.sounds.unwrap_or_default().to_vec(),
            packs_are_chosen: chosen.packs.is_some(),
            packs: chosen.packs.unwrap_or(&self.packs).to_vec(),
            volume: scaled(self.volume, chosen.volume.unwrap_or(100)),
            throttle: chosen.throttle.unwrap_or(THROTTLE),
            priority: chosen.priority.unwrap_or_else(|| canonical.map_or(Priority::Normal, |row| row.priority)),
            delay: chosen.delay.unwrap_or_else(|| delay(occ)),
            min_duration: chosen.min_duration.unwrap_or_default(),
            skip_when: chosen.skip_when.unwrap_or(self.speaker.skip_when),
        }
    }

    /// Whether something may be held back until it is clear that its session does not go on by itself.
    pub fn may_delay(&self, occ: &Occurrence) -> bool {
        let sets = |of: &Overrides| of.delay.is_some_and(|delay| !delay.is_zero());
        ASKS_EARLY.contains(&occ.agent.as_str())
            || self.events.iter().any(|(_, own)| sets(own))
            || self.rules.iter().any(|rule| sets(&rule.then))
    }
}

/// Agents that ask their hooks for permission before an automatic review, which may grant it without any human
/// (openai/codex issues 23465 and 28833).
const ASKS_EARLY: &[&str] = &["codex"];

/// What such a review takes, nearly always.
const REVIEW: Duration = Duration::from_millis(1500);

/// The delay of an event nobody set one for.
fn delay(occ: &Occurrence) -> Duration {
    let asks = occ.event.as_ref().is_some_and(|event| event.as_str() == "input.permission");
    if asks && ASKS_EARLY.contains(&occ.agent.as_str()) { REVIEW } else { Duration::ZERO }
}

/// The values that were set first.
#[derive(Default)]
struct Chosen<'c> {
    enabled: Option<bool>,
    sounds: Option<&'c [SoundRef]>,
    packs: Option<&'c [String]>,
    volume: Option<u8>,
    throttle: Option<Duration>,
    priority: Option<Priority>,
    delay: Option<Duration>,
    min_duration: Option<Duration>,
    skip_when: Option<SkipWhen>,
}

impl<'c> Chosen<'c> {
    fn fill(&mut self, from: &'c Overrides) {
        self.enabled = self.enabled.or(from.enabled);
        self.sounds = self.sounds.or(from.sounds.as_deref());
        self.packs = self.packs.or(from.packs.as_deref());
        self.volume = self.volume.or(from.volume);
        self.throttle = self.throttle.or(from.throttle);
        self.priority = self.priority.or(from.priority);
        self.delay = self.delay.or(from.delay);
        self.min_duration = self.min_duration.or(from.min_duration);
        self.skip_when = self.skip_when.or(from.skip_when);
    }

    fn is_complete(&self) -> bool {
        self.enabled.is_some()
            && self.sounds.is_some()
            && self.packs.is_some()
            && self.volume.is_some()
            && self.throttle.is_some()
            && self.priority.is_some()
            && self.delay.is_some()
            && self.min_duration.is_some()
            && self.skip_when.is_some()
    }
}

/// An occurrence as the rules see it, made once for all of them.
struct Subject<'o> {
    agent: Option<&'o str>,
    event: Option<&'o str>,
    /// In lower case.
    tool: Option<String>,
    cwd: Option<Cow<'o, str>>,
    detail: Option<&'o str>,
    host: Option<&'o str>,
}

impl<'o> Subject<'o> {
    fn of(occ: &'o Occurrence) -> Self {
        Self {
            agent: Some(occ.agent.as_str()).filter(|agent| !agent.is_empty()),
            event: occ.event.as_ref().map(event::EventName::as_str),
            tool: occ.tool.as_ref().map(|tool| tool.to_ascii_lowercase()),
            cwd: occ.cwd.as_ref().map(|cwd| match cwd.to_string_lossy() {
                Cow::Borrowed(text) => pattern::slashed(text),
                Cow::Owned(text) => Cow::Owned(pattern::slashed(&text).into_owned()),
            }),
            detail: occ.detail.as_deref(),
            host: occ.host.as_deref(),
        }
    }
}

impl When {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        holds(self.agent.as_ref(), subject.agent, pattern::word)
            && holds(self.event.as_ref(), subject.event, pattern::word)
            && holds(self.tool.as_ref(), subject.tool.as_deref(), pattern::word_of_any_case)
            && holds(self.cwd.as_ref(), subject.cwd.as_deref(), pattern::directory)
            && holds(self.detail.as_ref(), subject.detail, pattern::word)
            && holds(self.host.as_ref(), subject.host, pattern::word)
    }
}

impl Link {
    /// Where everything that happens here is heard, if nothing is heard here, of this machine or of another one.
    pub fn elsewhere(&self) -> Option<&Address> {
        self.send_to.as_ref().filter(|_| !self.play_here && self.listen_to.is_empty())
    }

    /// Whether that machine may be heard here.
    pub fn hears(&self, host: &str) -> bool {
        holds(self.hosts.as_ref(), Some(host), pattern::word)
    }
}

impl Push {
    /// Whether this is pushed.
    pub fn wants(&self, event: &EventName, priority: Priority) -> bool {
        priority >= self.priority && holds(self.events.as_ref(), Some(event.as_str()), pattern::word)
    }
}

impl QuietHours {
    /// Whether this event is heard all the same.
    pub fn allows(&self, event: &EventName) -> bool {
        self.allow.as_ref().is_some_and(|allow| allow.globs().iter().any(|glob| pattern::word(glob, event.as_str())))
    }
}

/// Whether one condition holds: it isn't set, or it matches a value that is there.
fn holds(condition: Option<&Pattern>, value: Option<&str>, matches: fn(&str, &str) -> bool) -> bool {
    match (condition, value) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(pattern), Some(value)) => pattern.globs().iter().any(|pattern| matches(pattern, value)),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use super::*;

    fn config(text: &str) -> Config {
        let (config, problems) = super::super::parse(text, Path::new("/cfg/config.toml"), Some(Path::new("/home/u")));
        assert_eq!(problems, []);
        config
    }

    fn occurrence(event: &str) -> Occurrence {
        Occurrence {
            event: Some(event.parse().unwrap()),
            agent: "codex".to_owned(),
            cwd: Some("/home/u/work/app".into()),
            tool: Some("Bash".to_owned()),
            detail: Some("idle_prompt".to_owned()),
            ..Occurrence::default()
        }
    }

    #[test]
    fn without_a_file_the_canonical_table_holds() {
        for row in event::EVENTS {
            let settings = Config::default().settings(&occurrence(row.name));
            assert_eq!(
                settings,
                Settings {
                    known: true,
                    enabled: row.enabled,
                    off_by_rule: false,
                    packs_are_chosen: false,
                    sounds: vec![],
                    packs: vec!["herald".to_owned()],
                    volume: 70,
                    throttle: Duration::from_secs(3),
                    priority: row.priority,
                    delay: Duration::from_millis(if row.name == "input.permission" { 1500 } else { 0 }),
                    min_duration: Duration::ZERO,
                    skip_when: SkipWhen::NEVER,
                }
            );
        }
    }

    #[test]
    fn an_event_is_known_if_it_is_canonical_or_configured() {
        let config = config("[events.\"deploy.done\"]\n[[rules]]\nmatch = { event = \"build.*\" }\nvolume = 5\n");
        assert!(config.settings(&occurrence("deploy.done")).known);
        assert!(config.settings(&occurrence("deploy.done")).enabled);
        assert!(!config.settings(&occurrence("deploy.failed")).known);
        assert!(!config.settings(&occurrence("build.done")).known, "a rule alone makes no event known");
        assert!(!config.settings(&Occurrence::default()).known);
    }

    #[rstest]
    #[case(70, 100, 70)]
    #[case(70, 90, 63)]
    #[case(50, 25, 13)]
    #[case(33, 1, 0)]
    #[case(0, 100, 0)]
    #[case(100, 0, 0)]
    fn the_event_volume_is_relative_to_the_global_one(#[case] global: u8, #[case] event: u8, #[case] expected: u8) {
        let config = config(&format!("volume = {global}\n[events.\"bell\"]\nvolume = {event}\n"));
        assert_eq!(config.settings(&occurrence("bell")).volume, expected);
    }

    #[test]
    fn the_first_matching_rule_wins_for_each_key_and_the_event_comes_after() {
        let config = config(
            r#"
            [events."task.complete"]
            volume = 10
            throttle = "9s"
            priority = "low"
            sound = "done.wav"
            [[rules]]
            match = { agent = "gemini" }
            volume = 1
            [[rules]]
            match = { cwd = "~/work/**" }
            pack = "quiet"
            priority = "high"
            [[rules]]
            match = { agent = "codex" }
            pack = ["other", "herald"]
            throttle = "0s"
            "#,
        );
        let settings = config.settings(&occurrence("task.complete"));
        assert_eq!(settings.packs, ["quiet"]);
        assert_eq!(settings.priority, Priority::High);
        assert_eq!(settings.throttle, Duration::ZERO);
        assert_eq!(settings.volume, 7);
        assert_eq!(settings.sounds, [SoundRef::Path("/cfg/done.wav".into())]);
    }

    #[test]
    fn when_it_is_skipped_is_for_everything_unless_an_event_or_a_rule_says_otherwise() {
        let of = |text: &str| {
            let text = format!("speaker.skip_when = [\"microphone-in-use\", \"screen-locked\"]\n{text}");
            config(&text).settings(&occurrence("input.permission")).skip_when.words().collect::<Vec<_>>()
        };
        assert_eq!(of(""), ["microphone-in-use", "screen-locked"], "an urgent one, too");
        assert_eq!(of("[events.\"input.permission\"]\nskip_when = []\n"), [""; 0]);
        assert_eq!(of("[events.\"input.permission\"]\nskip_when = \"do-not-disturb\"\n"), ["do-not-disturb"]);
        assert_eq!(
            of("[[rules]]\nmatch = { event = \"input.*\" }\nskip_when = [\"screen-locked\"]\n"),
            ["screen-locked"]
        );
    }

    #[test]
    fn what_switched_an_event_off_is_told_apart() {
        let text = "[events.\"bell\"]\nenabled = false\n";
        let by_event = config(text).settings(&occurrence("bell"));
        assert!(!by_event.enabled && !by_event.off_by_rule);

        let text = "[[rules]]\nmatch = { event = \"bell\" }\nenabled = false\n";
        let by_rule = config(text).settings(&occurrence("bell"));
        assert!(!by_rule.enabled && by_rule.off_by_rule);

        let text = "[events.\"bell\"]\nenabled = false\n[[rules]]\nmatch = { event = \"bell\" }\nenabled = true\n";
        let on_again = config(text).settings(&occurrence("bell"));
        assert!(on_again.enabled && !on_again.off_by_rule);
    }

    #[test]
    fn permissions_of_agents_that_ask_before_a_review_wait_for_it_unless_told_otherwise() {
        let of = |agent: &str, text: &str| {
            let occurrence = Occurrence { agent: agent.to_owned(), ..occurrence("input.permission") };
            let config = config(text);
            (config.settings(&occurrence).delay.as_millis(), config.may_delay(&occurrence))
        };
        let set = |delay: &str| format!("[events.\"input.permission\"]\ndelay = \"{delay}\"\n");
        assert_eq!(of("codex", ""), (1500, true));
        assert_eq!(of("claude-code", ""), (0, false));
        assert_eq!(of("codex", &set("0s")), (0, true));
        assert_eq!(of("claude-code", &set("2s")), (2000, true));
    }

    #[rstest]
    #[case::agent(r#"agent = "codex""#, true)]
    #[case::agent_glob(r#"agent = "co*""#, true)]
    #[case::other_agent(r#"agent = "gemini""#, false)]
    #[case::any_of_a_list(r#"agent = ["gemini", "codex"]"#, true)]
    #[case::event_glob(r#"event = "input.*""#, true)]
    #[case::other_event(r#"event = "task.*""#, false)]
    #[case::tool_whatever_its_case(r#"tool = "bASH""#, true)]
    #[case::tool_glob_whatever_its_case(r#"tool = "BA*""#, true)]
    #[case::detail(r#"detail = "idle_*""#, true)]
    #[case::detail_case_counts(r#"detail = "IDLE_*""#, false)]
    #[case::cwd(r#"cwd = "~/work""#, true)]
    #[case::other_cwd(r#"cwd = "~/wor""#, false)]
    #[case::all_must_hold(r#"agent = "codex", event = "task.*""#, false)]
    #[case::all_hold(r#"agent = "codex", event = "input.*", tool = "bash", cwd = "/home/**", detail = "*""#, true)]
    fn a_rule_matches_if_every_key_does(#[case] conditions: &str, #[case] expected: bool) {
        let config = config(&format!("[[rules]]\nmatch = {{ {conditions} }}\nvolume = 0\n"));
        assert_eq!(config.settings(&occurrence("input.permission")).volume == 0, expected);
    }

    #[rstest]
    #[case("agent")]
    #[case("event")]
    #[case("tool")]
    #[case("detail")]
    #[case("cwd")]
    fn a_condition_on_what_is_not_there_does_not_hold(#[case] key: &str) {
        for pattern in ["**", "!**/x"] {
            let config = config(&format!("[[rules]]\nmatch = {{ {key} = \"{pattern}\" }}\nvolume = 0\n"));
            assert_eq!(config.settings(&Occurrence::default()).volume, 70);
        }
    }
}
