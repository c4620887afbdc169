//! Waiting until a world is at rest, and whether it is.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use herald::platform::clock::Stamp;
use herald::speaker::{COOL_DOWN, PLAYER_PATIENCE, Speaker};

use super::World;
use crate::support::{PATIENCE, wait_for};

/// Without a player and without anything that waits for so long, nothing more will come.
const REST: Duration = Duration::from_millis(500);

/// What is in a run directory.
const RUN_FILES: [&str; 7] = ["arb.lock", "fence", "heir.lock", "levels", "owner.lock", "picks", "state"];

impl World {
    /// An output that is taken for dead would end the story: it is written down, and the cool-down ended.
    pub(super) fn leave_no_cool_down(&mut self) {
        let cooling = || Speaker::peek(&self.run).ok()??.0.cooling_since;
        if cooling().is_none_or(|since: Stamp| since.age(Stamp::now()) > COOL_DOWN) {
            return;
        }
        let Ok(speaker) = Speaker::open(&self.run) else { return };
        if let Ok(mut critical) = speaker.enter(PLAYER_PATIENCE) {
            critical.state.cooling_since = None;
            let _ = critical.commit();
            self.story.cool_downs += 1;
        }
    }

    /// Waits until every request of the burst has its end, or until nothing is left that could still give it one.
    pub(super) fn settle(&mut self, burst: usize) {
        let mut rest = Instant::now();
        while rest.elapsed() < REST {
            self.journal.read_into(&mut self.story.ledger);
            let ledger = &self.story.ledger;
            if ledger.of_burst(burst).all(|(id, _)| ledger.ends.contains_key(&id)) {
                return;
            }
            let waits = Speaker::peek(&self.run).ok().flatten().is_some_and(|(state, _)| state.pending.is_some());
            if waits || !self.env.player_pids().is_empty() {
                rest = Instant::now();
            }
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    /// One more request finds everything in order; when it is over, nothing is left of anything.
    pub(super) fn come_to_rest(&mut self) {
        let end = Instant::now() + PATIENCE;
        loop {
            self.env.wait_for_players_to_end(PATIENCE);
            self.leave_no_cool_down();
            let (burst, _) = self.burst(1, 0);
            self.settle(burst);
            if self.story.ledger.of_burst(burst).count() == 1 {
                break;
            }
            if Instant::now() > end {
                self.story.faults.push("the last request was never accepted".to_owned());
                break;
            }
        }
        self.env.wait_for_players_to_end(PATIENCE);
        self.journal.read_into(&mut self.story.ledger);
        wait_for("the server to be rid of all streams", PATIENCE, || {
            self.server.look(|record| record.voices.iter().all(|voice| voice.deleted.is_some())).then_some(())
        });
        let faults = self.not_at_rest();
        self.story.faults.extend(faults);
    }

    fn not_at_rest(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let names = |folder: &Path| -> Vec<String> {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
        };
        faults.extend(
            names(&self.run)
                .iter()
                .filter(|name| !RUN_FILES.contains(&name.as_str()))
                .map(|name| format!("foreign file {name} in the run directory")),
        );
        let known = |name: &String| name == "journal.jsonl" || name.starts_with("run-") || name.starts_with("config-");
        faults.extend(
            names(&self.env.state_dir())
                .iter()
                .filter(|name| !known(name))
                .map(|name| format!("foreign file {name} in the state directory")),
        );
        for lock in ["arb.lock", "owner.lock", "heir.lock"] {
            let held = fs::File::open(self.run.join(lock))
                .map(|file| rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_err());
            if !matches!(held, Ok(false)) {
                faults.push(format!("{lock} is held at rest"));
            }
        }
        match Speaker::peek(&self.run) {
            Ok(Some((state, _))) if state.current.is_none() && state.pending.is_none() => {}
            other => faults.push(format!("the state at rest: {other:?}")),
        }
        faults
    }
}
