//! What goes to other machines, and what comes from them: its words, its place until it is sent, and its age.
//!
//! Speaks no protocol and opens no network: a socket of this machine's is the farthest it reaches. What carries it
//! further is a program of its own.
//!
//! | room | owns |
//! |---|---|
//! | [`message`] | an occurrence as it travels: never a prompt, a command, or a path |
//! | [`letter`] | what is to be sent, as it waits |
//! | [`hosts`] | which other machines were heard of, and when |
//! | [`outbox`] | where it waits |
//! | [`age`] | how old what arrived is |
//! | [`budget`] | how much other machines may ask |
//! | [`post`] | handing it over, in a hook's time |
//! | `pushed` | what a phone is told of it, in words |

pub mod age;
pub mod budget;
pub mod hosts;
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
pub const FILES: [&str; 4] = ["link.bell", "link.lock", "listen.lock", "outbox"];
