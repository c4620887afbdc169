//! The rules broken on purpose: two speakers that know nothing of each other.

use std::fs;
use std::os::unix::fs::FileExt as _;

use herald::paths::Paths;

use crate::ledger::{Journal, Ledger};
use crate::support::{Depth, PATIENCE, StandIn, TestEnv, Tone, wait_for};
use crate::{bench, judge, plan};

/// What the fence of a world says, asked again and again.
pub(crate) fn fence_of(paths: &Paths) -> impl FnMut() -> u64 + Send + 'static {
    let fence = paths.run().join("fence");
    let mut open = None;
    move || {
        open = open.take().or_else(|| fs::File::open(&fence).ok());
        let mut bytes = [0; 8];
        let read = open.as_ref().is_some_and(|file| file.read_exact_at(&mut bytes, 0).is_ok());
        if read { u64::from_le_bytes(bytes) } else { 0 }
    }
}

/// What was wrong where it had to be.
pub(crate) struct Found {
    pub(crate) overlaps: Vec<String>,
    pub(crate) stale: Vec<String>,
}

/// Two states and one server, judged as if it were one state.
pub(crate) fn two_at_one_server() -> Found {
    let mut worlds = [TestEnv::new(), TestEnv::new()];
    let paths = worlds.each_ref().map(bench::paths);
    let server = StandIn::start_with(fence_of(&paths[0]));
    let mut ledger = Ledger::default();
    ledger.begin_burst();
    let events = [1, 2];
    for (env, event) in worlds.iter_mut().zip(events) {
        server.serve(env);
        let sound = env.write("sound.wav", Tone::constant(8000, plan::level(event), 600.0).wav(Depth::S16));
        let name = plan::name(event);
        env.config(&format!(
            "volume = 100\nspeaker.normalize = false\n[events.\"{name}\"]\nsound = \"{}\"\n",
            sound.display()
        ));
        assert!(env.run(["play", &name]).status.success());
        if event == events[0] {
            // The other one must be known as a request that is not at this fence.
            wait_for("the first sound", PATIENCE, || server.look(|record| record.first_heard(0)));
            Journal::new(paths[0].journal()).read_into(&mut ledger);
        } else {
            env.wait_for_players_to_end(PATIENCE);
        }
    }
    let record = server.record();
    Found { overlaps: judge::overlaps(&record), stale: judge::stale(&record, &ledger, &[], 0).faults }
}
