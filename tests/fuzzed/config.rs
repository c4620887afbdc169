//! The configuration file, and what `config set` does to it. Input: the file, a NUL, and what is typed: `KEY VALUE`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use herald::config::{
    Applied, Config, Problem, check as checked_again, edit, find, get, given, load, parse, remove, show, store,
};
use herald::event::{EVENTS, Occurrence};

use crate::bounds::{folder, soon, split, write};

pub(crate) fn check(data: &[u8]) {
    let (text, typed) = split(data);
    if let Ok(text) = std::str::from_utf8(text) {
        let home = Path::new("/home/u");
        let file = folder().join("config.toml");
        let (config, problems) = soon(|| parse(text, &file, Some(home)));
        soon(|| places(text, &file, &problems));
        soon(|| in_force(&config));
        if !problems.iter().any(Problem::is_error) {
            shown(&config, &file, home);
            soon(|| cached(text, &config, &file, home));
        }
    }
    let file = folder().join("config.toml");
    write(&file, text);
    if let Ok(typed) = std::str::from_utf8(typed) {
        soon(|| edited(text, typed, &file));
    }
}

/// Every problem is somewhere in the file, and can be told.
fn places(text: &str, file: &Path, problems: &[Problem]) {
    let lines = text.split('\n').count();
    for problem in problems {
        assert!((1..=lines).contains(&problem.line) && problem.column >= 1, "{problem:?}");
        let told = problem.render(file, text, false);
        assert!(!told.is_empty() && !told.contains('\u{1b}'), "{told:?}");
    }
}

/// What holds keeps within what may be.
fn in_force(config: &Config) {
    let occurrence = |event: &str| Occurrence {
        event: event.parse().ok(),
        agent: "codex".to_owned(),
        tool: Some("Bash".to_owned()),
        cwd: Some("/home/u/work/deep/folder".into()),
        ..Occurrence::default()
    };
    for event in EVENTS.iter().map(|row| row.name).chain(["deploy.done"]) {
        let settings = config.settings(&occurrence(event));
        assert!(settings.volume <= 100 && settings.throttle <= Duration::from_secs(86_400), "{settings:?}");
        assert!(settings.sounds.len() <= 64 && settings.packs.len() <= 64, "{settings:?}");
    }
}

/// What is shown is a configuration file, which says the same.
fn shown(config: &Config, file: &Path, home: &Path) {
    let text = show(config);
    let (again, problems) = parse(&text, file, Some(home));
    assert!(!problems.iter().any(Problem::is_error), "{problems:?}\n{text}");
    assert_eq!(show(&again), text, "shown again");
}

/// The cached image says what the file says, and goes on saying it when the file is faulty.
fn cached(text: &str, config: &Config, file: &Path, home: &Path) {
    let image = file.with_extension("image");
    let _ = fs::remove_file(&image);
    write(file, text.as_bytes());
    let first = load(file, &image, Some(home));
    assert_eq!((&first.config, first.applied), (config, Applied::File));
    let Some(fresh) = first.fresh else { return };
    store(&image, &fresh).expect("an image can be kept");
    let second = load(file, &image, Some(home));
    assert_eq!((&second.config, second.applied), (config, Applied::File));
    write(file, b"volume = ");
    let faulty = load(file, &image, Some(home));
    assert_eq!((&faulty.config, faulty.applied), (config, Applied::LastGood));
}

/// A key that is set is set, nothing else changes, and what is refused leaves the file as it is.
fn edited(before: &[u8], typed: &str, file: &Path) {
    let (key, value) = typed.split_once(' ').unwrap_or((typed, "50"));
    let Ok(place) = find(key) else { return };
    let value = given(place.kind, &[value.to_owned()]);
    let way = place.steps();
    let is = |file: &Path| fs::read(file).expect("the file is there");
    match edit(file, None, &way, &value) {
        Err(why) => {
            assert!(!why.to_string().is_empty());
            assert_eq!(is(file), before, "refused: {why}");
        }
        Ok(false) => assert_eq!(is(file), before, "nothing to change"),
        Ok(true) => {
            let after = is(file);
            let checked = checked_again(file, None);
            assert!(!checked.problems.iter().any(Problem::is_error), "{:?}", checked.problems);
            let table = |text: &[u8]| -> Option<toml::Table> { toml::from_str(std::str::from_utf8(text).ok()?).ok() };
            let mut expected = table(before).expect("a file that is no TOML is left alone");
            assert!(put(&mut expected, &way, &value), "{way:?}");
            assert_eq!(table(&after), Some(expected), "{way:?}");
            let (removed, _) = difference(before, &after);
            let was_there = value_at(&table(before).unwrap_or_default(), &way).is_some();
            assert!(was_there || removed.is_empty(), "lost {:?}", String::from_utf8_lossy(removed));
            let _ = get(&checked.config, &place);
        }
    }
    let now = is(file);
    match remove(file, None, &way) {
        Ok(true) => {
            let checked = checked_again(file, None);
            assert!(!checked.problems.iter().any(Problem::is_error), "{:?}", checked.problems);
        }
        Ok(false) | Err(_) => assert_eq!(is(file), now, "not taken out"),
    }
}

/// What of the old text is gone, and what of the new one came in its place.
fn difference<'a>(before: &'a [u8], after: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    let start = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let most = before.len().min(after.len()) - start;
    let end = before.iter().rev().zip(after.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    (&before[start..before.len() - end], &after[start..after.len() - end])
}

fn value_at<'a>(table: &'a toml::Table, way: &[&str]) -> Option<&'a toml::Value> {
    let (first, rest) = way.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, step| match value {
        toml::Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        value => value.get(*step),
    })
}

/// Does to the value what the editor should do to the text.
fn put(table: &mut toml::Table, way: &[&str], new: &toml::Value) -> bool {
    let Some((last, above)) = way.split_last() else { return false };
    let mut at = &mut *table;
    let mut steps = above.iter().peekable();
    while let Some(step) = steps.next() {
        let next = at.entry(*step).or_insert_with(|| toml::Table::new().into());
        at = match next {
            toml::Value::Table(inner) => inner,
            toml::Value::Array(list) => {
                let number = steps.next().and_then(|step| step.parse::<usize>().ok());
                match number.and_then(|number| list.get_mut(number)) {
                    Some(toml::Value::Table(inner)) => inner,
                    _ => return false,
                }
            }
            _ => return false,
        };
    }
    at.insert((*last).to_owned(), new.clone());
    true
}
