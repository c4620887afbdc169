//! The command line. Types only; the doc comments are the help text.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Args, Parser, Subcommand, ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::shell::{self, QuietOn};

/// Plays the right sound the moment a coding agent, an editor or a script needs you
#[derive(Debug, Parser)]
#[command(name = "herald", version, max_term_width = 100, disable_help_subcommand = false)]
#[command(after_help = "Exit status: 0 done, 1 failed, 2 wrong usage. `hook` always exits with 0.

Environment variables:
  HERALD_CONFIG     the configuration file
  HERALD_STATE_DIR  locks, speaker state and journal
  HERALD_DATA_DIR   packs
  NO_COLOR          no colours")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands, in the order of the help text.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// For agents: read a payload, decide, play; prints nothing, always exits with 0
    Hook(Hook),
    /// Play an event, a sound or a file
    Play(Play),
    /// Run a command and play by its status, which is kept
    ///
    /// Its input and output are untouched, and signals reach it. Exits with the command's own status, with 128 and the
    /// signal's number where one ended it, 127 where it isn't found, 126 where it can't be run.
    #[command(after_help = "Example: herald run --min 30s -- cargo test")]
    Run(Run),
    /// Play by the status of a command that has ended, and exit with it: `make; herald done $?`
    #[command(allow_negative_numbers = true)]
    Done(Done),
    /// Print what makes a shell play a sound after each command that took long
    #[command(after_help = shell_lines())]
    Init(Init),
    /// Put hooks into the settings of agents, so that they are heard
    ///
    /// Only observers are registered, never a gate. Everything else in the files stays as it is, and what was there is
    /// kept; `herald uninstall` is the exact inverse.
    Install(Install),
    /// Take the hooks out again
    Uninstall(Install),
    /// List the agents: which are here, which have hooks, when each was last heard
    Agents(Agents),
    /// Tell what a payload would do, and why; changes nothing
    Explain(Explain),
    /// Tell which sound an event or a name stands for
    Which(Which),
    /// Play a whole pack or one event, or render it to a file
    Preview(Preview),
    /// Be silent for a while, or until `herald unmute`
    ///
    /// What is heard at this moment stops, too. `herald play --force` is heard all the same.
    Mute(Mute),
    /// Be heard again
    Unmute(Unmute),
    /// Show the volume, or set it in the configuration file
    Volume(Volume),
    /// List, choose, check, add and remove packs
    #[command(subcommand)]
    Pack(Pack),
    /// List the sounds of a pack, with length, level and format; without one, of those in use
    Sounds(Sounds),
    /// Show what happened and why
    Log(Log),
    /// Show what was heard, how often, and what was not and why
    Stats(Stats),
    /// Show who speaks, who waits, and how things stand
    Status(Json),
    /// Find what is wrong, mend the speaker's state, and tell what to do about the rest
    ///
    /// Tries the output with silence, and looks at the programs, the surroundings, the configuration, the packs, the
    /// state, the journal and the hooks. Changes nothing of yours; what it mends of its own, it says. Exits with 1
    /// where something keeps sounds from being heard.
    Doctor(Doctor),
    /// Show, change or check the configuration
    #[command(subcommand)]
    Config(Config),
    /// Let a project's .herald.toml turn Herald down
    ///
    /// It is read only with the content it has now, and may only switch off, lower, throttle longer, and choose among
    /// installed packs and sounds: never a file, a command or an address.
    Trust(Trust),
    /// Pass a project's .herald.toml over again
    Untrust(Untrust),
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print a page of the manual
    ///
    /// On a terminal through `man`, where there is one; else as it is written, for `herald man | man -l -`.
    Man(Man),
    /// For the shells' completions: what may stand at the end of a line
    #[command(hide = true)]
    Complete(Complete),
    /// For hooks: wait until what is held back is due, and send it then
    #[command(hide = true)]
    KeepAway,
}

/// The shells that completions are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "their names say it")]
pub enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

/// `man`
#[derive(Debug, Args)]
pub struct Man {
    /// A command, or `config` and `player`; without it, the page of Herald as a whole
    #[arg(value_name = "PAGE")]
    pub page: Option<String>,
    /// Write all pages into this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "page")]
    pub dir: Option<PathBuf>,
}

/// `complete`
#[derive(Debug, Args)]
pub struct Complete {
    /// The word at the cursor, up to the cursor
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    pub word: OsString,
    /// The words before it, without the program's name
    #[arg(last = true)]
    pub before: Vec<OsString>,
}

/// `hook` reads its arguments by hand, so that nothing can make it print; these are for the help text.
#[derive(Debug, Args)]
pub struct Hook {
    /// Which agent calls; without it the payload tells
    #[arg(long, value_name = "ID")]
    pub agent: Option<String>,
    /// What happened, where the payload doesn't say: the agent's own word, or Herald's
    #[arg(long, value_name = "NAME")]
    pub event: Option<String>,
    /// The payload; without it, standard input is read
    pub json: Option<OsString>,
}

/// `play`
#[derive(Debug, Args)]
pub struct Play {
    /// An event (task.complete, your own deploy.done), a sound (builtin:ID, pack:NAME/ID, xdg:THEME/NAME) or a file
    #[arg(value_name = "EVENT|SOUND|FILE", value_hint = ValueHint::FilePath)]
    pub what: String,
    /// Return when it was heard; exit with 1 if it was not, or not to its end
    #[arg(long)]
    pub wait: bool,
    /// Volume, instead of the configured one
    #[arg(long, value_name = "0-100", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub volume: Option<u8>,
    /// Even if it is off, muted or was heard a moment ago
    #[arg(long)]
    pub force: bool,
}

/// `run`
#[derive(Debug, Args)]
pub struct Run {
    /// Silent if it took less, as in 300ms, 10s or 1m30s
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = shell::duration)]
    pub min: Duration,
    /// Silent on these exit statuses, or none: Ctrl-C (130) and a closed pipe (141) are no news
    #[arg(long, value_name = "STATUS,…", default_value = QuietOn::DEFAULT)]
    pub quiet_on: QuietOn,
    /// The command and its arguments; no shell comes between
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    #[arg(value_hint = ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
}

/// `done`
#[derive(Debug, Args)]
pub struct Done {
    /// The command's exit status
    #[arg(value_name = "STATUS", default_value = "0", value_parser = shell::status)]
    pub status: u32,
    /// Silent if it took less, as in 300ms, 10s or 1m30s; needs --secs or --ms
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = shell::duration)]
    pub min: Duration,
    /// How long it took, in seconds
    #[arg(long, value_name = "N", conflicts_with = "ms")]
    pub secs: Option<u64>,
    /// How long it took, in milliseconds
    #[arg(long, value_name = "N")]
    pub ms: Option<u64>,
    /// What was run, or - to read it from standard input; silent after editors, pagers and the like
    #[arg(long, value_name = "LINE", allow_hyphen_values = true)]
    pub command: Option<String>,
    /// Whose terminal it was; none is silenced by another
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,
    /// Silent on these exit statuses, or none: Ctrl-C (130), a closed pipe (141), Ctrl-Z (148)
    #[arg(long, value_name = "STATUS,…", default_value = QuietOn::DEFAULT)]
    pub quiet_on: QuietOn,
}

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// The shell
    #[arg(value_name = "SHELL", value_parser = ShellName)]
    pub shell: Option<String>,
    /// What took less stays silent, as in 500ms, 10s or 1m30s
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = shell::duration)]
    pub min: Duration,
}

/// Any word, though the shells are known: which one is wrong is told together with the line for each.
#[derive(Clone)]
struct ShellName;

impl TypedValueParser for ShellName {
    type Value = String;

    fn parse_ref(&self, _: &clap::Command, _: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        Ok(value.to_string_lossy().into_owned())
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(shell::SHELLS.iter().map(|shell| PossibleValue::new(shell.name))))
    }
}

/// The line for the settings of each shell.
fn shell_lines() -> String {
    let line = |shell: &shell::Shell| format!("  {:<11} {}\n  {:<11} {}\n", shell.name, shell.settings, "", shell.line);
    let lines = shell::SHELLS.iter().map(line).collect::<String>();
    format!("One line in the shell's settings does it:\n{}", lines.trim_end())
}

/// `install` and `uninstall`
#[derive(Debug, Args)]
pub struct Install {
    /// Which, by id; `herald agents` lists them
    #[arg(value_name = "AGENT", required_unless_present = "all", conflicts_with = "all")]
    pub agents: Vec<String>,
    /// All that are here
    #[arg(long)]
    pub all: bool,
    /// For whom: everything you do, or the project around the working directory
    #[arg(long, value_enum)]
    pub scope: Option<Scope>,
    /// These events too, or (uninstall) these alone: Herald's names or the agent's
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub events: Vec<String>,
    /// Show what would change, as a difference, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Also where the agent isn't found, or a file is read-only
    #[arg(long)]
    pub force: bool,
}

/// For whom hooks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// Everything you do
    User,
    /// The project around the working directory
    Project,
}

/// `doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// Mend what is safe to mend: rights of Herald's own files, its leftovers, hooks of its own that lead nowhere
    #[arg(long)]
    pub fix: bool,
    /// Print JSON, to be pasted into a report: your home directory is written as ~
    #[arg(long)]
    pub json: bool,
}

/// `explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// Which agent calls; without it the payload tells
    #[arg(long, value_name = "ID")]
    pub agent: Option<String>,
    /// What happened, where the payload doesn't say
    #[arg(long, value_name = "NAME")]
    pub event: Option<String>,
    /// The payload; without it, standard input is read
    pub payload: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `which`
#[derive(Debug, Args)]
pub struct Which {
    /// An event or a sound
    #[arg(value_name = "EVENT|SOUND")]
    pub what: String,
    /// As in this session, which may have packs of its own: the agent's id of it, or the short one
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `preview`
#[derive(Debug, Args)]
pub struct Preview {
    /// An event, or a pack, each sound of which is played once; without it, the sounds of every event that is on
    #[arg(value_name = "EVENT|PACK")]
    pub what: Option<String>,
    /// Write the sounds into this WAV file instead of playing them
    #[arg(long, value_name = "FILE.wav", value_hint = ValueHint::FilePath)]
    pub render: Option<PathBuf>,
    /// Where no output device can be had, write the sounds into this WAV file
    #[arg(long, value_name = "FILE.wav", value_hint = ValueHint::FilePath, conflicts_with = "render")]
    pub or_render: Option<PathBuf>,
}

/// `log`
#[derive(Debug, Args)]
pub struct Log {
    /// Go on with what happens from now on
    #[arg(short, long)]
    pub follow: bool,
    /// Print the lines as they are stored, one JSON object each
    #[arg(long)]
    pub json: bool,
    /// Only the last so many lines; without it all, on a terminal the last 50
    #[arg(short = 'n', long, value_name = "N")]
    pub last: Option<usize>,
    /// Only from then on: 30m, 7d, today, 18:00, 2026-11-01
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub since: Option<Timestamp>,
    /// Only these events, and what came of them: Herald's names or the agent's, or patterns such as 'input.*'
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub event: Vec<String>,
    /// Only what these agents told, and what came of it
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub agent: Vec<String>,
    /// Only this session, and what came of it: the agent's id of it, or the short one
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub session: Vec<String>,
    /// Only lines with this reason or outcome, as in throttled,event-off,no-sound
    #[arg(long, value_name = "WORD,…", value_delimiter = ',')]
    pub reason: Vec<String>,
    /// Only what was not heard
    #[arg(long)]
    pub skipped: bool,
}

/// `stats`
#[derive(Debug, Args)]
pub struct Stats {
    /// Only from then on: 30m, 7d, today, 18:00, 2026-11-01; without it, all that the journal still has
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub since: Option<Timestamp>,
    /// What each row is
    #[arg(long, value_enum, default_value_t = By::Event)]
    pub by: By,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The rows of `stats`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Events
    Event,
    /// Agents
    Agent,
    /// Reasons, and of what was heard how it ended
    Reason,
    /// Hours of the day
    Hour,
    /// Agents' sessions
    Session,
}

fn since(text: &str) -> Result<Timestamp, String> {
    crate::journal::since::parse(text, &crate::platform::zone::wall_clock())
}

/// `mute`
#[derive(Debug, Args)]
pub struct Mute {
    /// How long (30m, 2h, 1d) or until when (until 18:00, until tomorrow 9:00); without it, until `herald unmute`
    #[arg(value_name = "FOR|until TIME")]
    pub when: Vec<String>,
    /// Only this session: the agent's id of it, or the short one that `herald log` shows
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `unmute`
#[derive(Debug, Args)]
pub struct Unmute {
    /// Only this session; without it, everything
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `volume`
#[derive(Debug, Args)]
pub struct Volume {
    /// 0 to 100, or a step: +10, -10
    #[arg(value_name = "LEVEL", allow_negative_numbers = true)]
    pub level: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `trust`
#[derive(Debug, Args)]
pub struct Trust {
    /// The project's folder or its .herald.toml; without it, the nearest one above the working directory
    #[arg(value_hint = ValueHint::AnyPath)]
    pub path: Option<PathBuf>,
    /// List the projects that are trusted
    #[arg(long, conflicts_with = "path")]
    pub list: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `untrust`
#[derive(Debug, Args)]
pub struct Untrust {
    /// The project's folder or its .herald.toml; without it, the nearest one above the working directory
    #[arg(value_hint = ValueHint::AnyPath)]
    pub path: Option<PathBuf>,
    /// All of them
    #[arg(long, conflicts_with = "path")]
    pub all: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `agents`
#[derive(Debug, Args)]
pub struct Agents {
    /// Only the other machines that were heard
    #[arg(long)]
    pub hosts: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Commands with nothing but `--json`.
#[derive(Debug, Args)]
pub struct Json {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `config`
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Print where the configuration file is
    Path(Json),
    /// Print the configuration that is in force
    Show(Json),
    /// Check the configuration file
    Check(Json),
    /// Print what is in force for a key, or for all keys of a table
    ///
    /// Keys are dotted: volume, speaker.overlap, events.task.complete.sound, rules.0.volume. Exits with 1 where nothing
    /// is set and nothing holds without it.
    Get {
        /// Which
        #[arg(value_name = "KEY")]
        key: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a value into the configuration file, and leave the rest of it as it is
    ///
    /// The value may be TOML, or go without quotes; several make a list. What would be a fault is refused, and nothing is
    /// written. Examples: set volume 50; set events.task.complete.sound done.wav; set quiet.hours 22:00-08:00
    Set {
        /// Which
        #[arg(value_name = "KEY")]
        key: String,
        /// What it shall be
        #[arg(value_name = "VALUE", required = true, allow_hyphen_values = true)]
        values: Vec<String>,
    },
    /// Take a key or a whole table out of the configuration file, and leave the rest of it as it is
    ///
    /// The comment on its line goes with it, and with a table the comments inside of it.
    Unset {
        /// Which
        #[arg(value_name = "KEY")]
        key: String,
    },
    /// Open the configuration file in your editor, and check it afterwards
    ///
    /// The editor is $VISUAL, $EDITOR or the system's. Where there is no file yet, one is made that explains every key.
    Edit,
    /// Print the JSON Schema of the configuration, by which editors complete and check it
    Schema,
}

/// `pack`
#[derive(Debug, Subcommand)]
pub enum Pack {
    /// List all packs there are: which are in use, and which events each has a sound for
    List {
        /// Name the events
        #[arg(long)]
        events: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Play these packs from now on, the first that has the event wins
    ///
    /// Writes `pack = …` into the configuration file and leaves the rest of it as it is. With --session, one agent's
    /// session plays them before all others, for a month at most; the configuration stays as it is.
    Use {
        /// By name; `herald pack list` lists them
        #[arg(value_name = "PACK", required_unless_present = "default", conflicts_with = "default")]
        names: Vec<String>,
        /// Only in this session: the agent's id of it, or the short one that `herald log` shows
        #[arg(long, value_name = "ID")]
        session: Option<String>,
        /// No packs of its own for the session any more
        #[arg(long, requires = "session")]
        default: bool,
    },
    /// Add a pack from a directory, a zip or tar archive, or an https address of one
    ///
    /// It is unpacked aside, under limits, judged, and put in its place in one step: it is there whole, or not at all.
    Add(PackAdd),
    /// Delete a pack that `herald pack add` installed
    Remove {
        /// By its whole name
        #[arg(value_name = "PACK")]
        name: String,
    },
    /// Tell of a pack: author, licence, and the files of each event
    Info {
        /// By name
        #[arg(value_name = "PACK")]
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Tell everything that is wrong with a pack, or with all of them; exits with 1 where something can't be played
    Check {
        /// A pack, by name or by its directory
        #[arg(value_name = "PACK|DIR", value_hint = ValueHint::DirPath)]
        what: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `pack add`
#[derive(Debug, Args)]
pub struct PackAdd {
    /// A directory, a .zip, .tar or .tar.gz file, or the https:// address of one
    #[arg(value_name = "SOURCE", value_hint = ValueHint::AnyPath)]
    pub source: String,
    /// Call it so, instead of what it calls itself
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub name: Option<String>,
    /// The folder of the source that is the pack, where the source holds several
    #[arg(long, value_name = "FOLDER", allow_hyphen_values = true)]
    pub path: Option<String>,
    /// Put it in the place of one of the same name; take it though something of it can't be used
    #[arg(long)]
    pub force: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `sounds`
#[derive(Debug, Args)]
pub struct Sounds {
    /// A pack, by name
    pub pack: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
