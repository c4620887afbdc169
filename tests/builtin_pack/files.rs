//! The committed files are the generator's, bit for bit, and there is one sound per event.

use std::collections::BTreeSet;
use std::fs;

use herald::event::EVENTS;
use herald::sound::builtin::{self, PACKS};

use crate::make;
use crate::sounds::folder;

#[test]
fn the_committed_files_are_what_the_generator_makes() {
    for file in make::files() {
        let on_disk = fs::read(folder(&file.name)).unwrap_or_default();
        assert!(on_disk == file.bytes, "{} differs: run `cargo run --example make-sounds`", file.name);
    }
}

#[test]
fn a_pack_holds_its_licence_and_nothing_that_the_generator_does_not_make() {
    let made: BTreeSet<String> = make::files().into_iter().map(|file| file.name).collect();
    for pack in PACKS {
        let licence = fs::read_to_string(folder(pack).join("LICENSE")).unwrap();
        assert!(licence.contains("SPDX-License-Identifier: CC0-1.0"), "{pack}");
        for entry in folder(pack).read_dir().unwrap() {
            let name = format!("{pack}/{}", entry.unwrap().file_name().into_string().unwrap());
            assert!(made.contains(&name) || name.ends_with("/LICENSE"), "{name} is nobody's");
        }
    }
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
