//! Whoever may publish at the broker, or reach the socket, and means harm.

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::crowd::{BASE, Far};
use crate::support::mqtt::{Client, Message, header};

/// How many names a flood has.
const NAMES: usize = 10_000;

/// So many it says before it listens.
const BURST: usize = 100;

/// What is no message at all, and what is far too much of one.
pub(crate) fn talks_nonsense(port: u16) -> usize {
    let mut client = Client::connect(port, "nonsense");
    let far = Far::new(2);
    let whole = far.occurrence("input.permission", "urgent", 1).to_string();
    let mut payloads: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"{".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        vec![0; 512],
        (0..=255).collect(),
        whole.as_bytes()[..whole.len() / 2].to_vec(),
        [whole.as_bytes(), b"}"].concat(),
        b"[".repeat(4000),
        "{\"v\":".repeat(600).into_bytes(),
        vec![b' '; 10 << 20],
        [whole.as_bytes(), &vec![b' '; 5000]].concat(),
    ];
    payloads.extend((1..whole.len()).step_by(7).map(|cut| [&whole.as_bytes()[..cut], b"\xff"].concat()));
    for payload in &payloads {
        client.publish(&Message::new(format!("{BASE}/{}/event", far.host), payload.clone()));
    }
    // A quarter of a gigabyte is announced, and nothing follows.
    let mut liar = Client::connect(port, "liar");
    liar.send(&header(0x30, 268_435_455)).expect("a broker that listens");
    liar.send(b"\x00\x10herald/build-2/event").ok();
    payloads.len()
}

/// What reads well, and is not so.
pub(crate) fn lies(port: u16) -> usize {
    let far = Far::new(3);
    let topic = |host: &str| format!("{BASE}/{host}/event");
    let with = |key: &str, value: Value| {
        let mut occurrence = far.occurrence("input.permission", "urgent", 2);
        occurrence[key] = value;
        occurrence.to_string()
    };
    let own = topic(&far.host);
    let lies = [
        // Of another machine than its topic, and of machines that aren't heard.
        (topic("build-004"), with("host", json!("build-003"))),
        (own.clone(), with("host", json!("desk"))),
        (topic("evil-1"), with("host", json!("evil-1"))),
        (topic("desk"), with("host", json!("desk"))),
        (format!("{BASE}/a/b/event"), with("host", json!("a/b"))),
        (format!("{BASE}//event"), with("host", json!(""))),
        (format!("{BASE}/\u{1b}[2J/event"), with("host", json!("\u{1b}[2J"))),
        // Names that would do something to a terminal or a file.
        (own.clone(), with("agent", json!("\u{1b}]0;you\u{7}"))),
        (own.clone(), with("session", json!("../../..!"))),
        (own.clone(), with("event", json!("input.permission\u{0}"))),
        (own.clone(), with("event", json!("../../../etc/passwd"))),
        // Urgent is what is urgent here.
        (own.clone(), with("event", json!("session.start"))),
        (own.clone(), with("event", json!("task.progress"))),
        // Too old, by what it says itself.
        (own.clone(), with("age_ms", json!(u64::MAX))),
        (own.clone(), with("age_ms", json!(60_000))),
        (own.clone(), with("v", json!(2))),
        (own.clone(), with("id", json!("1"))),
        (own.clone(), with("priority", json!("highest"))),
        (own, with("command", json!("rm -rf /")).replace("\"v\":1", "\"v\":1,\"v\":9")),
    ];
    // Who isn't heard silences nobody, nor does anybody in this machine's own name.
    let id = format!("{:032x}", 77);
    let hush = |host: &str| json!({ "v": 1, "id": id, "host": host, "muted": true, "left_s": 3600 }).to_string();
    let here = json!({ "v": 1, "host": "build-004", "here": true }).to_string();
    let more = [
        (format!("{BASE}/mute"), hush("evil-1")),
        (format!("{BASE}/mute"), hush("desk")),
        (format!("{BASE}/mute"), hush("\u{1b}[2J")),
        (format!("{BASE}/mute"), "true".to_owned()),
        (format!("{BASE}/build-003/here"), here.clone()),
        (format!("{BASE}/evil-1/here"), here),
    ];
    for (topic, payload) in lies.iter().chain(&more) {
        // The broker hangs up on some of it by itself.
        let mut client = Client::connect(port, "lies");
        let _ = client.give(&Message::new(topic.clone(), payload.clone())).and_then(|_| client.drain());
    }
    let mut client = Client::connect(port, "late");
    // What was kept happened some time ago, to those who come later.
    client.publish(&Message::new(topic("evil-2"), with("host", json!("evil-2"))).retained());
    lies.len() + more.len() + 1
}

/// A line that never ends, many at once, and rubbish.
pub(crate) fn shouts_into(socket: &Path) {
    let _idle: Vec<UnixStream> = (0..50).filter_map(|_| UnixStream::connect(socket).ok()).collect();
    for text in [&b"\n\n\n"[..], b"{}\n", b"\xff\xfe\n", &[b'x'; 1 << 20]] {
        let mut stream = UnixStream::connect(socket).expect("a desk that listens");
        // It hangs up as soon as it is too much.
        let _ = stream.set_write_timeout(Some(Duration::from_secs(5)));
        let _ = stream.write_all(text);
    }
}

/// Ten thousand names, as fast as the broker takes it: half of them aren't heard here, and what the others tell of is off,
/// however urgent they call it.
pub(crate) struct Flood {
    threads: Vec<JoinHandle<()>>,
    sent: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Flood {
    pub(crate) fn start(port: u16, length: Duration) -> Self {
        let (sent, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let flood = |thread: usize| {
            let (sent, over) = (Arc::clone(&sent), Arc::clone(&over));
            std::thread::spawn(move || {
                let mut client = Client::connect(port, &format!("flood-{thread}"));
                let end = Instant::now() + length;
                let mut number = thread;
                while Instant::now() < end && !over.load(Ordering::Relaxed) {
                    // As fast as the broker takes it.
                    for _ in 0..BURST {
                        number += 2;
                        let far = named(number % NAMES);
                        let occurrence = far.occurrence("session.start", "urgent", 3);
                        client.give(&far.message(&occurrence)).expect("a broker that takes it");
                    }
                    client.settle();
                    sent.fetch_add(BURST, Ordering::Relaxed);
                }
            })
        };
        let threads = (0..2).map(flood).collect();
        Self { threads, sent, over }
    }

    pub(crate) fn finish(self) -> usize {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("a flood");
        }
        self.sent.load(Ordering::Relaxed)
    }
}

fn named(number: usize) -> Far {
    let host = if number.is_multiple_of(2) { format!("evil-{number}") } else { format!("build-x{number}") };
    Far::called(host, number)
}
