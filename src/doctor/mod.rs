//! Finds what is wrong by looking at the things themselves, and mends the speaker's state where that is safe.
//!
//! A check is a function from a `Scene` to a `Verdict`, and a row of `CHECKS`. Each tells the world apart first and
//! judges it by a rule without files, locks or clock. Nothing of the user's is ever changed or deleted; what is mended
//! is Herald's own, under the arbitration lock, and the verdict says so.

mod agents;
mod files;
mod history;
mod journal;
mod machine;
mod output;
mod places;
pub mod probe;
mod programs;
mod records;
mod scene;
mod speaker;

use serde::Serialize;

pub use machine::Machine;

use crate::paths::Paths;
use scene::Scene;

/// Looks at one thing.
type Look = fn(&Scene<'_>) -> Verdict;

/// All checks, in the order they are made: what the later ones need is mended by the earlier ones. The names are words
/// of the contract.
const CHECKS: &[(&str, Look)] = &[
    ("player", programs::player),
    ("config", programs::config),
    ("run-directory", places::run_directory),
    ("files", files::files),
    ("state", records::state),
    ("speaker", speaker::speaker),
    ("fence", records::fence),
    ("pending", speaker::pending),
    ("server", output::server),
    ("output", output::output),
    ("player-aborts", history::player_aborts),
    ("journal", journal::journal),
    ("agents", agents::agents),
];

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing to do.
    Ok,
    /// Worth knowing; sounds are played all the same.
    Warn,
    /// Sounds are or will be missing.
    Fail,
}

impl Status {
    /// The word that marks it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which.
    pub check: &'static str,
    /// How it ended.
    pub status: Status,
    /// What is so.
    pub detail: String,
    /// What to type or to do next; never where all is well.
    pub hint: Option<String>,
}

/// Makes all checks; with `fix`, what is safe to mend is mended.
pub fn examine(paths: &Paths, machine: &Machine, fix: bool) -> Vec<Finding> {
    let scene = Scene::new(paths, machine, fix);
    let find = |&(check, look): &(&'static str, Look)| {
        let Verdict { status, detail, hint } = look(&scene);
        Finding { check, status, detail, hint }
    };
    CHECKS.iter().map(find).collect()
}

/// What a check says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Verdict {
    status: Status,
    detail: String,
    hint: Option<String>,
}

impl Verdict {
    fn ok(detail: impl Into<String>) -> Self {
        Self { status: Status::Ok, detail: detail.into(), hint: None }
    }

    fn warn(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: Status::Warn, detail: detail.into(), hint: Some(hint.into()) }
    }

    fn fail(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: Status::Fail, ..Self::warn(detail, hint) }
    }

    /// Something was wrong and is not any more.
    fn repaired(what_was: impl std::fmt::Display, what_was_done: impl std::fmt::Display) -> Self {
        Self::warn(format!("{what_was}; repaired: {what_was_done}"), "herald doctor once more; it should say ok")
    }

    /// A fault told by another check keeps this one from looking.
    fn not_looked(why: impl std::fmt::Display) -> Self {
        Self::warn(format!("not looked at: {why}"), "herald doctor, once the rest is mended")
    }
}
