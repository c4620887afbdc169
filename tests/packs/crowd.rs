//! As many packs as all public collections have together.

use serde_json::json;

use crate::support::TestEnv;

pub(crate) const PACKS: usize = 160;
pub(crate) const SOUNDS: usize = 10_000;
const CATEGORIES: [&str; 7] = [
    "session.start",
    "task.acknowledge",
    "task.complete",
    "task.error",
    "input.required",
    "resource.limit",
    "user.spam",
];

/// Installs so many packs with so many sounds together, each being this file; they are called `pack-0`, `pack-1`, …
pub(crate) fn fill(env: &TestEnv, sound: &[u8], packs: usize, sounds: usize) {
    let mut left = sounds;
    for n in 0..packs {
        let count = left / (packs - n);
        left -= count;
        let mut categories = serde_json::Map::new();
        for line in 0..count {
            let file = format!("sounds/Line_{line}.wav");
            let category = &mut categories
                .entry(CATEGORIES[line % CATEGORIES.len()])
                .or_insert_with(|| json!({ "sounds": [] }))["sounds"];
            category.as_array_mut().unwrap().push(json!({ "file": file, "label": format!("Line {line}") }));
            env.write(format!("home/.openpeon/packs/pack-{n}/{file}"), sound);
        }
        let manifest = json!({ "cesp_version": "1.0", "name": format!("pack-{n}"), "display_name": format!("Pack {n}"), "version": "1.0.0", "categories": categories });
        env.write(format!("home/.openpeon/packs/pack-{n}/openpeon.json"), manifest.to_string());
    }
    assert_eq!(left, 0);
}
