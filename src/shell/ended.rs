//! What a command that ended means: its status, how long it took and its text, as an occurrence, or nothing to hear.
//!
//! Pure. The text itself is never written down; of it, only the program's name serves (see [`crate::sound::command_line`]).

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::interactive::is_interactive;
use crate::event::{Occurrence, Session};
use crate::sound::command_line::{Program, program};

/// The longest text that is looked at.
const LONGEST_LINE: usize = 4096;

/// The largest status there is.
const LARGEST: i64 = if cfg!(windows) { u32::MAX as i64 } else { 255 };

/// What Windows calls a program that Ctrl-C ended.
const CONTROL_C_EXIT: u32 = 0xC000_013A;

/// Reads an exit status.
///
/// # Errors
/// With a sentence that says what would be right.
pub fn status(text: &str) -> Result<u32, String> {
    let number = text.trim().parse::<i64>().map_err(|_| format!("not a number (0 to {LARGEST})"))?;
    // Windows' own are shown with a sign by some.
    let unsigned = if cfg!(windows) && number < 0 { number + (1_i64 << 32) } else { number };
    let inside = (0..=LARGEST).contains(&unsigned);
    let status = u32::try_from(unsigned).ok().filter(|_| inside);
    status.ok_or_else(|| format!("not an exit status (0 to {LARGEST})"))
}

/// The statuses that nobody has to be called for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietOn(Vec<u32>);

impl QuietOn {
    /// Ctrl-C, a reader that went away, Ctrl-Z: whoever did that is there.
    pub const DEFAULT: &'static str = "130,141,148";

    fn covers(&self, status: u32) -> bool {
        let status = if cfg!(windows) && status == CONTROL_C_EXIT { 130 } else { status };
        self.0.contains(&status)
    }
}

impl FromStr for QuietOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "none" {
            return Ok(Self(Vec::new()));
        }
        let statuses = text.split(',').map(status).collect::<Result<_, _>>();
        Ok(Self(statuses.map_err(|why| format!("{why}; or write none"))?))
    }
}

/// A command that ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Who tells: `run` or `done`.
    pub teller: &'static str,
    /// Its exit status, 128 and more where a signal ended it.
    pub status: u32,
    /// How long it took, where that is known.
    pub took: Option<Duration>,
    /// What was run, where that is known.
    pub line: Option<String>,
    /// Where.
    pub cwd: Option<PathBuf>,
    /// Whose terminal.
    pub session: Option<String>,
}

impl Ended {
    /// What there is to hear; `None` where it was too short, is one of the quiet statuses, or its human sat before it.
    pub fn occurrence(self, min: Duration, quiet_on: &QuietOn, skip_interactive: bool) -> Option<Occurrence> {
        let line = self.line.filter(|line| !line.trim().is_empty());
        let line = line.map(|line| line.chars().take(LONGEST_LINE).collect::<String>());
        let skipped = quiet_on.covers(self.status)
            || self.took.is_some_and(|took| took < min)
            || skip_interactive && line.as_deref().is_some_and(is_interactive);
        if skipped {
            return None;
        }
        let event = if self.status == 0 { "command.success" } else { "command.failure" };
        Some(Occurrence {
            event: event.parse().ok(),
            agent: "shell".to_owned(),
            agent_event: Some(self.teller.to_owned()),
            session: self.session.map(|id| Session::of(&format!("shell {id}"))),
            cwd: self.cwd,
            detail: line.as_deref().and_then(program).map(|Program { name, .. }| name),
            command: line,
            ..Occurrence::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn ended(status: u32, took: Option<u64>, line: &str) -> Ended {
        let line = Some(line.to_owned());
        Ended { teller: "done", status, took: took.map(Duration::from_millis), line, cwd: None, session: None }
    }

    #[rstest]
    #[case(0, None, "", Some("command.success"))]
    #[case(1, None, "", Some("command.failure"))]
    #[case(255, Some(10_000), "make", Some("command.failure"))]
    #[case(127, Some(9_999), "make", None)]
    #[case(0, Some(600_000), "sudo vim x", None)]
    #[case(130, None, "", None)]
    #[case(141, None, "", None)]
    #[case(148, None, "", None)]
    #[case(129, None, "", Some("command.failure"))]
    fn a_status_means_an_event_or_nothing(
        #[case] status: u32,
        #[case] took: Option<u64>,
        #[case] line: &str,
        #[case] expected: Option<&str>,
    ) {
        let quiet_on = QuietOn::DEFAULT.parse().unwrap();
        let occurrence = ended(status, took, line).occurrence(Duration::from_secs(10), &quiet_on, true);
        assert_eq!(occurrence.as_ref().and_then(|it| it.event.as_ref()).map(|event| event.as_str()), expected);
    }

    #[test]
    fn of_a_command_only_the_program_is_told() {
        let line = "TOKEN=s3cret sudo cargo test --secret s3cret";
        let occurrence = ended(1, None, line).occurrence(Duration::ZERO, &QuietOn(vec![]), true).unwrap();
        assert_eq!(occurrence.detail.as_deref(), Some("cargo"));
        let names: Vec<_> = crate::sound::details(&occurrence).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["command.failure.cargo-test", "command.failure.cargo"]);
    }

    #[rstest]
    #[case("0", Ok(0))]
    #[case(" 255 ", Ok(255))]
    #[case("256", Err("0 to "))]
    #[case("1.5", Err("not a number"))]
    #[case("", Err("not a number"))]
    #[case("99999999999999999999", Err("not a number"))]
    #[cfg_attr(not(windows), case("-1", Err("0 to 255")))]
    #[cfg_attr(windows, case("-1", Ok(u32::MAX)))]
    fn a_status_is_in_range_or_refused(#[case] text: &str, #[case] expected: Result<u32, &str>) {
        match (status(text), expected) {
            (Ok(got), Ok(wanted)) => assert_eq!(got, wanted),
            (Err(said), Err(part)) => assert!(said.contains(part), "{said}"),
            (Ok(_), Err(_)) if cfg!(windows) => {}
            (got, _) => panic!("{text:?} gave {got:?}"),
        }
    }

    #[test]
    fn quiet_statuses_are_a_list_or_none() {
        assert_eq!("none".parse(), Ok(QuietOn(vec![])));
        assert_eq!("1, 2".parse(), Ok(QuietOn(vec![1, 2])));
        assert!("".parse::<QuietOn>().unwrap_err().contains("or write none"));
        assert!("1,x".parse::<QuietOn>().is_err());
        assert!(QuietOn::DEFAULT.parse::<QuietOn>().unwrap().covers(130));
    }
}
