//! Finds what is wrong by looking at the things themselves, and mends the speaker's state where that is safe.
//!
//! A check is a function from a `Scene` to a `Verdict`, and a row of `CHECKS`. Each tells the world apart first and
//! judges it by a rule without files, locks or clock. Nothing of the user's is ever changed or deleted; what is mended
//! unasked is the speaker's state, under the arbitration lock, and what is mended by order (`Scene::mended`) is
//! Herald's own, too. The verdict says so.

mod agents;
mod contents;
mod environment;
mod files;
mod history;
mod installed;
mod journal;
mod leftovers;
mod link;
mod machine;
mod output;
mod places;
pub mod probe;
mod programs;
pub mod reach;
mod records;
mod report;
mod room;
mod scene;
mod shells;
mod speaker;

use serde::Serialize;

pub use machine::Machine;

use crate::paths::Paths;
use scene::Scene;

/// Looks at one thing, or at several of one kind.
#[derive(Clone, Copy)]
enum Look {
    One(fn(&Scene<'_>) -> Verdict),
    Each(fn(&Scene<'_>) -> Vec<Verdict>),
}
use Look::{Each, One};

/// All checks, in the order they are made: what the later ones need is mended by the earlier ones, and the output is
/// tried from `player` on. The names are words of the contract.
const CHECKS: &[(&str, Look)] = &[
    ("system", One(installed::system)),
    ("player", One(programs::player)),
    ("herald-pack", One(installed::packer)),
    ("path", One(installed::path)),
    ("config", One(programs::config)),
    ("config-image", One(leftovers::image)),
    ("silence", One(contents::silence)),
    ("packs", One(contents::packs)),
    ("sounds", One(contents::sounds)),
    ("disk", One(room::disk)),
    ("clock", One(room::clock)),
    ("run-directory", One(places::run_directory)),
    ("files", One(files::files)),
    ("state", One(records::state)),
    ("speaker", One(speaker::speaker)),
    ("fence", One(records::fence)),
    ("pending", One(speaker::pending)),
    ("player-aborts", One(history::player_aborts)),
    ("players", One(leftovers::players)),
    ("leftovers", One(leftovers::leftovers)),
    ("journal", One(journal::journal)),
    ("agents", Each(agents::agents)),
    ("shells", One(shells::shells)),
    ("environment", One(environment::environment)),
    ("link", Each(link::link)),
    ("server", One(output::server)),
    ("output", One(output::output)),
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

/// What one check found; one that looks at several things may be there more than once.
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
    let home = paths.home.as_deref();
    let find = |&(check, look): &(&'static str, Look)| {
        let verdicts = match look {
            One(look) => vec![look(&scene)],
            Each(look) => look(&scene),
        };
        verdicts.into_iter().map(move |Verdict { status, detail, hint }| Finding {
            check,
            status,
            detail: report::without_home(&detail, home),
            hint: hint.map(|hint| report::without_home(&hint, home)),
        })
    };
    CHECKS.iter().flat_map(find).collect()
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
