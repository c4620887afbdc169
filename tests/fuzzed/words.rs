//! Words as people and callers write them. Input: which kind, and the word; of patterns, the pattern, a NUL, and what it
//! is held against.

use std::path::{Path, PathBuf};
use std::time::Duration;

use herald::config::{Problem, find, given, parse};
use herald::event::{EventName, Occurrence, Session, is_event_name};
use herald::journal::since;
use herald::ring;
use herald::shell::{QuietOn, duration, status};
use herald::sound::{command_line, details, is_device};
use herald::sound_ref::{SoundRef, is_part};
use herald::standing::until;
use herald::text::clean;
use jiff::civil::date;
use jiff::tz::TimeZone;

use crate::bounds::{first, soon, split};

pub(crate) fn check(data: &[u8]) {
    let (which, bytes) = first(data);
    let (one, other) = split(bytes);
    let (Ok(text), Ok(other)) = (std::str::from_utf8(one), std::str::from_utf8(other)) else { return };
    soon(|| match which % 8 {
        0 => times(text),
        1 => sound(text),
        2 => commands(text),
        3 => pattern(text, other, "cwd"),
        4 => pattern(text, other, "event"),
        5 => quiet(text),
        6 => key(text, other),
        _ => names(text),
    });
}

fn times(text: &str) {
    if let Ok(length) = duration(text) {
        assert!(length <= Duration::from_secs(366 * 24 * 3600));
    }
    let now = date(2026, 3, 29).at(12, 0, 0, 0).to_zoned(TimeZone::UTC).expect("a time");
    if let Ok(at) = since::parse(text, &now) {
        assert!(at <= now.timestamp(), "{at} is to come");
    }
    if let Ok(end) = until::parse(&[text.to_owned()], &now) {
        assert!(end.is_none_or(|end| end > now.timestamp()), "{end:?} is over");
        assert_eq!(end.is_none(), text.trim().is_empty(), "{text:?}");
    }
    assert!(status(text).is_ok() || text.parse::<u8>().is_err(), "{text:?}");
    let _ = text.parse::<QuietOn>();
}

/// Whatever is written, nothing but a path names a file, and a name never leads anywhere.
fn sound(text: &str) {
    match SoundRef::parse(text, Path::new("/base"), Some(Path::new("/home/u"))) {
        Ok(Some(SoundRef::Path(path))) => {
            assert!(path.is_absolute() && !text.contains('\0'), "{path:?}");
            assert!(!["builtin:", "pack:", "xdg:"].iter().any(|kind| text.starts_with(kind)), "{text:?}");
        }
        Ok(Some(named)) => {
            let shown = named.to_string();
            assert_eq!(shown, text);
            assert!(shown.split([':', '/']).all(is_part), "{shown:?}");
        }
        Ok(None) | Err(_) => {}
    }
    if let Some(request) = ring::from_hex(text) {
        assert_eq!(ring::from_hex(&ring::in_hex(&request)), Some(request));
    }
}

/// Names of programs leave it and no other word.
fn commands(text: &str) {
    for program in command_line::programs(text).into_iter().chain(command_line::program(text)) {
        let is_name = |word: &str| word.len() <= 40 && !word.contains(['/', '=', '$', ' ']);
        assert!(is_name(&program.name) && program.subcommand.as_deref().is_none_or(is_name), "{program:?}");
    }
    let occurrence = Occurrence {
        event: "tool.error".parse().ok(),
        tool: Some("Bash".to_owned()),
        command: Some(text.to_owned()),
        ..Occurrence::default()
    };
    assert!(details(&occurrence).len() <= 4);
}

/// A pattern that is taken answers at once, whatever it is held against.
fn pattern(glob: &str, subject: &str, key: &str) {
    let text = format!("[[rules]]\nmatch = {{ {key} = {} }}\nvolume = 7\n", toml::Value::from(glob));
    let (config, problems) = parse(&text, Path::new("/c/config.toml"), Some(Path::new("/home/u")));
    if problems.iter().any(Problem::is_error) {
        return;
    }
    let about = |subject: &str| Occurrence {
        event: subject.parse().ok(),
        cwd: Some(PathBuf::from(subject)),
        agent: "codex".to_owned(),
        ..Occurrence::default()
    };
    let _ = soon(|| config.settings(&about(subject)));
    // A name without anything special in it matches itself.
    if key == "event" && is_event_name(glob) {
        assert_eq!(config.settings(&about(glob)).volume, 5, "{glob:?} is itself");
    }
    // And a word of a hundred thousand letters, or as many folders, is no trouble either.
    let long = if key == "cwd" { "/ab".repeat(1500) } else { "a".repeat(64) };
    let _ = soon(|| config.settings(&about(&long)));
}

fn quiet(text: &str) {
    let file = format!("[quiet]\nhours = {0}\ndays = [{0}]\n", toml::Value::from(text));
    let (config, _) = parse(&file, Path::new("/c/config.toml"), None);
    let zone = TimeZone::UTC;
    for hour in [0, 7, 8, 12, 22, 23] {
        let now = date(2026, 3, 29).at(hour, 30, 0, 0).to_zoned(zone.clone()).expect("a time");
        let is = herald::policy::is_quiet(&config.quiet, None, &now);
        let until = herald::policy::quiet_until(&config.quiet, &now);
        assert!(!is || until.is_none_or(|until| until > now.timestamp()), "{until:?}");
    }
}

fn key(written: &str, word: &str) {
    let Ok(place) = find(written) else { return };
    let shown = place.to_string();
    assert_eq!(find(&shown).map(|again| again.way), Ok(place.way.clone()), "{shown}");
    let _ = given(place.kind, &[word.to_owned()]);
    let _ = given(place.kind, &[word.to_owned(), "b".to_owned()]);
}

fn names(text: &str) {
    assert_eq!(text.parse::<EventName>().is_ok(), is_event_name(text));
    assert!(!is_part(text) || (!text.contains("/") && text != ".."), "{text:?}");
    assert!(Session::meant_by(text).contains(&Session::of(text)));
    let shown = clean(text);
    assert!(!shown.chars().any(char::is_control) && clean(&shown) == shown);
    let _ = is_device(text);
}
