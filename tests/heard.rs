//! What is heard: every test here starts with what an agent or a human does, and ends with the samples that the sound
//! server played.

#![cfg(target_os = "linux")]

mod support;

#[path = "heard/barge_in.rs"]
mod barge_in;
#[path = "heard/formats.rs"]
mod formats;
#[path = "heard/hostile.rs"]
mod hostile;
#[path = "heard/judge.rs"]
mod judge;
#[path = "heard/level.rs"]
mod level;
#[path = "heard/order.rs"]
mod order;
#[path = "heard/render.rs"]
mod render;
#[path = "heard/stage.rs"]
mod stage;
#[path = "heard/tones.rs"]
mod tones;
#[path = "heard/wav.rs"]
mod wav;
#[path = "heard/whole.rs"]
mod whole;
