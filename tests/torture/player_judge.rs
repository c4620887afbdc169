//! One fault in one player, and everything that must be so afterwards.

use std::process::Output;
use std::time::Duration;

use herald::platform::clock::Stamp;
use herald::speaker::{COOL_DOWN, Speaker};

use crate::bench;
use crate::fault::{Fault, Injected, spoilt, watched};
use crate::hook_judge::Became;
use crate::hook_world::Programs;
use crate::places;
use crate::player_world::{Place, World};
use crate::support::{PATIENCE, Recorder, Server, Strace, Tone};

/// What a sound may take beyond its length where everything hangs: the longest lease a player has is 15 s.
const BOUND: Duration = Duration::from_secs(25);

/// A short sound.
pub(crate) fn sound() -> Tone {
    Tone::sine(crate::support::recorder::RATE, 880.0, 80.0).ramped(5.0)
}

/// Calls of a player that plays well, as strace writes them.
pub(crate) fn clean(server: Option<&Server>, programs: &Programs, strace: &Strace) -> String {
    let world = World::of(server, &sound(), programs);
    world.play(|program| watched(strace, &world.env, &[], program));
    let ends = world.ends();
    let wanted = if server.is_some() { "finished ok" } else { "failed no-audio" };
    assert!(matches!(ends.as_slice(), [(_, words)] if *words == [wanted]), "without a fault: {ends:?}");
    strace.written(&world.env)
}

/// Lives through a fault.
///
/// # Errors
/// What was broken.
pub(crate) fn live(
    place: Place,
    server: Option<&Server>,
    programs: &Programs,
    strace: &Strace,
    fault: &Fault,
    recorder: Option<&Recorder>,
) -> Result<Became, Vec<String>> {
    let world = World::of(server, &sound(), programs);
    places::left_after(&world.env, PATIENCE);
    let paths = bench::paths(&world.env);
    let state = || Speaker::peek(&paths.run()).ok().flatten().map(|(state, _)| state);
    let before = state().map_or(0, |state| state.last_id);

    let begun = std::time::Instant::now();
    let output = world.play(|program| spoilt(strace, &world.env, &[], fault, program));
    let took = begun.elapsed();
    let injected = Injected::read(strace, &world.env, fault);
    let mut broken = Vec::new();
    if took > BOUND {
        broken.push(format!("it took {took:?}"));
    }
    if let Some(complaint) = of_the_end(&output, &injected) {
        broken.push(complaint);
    }
    let left = places::left_after(&world.env, BOUND);
    if !left.is_empty() {
        broken.push(format!("processes are left: {left:?}"));
    }
    let ended = world.ends();
    match state() {
        Some(state) if state.last_id >= before => {}
        other => broken.push(format!("the state was at {before} and is {other:?}")),
    }
    broken.extend(of_the_next(place, &world, recorder));
    broken.extend(of_the_ends(&world, &injected));
    let mut foreign = places::foreign_files(&paths);
    // A player that saw something that can't be leaves a dump for the doctor.
    foreign.retain(|name| name != "player-abort.json");
    if !foreign.is_empty() {
        broken.push(format!("foreign files: {foreign:?}"));
    }
    if broken.is_empty() {
        if !injected.happened() {
            return Ok(Became::Nothing);
        }
        let aborted = world.lines("speaker").iter().any(|line| line["what"] == "aborted");
        return Ok(match ended.first().map(|(_, words)| words.as_slice()) {
            Some([only]) => Became::Said(if aborted { format!("{only}, aborted") } else { only.clone() }),
            Some([]) if aborted => Became::Said("aborted, closed by the next".to_owned()),
            _ => Became::Unsaid,
        });
    }
    broken.push(format!("took {took:?}, ended as {}, spoilt: {:?}", output.status, injected.calls));
    broken.extend(world.env.journal().iter().map(|line| format!("journal: {line}")));
    Err(broken)
}

/// A player says nothing, whatever happens; it may well die.
fn of_the_end(output: &Output, injected: &Injected) -> Option<String> {
    let deaths = ["SIGABRT", "SIGALRM"];
    if let Some(died_of) = &injected.died_of
        && !deaths.contains(&died_of.as_str())
    {
        return Some(format!("it died of {died_of}: {output:?}"));
    }
    None
}

/// A starved server loses a sound; not three in a row.
const TRIES: usize = 3;

/// The next sound is heard; without an output, it is known that there is none.
fn of_the_next(place: Place, world: &World, recorder: Option<&Recorder>) -> Vec<String> {
    let wanted = match place {
        Place::Server => "finished ok",
        Place::Silence => "failed no-audio",
    };
    let mut broken = Vec::new();
    for try_ in 1..=TRIES {
        broken.extend(of_the_cool_down(world));
        let mark = recorder.map(Recorder::frames);
        let output = world.next(&format!("next, {try_}"));
        if !output.status.success() || !output.stdout.is_empty() || !output.stderr.is_empty() {
            broken.push(format!("the next one: {output:?}"));
        }
        let left = places::left_after(&world.env, BOUND);
        if !left.is_empty() {
            broken.push(format!("processes are left of the next one: {left:?}"));
        }
        let ends = world.ends();
        let words = ends.last().map(|(_, words)| words.as_slice()).unwrap_or_default();
        if words == [wanted] {
            if let (Some(recorder), Some(mark)) = (recorder, mark)
                && recorder.wait_for_sound_after(mark, PATIENCE).is_none()
            {
                broken.push("the next one was not recorded at the server".to_owned());
            }
            break;
        }
        // Only what a busy machine does to a server may be tried again.
        let is_starved = matches!(words, [only] if only == "failed no-audio" || only == "timed_out timeout" || only.starts_with("superseded"));
        if !is_starved || try_ == TRIES {
            broken.push(format!("the next one ended as {words:?}"));
            break;
        }
    }
    broken
}

/// While the output cools down that is what the next one says, and it is over when it is over.
fn of_the_cool_down(world: &World) -> Option<String> {
    let run = bench::paths(&world.env).run();
    let cooling = || Speaker::peek(&run).ok().flatten().and_then(|(state, _)| state.cooling_since);
    let since = cooling()?;
    if since.age(Stamp::now()) >= COOL_DOWN {
        return None;
    }
    let output = world.next("while it cools down");
    let last = world.lines("occurrence").pop().unwrap_or_default();
    let said = bench::text(&last, "reason");
    places::left_after(&world.env, BOUND);
    if cooling().is_some() {
        world.env.end_cool_down();
    }
    // It may just be over.
    let is_right = output.status.success() && (said == "output-cooling-down" || said == "ok");
    (!is_right).then(|| format!("while it cools down: {last}, {output:?}"))
}

/// Each request has one end. Where the line itself could not be written it is lost; where a player was killed between
/// the line and the record, it is told twice.
fn of_the_ends(world: &World, injected: &Injected) -> Vec<String> {
    let died = injected.killed || injected.died_of.is_some();
    let aborted = world.lines("speaker").iter().any(|line| line["what"] == "aborted");
    let mut broken = Vec::new();
    for (id, words) in world.ends() {
        let lost = words.is_empty() && (injected.concerns("journal.jsonl") || world.late() > 0);
        let retold = words.len() == 2 && (died || aborted);
        if words.len() != 1 && !lost && !retold {
            broken.push(format!("request {id} ended as {words:?}"));
        }
    }
    broken
}
