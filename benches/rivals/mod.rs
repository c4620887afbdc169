//! Herald beside what a user would take instead: one machine, one run, the same files.

pub(crate) mod contender;
pub(crate) mod cost;
pub(crate) mod disk;
mod display;
pub(crate) mod heard;
pub(crate) mod instructions;
pub(crate) mod trace;
pub(crate) mod wall;

use contender::{Stage, Who};

use crate::plot::{Plot, Shape};
use crate::report::{Column, Unit, column};

/// Why it can't take part here, if it can't.
fn lacks(who: Who, stage: &Stage) -> Option<String> {
    match who {
        Who::Player(player) | Who::Behind(player) => player.lacks(stage),
        Who::Usual(_) => {
            (!std::path::Path::new("/usr/bin/python3").exists()).then(|| "/usr/bin/python3 is not there".to_owned())
        }
        _ => None,
    }
}

fn bars(
    id: &'static str,
    title: &str,
    table: &'static str,
    column: &'static str,
    what: &'static str,
    yardstick: Option<&'static str>,
) -> Plot {
    Plot { id, title: title.to_owned(), table, shape: Shape::Bars { column, what, yardstick } }
}

/// Median and 99th percentile of two things.
fn two(first: &'static str, second: &'static str) -> Vec<Column> {
    vec![column(first, Unit::Ms), column("p99", Unit::Ms), column(second, Unit::Ms), column("p99 of it", Unit::Ms)]
}
