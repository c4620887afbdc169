//! The pack's `openpeon.json`, so that any player of the Coding Event Sound Pack format can use it too.
//!
//! CESP v1.0 allows nine categories and no others; events without one of their own are found by their file names.

use serde_json::{Map, Value, json};

use super::score::SOUNDS;

/// The manifest's text.
pub(super) fn json() -> String {
    let categories: Map<String, Value> = SOUNDS
        .iter()
        .filter_map(|sound| {
            let listed = json!({ "sounds": [{ "file": sound.file(), "label": sound.label }] });
            Some((sound.category?.to_owned(), listed))
        })
        .collect();
    let manifest = json!({
        "cesp_version": "1.0",
        "name": "herald",
        "display_name": "Herald",
        "version": "1.0.0",
        "description": "Herald's own sounds: one family of soft mallets on glass and wood, equally loud, apart by ear.",
        "author": { "name": "The Herald authors", "github": "herald-cli" },
        "license": "CC0-1.0",
        "homepage": "https://github.com/herald-cli/herald",
        "tags": ["mallet", "glass", "soft", "no-voice"],
        "categories": categories,
    });
    format!("{manifest:#}\n")
}
