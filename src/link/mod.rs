//! What goes to other machines, and what comes from them: its words, its place until it is sent, and its age.
//!
//! Speaks no protocol and opens no network: a socket of this machine's is the farthest it reaches. What carries it
//! further is a program of its own.
//!
//! | room | owns |
//! |---|---|
//! | [`message`] | an occurrence as it travels: never a prompt, a command, or a path |
//! | [`letter`] | what is to be sent, as it waits |
//! | [`outbox`] | where it waits |
//! | [`post`] | handing it over, in a hook's time |
//! | `pushed` | what a phone is told of it, in words |

pub mod letter;
pub mod message;
pub mod outbox;
pub mod post;
mod pushed;

pub use letter::{Letter, Muted, Pushed};
pub use message::{BadMessage, Id, Occurred};
pub use outbox::Outbox;
pub use post::{LINK, SEND, leave, own_name, send, tell_mute};

/// What the run directory holds of it.
pub const FILES: [&str; 3] = ["link.bell", "link.lock", "outbox"];
