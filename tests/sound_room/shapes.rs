//! What scripts read, and what holds for all events.

use herald::event::{self, EVENTS};
use herald::sound::{Lookup, describe};
use herald::sound_ref::SoundRef;

use super::tree::{Tree, chosen, request};
#[test]
fn the_json_shapes_are_the_contracts() {
    let tree = Tree::with(&["data/p/bell.wav", "a.wav"]);
    let json = |result: &Lookup| describe(result.found.as_ref().unwrap()).to_string();
    let result = tree.which(&request(Some("bell"), &["gone", "p"]));
    let path = tree.path("data/p/bell.wav");
    assert_eq!(
        json(&result),
        format!(r#"{{"pack":"p","id":"bell","path":{:?},"builtin":false}}"#, path.to_str().unwrap())
    );
    assert_eq!(
        serde_json::to_string(&result.tried).unwrap(),
        r#"[{"rung":"pack","candidate":"gone","found":false,"why":"there is no such pack"},{"rung":"pack","candidate":"pack:p/bell","found":true}]"#
    );
    assert_eq!(
        json(&tree.which(&request(Some("bell"), &[]))),
        r#"{"pack":"herald","id":"bell","path":null,"builtin":true}"#
    );
    assert_eq!(
        json(&tree.which(&request(Some("bell"), &["quiet"]))),
        r#"{"pack":"quiet","id":"bell","path":null,"builtin":true}"#
    );
    let file = tree.which(&chosen(SoundRef::Path(tree.path("a.wav"))));
    assert_eq!(
        json(&file),
        format!(r#"{{"pack":null,"id":"a","path":{:?},"builtin":false}}"#, tree.path("a.wav").to_str().unwrap())
    );
}

#[test]
fn every_event_with_a_parent_is_answered_by_a_pack_that_only_has_the_parent() {
    for row in EVENTS.iter().filter(|row| row.parent.is_some()) {
        let oldest = event::with_parents(row.name).last().unwrap();
        let tree = Tree::with(&[&format!("data/p/{oldest}.wav")]);
        let result = tree.which(&request(Some(row.name), &["p"]));
        assert_eq!(tree.found(&result), format!("data/p/{oldest}.wav"));
        assert_eq!(result.tried.last().unwrap().rung, "parent");
    }
}
