//! Which lines somebody wants to see.
//!
//! Only an occurrence knows agent and session; the lines that follow from it are known by its request.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::fields::{Fields, Key};
use super::text::Line;

/// What is asked for; what is empty takes everything.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Events: names or globs, Herald's or the agent's.
    pub events: Vec<String>,
    /// Agents, by id.
    pub agents: Vec<String>,
    /// Sessions, by their short hash.
    pub sessions: Vec<String>,
    /// Reasons and outcomes.
    pub reasons: Vec<String>,
    /// Nothing that was heard.
    pub unheard: bool,
    /// Nothing older.
    pub since: Option<Timestamp>,
}

/// What is said of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is wanted.
    Taken,
    /// It isn't.
    Passed,
    /// It is, if its occurrence is, which is in none of the lines before it.
    Unknown,
}

/// Goes over lines, oldest first.
#[derive(Debug)]
pub struct Filter {
    wanted: Wanted,
    /// Whether the occurrence of each request was wanted.
    requests: HashMap<u64, bool>,
    since: String,
}

impl Filter {
    /// A filter that has seen nothing yet.
    pub fn new(wanted: Wanted) -> Self {
        let since = wanted.since.map(seconds).unwrap_or_default();
        Self { wanted, requests: HashMap::new(), since }
    }

    /// Whether nothing is asked for, so that every line is taken.
    pub fn takes_all(&self) -> bool {
        let Wanted { events, agents, sessions, reasons, unheard, since } = &self.wanted;
        let lists = [events, agents, sessions, reasons];
        lists.iter().all(|list| list.is_empty()) && !unheard && since.is_none()
    }

    /// Whether the line is wanted, as far as it is known.
    pub fn takes(&mut self, line: &Fields<'_>) -> bool {
        self.judge(line) == Verdict::Taken
    }

    /// What is to be said of the line. Its fields are asked for in the order in which they stand there.
    pub fn judge(&mut self, line: &Fields<'_>) -> Verdict {
        let (about, plays) = if line.is(Key::Kind, "occurrence") {
            let wanted = self.is_about(line);
            let plays = wanted && line.is(Key::Decision, "play");
            if let Some(id) = line.request() {
                self.requests.insert(id, wanted);
            }
            (Some(wanted), plays)
        } else {
            let known = line.request().map_or(Some(false), |id| self.requests.get(&id).copied());
            // Of a playback whose occurrence lies further back than the journal, the event is known all the same.
            let by_event = || self.wanted.agents.is_empty() && self.wanted.sessions.is_empty();
            let about = match known {
                Some(true) => Some(true),
                known if by_event() => {
                    if self.is_about(line) {
                        Some(true)
                    } else {
                        known
                    }
                }
                known => known,
            };
            (about, about != Some(false) && line.is(Key::Outcome, "finished"))
        };
        let fits = |this: &Self| !(this.wanted.unheard && plays) && this.has_reason(line) && this.is_recent(line);
        match about {
            Some(true) if fits(self) => Verdict::Taken,
            None if fits(self) => Verdict::Unknown,
            _ => Verdict::Passed,
        }
    }

    fn is_about(&self, line: &Fields<'_>) -> bool {
        let Wanted { events, agents, sessions, .. } = &self.wanted;
        let any = |wanted: &[String], key, takes: fn(&str, &str) -> bool| {
            line.text(key).is_some_and(|word| wanted.iter().any(|one| takes(one, &word)))
        };
        let same = |one: &str, word: &str| one == word;
        let matches = |glob: &str, name: &str| fast_glob::glob_match(glob, name);
        (agents.is_empty() || any(agents, Key::Agent, same))
            && (sessions.is_empty() || any(sessions, Key::Session, same))
            && (events.is_empty() || any(events, Key::Event, matches) || any(events, Key::AgentEvent, matches))
    }

    fn has_reason(&self, line: &Fields<'_>) -> bool {
        let reasons = &self.wanted.reasons;
        reasons.is_empty()
            || [Key::Reason, Key::Outcome, Key::What]
                .into_iter()
                .filter_map(|key| line.text(key))
                // `timed_out` is written `timed out` where people read it.
                .any(|word| reasons.iter().any(|reason| reason.replace([' ', '-'], "_") == word.replace('-', "_")))
    }

    fn is_recent(&self, line: &Fields<'_>) -> bool {
        // Both are UTC and of one form up to the seconds, so that their order is that of their letters.
        self.since.is_empty() || line.text(Key::Time).is_some_and(|time| *time >= *self.since)
    }
}

/// A time up to the seconds, as the journal's lines begin.
pub(super) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The words of a field that the journal knows, each once: what might have been meant by one it doesn't know.
pub fn known<'a>(lines: impl Iterator<Item = Line<'a>>, key: Key) -> Vec<String> {
    let mut seen = BTreeSet::new();
    for fields in lines.map(|line| line.fields()) {
        if let Some(word) = fields.text(key).filter(|word| !seen.contains(&**word)) {
            seen.insert(word.into_owned());
        }
    }
    seen.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::journal::Text;

    const LINES: &str = concat!(
        r#"{"time":"2026-11-20T10:00:00Z","kind":"occurrence","agent":"codex","agent_event":"Stop","event":"task.complete","session":"aaaaaaaa","decision":"play","reason":"ok","request":1}"#,
        "\n",
        r#"{"time":"2026-11-20T10:00:01.5Z","kind":"playback","request":1,"event":"task.complete","outcome":"finished","reason":"ok"}"#,
        "\n",
        r#"{"time":"2026-11-21T10:00:00Z","kind":"occurrence","agent":"claude-code","agent_event":"Stop","event":"task.complete","session":"bbbbbbbb","decision":"skip","reason":"throttled","request":null}"#,
        "\n",
        r#"{"time":"2026-11-21T10:00:02Z","kind":"occurrence","agent":"claude-code","agent_event":"Odd","event":null,"session":null,"decision":"skip","reason":"unknown-event","request":null}"#,
        "\n",
        r#"{"time":"2026-11-21T10:00:03Z","kind":"speaker","request":1,"what":"barge-in"}"#,
        "\n",
        r#"{"time":"2026-11-21T10:00:04Z","kind":"playback","request":0,"event":"input.idle","outcome":"timed_out","reason":"timeout"}"#,
        "\n",
    );

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|&word| word.to_owned()).collect()
    }

    #[rstest]
    #[case::all(Wanted::default(), &[0, 1, 2, 3, 4, 5])]
    #[case::event(Wanted { events: words(&["task.complete"]), ..Wanted::default() }, &[0, 1, 2, 4])]
    #[case::events(Wanted { events: words(&["task.*", "input.idle"]), ..Wanted::default() }, &[0, 1, 2, 4, 5])]
    #[case::the_agent_s_word(Wanted { events: words(&["Odd"]), ..Wanted::default() }, &[3])]
    #[case::agent(Wanted { agents: words(&["codex"]), ..Wanted::default() }, &[0, 1, 4])]
    #[case::session(Wanted { sessions: words(&["bbbbbbbb"]), ..Wanted::default() }, &[2])]
    #[case::reason(Wanted { reasons: words(&["throttled", "timed-out"]), ..Wanted::default() }, &[2, 5])]
    #[case::what(Wanted { reasons: words(&["barge-in"]), ..Wanted::default() }, &[4])]
    #[case::unheard(Wanted { unheard: true, ..Wanted::default() }, &[2, 3, 4, 5])]
    #[case::both(Wanted { agents: words(&["claude-code"]), reasons: words(&["ok"]), ..Wanted::default() }, &[])]
    #[case::since(Wanted { since: Some("2026-11-20T10:00:01Z".parse().unwrap()), ..Wanted::default() }, &[1, 2, 3, 4, 5])]
    #[case::to_the_second(Wanted { since: Some("2026-11-21T10:00:03Z".parse().unwrap()), ..Wanted::default() }, &[4, 5])]
    fn what_is_asked_for_is_taken_and_what_follows_from_it(#[case] wanted: Wanted, #[case] expected: &[usize]) {
        let text = Text::from(LINES);
        let mut filter = Filter::new(wanted);
        let taken: Vec<usize> =
            text.lines().enumerate().filter(|(_, line)| filter.takes(&line.fields())).map(|(at, _)| at).collect();
        assert_eq!(taken, expected);
    }

    #[test]
    fn known_words_are_listed_once() {
        assert_eq!(known(Text::from(LINES).lines(), Key::Agent), ["claude-code", "codex"]);
    }
}
