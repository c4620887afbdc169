//! One fault in one hook, and everything that must be so afterwards.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Output;
use std::time::{Duration, Instant};

use herald::speaker::{Speaker, State};
use serde_json::Value;

use crate::bench::{self, pair, text};
use crate::fault::{Effect, Fault, Injected, spoilt};
use crate::hook_world::{Programs, Scenario, TRIES, World};
use crate::places;
use crate::support::{PATIENCE, Strace};

/// Only the hook and its child up to the program it becomes: what that does is another program's story.
pub(crate) const OPTIONS: [&str; 2] = ["-b", "execve"];

/// A hook ends itself after 1.2 s at the latest; the rest is for strace and for a machine that does ten other things.
const BOUND: Duration = Duration::from_secs(10);

/// What a hook allows itself once it knows what happened. One that took longer may have left without a word.
const OWN: Duration = Duration::from_millis(200);

/// What a hook does when nothing goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clean {
    decided: (String, String),
    hands_over: usize,
    next: (String, String),
    next_hands_over: usize,
}

impl Clean {
    /// Seen in a world of its own, `watched` by strace.
    pub(crate) fn of(scenario: &Scenario, programs: &Programs, strace: &Strace) -> (Self, String) {
        let world = World::of(scenario, programs);
        settle(&world);
        let before = world.handed_over();
        let command = world.hook_by(|program| crate::fault::watched(strace, &world.env, &OPTIONS, program));
        let output = world.env.finish(command, (scenario.payload)().as_bytes());
        bench::assert_silent(&output, scenario.name);
        let trace = strace.written(&world.env);
        settle(&world);
        let decided = last(&world);
        let between = world.handed_over();
        assert!(world.tell_until_told(|try_| scenario.next(try_)), "{}", scenario.name);
        settle(&world);
        let (next, after) = (last(&world), world.handed_over());
        (Self { decided, hands_over: between - before, next, next_hands_over: after - between }, trace)
    }
}

fn settle(world: &World<'_>) {
    assert_eq!(places::left_after(&world.env, PATIENCE), Vec::<u32>::new(), "of a world without faults");
}

fn last(world: &World<'_>) -> (String, String) {
    let line = world.lines().pop().expect("a hook writes a line");
    (text(&line, "decision"), text(&line, "reason"))
}

/// What became of a fault that harmed nobody.
#[derive(Debug)]
pub(crate) enum Became {
    /// The program made no such call this time.
    Nothing,
    /// It was decided as if nothing had happened.
    AsEver,
    /// Something else was decided, and a line says what.
    Said(String),
    /// No line was written.
    Unsaid,
    /// Its own time was up, and it left without a word.
    Late,
}

/// Lives through a fault; again, where the hook ran out of its own time, which a busy machine does to it now and then
/// and a fault may not.
///
/// # Errors
/// What was broken of the hook's contract.
pub(crate) fn live(
    scenario: &Scenario,
    clean: &Clean,
    programs: &Programs,
    strace: &Strace,
    fault: &Fault,
) -> Result<Became, Vec<String>> {
    for _ in 0..TRIES {
        match live_once(scenario, clean, programs, strace, fault)? {
            Became::Late => {}
            other => return Ok(other),
        }
    }
    Err(vec![format!("its own time was up {TRIES} times")])
}

fn live_once(
    scenario: &Scenario,
    clean: &Clean,
    programs: &Programs,
    strace: &Strace,
    fault: &Fault,
) -> Result<Became, Vec<String>> {
    let world = World::of(scenario, programs);
    settle(&world);
    let paths = world.paths();
    let state =
        || Speaker::peek(&paths.run()).map_err(|error| error.to_string()).map(|found| found.map(|(state, _)| state));
    let before = Before { state: state().ok().flatten(), lines: world.lines().len(), handed_over: world.handed_over() };

    let begun = Instant::now();
    let command = world.hook_by(|program| spoilt(strace, &world.env, &OPTIONS, fault, program));
    let output = world.env.finish(command, (scenario.payload)().as_bytes());
    let took = begun.elapsed();
    let injected = Injected::read(strace, &world.env, fault);

    let mut broken = Vec::new();
    broken.extend(of_the_caller(&output, took, &injected));
    let left = places::left_after(&world.env, BOUND);
    if !left.is_empty() {
        broken.push(format!("processes are left: {left:?}"));
    }
    // Whoever is killed, or out of its own time, leaves what it was at.
    let foreign = places::foreign_files(&paths);
    if !foreign.is_empty() {
        broken.push(format!("foreign files: {foreign:?}"));
    }
    let after = state();
    broken.extend(of_the_state(&before, &after));
    let is_unsaid = world.lines().len() == before.lines && !injected.concerns("journal.jsonl");
    let is_late = took >= OWN && !injected.killed && is_unsaid;
    let state = after.ok().flatten();
    let (became, complaints) = if is_late {
        (Became::Late, Vec::new())
    } else {
        of_the_sound(scenario, clean, &world, &before, state.as_ref(), &injected)
    };
    broken.extend(complaints);
    broken.extend(of_the_next(scenario, clean, &world, before.state.as_ref()));
    if broken.is_empty() {
        return Ok(if injected.happened() { became } else { Became::Nothing });
    }
    broken.push(format!("spoilt: {:?}", injected.calls));
    broken.extend(world.env.journal().iter().map(|line| format!("journal: {line}")));
    Err(broken)
}

struct Before {
    state: Option<State>,
    lines: usize,
    handed_over: usize,
}

/// Status 0, not a byte, and in time.
fn of_the_caller(output: &Output, took: Duration, injected: &Injected) -> Vec<String> {
    let mut broken = Vec::new();
    if !(output.status.success() || injected.killed && output.status.signal() == Some(9)) {
        broken.push(format!("it ended with {}, {:?}", output.status, injected.died_of));
    }
    if !output.stdout.is_empty() || !output.stderr.is_empty() {
        broken.push(format!("it said something: {output:?}"));
    }
    if took > BOUND {
        broken.push(format!("it took {took:?}"));
    }
    broken
}

/// As valid as before, and not older.
fn of_the_state(before: &Before, after: &Result<Option<State>, String>) -> Vec<String> {
    let id = |state: &State| state.last_id;
    match (before.state.as_ref(), after) {
        (None, Ok(_)) => Vec::new(),
        (Some(before), Ok(Some(after))) if id(after) >= id(before) => Vec::new(),
        (before, after) => vec![format!("the state was {before:?} and is {after:?}")],
    }
}

/// Heard once at most, and if not at all, a line says why.
fn of_the_sound(
    scenario: &Scenario,
    clean: &Clean,
    world: &World<'_>,
    before: &Before,
    after: Option<&State>,
    injected: &Injected,
) -> (Became, Vec<String>) {
    let mut broken = Vec::new();
    let lines = world.lines().split_off(before.lines);
    let handed_over = world.handed_over() - before.handed_over;
    if lines.len() > 1 || handed_over > clean.hands_over.max(1) {
        broken.push(format!("{} lines, handed over {handed_over} times", lines.len()));
    }
    let line = lines.last();
    let decided = line.map(|line| pair(&text(line, "decision"), &text(line, "reason")));
    let at_journal = injected.concerns("journal.jsonl");
    // Found out by who was to become the player, when the hook was gone.
    let came_to_nothing =
        |line: &Value| line["kind"] != "occurrence" && text(line, "detail").contains("could not start herald-player");
    let has_no_player = world.env.journal().iter().any(came_to_nothing);
    if !injected.killed {
        let is_excused = |decided: &Option<(String, String)>| match decided {
            // Nobody can be started, or what happened can't be read: then nobody can know that it was urgent.
            Some((_, reason)) => ["no-player", "bad-payload", "unknown-event", "no-link"].contains(&reason.as_str()),
            None => at_journal,
        };
        if scenario.urgent && handed_over == 0 && !is_excused(&decided) && !has_no_player && !injected.pretends_a_lock()
        {
            broken.push(format!("the urgent is lost: {decided:?}"));
        }
        if line.is_none() && !at_journal && !injected.keeps_a_directory() {
            broken.push("no line, and the journal was not at fault".to_owned());
        }
        if clean.decided.0 == "skip" && handed_over > 0 {
            broken.push(format!("it must not be heard, and was handed over: {decided:?}"));
        }
        let plays = decided.as_ref().is_some_and(|(decision, _)| decision == "play");
        if plays && handed_over < clean.hands_over && !has_no_player && !injected.pretends_a_lock() {
            broken.push(format!("a line says {decided:?}, and it was handed over {handed_over} times"));
        }
        // What was said not to be heard must not wait to be heard after all.
        let waits = |state: Option<&State>| state.and_then(|state| state.pending.as_ref().map(|pending| pending.id));
        let request = line.and_then(|line| line["request"].as_u64());
        let waiting = waits(after);
        if line.is_some() && waiting.is_some() && waiting != waits(before.state.as_ref()) && waiting != request {
            broken.push(format!("{waiting:?} waits, and the line says {decided:?} of {request:?}"));
        }
    }
    let became = match decided {
        Some(decided) if decided == clean.decided => Became::AsEver,
        Some((decision, reason)) => Became::Said(format!("{decision} {reason}")),
        None => Became::Unsaid,
    };
    (became, broken)
}

/// The next hook, which meets no fault, is as if nothing had happened.
fn of_the_next(scenario: &Scenario, clean: &Clean, world: &World<'_>, before: Option<&State>) -> Vec<String> {
    let mut broken = Vec::new();
    let handed_over = world.handed_over();
    if !world.tell_until_told(|try_| scenario.next(try_)) {
        broken.push("the next one said something, failed, or wrote no line".to_owned());
    }
    let left = places::left_after(&world.env, BOUND);
    if !left.is_empty() {
        broken.push(format!("processes are left of the next one: {left:?}"));
    }
    let Some(line) = world.lines().pop() else {
        broken.push("the next one wrote no line".to_owned());
        return broken;
    };
    let next = pair(&text(&line, "decision"), &text(&line, "reason"));
    let more = world.handed_over() - handed_over;
    // A try that ran out of its own time may have handed something over, too.
    if next != clean.next || more < clean.next_hands_over {
        broken.push(format!("the next one: {next:?}, handed over {more} times; without a fault {clean:?}"));
    }
    let id = line["request"].as_u64();
    if id.is_some_and(|id| before.is_some_and(|before| id <= before.last_id)) {
        broken.push(format!("id {id:?} was given out before"));
    }
    broken
}

/// For the report: whether an effect can be told from nothing at all.
pub(crate) fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Fails(error) => error,
        Effect::Killed => "SIGKILL",
    }
}
