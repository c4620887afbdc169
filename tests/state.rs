//! The state file and its lock under processes that crowd, die and look on.
//!
//! The other processes are this program itself: a test that is ignored, told by a variable what to do. Everything goes
//! through the library, as the front and the player do.

#[path = "hook/chance.rs"]
mod chance;
#[path = "support/evidence.rs"]
mod evidence;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use herald::speaker::lifecycle::Unheard;
use herald::speaker::{Fence, MEMORY_LIMIT, Overlap, Speaker, Task, Turn, Wish};
use tempfile::TempDir;

use chance::Chance;
use evidence::Evidence;

const ROLE: &str = "HERALD_TEST_ROLE";
const RUN: &str = "HERALD_TEST_RUN";

/// Long enough for any machine; a lock that is lost for ever is what would be found out.
const PATIENCE: Duration = Duration::from_secs(10);

fn rounds(quick: usize, full: usize) -> usize {
    if std::env::var("HERALD_TEST_FULL").is_ok_and(|value| value == "1") { full } else { quick }
}

#[allow(clippy::print_stderr, reason = "the test's own report")]
fn report(line: &str) {
    eprintln!("{line}");
}

struct World(TempDir);

impl World {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn run(&self) -> PathBuf {
        self.0.path().join("run")
    }

    fn speaker(&self) -> Speaker {
        Speaker::open(&self.run()).expect("the run directory")
    }

    /// Starts this program as `role`.
    fn start(&self, role: &str) -> Role {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["--exact", "the_other_process", "--ignored", "--nocapture", "--test-threads=1"]);
        command.env(ROLE, role).env(RUN, self.run());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        Role(command.spawn().expect("could not run this program again"))
    }
}

/// Another process, ended with its owner.
struct Role(Child);

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A counter, and as many words as make a torn write show: each of them follows from the counter.
///
/// At most as long as the policy's memory may be: unoptimised, a million looks at twice that take ten minutes.
fn memory_of(count: u64) -> Vec<u8> {
    let words = 125 + count.wrapping_mul(2_654_435_761) % (MEMORY_LIMIT as u64 / 8 - 125);
    let mut memory = count.to_le_bytes().to_vec();
    for at in 0..words {
        memory.extend_from_slice(&count.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(at).to_le_bytes());
    }
    memory
}

/// The counter in it; empty memory counts as none yet.
///
/// # Panics
/// Where it is not as it was written.
#[track_caller]
fn count_in(memory: &[u8]) -> u64 {
    let Some((count, _)) = memory.split_first_chunk::<8>() else {
        assert!(memory.is_empty(), "{} bytes of something else", memory.len());
        return 0;
    };
    let count = u64::from_le_bytes(*count);
    assert!(memory == memory_of(count), "the memory of {count} is torn");
    count
}

fn peek(run: &Path) -> Option<u64> {
    Speaker::peek(run).expect("the run directory can be read").map(|(_, memory)| count_in(&memory))
}

#[test]
#[ignore = "a role of the other tests, which start it"]
fn the_other_process() {
    let (Some(role), Some(run)) = (std::env::var_os(ROLE), std::env::var_os(RUN)) else { return };
    let run = Path::new(&run);
    match role.to_str() {
        Some("count a thousand") => (0..1000).for_each(|_| {
            count_one(run);
        }),
        Some("count for ever") => {
            let mut out = std::io::stdout().lock();
            loop {
                let count = count_one(run);
                writeln!(out, "committed {count}").and_then(|()| out.flush()).expect("the parent listens");
            }
        }
        Some("take and hold") => {
            let speaker = Speaker::open(run).expect("the run directory");
            let _critical = speaker.enter(PATIENCE).expect("the lock");
            writeln!(std::io::stdout(), "held").expect("the parent listens");
            thread::sleep(Duration::from_secs(60));
        }
        other => panic!("no such role: {other:?}"),
    }
}

/// As a hook does it: open, enter, change, commit.
fn count_one(run: &Path) -> u64 {
    let speaker = Speaker::open(run).expect("the run directory");
    let mut critical = speaker.enter(PATIENCE).expect("the lock");
    let count = count_in(&critical.memory) + 1;
    critical.memory = memory_of(count);
    critical.commit().expect("the state");
    count
}

#[test]
fn eight_processes_that_count_to_a_thousand_count_to_eight_thousand() {
    let world = World::new();
    let roles: Vec<_> = (0..8).map(|_| world.start("count a thousand")).collect();
    for mut role in roles {
        let mut said = String::new();
        let mut out = role.0.stdout.take().expect("a pipe");
        out.read_to_string(&mut said).expect("what it said");
        assert!(role.0.wait().expect("its end").success(), "{said}");
    }
    let critical_count = {
        let speaker = world.speaker();
        let critical = speaker.enter(PATIENCE).expect("the lock");
        count_in(&critical.memory)
    };
    assert_eq!(critical_count, 8000);
    assert_eq!(peek(&world.run()), Some(8000));
}

/// Kills the writer again and again, at moments that are spread over its work, beside a reader without a lock.
#[test]
fn a_writer_that_is_killed_leaves_the_last_commit_or_the_one_it_was_at() {
    let world = World::new();
    let kills = rounds(500, 10_000);
    let seed = Chance::drawn();
    report(&format!("HERALD_TEST_SEED={seed}"));
    let evidence = Evidence::begin("kill -9 of whoever writes the state", Some(seed));
    let done = AtomicBool::new(false);
    let run = world.run();
    let _ = count_one(&run);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut looks, mut newest) = (0_u64, 0);
            while !done.load(Ordering::Relaxed) {
                let count = peek(&run).expect("a state that was committed once is always there");
                assert!(count >= newest, "after {newest} the reader saw {count}");
                newest = count;
                looks += 1;
                // The two that are watched have the machine's two processors to themselves most of the time.
                thread::sleep(Duration::from_micros(200));
            }
            looks
        });
        let mut random = seed | 1;
        let mut reported = 1;
        let mut unreported = 0;
        let begun = Instant::now();
        for kill in 0..kills {
            let (committed, seen) = kill_once(&world, &mut random, reported);
            assert!(
                (committed..=committed + 1).contains(&seen),
                "seed {seed}, kill {kill}: {committed} was committed, and {seen} is there"
            );
            unreported += u64::from(seen > committed);
            reported = seen;
            assert!(begun.elapsed() < Duration::from_secs(3600), "it hangs");
        }
        done.store(true, Ordering::Relaxed);
        let looks = reader.join().expect("the reader found something torn; see above");
        report(&format!(
            "{kills} kills over {reported} commits, {unreported} between commit and report; {looks} looks"
        ));
    });
    // And the lock of the last one that was killed is free.
    assert!(world.speaker().enter(Duration::from_secs(1)).is_ok());
    evidence.holds(kills);
}

/// The last commit that was reported before the kill, and what is there after it.
fn kill_once(world: &World, random: &mut u64, before: u64) -> (u64, u64) {
    let mut role = world.start("count for ever");
    let mut lines = BufReader::new(role.0.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let number = |line: &String| line.rsplit_once("committed ").and_then(|(_, count)| count.trim().parse::<u64>().ok());
    let first = lines.find_map(|line| number(&line)).expect("it never began");
    assert_eq!(first, before + 1, "it went on from where the one before it was killed");
    // xorshift64, spread over a few of its rounds.
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    let end = Instant::now() + Duration::from_nanos(*random % 700_000);
    while Instant::now() < end {
        thread::yield_now();
    }
    role.0.kill().expect("it runs");
    role.0.wait().expect("its end");
    let committed = lines.filter_map(|line| number(&line)).last().unwrap_or(first);
    (committed, peek(&world.run()).expect("the state is there"))
}

#[test]
fn a_holder_that_is_killed_lets_go_at_once_and_one_that_stays_costs_only_the_patience() {
    let world = World::new();
    let _ = count_one(&world.run());
    let mut role = world.start("take and hold");
    let mut lines = BufReader::new(role.0.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.ends_with("held")));
    let speaker = world.speaker();
    let start = Instant::now();
    assert!(speaker.enter(Duration::from_millis(100)).is_err(), "it is held");
    let took = start.elapsed();
    assert!((Duration::from_millis(95)..Duration::from_secs(2)).contains(&took), "{took:?}");
    assert_eq!(peek(&world.run()), Some(1), "looking needs no lock");
    role.0.kill().expect("it runs");
    role.0.wait().expect("its end");
    assert_eq!(count_in(&speaker.enter(Duration::from_secs(1)).expect("it is free").memory), 1);
}

/// A reader without the lock, beside a writer that does nothing but write.
#[test]
fn a_look_without_the_lock_is_never_torn_lost_or_older_than_the_one_before() {
    let world = World::new();
    let run = world.run();
    let _ = count_one(&run);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let speaker = Speaker::open(&run).expect("the run directory");
            while !done.load(Ordering::Relaxed) {
                let mut critical = speaker.enter(PATIENCE).expect("the lock");
                critical.memory = memory_of(count_in(&critical.memory) + 1);
                critical.commit().expect("the state");
            }
        });
        let mut newest = 0;
        let (mut lost, mut older) = (0, 0);
        let looks = rounds(20_000, 1_000_000);
        for _ in 0..looks {
            match peek(&run) {
                None => lost += 1,
                Some(count) if count < newest => older += 1,
                Some(count) => newest = count,
            }
        }
        done.store(true, Ordering::Relaxed);
        report(&format!("{looks} looks beside {newest} commits: {lost} found nothing, {older} found something older"));
        assert_eq!((lost, older), (0, 0), "of {looks} looks");
    });
}

fn wish() -> Wish {
    let asked = herald::platform::clock::Stamp::now();
    Wish { rank: 1, lifetime: Duration::from_secs(3), notice: Duration::ZERO, asked, payload: vec![1; 100] }
}

/// The next id is larger than any that was ever given out, whatever of the state is lost.
#[test]
fn no_id_is_used_twice_when_the_state_or_the_fence_or_both_are_lost() {
    let world = World::new();
    let mut last = 0;
    for lost in [&[][..], &["state"], &["fence"], &["state"], &["state", "fence"], &[], &["fence"], &["state", "fence"]]
    {
        for name in lost {
            let _ = std::fs::remove_file(world.run().join(name));
        }
        // As a player does it, so that the fence is there to be lost.
        for _ in 0..3 {
            let speaker = world.speaker();
            let mut critical = speaker.enter(PATIENCE).expect("the lock");
            let id = critical.place(wish(), Overlap::Queue, Vec::new()).expect("the state").id.expect("nothing speaks");
            assert!(id > last, "{id} after {last}, having lost {lost:?}");
            last = id;
            Fence::open(speaker.dir()).and_then(|fence| fence.write(id)).expect("the fence");
            // Both clocks go on before a lost state takes its next id from them.
            thread::sleep(Duration::from_millis(2));
        }
    }
}

/// What waits when the state is lost has an id that only the lost state knew; a player that then finds nothing must not
/// write down that it knows all.
#[test]
fn no_id_is_used_twice_when_the_state_is_lost_while_somebody_speaks() {
    let world = World::new();
    let hook = || {
        let speaker = world.speaker();
        let mut critical = speaker.enter(PATIENCE).expect("the lock");
        critical.place(wish(), Overlap::Queue, Vec::new()).expect("the state").id.expect("a place")
    };
    let player = world.speaker();
    let first = hook();
    let turn = Turn::wait(&player, |_| ()).expect("the run directory").expect("nobody else speaks");
    let Task { speaking, life, .. } = turn.next().expect("no breach").task.expect("one waits");
    let second = hook();
    std::fs::remove_file(world.run().join("state")).expect("the state");
    thread::sleep(Duration::from_millis(2));
    let given = speaking.close(&life.end(Unheard::Failed), None).next().expect("no breach");
    assert!(given.task.is_none());
    let third = hook();
    assert!(first < second && second < third, "{first}, {second}, {third}");
}
