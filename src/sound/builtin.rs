//! The built-in pack: the rung of the lookup chain that always has an answer.
//!
//! Owns the names of its sounds and, apart from them, the sounds. Names and data are two tables on purpose: the linker
//! drops what nobody refers to, so a program that only asks [`has`] doesn't carry a megabyte of samples it never plays.
//! Nothing but [`bytes`] may refer to the data.

/// The pack's name, as in `pack = "herald"`.
pub const PACK: &str = "herald";

/// One sound per event, in the order of the table of events.
const IDS: &[&str] = &[
    "task.complete",
    "task.error",
    "input.required",
    "input.permission",
    "input.question",
    "input.idle",
    "resource.limit",
    "command.success",
    "command.failure",
    "bell",
    "session.start",
    "session.end",
    "task.start",
    "task.progress",
    "task.interrupted",
    "context.compact",
    "subagent.complete",
    "background.complete",
    "tool.error",
    "info",
    "user.spam",
];

/// The ids of all its sounds; each is the name of an event.
pub fn ids() -> impl Iterator<Item = &'static str> {
    IDS.iter().copied()
}

/// Whether it has a sound of that id.
pub fn has(id: &str) -> bool {
    IDS.contains(&id)
}

/// The sound of that id, a whole WAV file.
pub fn bytes(id: &str) -> Option<&'static [u8]> {
    Some(match id {
        "task.complete" => include_bytes!("../../sounds/herald/task.complete.wav"),
        "task.error" => include_bytes!("../../sounds/herald/task.error.wav"),
        "input.required" => include_bytes!("../../sounds/herald/input.required.wav"),
        "input.permission" => include_bytes!("../../sounds/herald/input.permission.wav"),
        "input.question" => include_bytes!("../../sounds/herald/input.question.wav"),
        "input.idle" => include_bytes!("../../sounds/herald/input.idle.wav"),
        "resource.limit" => include_bytes!("../../sounds/herald/resource.limit.wav"),
        "command.success" => include_bytes!("../../sounds/herald/command.success.wav"),
        "command.failure" => include_bytes!("../../sounds/herald/command.failure.wav"),
        "bell" => include_bytes!("../../sounds/herald/bell.wav"),
        "session.start" => include_bytes!("../../sounds/herald/session.start.wav"),
        "session.end" => include_bytes!("../../sounds/herald/session.end.wav"),
        "task.start" => include_bytes!("../../sounds/herald/task.start.wav"),
        "task.progress" => include_bytes!("../../sounds/herald/task.progress.wav"),
        "task.interrupted" => include_bytes!("../../sounds/herald/task.interrupted.wav"),
        "context.compact" => include_bytes!("../../sounds/herald/context.compact.wav"),
        "subagent.complete" => include_bytes!("../../sounds/herald/subagent.complete.wav"),
        "background.complete" => include_bytes!("../../sounds/herald/background.complete.wav"),
        "tool.error" => include_bytes!("../../sounds/herald/tool.error.wav"),
        "info" => include_bytes!("../../sounds/herald/info.wav"),
        "user.spam" => include_bytes!("../../sounds/herald/user.spam.wav"),
        _ => return None,
    })
}

/// The pack's manifest, `openpeon.json`.
pub fn manifest() -> &'static str {
    include_str!("../../sounds/herald/openpeon.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_gives_the_file_of_its_name() {
        for id in ids() {
            let path = format!("{}/sounds/herald/{id}.wav", env!("CARGO_MANIFEST_DIR"));
            let file = std::fs::read(path).unwrap();
            assert!(bytes(id).is_some_and(|data| data == file), "{id}");
        }
    }

    #[test]
    fn each_event_has_a_sound_and_each_sound_an_event() {
        let events: Vec<_> = crate::event::EVENTS.iter().map(|row| row.name).collect();
        assert_eq!(ids().collect::<Vec<_>>(), events);
    }

    #[test]
    fn an_unknown_id_has_neither_name_nor_data() {
        for id in ["", "deploy.done", "task.complete.wav", "TASK.COMPLETE"] {
            assert!(!has(id) && bytes(id).is_none(), "{id}");
        }
        assert!(has("task.complete"));
    }
}
