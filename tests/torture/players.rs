//! Every system call of `herald-player`, at a server and without one, made to fail or to be its last.

use crate::bench::{Chance, report, rounds};
use crate::fault::{Fault, Sites, all_at, sites, some_of};
use crate::hook_judge::{Became, word};
use crate::hook_world::Programs;
use crate::player_judge::{clean, live};
use crate::player_world::Place;
use crate::support::{Evidence, Kind, Recorder, Server, Strace, TestEnv, or_skip, server_or_skip};
use crate::tally::{Tally, asked_for, each};

/// A player looks and feeds in loops: of a call that one thread makes again and again, so many are spoilt.
const MOST: usize = 8;

/// After so many faults the next sound is not only told but recorded at the server.
fn recorded() -> usize {
    rounds(3, 60)
}

#[test]
fn no_system_call_that_fails_or_is_the_last_makes_a_player_stay_or_the_next_sound_silent() {
    let Some(strace) = or_skip(Strace::find()) else { return };
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let seed = Chance::drawn();
    let evidence = Evidence::begin("system calls of the player", Some(seed));
    report(&format!("HERALD_TEST_SEED={seed}"));
    let mut chance = Chance::seeded(seed);
    let programs = Programs::new(&TestEnv::new());
    let mut whole = Tally::default();
    let mut wanted = 0;
    for (place, server, quick, full) in
        [(Place::Server, Some(&server), 30, usize::MAX), (Place::Silence, None, 15, usize::MAX)]
    {
        let trace = clean(server, &programs, &strace);
        let sites = sites(&trace, MOST, &mut chance);
        let all = all_at(sites.all.clone());
        let possible = all.len();
        let chosen = some_of(all, asked_for().unwrap_or_else(|| rounds(quick, full.min(possible))), &mut chance);
        wanted += chosen.len();
        let mut tally = Tally::default();
        if let Some(server) = server {
            let listened = some_of(chosen.clone(), recorded(), &mut chance);
            tally.add(heard(server, &programs, &strace, &listened));
        }
        let results = each(&chosen, |fault| (fault.clone(), live(place, server, &programs, &strace, fault, None)));
        for (fault, result) in results {
            note(&mut tally, place, &fault, result);
        }
        let Sites { loader, shared, calls, threads, .. } = sites;
        report(&format!(
            "player, {place:?}: {calls} calls of {threads} threads after the loader's {loader}, {} sites and {possible} \
             faults, {shared} calls of threads can't be told from the loader's; {tally}",
            sites.all.len()
        ));
        whole.add(tally);
    }
    report(&format!("all players: {whole}"));
    assert!(whole.broken.is_empty(), "{} broke something:\n{}", whole.broken.len(), whole.broken.join("\n"));
    assert!(whole.happened * 2 >= wanted, "only {} of {wanted} happened", whole.happened);
    evidence.holds(whole.happened);
}

/// One after the other, with an ear at the server.
fn heard(server: &Server, programs: &Programs, strace: &Strace, faults: &[Fault]) -> Tally {
    let mut tally = Tally::default();
    for fault in faults {
        let recorder = Recorder::start(server);
        let result = live(Place::Server, Some(server), programs, strace, fault, Some(&recorder));
        note(&mut tally, Place::Server, fault, result);
    }
    tally
}

fn note(tally: &mut Tally, place: Place, fault: &Fault, result: Result<Became, Vec<String>>) {
    match result {
        Ok(Became::Nothing) => tally.missed += 1,
        Ok(Became::AsEver) => tally.count(word(fault.effect), "as ever"),
        Ok(Became::Said(what)) => tally.count(word(fault.effect), &what),
        Ok(Became::Unsaid | Became::Late) => tally.count(word(fault.effect), "closed by the next"),
        Err(broken) => {
            tally.count(word(fault.effect), "BROKEN");
            tally.broken.push(format!("{place:?}, {fault}:\n  {}", broken.join("\n  ")));
        }
    }
}
