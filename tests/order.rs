//! The order of steps, as the kernel sees it: what the checker in `model.rs` was told is what the programs do.

#[cfg(target_os = "linux")]
mod support;

use std::time::Duration;

use herald::platform::clock::Stamp;
use herald::speaker::{Deferred, Fence, Overlap, Speaker, Task, Turn, Wish};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(10);

fn speaker(run: &std::path::Path) -> Speaker {
    Speaker::open(run).expect("the run directory")
}

fn run_dir(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("run")
}

fn wish(rank: u8) -> Wish {
    Wish { rank, lifetime: PATIENCE, notice: Duration::ZERO, asked: Stamp::now(), payload: Vec::new() }
}

fn place(speaker: &Speaker, rank: u8) -> Option<u64> {
    let mut critical = speaker.enter(PATIENCE).expect("the lock");
    critical.place(wish(rank), Overlap::Queue, Vec::new()).expect("the state").id
}

/// Holds a wish back that is due at once.
fn hold_back(speaker: &Speaker) -> bool {
    let wish = wish(1);
    let held = Deferred {
        group: 0,
        mark: 0,
        subject: 0,
        asked: wish.asked,
        delay: Duration::ZERO,
        rank: wish.rank,
        lifetime: wish.lifetime,
        notice: wish.notice,
        overlap: Overlap::Queue,
        payload: wish.payload,
        ticket: Vec::new(),
    };
    let mut critical = speaker.enter(PATIENCE).expect("the lock");
    critical.defer(held).expect("the state").expect("there is room")
}

fn claim(speaker: &Speaker) -> Task<'_> {
    let turn = Turn::wait(speaker, |_| ()).expect("the run directory").expect("nobody else");
    turn.next().expect("no breach").task.expect("a request waits")
}

/// The fence says who may sound. It must not say so of one whom the state doesn't know.
#[test]
fn a_state_that_can_t_be_written_leaves_the_fence_where_it_was() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let player = speaker(&run_dir(&folder));
    place(&player, 1).expect("a place");
    let Task { request, speaking, .. } = claim(&player);

    let hook = speaker(&run_dir(&folder));
    let mut critical = hook.enter(PATIENCE).expect("the lock");
    let too_long = vec![0; 64 * 1024];
    let refused = critical.place(wish(u8::MAX), Overlap::Queue, too_long);
    assert!(refused.is_err(), "{refused:?}");
    drop(critical);
    assert_eq!(Fence::peek(&run_dir(&folder)).expect("the run directory"), Some(request.id));
    assert_eq!(speaking.watch().may_sound(), Ok(true), "nobody is there who would be heard instead");
}

/// What the programs ask of the kernel, seen by strace.
#[cfg(target_os = "linux")]
mod traced {
    use std::path::Path;
    use std::process::{Command, Stdio};

    use herald::speaker::lifecycle::Unheard;

    use super::support::{find_program, or_skip};
    use super::{Overlap, Task, Turn, claim, hold_back, place, run_dir, speaker, wish};

    const ROLE: &str = "HERALD_TEST_ROLE";
    const RUN: &str = "HERALD_TEST_RUN";

    /// What the other process does, told by a variable.
    #[test]
    #[ignore = "a role of the other tests, which start it"]
    fn the_other_process() {
        let (Ok(role), Some(run)) = (std::env::var(ROLE), std::env::var_os(RUN)) else { return };
        let speaker = speaker(Path::new(&run));
        match role.as_str() {
            "cut in" => assert!(place(&speaker, u8::MAX).is_some()),
            "speak" => {
                let Task { speaking, life, .. } = claim(&speaker);
                let turn = speaking.close(&life.end(Unheard::Failed), None);
                assert!(turn.next().expect("no breach").task.is_none());
            }
            "find nothing" => assert!(Turn::wait(&speaker, |_| ()).expect("the run directory").is_none()),
            "find nothing as the owner" => {
                let turn = Turn::wait(&speaker, |_| ()).expect("the run directory").expect("nobody else");
                assert!(turn.next().expect("no breach").task.is_none());
            }
            "hold back" => assert!(hold_back(&speaker)),
            "keep" => herald::speaker::keep(
                &speaker,
                || (),
                |critical, due| {
                    for _ in due.ready {
                        critical.place(wish(1), Overlap::Queue, Vec::new())?;
                    }
                    critical.commit()?;
                    Ok(|| ())
                },
            )
            .expect("the run directory"),
            "hang" => {
                let Task { speaking, life, .. } = claim(&speaker);
                speaking.give_up(&life.end(Unheard::Failed), None).expect("no breach");
            }
            other => panic!("no such role: {other}"),
        }
    }

    /// The steps of `role`, as words: `+` takes a lock, `-` gives it back, `?` looks at it, `=` writes a file.
    fn steps(strace: &Path, run: &Path, role: &str) -> Vec<String> {
        let trace = run.with_file_name("trace");
        let mut command = Command::new(strace);
        command.args(["-f", "-qq", "-y", "-e", "trace=flock,pwrite64", "-e", "signal=none", "-o"]).arg(&trace);
        command.arg(std::env::current_exe().expect("this program"));
        command.args(["--exact", "traced::the_other_process", "--ignored", "--test-threads=1"]);
        command.env(ROLE, role).env(RUN, run).stdin(Stdio::null());
        let output = command.output().expect("strace runs");
        assert!(output.status.success(), "{role}: {output:?}");
        let trace = std::fs::read_to_string(trace).expect("the trace");
        trace.lines().filter_map(step).collect()
    }

    /// `123 flock(5</run/heir.lock>, LOCK_EX|LOCK_NB) = 0`
    fn step(line: &str) -> Option<String> {
        let (_, call) = line.split_once(' ')?;
        let (name, rest) = call.trim_start().split_once('(')?;
        let path = rest.split_once('<')?.1.split_once('>')?.0;
        let file = Path::new(path).file_stem()?.to_str()?;
        let done = !rest.ends_with("(Resource temporarily unavailable)");
        let sign = match name {
            "pwrite64" => "=",
            _ if rest.contains("LOCK_UN") => "-",
            _ if rest.contains("LOCK_SH") => "?",
            _ if done => "+",
            _ => "!",
        };
        Some(format!("{sign}{file}"))
    }

    #[test]
    fn locks_and_files_are_taken_written_and_given_back_in_the_order_that_was_checked() {
        let Some(strace) = or_skip(find_program("strace")) else { return };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let run = run_dir(&folder);
        let here = speaker(&run);
        let traced = |role, expected: &str| {
            assert_eq!(steps(&strace, &run, role).join(" "), expected, "{role}");
        };

        place(&here, 1).expect("a place");
        traced("speak", "+heir +owner +arb =state =fence -heir -arb +arb =state -owner -arb");

        place(&here, 1).expect("a place");
        let Task { speaking, life, .. } = claim(&here);
        traced("cut in", "+arb ?owner ?heir -heir =state =fence -arb");
        drop((speaking, life));
        traced("hang", "+heir +owner +arb =state =fence -heir -arb +arb =state -owner -arb");

        traced("find nothing as the owner", "+heir +owner +arb =state -heir -owner -arb");

        traced("hold back", "+arb =state ?keeper -keeper -arb");
        traced("keep", "+keeper +arb ?owner ?heir -heir -owner =state =state -keeper -arb");
        traced("keep", "+keeper +arb -keeper -arb");

        place(&here, 1).expect("a place");
        let _speaks = claim(&here);
        traced("find nothing", "+heir !owner +arb -heir -arb");
    }
}
