//! The committed files are the generator's, bit for bit, and there is one sound per event.

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use herald::event::EVENTS;
use herald::sound::builtin::{self, PACKS};

use crate::make::{self, File};
use crate::sounds::folder;

/// Made once: it takes seconds.
static MADE: LazyLock<Vec<File>> = LazyLock::new(make::files);

#[test]
fn the_committed_files_are_what_the_generator_makes() {
    for file in MADE.iter() {
        let on_disk = fs::read(folder(&file.name)).unwrap_or_default();
        assert!(file.is(&on_disk), "{} differs: run `cargo run --example make-sounds`", file.name);
    }
}

#[test]
fn beside_its_licence_a_pack_holds_nothing_that_the_generator_does_not_make() {
    let made: BTreeSet<&str> = MADE.iter().map(|file| file.name.as_str()).collect();
    for pack in PACKS.iter().flat_map(|pack| [(*pack).to_owned(), format!("pictures/{pack}")]) {
        for entry in folder(&pack).read_dir().unwrap() {
            let name = format!("{pack}/{}", entry.unwrap().file_name().into_string().unwrap());
            assert!(made.contains(&*name) || name.ends_with("/LICENSE"), "{name} is nobody's");
        }
    }
}

/// So that installing one of them is enough.
#[test]
fn all_packs_have_the_same_licence() {
    for pack in PACKS {
        let licence = fs::read_to_string(folder(pack).join("LICENSE")).unwrap();
        assert!(licence.contains("SPDX-License-Identifier: CC0-1.0"), "{pack}");
        assert_eq!(licence, fs::read_to_string(folder("herald/LICENSE")).unwrap(), "{pack}");
    }
}

#[test]
fn the_pages_name_every_pack_and_every_sound() {
    let [about, gallery] = ["README.md", "gallery.md"].map(|page| fs::read_to_string(folder(page)).unwrap());
    for pack in PACKS {
        assert!(about.contains(&format!("| `{pack}` |")), "{pack}");
        for id in builtin::ids() {
            assert!(gallery.contains(&format!("(pictures/{pack}/{id}.png)")), "{pack}/{id}");
        }
    }
}

/// The front starts with every hook, and what it doesn't carry needn't be mapped. A program that only asks for names
/// is linked without the samples; here a linker is known to do so.
#[cfg(all(target_os = "linux", feature = "player"))]
#[test]
fn only_the_player_carries_samples() {
    let sounds_in = |program: &str| {
        let header = &builtin::bytes("herald", "bell").unwrap()[8..36];
        fs::read(program).unwrap().windows(header.len()).filter(|bytes| *bytes == header).count()
    };
    assert_eq!(sounds_in(env!("CARGO_BIN_EXE_herald")), 0);
    assert_eq!(sounds_in(env!("CARGO_BIN_EXE_herald-player")), PACKS.len() * builtin::ids().count());
}

#[test]
fn each_event_has_a_sound_and_each_sound_an_event() {
    for pack in PACKS {
        for row in EVENTS {
            assert!(builtin::has(pack, row.name) && builtin::bytes(pack, row.name).is_some(), "{pack}/{}", row.name);
        }
    }
    assert_eq!(builtin::ids().count(), EVENTS.len());
}
