//! Agents elsewhere, ears here: a sound server at the end of a long line, of a real ssh, and Herald in a container.
#![cfg(target_os = "linux")]

mod support;

#[path = "heard/judge.rs"]
mod judge;
#[path = "remote/line.rs"]
mod line;
#[path = "remote/slow.rs"]
mod slow;
#[path = "heard/stage.rs"]
mod stage;
