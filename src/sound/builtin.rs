//! The built-in packs: what is always there, and the rung of the lookup chain that always has an answer.
//!
//! Owns the names of their sounds and, apart from them, the sounds. Names and data are separate tables on purpose: the
//! linker drops what nobody refers to, so a program that only asks [`has`] doesn't carry a megabyte of samples it never
//! plays. Nothing but [`bytes`] may refer to the data. Every pack has a sound for every event, so they share one list of
//! ids. Nothing on a disk stands for a pack of these names or changes it.

/// The pack of `builtin:ID`; it stands behind all others.
pub const PACK: &str = "herald";

/// The names of all built-in packs, as in `pack = "quiet"`.
pub const PACKS: &[&str] = &[PACK, "quiet"];

/// The names once, the files of each pack beside them.
macro_rules! sounds {
    ($($id:literal,)*) => {
        /// One sound per event, in the order of the table of events.
        const IDS: &[&str] = &[$($id),*];

        /// The sound of that id in that pack, a whole WAV file.
        pub fn bytes(pack: &str, id: &str) -> Option<&'static [u8]> {
            Some(match (pack, id) {
                $(
                    ("herald", $id) => include_bytes!(concat!("../../sounds/herald/", $id, ".wav")),
                    ("quiet", $id) => include_bytes!(concat!("../../sounds/quiet/", $id, ".wav")),
                )*
                _ => return None,
            })
        }
    };
}

sounds! {
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
}

/// The ids of the sounds, the same in every pack; each is the name of an event.
pub fn ids() -> impl Iterator<Item = &'static str> {
    IDS.iter().copied()
}

/// Whether there is a built-in pack of that name with a sound of that id.
pub fn has(pack: &str, id: &str) -> bool {
    PACKS.contains(&pack) && IDS.contains(&id)
}

/// A pack's manifest, `openpeon.json`.
pub fn manifest(pack: &str) -> Option<&'static str> {
    Some(match pack {
        "herald" => include_str!("../../sounds/herald/openpeon.json"),
        "quiet" => include_str!("../../sounds/quiet/openpeon.json"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_of_each_pack_gives_the_file_of_its_name() {
        for pack in PACKS {
            let file =
                |name: &str| std::fs::read(format!("{}/sounds/{pack}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
            for id in ids() {
                assert!(
                    has(pack, id) && bytes(pack, id).is_some_and(|data| data == file(&format!("{id}.wav"))),
                    "{id}"
                );
            }
            assert_eq!(manifest(pack).unwrap().as_bytes(), file("openpeon.json"), "{pack}");
        }
    }

    #[test]
    fn each_event_has_a_sound_and_each_sound_an_event() {
        let events: Vec<_> = crate::event::EVENTS.iter().map(|row| row.name).collect();
        assert_eq!(ids().collect::<Vec<_>>(), events);
    }

    #[test]
    fn an_unknown_id_has_neither_name_nor_data_and_an_unknown_pack_nothing() {
        for pack in PACKS {
            for id in ["", "deploy.done", "task.complete.wav", "TASK.COMPLETE"] {
                assert!(!has(pack, id) && bytes(pack, id).is_none(), "{pack} {id}");
            }
        }
        for pack in ["", "Herald", "loud", "quiet/"] {
            assert!(!has(pack, "bell") && bytes(pack, "bell").is_none() && manifest(pack).is_none(), "{pack}");
        }
    }
}
