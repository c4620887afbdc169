//! The command that is written into an agent's settings, and how it is known again.
//!
//! Invariant: a command is ours if its words are exactly those that are written here: the full path of a program named
//! `herald`, `hook`, `--agent` with that agent, perhaps `--event`. Nothing is ever known by a part of its text. The
//! words never change from version to version: some agents ask their human to trust a changed command again.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The operating system that a command is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    /// A POSIX shell.
    Unix,
    /// cmd or PowerShell.
    Windows,
}

impl System {
    /// This one.
    pub(super) const HERE: Self = if cfg!(windows) { Self::Windows } else { Self::Unix };
}

/// The words behind the program's name.
pub(super) fn arguments(agent: &str, event: Option<&str>) -> Vec<String> {
    let mut words = vec!["hook".to_owned(), "--agent".to_owned(), agent.to_owned()];
    words.extend(event.into_iter().flat_map(|event| ["--event".to_owned(), event.to_owned()]));
    words
}

/// One line for a POSIX shell, or for cmd.
pub(super) fn line(system: System, program: &str, arguments: &[String]) -> String {
    let words = std::iter::once(program).chain(arguments.iter().map(String::as_str));
    let quote = |word: &str| match system {
        System::Unix => posix_word(word),
        System::Windows if is_plain(word, b"\\:") => word.to_owned(),
        // A file's name can't hold the quote there.
        System::Windows => format!("\"{word}\""),
    };
    words.map(quote).collect::<Vec<_>>().join(" ")
}

/// One line for PowerShell.
pub(super) fn powershell(program: &str, arguments: &[String]) -> String {
    format!("& '{}' {}", program.replace('\'', "''"), arguments.join(" "))
}

fn is_plain(word: &str, more: &[u8]) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+,@".contains(&byte) || more.contains(&byte);
    !word.is_empty() && word.bytes().all(plain)
}

/// One word for sh, bash, zsh and fish.
fn posix_word(word: &str) -> String {
    if is_plain(word, b":%") { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// The words of a line that was written here; `None` for anything a shell would do more with.
pub(super) fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.trim().strip_prefix("& ").unwrap_or(line.trim()).chars().peekable();
    let powershell = line.trim().starts_with("& ");
    while let Some(c) = chars.next() {
        match c {
            ' ' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' if powershell && chars.next_if_eq(&'\'').is_some() => word.push('\''),
                        '\'' => break,
                        inside => word.push(inside),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '$' | '`' | '%' => return None,
                        inside => word.push(inside),
                    }
                }
            }
            '\\' if chars.next_if_eq(&'\'').is_some() => word.get_or_insert_default().push('\''),
            // A Windows path; a POSIX shell would swallow it.
            '\\' if word.as_ref().is_some_and(|word| word.as_bytes().get(1) == Some(&b':')) => {
                word.get_or_insert_default().push(c);
            }
            c if c.is_alphanumeric() || "/._-+,:@%".contains(c) => word.get_or_insert_default().push(c),
            _ => return None,
        }
    }
    words.extend(word);
    Some(words)
}

/// What runs the hook: a program and the words behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ours {
    /// The program's path, as written.
    pub(super) program: String,
    /// The event it names, if it names one.
    pub(super) event: Option<String>,
}

/// Whether these words are a command of ours for that agent.
pub(super) fn ours(words: &[String], agent: &str) -> Option<Ours> {
    let [program, rest @ ..] = words else { return None };
    let named = program.rsplit(['/', '\\']).next()?;
    let full = program.starts_with('/') || program.starts_with("\\\\") || program.as_bytes().get(1) == Some(&b':');
    let ours = full && (named == "herald" || named.eq_ignore_ascii_case("herald.exe"));
    let event = match rest {
        [hook, flag, id] if hook == "hook" && flag == "--agent" && id == agent => None,
        [hook, flag, id, other, event] if hook == "hook" && flag == "--agent" && id == agent && other == "--event" => {
            Some(event.clone())
        }
        _ => return None,
    };
    ours.then(|| Ours { program: program.clone(), event })
}

/// The words of a handler as agents keep it: a line, or a program with its words apart.
pub(super) fn words_of(handler: &Value) -> Option<Vec<String>> {
    if let Some(line) = handler.as_str() {
        return words(line);
    }
    let text = |key: &str| handler[key].as_str().map(str::to_owned);
    let Some(args) = handler["args"].as_array() else { return words(&text("command")?) };
    let args = args.iter().map(|word| word.as_str().map(str::to_owned));
    std::iter::once(text("exec").or_else(|| text("command"))).chain(args).collect()
}

/// The path by which this program should be called for years: the one on `PATH`, or the one it was called by, as long as
/// it leads here. What lies behind a link often carries a version in its path.
pub(super) fn program(called_as: Option<&OsStr>, path: &[PathBuf], itself: &Path) -> PathBuf {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let here = real(itself);
    let leads_here = |path: &PathBuf| here.is_some() && real(path) == here;
    let name = itself.file_name().unwrap_or_default();
    let listed = path.iter().filter(|folder| folder.is_absolute()).map(|folder| folder.join(name)).find(leads_here);
    let called = called_as.map(Path::new).filter(|path| path.components().count() > 1);
    let called = called.and_then(|path| std::path::absolute(path).ok()).filter(leads_here);
    listed.or(called).unwrap_or_else(|| itself.to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("/usr/local/bin/herald", "/usr/local/bin/herald hook --agent codex")]
    #[case("/home/a b/herald", "'/home/a b/herald' hook --agent codex")]
    #[case("/it's/$x/herald", r"'/it'\''s/$x/herald' hook --agent codex")]
    fn a_line_is_read_back_as_it_was_meant(#[case] program: &str, #[case] expected: &str) {
        let line = line(System::Unix, program, &arguments("codex", None));
        assert_eq!(line, expected);
        let words = words(&line).unwrap();
        assert_eq!(ours(&words, "codex").unwrap().program, program);
        assert_eq!(ours(&words, "cursor"), None);
        #[cfg(unix)]
        {
            let said = std::process::Command::new("sh").args(["-c", &format!("printf %s {line}")]).output().unwrap();
            assert!(said.stdout.starts_with(program.as_bytes()), "{said:?}");
        }
    }

    #[rstest]
    #[case("C:\\Program Files\\herald.exe", "\"C:\\Program Files\\herald.exe\" hook --agent codex --event Stop")]
    #[case("C:\\bin\\herald.exe", "C:\\bin\\herald.exe hook --agent codex --event Stop")]
    fn windows_has_its_own_quotes(#[case] program: &str, #[case] expected: &str) {
        let arguments = arguments("codex", Some("Stop"));
        let written = line(System::Windows, program, &arguments);
        assert_eq!(written, expected);
        for written in [written, powershell(program, &arguments)] {
            let known = ours(&words(&written).unwrap(), "codex").unwrap();
            assert_eq!(known, Ours { program: program.to_owned(), event: Some("Stop".to_owned()) }, "{written}");
        }
    }

    #[rstest]
    #[case("herald hook --agent codex")]
    #[case("/usr/bin/herald-notify hook --agent codex")]
    #[case("/usr/bin/herald hook --agent codex; rm -rf x")]
    #[case("/usr/bin/herald hook --agent codex --verbose")]
    #[case("/usr/bin/herald play bell")]
    #[case("sh -c '/usr/bin/herald hook --agent codex'")]
    #[case("/usr/bin/herald hook --agent codex || true")]
    #[case("/usr/bin/herald hook --agent \"$X\"")]
    #[case("")]
    fn what_is_not_exactly_ours_is_nobody_s_business(#[case] line: &str) {
        assert_eq!(words(line).and_then(|words| ours(&words, "codex")), None, "{line}");
    }

    #[cfg(unix)]
    #[test]
    fn a_stable_link_is_taken_and_a_stranger_of_the_same_name_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for dir in ["cellar/1.2", "bin", "other"] {
            std::fs::create_dir_all(at(dir)).unwrap();
        }
        std::fs::write(at("cellar/1.2/herald"), "this").unwrap();
        std::fs::write(at("other/herald"), "a stranger").unwrap();
        std::os::unix::fs::symlink("../cellar/1.2/herald", at("bin/herald")).unwrap();
        let itself = at("cellar/1.2/herald");
        let found = |called: Option<&Path>, path: &[PathBuf]| program(called.map(Path::as_os_str), path, &itself);
        assert_eq!(found(None, &[at("other"), at("bin")]), at("bin/herald"));
        assert_eq!(found(Some(&at("bin/herald")), &[at("other")]), at("bin/herald"));
        assert_eq!(found(Some(Path::new("herald")), &[]), itself);
    }
}
