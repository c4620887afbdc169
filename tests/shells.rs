//! Real shells at a real terminal: long commands sound, short ones don't, and nothing else changes.
//!
//! No case measures how long something takes: where every command is to be heard, "long" is anything at all; where none
//! is, it is an hour.
#![cfg(target_os = "linux")]

#[path = "hook/bench.rs"]
mod bench;
mod support;

#[path = "shells/bash.rs"]
mod bash;
#[path = "shells/every_shell.rs"]
mod every_shell;
#[path = "shells/fish.rs"]
mod fish;
#[path = "shells/init.rs"]
mod init;
#[path = "shells/jobs.rs"]
mod jobs;
#[path = "shells/nu.rs"]
mod nu;
#[path = "shells/session.rs"]
mod session;
#[path = "shells/zsh.rs"]
mod zsh;
