//! Herald in a container: one static file, one line of configuration, a socket that was put there; nothing else.

use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rstest::rstest;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with};
use serde_json::Value;

use crate::page;
use crate::support::root::{Root, static_herald};
use crate::support::{find_program, or_skip};

pub(crate) const STOP: &str =
    r#"{"hook_event_name":"Stop","session_id":"a","cwd":"/secret/place","last_assistant_message":"a secret"}"#;

pub(crate) const HOOK: [&str; 3] = ["hook", "--agent", "claude-code"];

/// A container as the page sets it up. Its configuration is where Herald looks without a variable.
pub(crate) fn container() -> Option<Root> {
    let root = Root::new(static_herald()?);
    let config = root.path().join(".config/herald");
    std::fs::create_dir_all(&config).expect("a folder");
    std::fs::create_dir_all(root.path().join("run/herald")).expect("a folder");
    std::fs::write(config.join("config.toml"), page::block_with("toml", "/run/herald/desk.sock")).expect("written");
    Some(root)
}

pub(crate) fn socket(root: &Root) -> PathBuf {
    root.path().join("run/herald/desk.sock")
}

fn decision(root: &Root) -> Value {
    let journal = std::fs::read_to_string(root.path().join(".local/state/herald/journal.jsonl")).unwrap_or_default();
    let mut lines = journal.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.rfind(|line| line["kind"] == "occurrence").unwrap_or_else(|| panic!("no decision: {journal}"))
}

#[test]
fn what_happens_in_a_container_arrives_as_one_line_without_secrets() {
    let Some(root) = container() else { return };
    let desk = UnixListener::bind(socket(&root)).expect("a socket");
    let said = root.run(true, &HOOK, STOP);
    assert!(said.status.success() && said.stdout.is_empty() && said.stderr.is_empty(), "{said:?}");
    let (mut stream, _) = desk.accept().expect("a connection");
    let mut line = String::new();
    stream.read_to_string(&mut line).expect("the line");
    assert!(line.ends_with('\n') && line.lines().count() == 1 && !line.contains("secret"), "{line}");
    let occurred = herald::link::Occurred::read(line.trim_end().as_bytes()).expect("an occurrence");
    assert_eq!((occurred.event.as_str(), occurred.agent.as_str()), ("task.complete", "claude-code"));
    let decision = decision(&root);
    assert_eq!(decision["decision"], "play", "{decision}");
    assert_eq!(decision["sent_to"], "unix:/run/herald/desk.sock", "{decision}");
}

/// What is at the place of the desk's socket.
#[derive(Clone, Copy, Debug)]
enum There {
    Nothing,
    NoSocket,
    /// A socket whose listener is gone.
    NobodyListens,
    /// As many wait as may.
    Full,
    /// There is room, and nobody ever takes what is sent.
    NobodyAccepts,
}

impl There {
    /// Puts it there; what is returned keeps it so.
    fn put(self, at: &PathBuf) -> Vec<OwnedFd> {
        match self {
            Self::Nothing => Vec::new(),
            Self::NoSocket => {
                std::fs::write(at, "").expect("a file");
                Vec::new()
            }
            Self::NobodyListens => {
                drop(UnixListener::bind(at).expect("a socket"));
                Vec::new()
            }
            Self::Full => {
                let address = SocketAddrUnix::new(at).expect("a short name");
                let new = || {
                    socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::NONBLOCK, None).expect("a socket")
                };
                let listener = new();
                bind(&listener, &address).and_then(|()| listen(&listener, 0)).expect("it listens");
                let mut all = vec![listener];
                loop {
                    let waiting = new();
                    if connect(&waiting, &address).is_err() {
                        return all;
                    }
                    all.push(waiting);
                }
            }
            Self::NobodyAccepts => vec![UnixListener::bind(at).expect("a socket").into()],
        }
    }
}

#[rstest]
#[case(There::Nothing, "No such file")]
#[case(There::NoSocket, "Connection refused")]
#[case(There::NobodyListens, "Connection refused")]
#[case(There::Full, "Resource temporarily unavailable")]
#[case(There::NobodyAccepts, "unix:/run/herald/desk.sock")]
fn whatever_is_at_the_sockets_place_the_hook_waits_for_nobody_and_says_nothing(
    #[case] there: There,
    #[case] told: &str,
) {
    let Some(root) = container() else { return };
    let _kept = there.put(&socket(&root));
    let begun = Instant::now();
    let said = root.run(true, &HOOK, STOP);
    assert!(begun.elapsed() < Duration::from_secs(5), "{there:?}: {:?}", begun.elapsed());
    assert!(said.status.success() && said.stdout.is_empty() && said.stderr.is_empty(), "{there:?}: {said:?}");
    let decision = decision(&root);
    let is_sent = matches!(there, There::NobodyAccepts);
    assert_eq!(decision["decision"], if is_sent { "play" } else { "skip" }, "{decision}");
    assert_eq!(decision["reason"] == "no-link", !is_sent, "{decision}");
    let said = if is_sent { &decision["sent_to"] } else { &decision["detail"] };
    assert!(said.as_str().is_some_and(|said| said.contains(told)), "{decision}");
}

#[test]
fn the_hook_there_starts_nobody_and_can_not_be_made_to_wait() {
    let Some(root) = container() else { return };
    let Some(strace) = or_skip(find_program("strace")) else { return };
    let _desk = UnixListener::bind(socket(&root)).expect("a socket");
    let log = root.path().join("strace.log").display().to_string();
    let strace = strace.display().to_string();
    // What wraps it is over once herald itself is there.
    let said = root.run_by(&[&strace, "-f", "-o", &log], true, &HOOK, STOP);
    assert!(said.status.success(), "{said:?}");
    let log = std::fs::read_to_string(&log).expect("strace's log");
    let ours: Vec<&str> = log.lines().skip_while(|line| !line.contains("execve(\"/herald\"")).skip(1).collect();
    assert!(!ours.is_empty(), "{log}");
    let calls =
        |name: &str| ours.iter().filter(|line| line.contains(&format!(" {name}("))).copied().collect::<Vec<_>>();
    for none in ["fork", "vfork", "clone", "clone3", "execve"] {
        assert!(calls(none).is_empty(), "{none}: {:?}", calls(none));
    }
    let sockets = calls("socket");
    assert!(matches!(sockets.as_slice(), [one] if one.contains("SOCK_NONBLOCK")), "{sockets:?}");
    assert_eq!(calls("connect").len(), 1);
    // One line leaves, and no answer is waited for.
    let sent = calls("sendto");
    assert!(matches!(sent.as_slice(), [one] if one.contains("MSG_DONTWAIT")), "{sent:?}");
    assert!(calls("recvfrom").is_empty() && calls("recvmsg").is_empty());
}

#[test]
fn a_socket_that_is_made_anew_in_the_folder_is_found() {
    let Some(root) = container() else { return };
    for _ in 0..2 {
        let desk = UnixListener::bind(socket(&root)).expect("a socket");
        root.run(true, &["play", "task.complete", "--force"], "");
        let stream: UnixStream = desk.accept().expect("a connection").0;
        drop((stream, desk));
        std::fs::remove_file(socket(&root)).expect("it was there");
    }
}
