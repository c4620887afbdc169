//! Random trees of themes: what is said of every name must be what the model says.

use std::cell::Cell;

use herald::sound::{Dirs, lookup};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::model::{NAMES, model};
use crate::tree::{assert_record_agrees, chosen, xdg_ref};

const THEMES: [&str; 5] = ["t0", "t1", "t2", "gone", "freedesktop"];
const LOCALES: [&str; 4] = ["", "en_US.UTF-8", "de_DE.UTF-8@euro", "C"];

/// How many trees; each is asked for every name of [`NAMES`] in every theme of [`THEMES`].
fn trees() -> u32 {
    if std::env::var("HERALD_TEST_FULL").is_ok_and(|value| value == "1") { 1000 } else { 300 }
}

#[test]
#[expect(clippy::print_stderr, reason = "the test's own report")]
fn random_theme_trees_are_searched_as_the_specification_says() {
    let config = ProptestConfig { cases: trees(), failure_persistence: None, ..ProptestConfig::default() };
    let (found, disabled, nothing) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let count = |cell: &Cell<u32>| cell.set(cell.get() + 1);
    let outcome = TestRunner::new(config).run(&(model(), proptest::sample::select(&LOCALES[..])), |(model, locale)| {
        let tree = model.write();
        let dirs = Dirs { locale: Some(locale.to_owned()).filter(|locale| !locale.is_empty()), ..tree.dirs() };
        for theme in THEMES {
            for name in NAMES {
                let result = lookup(&chosen(xdg_ref(theme, name)), &dirs, &mut |_, _| 0, &mut |_| Ok(()));
                let is_disabled = result.tried.last().is_some_and(|tried| tried.why.as_deref() == Some("disabled"));
                let said = match tree.found(&result) {
                    _ if is_disabled => Some(String::new()),
                    path => Some(path).filter(|path| !path.is_empty()),
                };
                match said.as_deref() {
                    None => count(&nothing),
                    Some("") => count(&disabled),
                    Some(_) => count(&found),
                }
                prop_assert_eq!(said, model.find(theme, name, locale), "{} {} in {:?}", theme, name, locale);
                assert_record_agrees(&result);
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
    let (found, disabled, nothing) = (found.get(), disabled.get(), nothing.get());
    eprintln!("{} queries: {found} found, {disabled} disabled, {nothing} not found", found + disabled + nothing);
    // Trees in which nothing is ever found would prove nothing.
    assert!(found > trees() && disabled > trees() / 4 && nothing > trees(), "{found} {disabled} {nothing}");
}
