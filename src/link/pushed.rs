//! What a phone is told of an occurrence: which event, whose, where, how urgent, and when. Nothing else is ever known here.
//!
//! Owns the words. Invariant: what strangers named is cleaned and short.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::letter::Pushed;
use crate::agents;
use crate::event::Priority;
use crate::text::clean;

/// The longest name of an agent or a machine that is shown, in characters.
const LONGEST_NAME: usize = 40;

impl Pushed {
    /// What is read at a glance.
    pub fn title(&self) -> String {
        let who = who(&self.agent);
        match self.event.as_str() {
            "input.permission" => format!("{who} needs your permission"),
            "input.question" => format!("{who} has a question for you"),
            "input.required" => format!("{who} needs you"),
            "input.idle" => format!("{who} is waiting for you"),
            "task.complete" => format!("{who} is done"),
            "task.error" => format!("{who} ran into an error"),
            "task.interrupted" => format!("{who} was stopped"),
            "resource.limit" => format!("{who} hit a limit"),
            "command.success" => "A command succeeded".to_owned(),
            "command.failure" => "A command failed".to_owned(),
            "background.complete" => format!("{who}: background work is done"),
            "subagent.complete" => format!("{who}: a sub-agent is done"),
            "tool.error" => format!("{who}: a tool failed"),
            event => format!("{who}: {event}"),
        }
    }

    /// Where and when; `here` is this machine's name.
    pub fn message(&self, here: &str, zone: &TimeZone) -> String {
        let on = shown(self.host.as_deref().unwrap_or(here));
        let at = i64::try_from(self.at.wall_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        match at.map(|at| at.to_zoned(zone.clone())) {
            Some(at) => format!("on {on} at {}", at.strftime("%H:%M:%S")),
            None => format!("on {on}"),
        }
    }

    /// What it is filed under: a picture that phones show before the title, and the event.
    pub fn tags(&self) -> [&str; 2] {
        let event = self.event.as_str();
        let picture = match event {
            "input.question" => "question",
            "resource.limit" => "hourglass",
            "task.complete" | "command.success" | "background.complete" | "subagent.complete" => "white_check_mark",
            "task.error" | "command.failure" | "tool.error" => "x",
            _ if event.starts_with("input.") => "raised_hand",
            _ => "bell",
        };
        [picture, event]
    }

    /// How urgent it is, as ntfy counts: 1 is the least, 3 the usual, 5 the most.
    pub const fn level(&self) -> u8 {
        match self.priority {
            Priority::Low => 2,
            Priority::Normal => 3,
            Priority::High => 4,
            Priority::Urgent => 5,
        }
    }
}

/// An agent as a sentence begins with it.
fn who(id: &str) -> String {
    let name = match agents::find(id) {
        Some(agent) if !matches!(id, "generic" | "fish") => agent.name,
        Some(_) if id == "fish" => "A shell",
        _ if matches!(id, "" | "generic") => "A program",
        _ if id == "herald" => "Herald",
        _ => id,
    };
    let name = shown(name);
    match name.strip_prefix("a ").or_else(|| name.strip_prefix("an ")) {
        Some(_) => format!("A{}", &name[1..]),
        None => name,
    }
}

fn shown(name: &str) -> String {
    clean(name).chars().take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::message::Id;
    use super::*;
    use crate::platform::clock::Stamp;

    fn pushed(event: &str, agent: &str) -> Pushed {
        Pushed {
            id: Id(7),
            at: Stamp { wall_ms: 1_700_000_000_000, boot_us: 77 },
            event: event.parse().unwrap(),
            agent: agent.to_owned(),
            host: None,
            priority: Priority::Urgent,
        }
    }

    #[rstest]
    #[case("input.permission", "claude-code", "Claude Code needs your permission")]
    #[case("input.question", "codex", "Codex has a question for you")]
    #[case("task.complete", "gemini-cli", "Gemini CLI is done")]
    #[case("command.failure", "shell", "A command failed")]
    #[case("bell", "shell", "A shell: bell")]
    #[case("input.required", "editor", "An editor needs you")]
    #[case("input.required", "git", "git needs you")]
    #[case("input.required", "generic", "A program needs you")]
    #[case("input.required", "", "A program needs you")]
    #[case("deploy.done", "herald", "Herald: deploy.done")]
    #[case("deploy.done", "my-bot\u{1b}[31m", "my-bot\u{fffd}[31m: deploy.done")]
    fn a_title_says_who_wants_what(#[case] event: &str, #[case] agent: &str, #[case] title: &str) {
        assert_eq!(pushed(event, agent).title(), title);
    }

    #[test]
    fn every_event_has_a_title_of_its_own_and_a_picture() {
        let titles: std::collections::HashSet<_> =
            crate::event::EVENTS.iter().map(|row| pushed(row.name, "codex").title()).collect();
        assert_eq!(titles.len(), crate::event::EVENTS.len());
        assert_eq!(pushed("input.permission", "codex").tags(), ["raised_hand", "input.permission"]);
        assert_eq!(pushed("deploy.done", "codex").tags(), ["bell", "deploy.done"]);
    }

    #[test]
    fn a_message_says_where_and_when() {
        let mut one = pushed("task.complete", "codex");
        assert_eq!(one.message("desk", &TimeZone::UTC), "on desk at 22:13:20");
        one.host = Some("build-7".to_owned());
        assert_eq!(one.message("desk", &TimeZone::UTC), "on build-7 at 22:13:20");
        one.at.wall_ms = u64::MAX;
        assert_eq!(one.message("desk", &TimeZone::UTC), "on build-7");
        one.host = Some("x".repeat(5000));
        assert!(one.message("desk", &TimeZone::UTC).len() < 50);
    }

    #[rstest]
    #[case(Priority::Low, 2)]
    #[case(Priority::Normal, 3)]
    #[case(Priority::High, 4)]
    #[case(Priority::Urgent, 5)]
    fn priorities_are_those_of_the_phone(#[case] priority: Priority, #[case] level: u8) {
        assert_eq!(Pushed { priority, ..pushed("bell", "x") }.level(), level);
    }
}
