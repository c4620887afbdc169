//! Hooks in agents' settings: what is written, that nothing else is touched, that it works as the agent runs it, and
//! that it comes out again.
#![cfg(target_os = "linux")]

#[path = "install/files.rs"]
mod files;
#[path = "install/generated.rs"]
mod generated;
#[path = "install/interrupted.rs"]
mod interrupted;
#[path = "install/listed.rs"]
mod listed;
#[path = "install/run.rs"]
mod run;
#[path = "install/world.rs"]
mod world;

mod support;
