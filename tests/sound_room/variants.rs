//! Several sounds for one name.

use std::collections::{HashMap, HashSet};

use herald::sound::request::Request;
use herald::sound::{Lookup, lookup, pick};
use herald::sound_ref::SoundRef;

use super::tree::{Tree, WAV, pack_ref, request};
#[test]
fn variants_are_numbered_in_order_and_foreign_files_are_none() {
    let tree = Tree::with(&[
        "data/p/bell.wav",
        "data/p/bell-10.OGG",
        "data/p/bell-2.mp3",
        "data/p/bell-x.wav",
        "data/p/bells.wav",
        "data/p/bell.txt",
        "data/p/Bell.wav",
        "data/p/sub/bell-3.wav",
    ]);
    let mut shown = Vec::new();
    lookup(&request(Some("bell"), &["p"]), &tree.dirs(), &mut |_, _| 0, &mut |candidate| {
        shown.push(tree.found(&Lookup { found: Some(candidate.clone()), tried: vec![] }));
        Err(String::new())
    });
    assert_eq!(shown[..4], ["data/p/bell.wav", "data/p/bell-2.mp3", "data/p/bell-10.OGG", "builtin:bell"]);
}

#[test]
fn no_variant_is_heard_twice_in_a_row_and_all_are_heard() {
    let tree = Tree::with(&["a.wav", "b.wav", "data/p/bell.wav", "data/p/bell-2.wav", "data/p/bell-3.wav"]);
    let configured = [SoundRef::Path(tree.path("a.wav")), SoundRef::Path(tree.path("b.wav")), pack_ref("p", "bell")];
    for sounds in [vec![], configured.to_vec()] {
        let request = Request { sounds, ..request(Some("bell"), &["p"]) };
        let mut memory = HashMap::new();
        let mut random = 1_u64;
        let mut heard: Vec<String> = Vec::new();
        for _ in 0..300 {
            let result = lookup(
                &request,
                &tree.dirs(),
                &mut |count, list| {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let chosen = pick(count, memory.get(&list).copied(), random >> 33);
                    memory.insert(list, chosen);
                    chosen
                },
                &mut |_| Ok(()),
            );
            heard.push(tree.found(&result));
        }
        assert!(heard.windows(2).all(|two| two[0] != two[1]));
        assert_eq!(heard.iter().collect::<HashSet<_>>().len(), if request.sounds.is_empty() { 3 } else { 5 });
    }
}

#[test]
fn lists_of_variants_are_told_apart_by_what_is_in_them() {
    let hash_of = |tree: &Tree, event: &str, pack: &str| {
        let mut hash = None;
        let mut choose = |_, list| {
            hash = Some(list);
            0
        };
        lookup(&request(Some(event), &[pack]), &tree.dirs(), &mut choose, &mut |_| Ok(()));
        hash.unwrap()
    };
    let tree = Tree::with(&[
        "data/p/bell.wav",
        "data/p/bell-2.wav",
        "data/p/info.wav",
        "data/p/info-2.wav",
        "data/q/bell.wav",
        "data/q/bell-2.wav",
    ]);
    let bell = hash_of(&tree, "bell", "p");
    assert_eq!(bell, hash_of(&tree, "bell", "p"));
    assert_ne!(bell, hash_of(&tree, "info", "p"));
    assert_ne!(bell, hash_of(&tree, "bell", "q"));
    tree.write("data/p/bell-3.wav", WAV);
    assert_ne!(bell, hash_of(&tree, "bell", "p"));
}

#[test]
fn a_choice_out_of_range_is_brought_back() {
    let tree = Tree::with(&["data/p/bell.wav", "data/p/bell-2.wav"]);
    let result = lookup(&request(Some("bell"), &["p"]), &tree.dirs(), &mut |_, _| usize::MAX, &mut |_| Ok(()));
    assert_eq!(tree.found(&result), "data/p/bell-2.wav");
}
