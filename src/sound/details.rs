//! What an event is about, as names for sounds: `tool.error.bash.git-push`, `tool.error.bash.git`, `tool.error.bash`.
//!
//! Pure. Names hold the program and its subcommand and no other word of the command, which may be a secret. A command
//! that no tool ran, but a human in a shell, gives `command.failure.git-push` and `command.failure.git`.

use super::command_line::{Program, program, word};
use crate::event::{Canonical, EVENTS, EventName, Occurrence};

/// What the tool that runs commands is called in names, whatever an agent calls it.
const SHELL_TOOL: &str = "bash";

/// The names to try before the event's own, from special to general.
pub fn details(occurrence: &Occurrence) -> Vec<EventName> {
    let Some(event) = &occurrence.event else { return Vec::new() };
    let tool = occurrence.tool.as_deref().map(word);
    let mut names = Vec::new();
    if let Some(command) = &occurrence.command {
        let stem = if tool.is_some() { format!("{event}.{SHELL_TOOL}") } else { event.to_string() };
        if let Some(Program { name, subcommand, .. }) = program(command) {
            if let Some(subcommand) = subcommand {
                names.push(format!("{stem}.{name}-{subcommand}"));
            }
            names.push(format!("{stem}.{name}"));
        }
        if tool.as_ref().is_some_and(|tool| tool != SHELL_TOOL) {
            names.push(stem);
        }
    }
    if let Some(tool) = tool.filter(|tool| !tool.is_empty()) {
        names.push(format!("{event}.{tool}"));
    }
    names.into_iter().filter_map(|name| name.parse().ok()).collect()
}

/// The event that a sound of this name is for in one of its details; `None` where it is no detail's name.
pub(super) fn event_with_detail(name: &str) -> Option<&'static Canonical> {
    let is_detail =
        |row: &&Canonical| name.strip_prefix(row.name).is_some_and(|rest| rest.len() > 1 && rest.starts_with('.'));
    EVENTS.iter().find(is_detail)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn names(tool: &str, command: &str) -> Vec<String> {
        let occurrence = Occurrence {
            event: Some("tool.error".parse().unwrap()),
            tool: Some(tool.to_owned()),
            command: (!command.is_empty()).then(|| command.to_owned()),
            ..Occurrence::default()
        };
        details(&occurrence).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_go_from_special_to_general_and_shells_have_one_name() {
        let all = ["tool.error.bash.git-push", "tool.error.bash.git", "tool.error.bash"];
        assert_eq!(names("Bash", "git push origin main"), all);
        let theirs = [&all[..], &["tool.error.run_shell_command"]].concat();
        assert_eq!(names("run_shell_command", "git push"), theirs);
        assert_eq!(names("Edit", ""), ["tool.error.edit"]);
        assert_eq!(names("mcp__github__create pr", ""), ["tool.error.mcp__github__create-pr"]);
        assert_eq!(names("??", ""), [""; 0]);
        assert_eq!(details(&Occurrence { tool: Some("Bash".into()), ..Occurrence::default() }), []);
    }

    #[test]
    fn a_command_that_a_human_ran_has_names_without_a_tool() {
        let occurrence = Occurrence {
            event: Some("command.failure".parse().unwrap()),
            command: Some("TOKEN=x git push".to_owned()),
            ..Occurrence::default()
        };
        let names: Vec<_> = details(&occurrence).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["command.failure.git-push", "command.failure.git"]);
    }

    #[rstest]
    #[case("tool.error.bash", Some("tool.error"))]
    #[case("input.permission.bash.git-push", Some("input.permission"))]
    #[case("tool.error", None)]
    #[case("tool.error.", None)]
    #[case("tool.errors.bash", None)]
    #[case("deploy.done", None)]
    fn a_detail_belongs_to_its_event(#[case] name: &str, #[case] event: Option<&str>) {
        assert_eq!(event_with_detail(name).map(|row| row.name), event);
    }

    proptest::proptest! {
        #[test]
        fn any_command_gives_names_and_nothing_of_its_values(command in ".{0,200}") {
            for name in names("Bash", &command) {
                assert!(crate::event::is_event_name(&name));
            }
        }
    }
}
