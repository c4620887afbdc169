//! What is skipped while a microphone is in use, the screen is locked, or nobody is to be disturbed: asked of real sound
//! servers, and of a real bus with stand-ins for the desktops' services.

#![cfg(target_os = "linux")]

mod support;

#[path = "calls/bus.rs"]
mod bus;
#[path = "calls/desktop.rs"]
mod desktop;
#[path = "calls/microphone.rs"]
mod microphone;
#[path = "calls/recording.rs"]
mod recording;
#[path = "heard/stage.rs"]
mod stage;

use serde_json::Value;

use stage::{Moment, Stage};

/// A sound short enough to be waited for again and again.
fn short() -> support::Tone {
    support::Tone::sine(48_000, 440.0, 60.0)
}

/// How often a busy machine is asked again.
const TRIES: usize = 10;

/// How a sound ends that an agent causes now: `ok`, or what it was skipped for.
///
/// Where the machine was so busy that nobody could tell in time, it is tried again: then a sound is played, as promised.
#[track_caller]
fn heard_now(stage: &Stage) -> String {
    ending_of(|| {
        let request = stage.tell(Moment::Permission);
        stage.end_of(request)
    })
}

#[track_caller]
fn ending_of(mut try_it: impl FnMut() -> Value) -> String {
    let mut last = Value::Null;
    for _ in 0..TRIES {
        last = try_it();
        if last["detail"].as_str().is_none_or(|detail| !detail.contains("in time") && !detail.contains("not answer")) {
            break;
        }
    }
    let skipped = last["outcome"] == "failed";
    assert!(skipped || last["outcome"] == "finished", "{last}");
    assert_eq!(last["first_sample_ms"].is_null(), skipped, "{last}");
    assert_eq!(last["played_ms"] == 0.0, skipped, "{last}");
    last["reason"].as_str().expect("a reason").to_owned()
}
