//! Agents elsewhere, ears here: a sound server at the end of a long line, of a real ssh, and Herald in a container.
#![cfg(target_os = "linux")]

mod support;

#[path = "remote/container.rs"]
mod container;
#[cfg(feature = "link")]
#[path = "remote/desk.rs"]
mod desk;
#[path = "heard/judge.rs"]
mod judge;
#[path = "remote/line.rs"]
mod line;
#[path = "remote/page.rs"]
mod page;
#[path = "remote/slow.rs"]
mod slow;
#[path = "remote/ssh.rs"]
mod ssh;
#[path = "heard/stage.rs"]
mod stage;
