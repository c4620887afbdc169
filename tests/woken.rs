//! Players that were stopped, as by a suspend or a debugger, and go on: what happened meanwhile holds, and the time that
//! passed says nothing about the sound server.

#![cfg(target_os = "linux")]

mod support;

#[path = "watchdog/case.rs"]
#[allow(dead_code, reason = "this target needs a part of it")]
mod case;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::{Signal, pidfd_send_signal};

use case::Case;
use support::stand_in::{Fault, Since, boot_us};
use support::turn::Turn;
use support::{PATIENCE, find_program, or_skip, wait_for};

/// A player that is stopped once, at the very moment at which it has looked at the fence for the `look`th time.
struct Stopper {
    herald: PathBuf,
}

impl Stopper {
    fn new(case: &Case, strace: &Path, look: u32) -> Self {
        let folder = case.env.path().join("bin");
        fs::create_dir_all(&folder).expect("a folder");
        let herald = folder.join("herald");
        let real = Path::new(env!("CARGO_BIN_EXE_herald"));
        fs::hard_link(real, &herald).or_else(|_| fs::copy(real, &herald).map(drop)).expect("a copy of herald");
        let player = real.with_file_name("herald-player");
        let script = format!(
            "#!/bin/sh\nexec {} -f -o {} -e trace=pread64 -e inject=pread64:signal=STOP:when={look} {}\n",
            strace.display(),
            folder.join("calls").display(),
            player.display(),
        );
        // Written by another process: one of ours that forks meanwhile would keep it open, and it could not be run.
        let mut command = case.env.command("sh");
        command.args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"]).arg(folder.join("herald-player"));
        assert!(case.env.finish(command, script.as_bytes()).status.success());
        Self { herald }
    }

    fn play(&self, case: &Case, event: &str) -> Command {
        let mut command = case.env.command(&self.herald);
        command.args(["play", event]);
        command
    }
}

/// The voice is there, and nothing has been heard of it for longer than a server's queue lasts.
fn has_fallen_silent(case: &Case) -> bool {
    case.server.look(|record| {
        let last = record.ticks.iter().rfind(|tick| tick.audible.contains(&0)).map(|tick| tick.at);
        last.is_some_and(|last| last + 80_000 < boot_us()) && record.voices[0].deleted.is_none()
    })
}

/// The look that allowed the sound is as old as the stop was long.
#[test]
fn a_player_that_is_stopped_right_after_its_look_at_the_fence_is_silent_when_it_goes_on() {
    let Some(strace) = or_skip(find_program("strace")) else { return };
    let _turn = Turn::take();
    for look in [30, 45, 60] {
        let case = Case::with(None);
        let stopper = Stopper::new(&case, &strace, look);
        let told = case.env.finish(stopper.play(&case, "e.long"), b"");
        assert!(told.status.success(), "{told:?}");
        wait_for("the player to be stopped", PATIENCE, || has_fallen_silent(&case).then_some(()));
        let pid = case.server.look(|record| record.voices[0].pid);
        let player = case.env.player_handle(pid).expect("the player is there");
        let told = case.env.finish(stopper.play(&case, "e.urgent"), b"");
        assert!(told.status.success(), "{told:?}");
        let woken = boot_us();
        pidfd_send_signal(&player, Signal::CONT).expect("the player is there");
        case.watch_the_players_end(2).expect("both end");
        let heard: Vec<u64> = case.server.look(|record| {
            let of_it = record.ticks.iter().filter(|tick| tick.at > woken && tick.audible.contains(&0));
            of_it.map(|tick| tick.at - woken).collect()
        });
        assert!(
            heard.is_empty(),
            "stopped at look {look}, heard {heard:?} us after it went on: {:?}",
            case.lines("playback")
        );
    }
}

/// It was told to end and was about to ramp down: what it meant to send then is of the past.
#[test]
fn a_player_that_is_stopped_while_it_fades_is_silent_when_it_goes_on() {
    let _turn = Turn::take();
    let case = Case::with(Some((Since::Fade, Fault::StopsClient)));
    case.tell("e.long").expect("it is heard");
    wait_for("the sound", PATIENCE, || case.server.look(|record| record.first_heard(0)));
    let pid = case.server.look(|record| record.voices[0].pid);
    let player = case.env.player_handle(pid).expect("the player is there");
    case.server.heal();
    case.tell("e.urgent").expect("it is heard");
    wait_for("the player to be stopped", PATIENCE, || has_fallen_silent(&case).then_some(()));
    let woken = boot_us();
    pidfd_send_signal(&player, Signal::CONT).expect("the player is there");
    case.watch_the_players_end(2).expect("both end");
    let heard =
        case.server.look(|record| record.ticks.iter().rfind(|tick| tick.audible.contains(&0)).map(|tick| tick.at));
    assert!(
        heard.is_some_and(|last| last < woken),
        "heard at {heard:?}, went on at {woken}: {:?}",
        case.lines("playback")
    );
    let ends: Vec<_> = case.lines("playback").iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(ends, ["superseded", "finished"]);
}

/// A second and a half that this process did not live through is no silence of the server's.
#[test]
fn a_player_that_was_stopped_does_not_take_the_output_for_dead() {
    let _turn = Turn::take();
    let faults: Vec<String> = std::thread::scope(|scope| {
        let rounds: Vec<_> = (0..20).map(|_| scope.spawn(stopped_for_long)).collect();
        rounds.into_iter().filter_map(|round| round.join().expect("no thread panics").err()).collect()
    });
    assert!(faults.is_empty(), "{} of 20:\n{}", faults.len(), faults.join("\n"));
}

fn stopped_for_long() -> Result<(), String> {
    let case = Case::with(None);
    case.tell("e.long")?;
    wait_for("the sound", PATIENCE, || case.server.look(|record| record.first_heard(0)));
    let pid = case.server.look(|record| record.voices[0].pid);
    let player = case.env.player_handle(pid).ok_or("the player is gone")?;
    let signal = |signal| pidfd_send_signal(&player, signal).map_err(|error| error.to_string());
    signal(Signal::STOP)?;
    std::thread::sleep(Duration::from_millis(1500));
    signal(Signal::CONT)?;
    case.watch_the_players_end(1)?;
    let ends = case.lines("playback");
    if ends.iter().any(|end| end["reason"] == "no-audio") || case.is_cooling_down()? {
        return Err(format!("{ends:?}"));
    }
    Ok(())
}
