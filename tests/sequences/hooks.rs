//! A story told to the real hook, in a world in which nobody plays: between two steps everything that is remembered is
//! made as old as the story wants it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use herald::platform::clock::Stamp;
use herald::ring::KEEP;
use herald::speaker::{Critical, PLAYER_PATIENCE, Speaker};
use serde_json::Value;

use crate::bench::{Front, paths};
use crate::story::{Step, Story};
use crate::support::TestEnv;

pub(crate) struct Hooks {
    env: TestEnv,
    front: Front,
    /// The real player, which starts the front's stand-in.
    keeper: PathBuf,
    /// Milliseconds of the story that have passed.
    passed: u64,
}

impl Hooks {
    pub(crate) fn new(story: &Story) -> Self {
        let env = TestEnv::new();
        env.config(&story.config);
        let front = Front::with_stand_in(&env);
        let keeper = front.herald.with_file_name("keeper");
        let real = Path::new(env!("CARGO_BIN_EXE_herald")).with_file_name("herald-player");
        fs::hard_link(&real, &keeper).or_else(|_| fs::copy(&real, &keeper).map(drop)).expect("a copy of the player");
        Self { env, front, keeper, passed: 0 }
    }

    pub(crate) fn tell(&mut self, step: &Step) -> String {
        self.grow_old(step.ms - self.passed);
        self.passed = step.ms;
        match &step.hook {
            None => self.due(),
            Some(hook) => {
                let before = self.lines("occurrence").len();
                self.front.run(&self.env, &["--agent", &hook.agent], hook.payload.as_bytes());
                let lines = self.lines("occurrence");
                came(lines.get(before).unwrap_or(&Value::Null))
            }
        }
    }

    /// What a keeper places now. It stays until all is due, so it is asked only where something is.
    fn due(&self) -> String {
        let now = Stamp::now();
        let state = Speaker::peek(&paths(&self.env).run()).ok().flatten().map(|(state, _)| state).unwrap_or_default();
        if !state.deferred.iter().any(|held| held.asked.age(now) >= held.delay) {
            return "-".to_owned();
        }
        let before = self.lines("speaker").len();
        let mut keeper = self.env.command(&self.keeper);
        keeper.arg(KEEP);
        let output = self.env.finish(keeper, b"");
        assert!(output.status.success(), "{output:?}");
        let lines = self.lines("speaker");
        let due = lines[before..].iter().filter(|line| line["what"] == "due").map(|line| {
            let detail = line["detail"].as_str().unwrap_or_default();
            detail.split(' ').next().unwrap_or_default().to_owned()
        });
        let heard: Vec<_> = due.collect();
        if heard.is_empty() { "-".to_owned() } else { heard.join(" ") }
    }

    fn lines(&self, kind: &str) -> Vec<Value> {
        self.env.journal().into_iter().filter(|line| line["kind"] == kind).collect()
    }

    /// Lets so much time pass for everything that is remembered; whatever waited has been heard meanwhile.
    fn grow_old(&self, ms: u64) {
        let Ok(Some(speaker)) = Speaker::open_existing(&paths(&self.env).run()) else { return };
        let mut critical = speaker.enter(PLAYER_PATIENCE).expect("the lock");
        let by = Duration::from_millis(ms);
        age_memory(&mut critical, by);
        let state = &mut critical.state;
        (state.pending, state.barged_at) = (None, None);
        for held in &mut state.deferred {
            held.asked = before(held.asked, by);
        }
        critical.commit().expect("the state");
    }
}

fn before(stamp: Stamp, by: Duration) -> Stamp {
    Stamp { wall_ms: stamp.wall_ms - by.as_millis() as u64, boot_us: stamp.boot_us - by.as_micros() as u64 }
}

fn age_memory(critical: &mut Critical<'_>, by: Duration) {
    // A version, then records of key, milliseconds of the wall clock, microseconds since boot.
    let Some((_, records)) = critical.memory.split_first_mut() else { return };
    for record in records.chunks_exact_mut(24) {
        for (at, by) in [(8, by.as_millis()), (16, by.as_micros())] {
            let word: &mut [u8; 8] = (&mut record[at..at + 8]).try_into().expect("eight bytes");
            *word = u64::from_le_bytes(*word).saturating_sub(by as u64).to_le_bytes();
        }
    }
}

fn came(line: &Value) -> String {
    let word = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
    match (line["decision"].as_str(), line["detail"].as_str()) {
        (Some("play"), Some(detail)) if detail.starts_with("held back") => "held".to_owned(),
        (Some("play"), _) => word("event"),
        _ => word("reason"),
    }
}
