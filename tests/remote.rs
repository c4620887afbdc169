//! Agents elsewhere, ears here: a sound server at the end of a long line, of a real ssh, Herald in a container, a broker;
//! and the page that tells of it.
#![cfg(target_os = "linux")]

mod support;

#[path = "remote/container.rs"]
mod container;
#[cfg(all(feature = "player", feature = "link"))]
#[path = "remote/desk.rs"]
mod desk;
#[cfg(feature = "player")]
#[path = "heard/judge.rs"]
mod judge;
#[cfg(feature = "player")]
#[path = "remote/line.rs"]
mod line;
#[path = "remote/page.rs"]
mod page;
#[cfg(feature = "player")]
#[path = "remote/slow.rs"]
mod slow;
#[cfg(feature = "player")]
#[path = "remote/ssh.rs"]
mod ssh;
#[cfg(feature = "player")]
#[path = "heard/stage.rs"]
mod stage;
