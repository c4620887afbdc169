//! What the hook leaves behind: a player that holds nothing of the caller's, and outlives it.

use std::fs;
use std::io::{PipeReader, Read as _, pipe};
use std::os::fd::AsRawFd;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use herald::speaker::{BARGE_IN_PAUSE, Current, Speaker};

use crate::bench::{occurrences, paths, redirected, report, rounds, stop};
use crate::support::process::Process;
use crate::support::{Kind, PATIENCE, Server, TestEnv, Tone, server_or_skip, wait_for};

/// A world in which the end of a task sounds for `ms`, and each newer one cuts the one before.
fn world(server: &Server, ms: f64) -> TestEnv {
    let env = TestEnv::new().with_server(server);
    let sound = env.write("long.wav", Tone::sine(48_000, 500.0, ms).amplitude(0.05).wav(crate::support::Depth::S16));
    env.config(&format!(
        "timeout = \"12s\"\n[events.\"task.complete\"]\nsound = \"{}\"\n[speaker]\noverlap = \"replace\"\n",
        sound.display()
    ));
    env
}

/// Who speaks now.
fn speaker(env: &TestEnv) -> Option<Current> {
    Speaker::peek(&paths(env).run()).ok()??.0.current
}

#[track_caller]
fn wait_until_it_speaks(env: &TestEnv, request: u64) -> Current {
    wait_for("the new player to speak", PATIENCE, || speaker(env).filter(|current| current.id == request))
}

fn last_request(env: &TestEnv) -> u64 {
    let line = occurrences(env).pop().expect("a line");
    line["request"].as_u64().unwrap_or_else(|| panic!("it was not to be played: {line}"))
}

/// Tells when the last writer of the pipe is gone, and how many bytes came.
fn end_of(mut pipe: PipeReader) -> mpsc::Receiver<(usize, Instant)> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send((bytes.len(), Instant::now()));
    });
    receiver
}

/// The inode of a pipe as `/proc` shows it.
fn inode(pipe: &impl AsRawFd) -> String {
    let link = fs::read_link(format!("/proc/self/fd/{}", pipe.as_raw_fd())).expect("an open pipe");
    link.display().to_string()
}

#[test]
fn a_caller_that_waits_for_the_end_of_its_pipes_sees_it_while_the_sound_plays() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let env = world(&server, 10_000.0);
    let payload = env.path().join("payload.json");
    let mut waits = Vec::new();
    for round in 0..rounds(20, 100) {
        env.write(&payload, stop(&format!("session {round}")));
        let mut pipes = Vec::new();
        let mut open = || {
            let (reader, writer) = pipe().expect("a pipe");
            pipes.push((inode(&reader), end_of(reader)));
            Stdio::from(writer)
        };
        let mut hook = env.herald();
        hook.arg("hook");
        // The third pipe comes in as descriptor 0, and is what an agent leaked.
        let mut shell = redirected(&env, &format!("3>&0 0<'{}'", payload.display()), &hook);
        shell.stdin(open()).stdout(open()).stderr(open());
        let start = Instant::now();
        let mut child = shell.spawn().expect("could not start the hook");
        drop(shell);
        let mut longest = Duration::ZERO;
        for (index, (_, end)) in pipes.iter().enumerate() {
            let (bytes, when) = end.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("pipe {index} is held"));
            assert_eq!(bytes, 0, "pipe {index}");
            longest = longest.max(when - start);
        }
        assert!(child.wait().expect("its end").success());
        let player = wait_until_it_speaks(&env, last_request(&env));
        assert!(longest < Duration::from_secs(2), "round {round}: {longest:?}");
        waits.push(longest);
        // Until this is over the next would wait for the end of this sound, and no new player would be started.
        thread::sleep(BARGE_IN_PAUSE + Duration::from_millis(50));
        let links = fs::read_dir(format!("/proc/{}/fd", player.pid)).expect("the player still plays");
        for link in links.flatten().filter_map(|entry| fs::read_link(entry.path()).ok()) {
            let held = pipes.iter().any(|(pipe, _)| link.as_os_str() == pipe.as_str());
            assert!(!held, "round {round}: the player holds {}", link.display());
        }
    }
    waits.sort();
    report(&format!(
        "end of all three pipes: median {:?}, longest {:?}",
        waits[waits.len() / 2],
        waits[waits.len() - 1]
    ));
}

#[test]
fn the_player_survives_the_end_of_the_hook_s_process_group_and_plays_to_the_end() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let env = world(&server, 300.0);
    for round in 0..rounds(10, 50) {
        let payload = env.write("payload.json", stop(&format!("session {round}")));
        let mut hook = env.herald();
        hook.arg("hook").stdin(Stdio::from(fs::File::open(payload).expect("a file"))).stdout(Stdio::null());
        let mut hook = Process::start("herald", hook).expect("could not start the hook");
        wait_for("the hook's end", PATIENCE, || (!hook.alive()).then_some(()));
        // Its number is still its own: the group is killed before the hook is collected.
        hook.end(Duration::ZERO);
        let request = last_request(&env);
        let line = env.wait_for_journal(|line| line["kind"] == "playback" && line["request"] == request, PATIENCE);
        assert_eq!(line["outcome"], "finished", "round {round}: {line}");
    }
}

#[test]
fn the_player_has_nothing_of_the_caller_s() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let mut env = world(&server, 10_000.0);
    let foreign =
        ["SECRET_TOKEN", "LD_LIBRARY_PATH", "RUST_LOG", "ANTHROPIC_API_KEY", "PYTHONPATH", "CLAUDE_PROJECT_DIR"];
    for name in foreign {
        env.set(name, "/nothing/to/see");
    }
    assert!(env.hook(stop("one")).status.success());
    let player = wait_until_it_speaks(&env, last_request(&env)).pid;
    let proc = |name: &str| format!("/proc/{player}/{name}");

    assert_eq!(fs::read_link(proc("cwd")).expect("it plays").as_os_str(), "/");
    let stat = fs::read_to_string(proc("stat")).expect("it plays");
    let fields: Vec<_> = stat.rsplit_once(") ").expect("a name").1.split(' ').collect();
    assert_eq!(fields[2], player.to_string(), "it leads its own process group");
    for standard in 0..3 {
        let link = fs::read_link(proc(&format!("fd/{standard}"))).expect("it is open");
        assert_eq!(link.as_os_str(), "/dev/null", "descriptor {standard}");
    }
    let environment = fs::read(proc("environ")).expect("it plays");
    let names: Vec<_> = environment.split(|byte| *byte == 0).filter(|pair| !pair.is_empty()).collect();
    assert!(names.iter().any(|pair| pair.starts_with(b"HERALD_STATE_DIR=")));
    for name in foreign {
        assert!(!names.iter().any(|pair| pair.starts_with(name.as_bytes())), "it knows {name}");
    }
    let limits = fs::read_to_string(proc("limits")).expect("it plays");
    assert!(limits.lines().any(|line| line.starts_with("Max core file size") && line.contains(" 0 ")), "{limits}");
}
