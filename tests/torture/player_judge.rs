//! One fault in one player, and everything that must be so afterwards.

use std::process::Output;
use std::time::Duration;

use herald::platform::clock::Stamp;
use herald::speaker::{COOL_DOWN, Speaker, State};

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
    broken.extend(of_the_next(place, &world, state().as_ref(), recorder));
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

/// The next sound is heard; without an output, it is known that there is none.
fn of_the_next(place: Place, world: &World, state: Option<&State>, recorder: Option<&Recorder>) -> Vec<String> {
    let mut broken = Vec::new();
    let cooling = state.and_then(|state| state.cooling_since);
    let is_cooling = cooling.is_some_and(|since| since.age(Stamp::now()) < COOL_DOWN);
    if is_cooling {
        let output = world.next("while it cools down");
        let last = world.lines("occurrence").pop().unwrap_or_default();
        let said = bench::text(&last, "reason");
        // It may just be over.
        if !output.status.success() || said != "output-cooling-down" && said != "ok" {
            broken.push(format!("while it cools down: {last}, {output:?}"));
        }
        places::left_after(&world.env, BOUND);
        let still = Speaker::peek(&bench::paths(&world.env).run()).ok().flatten();
        if still.is_some_and(|(state, _)| state.cooling_since.is_some()) {
            world.env.end_cool_down();
        }
    }
    let mark = recorder.map(Recorder::frames);
    let output = world.next("next");
    if !output.status.success() || !output.stdout.is_empty() || !output.stderr.is_empty() {
        broken.push(format!("the next one: {output:?}"));
    }
    let left = places::left_after(&world.env, BOUND);
    if !left.is_empty() {
        broken.push(format!("processes are left of the next one: {left:?}"));
    }
    let wanted = match place {
        Place::Server => "finished ok",
        Place::Silence => "failed no-audio",
    };
    match world.ends().last() {
        Some((_, words)) if *words == [wanted] => {}
        other => broken.push(format!("the next one ended as {other:?}")),
    }
    if let (Some(recorder), Some(mark)) = (recorder, mark)
        && recorder.wait_for_sound_after(mark, PATIENCE).is_none()
    {
        broken.push("the next one was not recorded at the server".to_owned());
    }
    broken
}

/// Each request has one end. Where the line itself could not be written it is lost; where a player was killed between
/// the line and the record, it is told twice.
fn of_the_ends(world: &World, injected: &Injected) -> Vec<String> {
    let died = injected.killed || injected.died_of.is_some();
    let aborted = world.lines("speaker").iter().any(|line| line["what"] == "aborted");
    let mut broken = Vec::new();
    for (id, words) in world.ends() {
        let lost = words.is_empty() && injected.concerns("journal.jsonl");
        let retold = words.len() == 2 && (died || aborted);
        if words.len() != 1 && !lost && !retold {
            broken.push(format!("request {id} ended as {words:?}"));
        }
    }
    broken
}
