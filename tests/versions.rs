//! An old player meets a new hook, and the other way round: each finds a state that it can't read.
//!
//! There is only this version to test with. So the state is given another version's number, with the right checksum,
//! whenever it is the other one's turn: each then sees its own writes, and nothing of the other's.

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use herald::platform::clock::Stamp;
use herald::speaker::lifecycle::Unheard;
use herald::speaker::{Fence, Overlap, Placed, Speaker, Task, Turn, Wish};
use rstest::rstest;
use tempfile::TempDir;
use xxhash_rust::xxh3::xxh3_64;

const PATIENCE: Duration = Duration::from_secs(10);

/// Where the slots begin, how long their heads are, and where in them the number of the version is.
const SLOTS: [usize; 2] = [0, 32 * 1024];
const HEADER: usize = 32;
const VERSION: usize = 4;

/// Which version the other one is.
#[derive(Clone, Copy, Debug)]
enum Other {
    Older,
    Newer,
}

struct World {
    folder: TempDir,
    ours: u32,
    other: u32,
}

impl World {
    /// A world in which one request has been spoken.
    fn new(other: Other) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut world = Self { folder, ours: 0, other: 0 };
        world.speak_one();
        world.ours = world.versions()[0];
        world.other = match other {
            Other::Older => world.ours - 1,
            Other::Newer => world.ours + 1,
        };
        world
    }

    fn run(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    fn speaker(&self) -> Speaker {
        Speaker::open(&self.run()).expect("the run directory")
    }

    fn place(&self, rank: u8, overlap: Overlap) -> Placed {
        let speaker = self.speaker();
        let mut critical = speaker.enter(PATIENCE).expect("the lock");
        let lifetime = Duration::from_secs(60);
        let wish = Wish { rank, lifetime, notice: Duration::ZERO, asked: Stamp::now(), payload: vec![rank] };
        let placed = critical.place(wish, overlap, vec![rank]).expect("the state");
        drop(critical);
        // A lost state takes its next id from the clock, which goes on.
        thread::sleep(Duration::from_millis(2));
        placed
    }

    fn speak_one(&self) {
        self.place(1, Overlap::Queue);
        let speaker = self.speaker();
        let Task { speaking, life, .. } = claim(&speaker);
        assert!(speaking.close(&life.end(Unheard::Failed), None).next().expect("no breach").task.is_none());
    }

    fn fence(&self) -> u64 {
        Fence::peek(&self.run()).expect("the run directory").expect("a fence")
    }

    fn state(&self) -> Vec<u8> {
        std::fs::read(self.run().join("state")).expect("the state")
    }

    fn versions(&self) -> [u32; 2] {
        let state = self.state();
        SLOTS.map(|slot| number(&state[slot + VERSION..]))
    }

    /// The other one's turn: what was ours is now the other's, and what was the other's is ours.
    fn change_sides(&self) {
        let mut state = self.state();
        for slot in SLOTS {
            let version = match number(&state[slot + VERSION..]) {
                ours if ours == self.ours => self.other,
                other if other == self.other => self.ours,
                _ => continue,
            };
            let length = number(&state[slot + 16..]) as usize;
            state[slot + VERSION..slot + VERSION + 4].copy_from_slice(&version.to_le_bytes());
            let sum = xxh3_64(&state[slot..slot + 24])
                ^ xxh3_64(&state[slot + HEADER..slot + HEADER + length]).rotate_left(1);
            state[slot + 24..slot + HEADER].copy_from_slice(&sum.to_le_bytes());
        }
        std::fs::write(self.run().join("state"), state).expect("the state");
    }
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(*bytes.first_chunk().expect("four bytes"))
}

fn claim(speaker: &Speaker) -> Task<'_> {
    let turn = Turn::wait(speaker, |_| ()).expect("the run directory").expect("nobody else waits");
    turn.next().expect("no breach").task.expect("a request waits")
}

/// What waits by the record that can be read.
fn waiting(run: &Path) -> Option<u64> {
    let (state, _) = Speaker::peek(run).expect("the run directory")?;
    state.pending.map(|pending| pending.id)
}

#[rstest]
fn of_another_version_s_state_only_the_memory_is_lost(#[values(Other::Older, Other::Newer)] other: Other) {
    let world = World::new(other);
    let mut newest = world.place(1, Overlap::Queue).id.expect("a place");
    for _ in 0..6 {
        world.change_sides();
        assert_eq!(waiting(&world.run()), None, "nothing of it can be read");
        let speaker = world.speaker();
        assert!(speaker.enter(PATIENCE).expect("the lock").memory.is_empty());
        let placed = world.place(1, Overlap::Queue);
        let id = placed.id.expect("a place");
        assert!(id > newest && id > world.fence(), "{id} after {newest}");
        assert!(placed.start_player);
        newest = id;
        let Task { request, speaking, life } = claim(&speaker);
        assert_eq!(request.id, id);
        assert_eq!(world.fence(), id);
        assert!(speaking.close(&life.end(Unheard::Failed), None).next().expect("no breach").task.is_none());
    }
}

/// The owner lock says that it speaks, though its record can't be read: it is never cut, nobody speaks beside it, and
/// what came meanwhile is spoken after it.
#[rstest]
fn a_speaker_of_another_version_is_heard_to_its_end(
    #[values(Other::Older, Other::Newer)] other: Other,
    #[values(Overlap::Queue, Overlap::Replace, Overlap::Drop)] overlap: Overlap,
) {
    let world = World::new(other);
    let theirs = world.speaker();
    let spoken = world.place(0, Overlap::Queue).id.expect("a place");
    let Task { speaking, .. } = claim(&theirs);
    world.change_sides();

    let placed = world.place(u8::MAX, overlap);
    let id = placed.id.expect("a place");
    assert!(id > spoken);
    assert_eq!((placed.barge_in, placed.fence, placed.recovered), (false, None, None));
    assert!(placed.start_player);
    assert_eq!(speaking.watch().may_sound(), Ok(true));

    let (looked, looks) = channel();
    thread::scope(|scope| {
        let heir = scope.spawn(|| {
            let speaker = world.speaker();
            let turn = Turn::wait(&speaker, |_| looked.send(()).expect("somebody counts"));
            let turn = turn.expect("the run directory").expect("nobody else waits");
            turn.next().expect("no breach").task.expect("what was placed").request.id
        });
        for _ in 0..3 {
            looks.recv_timeout(PATIENCE).expect("the heir looks");
        }
        assert!(!heir.is_finished(), "it waits");
        assert_eq!(speaking.watch().may_sound(), Ok(true));
        // As one that ends without having anything to write.
        drop(speaking);
        assert_eq!(heir.join().expect("the heir"), id);
    });
}

/// The end of the other one writes over nothing that it can't read.
#[rstest]
fn a_player_of_another_version_leaves_what_waits_alone(
    #[values(Other::Older, Other::Newer)] other: Other,
    #[values(0, 1)] writes_before: u8,
    #[values(false, true)] hangs: bool,
) {
    let world = World::new(other);
    for _ in 0..writes_before {
        world.place(1, Overlap::Queue);
    }
    let theirs = world.speaker();
    world.place(1, Overlap::Queue);
    let Task { speaking, life, .. } = claim(&theirs);
    world.change_sides();
    let id = world.place(1, Overlap::Queue).id.expect("a place");
    assert_eq!(waiting(&world.run()), Some(id));

    world.change_sides();
    let before = world.state();
    let ended = life.end(Unheard::Failed);
    if hangs {
        speaking.give_up(&ended, None).expect("no breach");
    } else {
        assert!(speaking.close(&ended, None).next().expect("no breach").task.is_none());
    }
    assert!(world.state() == before, "it wrote over what it can't read");
    assert!(!theirs.owner_is_alive().expect("the owner lock"));

    world.change_sides();
    assert_eq!(claim(&world.speaker()).request.id, id);
}
