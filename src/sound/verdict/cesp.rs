//! A manifest, key by key, against the published specification and its schema (CESP 1.0).
//!
//! The sections named in the reasons are the specification's. What the tolerant reader passes over is an error; what it
//! takes although it shouldn't be so is a warning.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::contents::{self, Digests};
use super::rules::{self, CATEGORIES, CORE, Rule};
use super::{Faults, Inventory, Kind};
use crate::sound::file::Root;
use crate::sound::manifest::{self, MOST_VARIANTS};

/// What a pack may weigh: 50 MB.
const LARGEST_PACK: u64 = 50 << 20;

/// The texts at the top: key, whether the specification demands it, its rule.
const TEXTS: &[(&str, bool, Rule)] = &[
    ("cesp_version", true, rules::cesp_version),
    ("name", true, rules::name),
    ("display_name", true, rules::display_name),
    ("version", true, rules::version),
    ("description", false, rules::short),
    ("license", false, rules::any),
    ("language", false, rules::language),
    ("homepage", false, rules::address),
    ("min_player_version", false, rules::version),
];

/// The other keys at the top.
const OTHERS: &[&str] = &["categories", "category_aliases", "author", "tags", "icon", "preview"];

/// Judges the manifest in `bytes`, and every file it names.
pub(super) fn judge(
    root: &Root,
    file: &'static str,
    bytes: &[u8],
    inventory: &Inventory,
    faults: &mut Faults,
) -> (Kind, Option<String>) {
    let kind = if file == manifest::NAME { Kind::Cesp } else { Kind::Legacy };
    if kind == Kind::Legacy {
        faults.warning(file, format!("is the forerunner's; the specification wants {} (section 2)", manifest::NAME));
    }
    if inventory.bytes > LARGEST_PACK {
        faults.warning("", format!("holds {} MB; a pack has 50 MB at most (section 4.2)", inventory.bytes >> 20));
    }
    let text = manifest::without_mark(bytes);
    if text.len() < bytes.len() {
        faults.warning(file, "begins with a byte order mark, which JSON does not have");
    }
    let value = match serde_json::from_slice::<Value>(text) {
        Ok(Value::Object(object)) => object,
        Ok(_) => {
            faults.error(file, "is not a JSON object (section 2)");
            return (kind, None);
        }
        Err(error) => {
            faults.error(file, format!("is not JSON: {error}"));
            return (kind, None);
        }
    };
    let mut judge =
        Judge { root, file, strict: kind == Kind::Cesp, faults, seen: HashSet::new(), digests: Digests::default() };
    judge.top(&value);
    judge.categories(value.get("categories"));
    let name = value.get("name").and_then(Value::as_str).filter(|name| rules::name(name).is_none());
    (kind, name.map(str::to_owned))
}

struct Judge<'a> {
    root: &'a Root,
    file: &'static str,
    /// The forerunner had no specification: only what is played is judged.
    strict: bool,
    faults: &'a mut Faults,
    /// Files looked into already, with the hash they were given.
    seen: HashSet<(String, Option<String>)>,
    digests: Digests,
}

impl Judge<'_> {
    fn warn(&mut self, why: impl Into<String>) {
        if self.strict {
            self.faults.warning(self.file, why);
        }
    }

    fn error(&mut self, why: impl Into<String>) {
        self.faults.error(self.file, why);
    }

    fn top(&mut self, object: &Map<String, Value>) {
        for (key, required, rule) in TEXTS {
            self.text(object, "", key, required.then_some("section 2.1"), *rule);
        }
        let known: Vec<&str> = TEXTS.iter().map(|(key, ..)| *key).chain(OTHERS.iter().copied()).collect();
        self.only(object, "", &known);
        self.author(object.get("author"));
        self.tags(object.get("tags"));
        self.icon(object, "");
        match object.get("preview") {
            None => {}
            Some(Value::String(path)) => contents::preview(self.root, path, self.faults),
            Some(_) => self.warn("preview must be a text (section 2.4)"),
        }
        self.aliases(object.get("category_aliases"));
    }

    /// A text under `key`; `place` is what stands before the key in a reason.
    fn text(&mut self, object: &Map<String, Value>, place: &str, key: &str, required: Option<&str>, rule: Rule) {
        match (object.get(key), required) {
            (None, Some(section)) => self.warn(format!("{place}{key} is missing ({section})")),
            (None, None) => {}
            (Some(Value::String(text)), _) => {
                if let Some(why) = rule(text) {
                    self.warn(format!("{place}{key} {why}"));
                }
            }
            (Some(other), _) => self.warn(format!("{place}{key} must be a text, not {}", kind_of(other))),
        }
    }

    /// Keys that the schema doesn't know.
    fn only(&mut self, object: &Map<String, Value>, place: &str, known: &[&str]) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            self.warn(format!("{place}{key:?} is no key of the specification; it has no effect (schema)"));
        }
    }

    fn author(&mut self, author: Option<&Value>) {
        match author {
            None => {}
            Some(Value::Object(author)) => {
                self.text(author, "author.", "name", Some("section 2.2"), rules::any);
                self.text(author, "author.", "github", None, rules::github);
                self.only(author, "author.", &["name", "github"]);
            }
            Some(other) => self.warn(format!("author must be an object, not {} (section 2.2)", kind_of(other))),
        }
    }

    fn tags(&mut self, tags: Option<&Value>) {
        let Some(tags) = tags else { return };
        let Some(tags) = tags.as_array() else {
            return self.warn(format!("tags must be a list, not {} (section 2.4)", kind_of(tags)));
        };
        if tags.len() > 10 {
            self.warn(format!("tags has {} entries; there may be 10 (section 2.4)", tags.len()));
        }
        let mut seen = HashSet::new();
        for tag in tags {
            match tag.as_str() {
                None => self.warn(format!("tags must hold texts, not {} (section 2.4)", kind_of(tag))),
                Some(text) if !seen.insert(text) => self.warn(format!("tags names {text:?} twice (schema)")),
                Some(text) => {
                    if let Some(why) = rules::tag(text) {
                        self.warn(format!("tags: {text:?} {why}"));
                    }
                }
            }
        }
    }

    fn icon(&mut self, object: &Map<String, Value>, place: &str) {
        match object.get("icon") {
            None => {}
            Some(Value::String(path)) => contents::icon(self.root, path, self.faults),
            Some(other) => self.warn(format!("{place}icon must be a text, not {} (schema)", kind_of(other))),
        }
    }

    fn aliases(&mut self, aliases: Option<&Value>) {
        let Some(aliases) = aliases else { return };
        let Some(aliases) = aliases.as_object() else {
            return self.warn(format!("category_aliases must be an object, not {} (section 6)", kind_of(aliases)));
        };
        for (name, target) in aliases {
            match target.as_str() {
                Some(target) if CATEGORIES.contains(&target) => {}
                Some(target) => {
                    self.warn(format!("category_aliases: {name:?} points to {target:?}, which is no category (6)"));
                }
                None => {
                    let kind = kind_of(target);
                    self.warn(format!("category_aliases: {name:?} must name a category, not {kind} (section 6)"));
                }
            }
        }
    }

    fn categories(&mut self, categories: Option<&Value>) {
        let categories = match categories {
            Some(Value::Object(categories)) => categories,
            Some(other) => {
                return self.error(format!("categories must be an object, not {} (section 2.3)", kind_of(other)));
            }
            None => return self.error("categories is missing: there is nothing to be heard (section 2.1)"),
        };
        let mut core = false;
        for (name, category) in categories {
            self.name_of_category(name);
            let place = format!("categories.{name:?}: ");
            let Some(category) = category.as_object() else {
                self.error(format!("{place}must be an object, not {} (section 2.3)", kind_of(category)));
                continue;
            };
            self.only(category, &place, &["sounds", "icon"]);
            self.icon(category, &place);
            match category.get("sounds") {
                Some(Value::Array(sounds)) => {
                    core |= !sounds.is_empty() && CORE.contains(&modern(name));
                    self.sounds(&place, sounds);
                }
                Some(other) => {
                    self.error(format!("{place}sounds must be a list, not {} (section 2.3)", kind_of(other)));
                }
                None => self.error(format!("{place}sounds is missing (section 2.3)")),
            }
        }
        if !core {
            self.faults.warning(self.file, format!("has no sound for any of {} (section 1.1)", CORE.join(", ")));
        }
    }

    fn name_of_category(&mut self, name: &str) {
        if CATEGORIES.contains(&name) {
            return;
        }
        match (modern(name), self.strict) {
            (new, false) if new != name => {}
            (new, true) if new != name => {
                self.warn(format!("categories: {name:?} is what {new:?} was called before; it must be renamed (6)"));
            }
            _ => self.faults.warning(
                self.file,
                format!("categories: {name:?} is none of the specification's nine; only an event of that name plays it (1.3)"),
            ),
        }
    }

    fn sounds(&mut self, place: &str, sounds: &[Value]) {
        if sounds.len() > MOST_VARIANTS {
            self.faults.warning(
                self.file,
                format!("{place}has {} sounds; those after the {MOST_VARIANTS}th are never played", sounds.len()),
            );
        }
        for (at, sound) in sounds.iter().enumerate() {
            let place = format!("{place}sounds[{at}]");
            let Some(sound) = sound.as_object() else {
                self.error(format!("{place} must be an object, not {} (section 2.3)", kind_of(sound)));
                continue;
            };
            let place = format!("{place}.");
            self.text(sound, &place, "label", Some("section 2.3"), rules::short);
            self.text(sound, &place, "sha256", None, rules::sha256);
            self.icon(sound, &place);
            self.only(sound, &place, &["file", "label", "sha256", "icon"]);
            let hash = sound.get("sha256").and_then(Value::as_str);
            match sound.get("file") {
                Some(Value::String(file)) => {
                    if self.seen.insert((file.clone(), hash.map(str::to_owned))) {
                        contents::sound(self.root, file, hash, self.strict, &mut self.digests, self.faults);
                    }
                }
                Some(other) => self.error(format!("{place}file must be a text, not {}", kind_of(other))),
                None => self.error(format!("{place}file is missing (section 2.3)")),
            }
        }
    }
}

/// What a category is called now.
fn modern(name: &str) -> &str {
    manifest::modern(name).unwrap_or(name)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
