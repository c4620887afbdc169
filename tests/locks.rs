//! A lock that was given back is free, whatever else its process does.
//!
//! A child that is just being started holds copies of all descriptors of its parent. A lock that ends only with its
//! descriptor lives on in them, and the next one to ask is refused for no reason.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use herald::platform::lock::LockFile;

/// How many programs must have been started meanwhile for the result to mean anything.
const STARTS: usize = 50;

fn rounds(quick: usize, full: usize) -> usize {
    if std::env::var("HERALD_TEST_FULL").is_ok_and(|value| value == "1") { full } else { quick }
}

#[allow(clippy::print_stderr, reason = "the test's own report")]
fn report(line: &str) {
    eprintln!("{line}");
}

/// Opened anew for each lock, as each hook does.
fn open(path: &Path) -> LockFile {
    let file = File::options().read(true).write(true).create(true).truncate(false).open(path);
    LockFile::new(file.expect("the lock file"))
}

/// As the spawns that copy everything: with a working directory, a process of its own.
fn start_one(folder: &Path) {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.arg("--list").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.current_dir(folder).spawn().expect("could not start a program");
    let _ = child.kill();
    let _ = child.wait();
}

#[test]
fn a_lock_that_was_given_back_is_never_refused_while_others_start_programs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("lock");
    let wanted = rounds(100_000, 1_000_000);
    let (done, starts) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let spawner = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                start_one(folder.path());
                starts.fetch_add(1, Ordering::Relaxed);
            }
        });
        let begun = Instant::now();
        let (mut locks, mut refused) = (0, 0);
        while (locks < wanted || starts.load(Ordering::Relaxed) < STARTS) && !spawner.is_finished() {
            match open(&path).try_exclusive().expect("locks work here") {
                Some(held) => drop(held),
                None => refused += 1,
            }
            locks += 1;
        }
        let took = begun.elapsed();
        done.store(true, Ordering::Relaxed);
        spawner.join().expect("the spawner");
        let starts = starts.load(Ordering::Relaxed);
        report(&format!("{locks} locks in {took:.1?} beside {starts} starts: {refused} refused"));
        assert_eq!(refused, 0, "of {locks} locks beside {starts} starts");
        assert!(took < Duration::from_secs(300), "{took:?} is more than {locks} locks may cost");
    });
}
