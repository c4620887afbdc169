//! Notices for phones, through a server that speaks as ntfy does.
//!
//! Invariant: a notice is tried a few times within minutes and then given up with a reason; the token is in one header
//! and nowhere else: in no message, no line of the journal, no argument, and it is sent nowhere but to `push.server`.
//!
//! | file | owns |
//! |---|---|
//! | `queue` | pure: which notice is tried when, and which no longer |
//! | `answer` | pure: what an answer of the server means |
//! | `post` | one try |
//! | `courier` | the thread that tries |
//! | `trial` | `push --test`: one try, told aloud |

mod answer;
mod courier;
mod post;
mod queue;
mod trial;

use herald::config::{Config, Link};
use herald::journal::{self, Entry, LinkWhat};
use herald::link::{Pushed, own_name};
use herald::paths::Paths;
use herald::platform::clock::Stamp;

pub(crate) use courier::{Courier, Ended};
pub(crate) use trial::{Args, trial};

/// What this machine is called.
fn here(config: &Config) -> String {
    config.link.as_deref().map_or_else(|| own_name(&Link::default()), own_name)
}

/// The journal's line about a notice's end.
pub(crate) fn tell(paths: &Paths, pushed: &Pushed, ended: &Ended) {
    let age = pushed.at.age(Stamp::now()).as_millis();
    let line = Entry::Link {
        what: if ended.pushed { LinkWhat::Pushed } else { LinkWhat::NotPushed },
        event: Some(pushed.event.as_str()),
        host: pushed.host.as_deref(),
        id: Some(pushed.id.to_string()),
        age_ms: Some(u64::try_from(age).unwrap_or(u64::MAX)),
        detail: Some(&ended.detail),
    };
    let _ = journal::append(paths, &line);
}
