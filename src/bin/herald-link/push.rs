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

use herald::config::Link;
use herald::link::own_name;

pub(crate) use courier::Courier;
pub(crate) use trial::{Args, trial};

/// What this machine is called.
fn here(config: &herald::config::Config) -> String {
    config.link.as_deref().map_or_else(|| own_name(&Link::default()), own_name)
}
