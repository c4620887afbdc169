//! A pack's `openpeon.json`, so that any player of the Coding Event Sound Pack format can use it too.
//!
//! CESP v1.0 allows nine categories and no others; events without one of their own are found by their file names.

use serde_json::{Map, Value, json};

use super::score::Score;

/// The manifest's text.
pub(super) fn json(score: &Score) -> String {
    let categories: Map<String, Value> = score
        .sounds
        .iter()
        .filter_map(|sound| {
            let listed = json!({ "sounds": [{ "file": sound.file(), "label": sound.label }] });
            Some((sound.category?.to_owned(), listed))
        })
        .collect();
    let manifest = json!({
        "cesp_version": "1.0",
        "name": score.name,
        "display_name": score.display_name,
        "version": "1.0.0",
        "description": score.description,
        "author": { "name": "The Herald authors", "github": "herald-cli" },
        "license": "CC0-1.0",
        "homepage": "https://github.com/herald-cli/herald",
        "tags": score.tags,
        "categories": categories,
    });
    format!("{manifest:#}\n")
}
