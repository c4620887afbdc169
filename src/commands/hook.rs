//! `herald hook`: what agents call. Reads as the data flow itself.
//!
//! Invariant: exits with 0 and writes not one byte, whatever happens, and never outlives its deadline. An agent takes
//! any other status for a refusal, and any output for an answer.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::agents;
use crate::paths::Paths;
use crate::platform;
use crate::ring::{self, Call};

/// The most that is read of a payload; tool responses can be large.
const PAYLOAD_CAP: usize = 4 * 1024 * 1024;

/// Silence after the first byte that ends the payload: some agents never close the pipe.
const PAYLOAD_GAP: Duration = Duration::from_millis(200);

/// The longest a payload may take.
const PAYLOAD_TOTAL: Duration = Duration::from_secs(1);

/// The longest everything after the payload may take.
const REST: Duration = Duration::from_millis(200);

/// Runs the hook. `args` are those after `hook`.
pub fn main(args: Vec<OsString>, begun: Instant) -> ExitCode {
    platform::silence_panics();
    platform::exit_silently_after(PAYLOAD_TOTAL + REST);
    let _ = std::panic::catch_unwind(|| {
        let args = Args::read(args);
        let payload = args.payload();
        platform::exit_silently_after(REST);
        let event =
            args.event.or_else(|| agents::event_of_environment(args.agent.as_deref(), |name| std::env::var(name).ok()));
        let occurrence = agents::read(payload.as_deref(), args.agent.as_deref(), event.as_deref());
        if let Ok(paths) = Paths::from_env() {
            ring::ring(&paths, &Call { occurrence, in_passing: true, ..Call::default() }, begun);
        }
    });
    ExitCode::SUCCESS
}

/// Waits, for a hook that is gone, until what it held back is due, and sends it to where it is heard.
pub(super) fn keep_away() -> ExitCode {
    platform::silence_panics();
    let kept = Paths::from_env().is_ok_and(|paths| ring::keep(&paths, || ()).is_ok());
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The hook's arguments, read by hand: what isn't understood is passed over.
#[derive(Debug, Default, PartialEq)]
struct Args {
    agent: Option<String>,
    event: Option<String>,
    json: Option<String>,
}

impl Args {
    fn read(args: Vec<OsString>) -> Self {
        let mut read = Self::default();
        let mut args = args.into_iter().map(|arg| arg.to_string_lossy().into_owned()).peekable();
        while let Some(arg) = args.next() {
            let (name, inline) = match arg.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
                _ => (arg, None),
            };
            // A payload is never taken for the value of an option whose value was forgotten.
            let mut value = || inline.clone().or_else(|| args.next_if(|next| !next.starts_with(['-', '{'])));
            match name.as_str() {
                "--agent" => read.agent = value(),
                "--event" => read.event = value(),
                other if other.starts_with('-') => {}
                _ => read.json = Some(name),
            }
        }
        read
    }

    /// The payload, from the last argument or from standard input.
    fn payload(&self) -> Option<Vec<u8>> {
        if let Some(json) = &self.json {
            return Some(json.clone().into_bytes());
        }
        // With the event's name given, a payload is welcome but not waited for long.
        let total = if self.event.is_some() { PAYLOAD_GAP } else { PAYLOAD_TOTAL };
        let mut scanner = Scanner::default();
        let data = platform::read_stdin(PAYLOAD_CAP, PAYLOAD_GAP, total, |data| scanner.is_complete(data));
        (!data.is_empty()).then_some(data)
    }
}

/// Notices the end of a JSON object or array without parsing it, each byte looked at once.
#[derive(Debug, Default)]
struct Scanner {
    seen: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Scanner {
    /// Whether `data`, which has only grown since the last call, holds a complete value.
    fn is_complete(&mut self, data: &[u8]) -> bool {
        for byte in &data[self.seen..] {
            self.seen += 1;
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return true;
                    }
                }
                _ => {}
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Args {
        Args::read(args.iter().map(OsString::from).collect())
    }

    #[test]
    fn arguments_that_make_no_sense_are_passed_over() {
        let all = Args { agent: Some("codex".into()), event: Some("Stop".into()), json: Some("{}".into()) };
        assert_eq!(read(&["--agent", "codex", "--event=Stop", "{}"]), all);
        assert_eq!(read(&["--frob", "{}", "--agent=codex", "--event", "Stop"]), all);
        assert_eq!(read(&["--agent", "{}"]), Args { json: Some("{}".into()), ..Args::default() });
        assert_eq!(read(&["--agent"]), Args::default());
        assert_eq!(read(&["{\"a\":\"--agent=x\"}"]).agent, None);
    }

    #[test]
    fn the_end_of_a_value_is_noticed_at_its_last_byte_however_it_arrives() {
        let value = br#" {"a":"}\"{[","b":[1,{"c":"\\"}]}"#;
        for step in 1..value.len() {
            let mut scanner = Scanner::default();
            let mut ends = (step..value.len()).step_by(step).filter(|end| scanner.is_complete(&value[..*end]));
            assert_eq!(ends.next(), None, "step {step}");
            assert!(scanner.is_complete(value), "step {step}");
        }
    }
}
