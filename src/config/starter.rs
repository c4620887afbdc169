//! The file that a new user begins with: every key there is, what it is for, and what holds without it.
//!
//! All of it is comment: it means what no file means. Settings are commented out without a blank, prose with one.

use std::fmt::Write as _;

use super::keys::{EVENT, Key, LINK, MATCH, OUTPUT, PUSH, QUIET, ROOT, RULE, SPEAKER};

const HEAD: &str = "\
# Herald's configuration. All of it is optional: to set something, take away
# the # before it, and the # before the [table] it stands below. Then:
#   herald config check      tells what is wrong, where, and what would be right
#   herald config show       shows what is in force
#
# Editors that know TOML schemas (Even Better TOML, taplo) complete and check
# this file once the schema lies beside it:
#   herald config schema > herald.schema.json
# and the first line of this file is:
#   #:schema ./herald.schema.json
";

/// The text of the file.
pub fn starter() -> String {
    let mut out = HEAD.to_owned();
    settings(&mut out, ROOT.iter());
    for (header, about, keys) in [
        ("[speaker]", "speaker", SPEAKER),
        ("[quiet]", "quiet", QUIET),
        ("[events.\"task.complete\"]", "events", EVENT),
        ("[output]", "output", OUTPUT),
        ("[link]", "link", LINK),
        ("[push]", "push", PUSH),
    ] {
        table(&mut out, header, about);
        settings(&mut out, keys.iter());
    }
    table(&mut out, "[[rules]]", "rules");
    let conditions: Vec<String> = MATCH.iter().map(|key| format!("{} = {}", key.name, key.example)).collect();
    comment(&mut out, "# ", &format!("{}, as in: {}", MATCH_IS, conditions.join(", ")));
    _ = writeln!(out, "#match = {{ agent = \"codex\" }}");
    settings(&mut out, RULE.iter().filter(|key| key.name != "match"));
    out
}

const MATCH_IS: &str = "When the rule applies; all that is given must hold";

fn table(out: &mut String, header: &str, name: &str) {
    out.push('\n');
    if let Some(row) = ROOT.iter().find(|key| key.name == name) {
        comment(out, "# ", row.about);
    }
    _ = writeln!(out, "#{header}");
}

fn settings<'k>(out: &mut String, keys: impl Iterator<Item = &'k Key>) {
    for key in keys {
        let value = if key.default.is_empty() { key.example } else { key.default };
        if !value.is_empty() {
            out.push('\n');
            comment(out, "# ", key.about);
            _ = writeln!(out, "#{} = {value}", key.name);
        }
    }
}

/// The text in comments of at most 80 columns.
fn comment(out: &mut String, mark: &str, text: &str) {
    let mut column = 0;
    for word in text.split(' ') {
        if column > 0 && column + 1 + word.chars().count() > 80 {
            out.push('\n');
            column = 0;
        }
        out.push_str(if column == 0 { mark } else { " " });
        column += word.chars().count() + if column == 0 { mark.len() } else { 1 };
        out.push_str(word);
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::types::Config;
    use super::super::{keys, parse};
    use super::*;

    fn read(text: &str) -> Config {
        let (config, problems) = parse(text, Path::new("/c/config.toml"), Some(Path::new("/home/u")));
        assert_eq!(problems, [], "{text}");
        config
    }

    #[test]
    fn as_it_is_it_means_nothing() {
        assert_eq!(read(&starter()), Config::default());
        for line in starter().lines() {
            assert!(line.chars().count() <= 80 && (line.is_empty() || line.starts_with('#')), "{line}");
        }
    }

    #[test]
    fn without_its_marks_it_is_a_file_without_faults_that_sets_every_key() {
        let settings = |line: &&str| line.starts_with('#') && !line.starts_with("# ") && line.len() > 1;
        let text: String =
            starter().lines().filter(settings).fold(String::new(), |text, line| format!("{text}{}\n", &line[1..]));
        let config = read(&text);
        assert_eq!((config.events.len(), config.rules.len(), config.quiet.len()), (1, 1, 1));
        for key in keys::every().filter(|key| !key.example.is_empty()) {
            assert!(starter().contains(&format!("{} = ", key.name)), "{}", key.name);
        }
    }
}
