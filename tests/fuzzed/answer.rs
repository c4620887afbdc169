//! What the server of a phone answers. Input: the status, whether there is a body and a token, and four fields that end
//! with a NUL: `Retry-After`, `Date`, `Location`, the body.

use std::time::Duration;

use herald::event::Priority;
use herald::link::{Id, Pushed};
use herald::platform::clock::Stamp;
use jiff::Timestamp;

use crate::bounds::{first, soon, split};
use crate::queue::{Again, LIFETIME, MOST_TRIES, Next, Queue};
use crate::told::{Answer, Asked, Failure, read};

const SECRETS: [&str; 2] = ["tk_0123456789", "my-topic-1"];

/// As many characters are shown, ours included.
const LONGEST: usize = 260;

pub(crate) fn check(data: &[u8]) {
    let ((low, data), now) = (first(data), Timestamp::constant(784_111_777, 0));
    let ((high, data), status) = (first(data), |high| u16::from_le_bytes([low, high]));
    let (kind, data) = first(data);
    let (wait, data) = split(data);
    let (date, data) = split(data);
    let (place, body) = split(data);
    // As a header is: some text, or not there.
    let field = |bytes: &[u8]| Some(std::str::from_utf8(bytes).ok()?.to_owned()).filter(|text| !text.is_empty());
    let answer = Answer {
        status: status(high),
        wait: field(wait),
        date: field(date),
        place: field(place),
        body: (kind & 1 == 1).then(|| body.to_vec()),
    };
    match soon(|| read(&answer, Asked { secrets: &SECRETS, with_token: kind & 2 == 2, now })) {
        Ok(()) => assert!((200..300).contains(&answer.status) && answer.body.is_some(), "{answer:?}"),
        Err(failure) => {
            shown(&failure);
            tried(failure.again);
            assert_eq!(failure.status, Some(answer.status));
        }
    }
}

/// What a stranger wrote is short, steers nothing and tells no secret.
fn shown(failure: &Failure) {
    let why = &failure.why;
    assert!(why.chars().count() <= LONGEST && !why.chars().any(char::is_control), "{why:?}");
    assert!(!SECRETS.iter().any(|secret| why.contains(secret)), "{why:?}");
}

/// However long it wants to be left alone: so many tries, none too late, and then it is given up.
fn tried(again: Again) {
    let begun = Stamp { wall_ms: 1_700_000_000_000, boot_us: 1 << 40 };
    let (id, event) = (Id(1), "input.permission".parse().expect("a name"));
    let mut queue = Queue::default();
    queue.put(Pushed { id, event, agent: "codex".to_owned(), host: None, priority: Priority::Urgent, at: begun });
    let (mut now, mut tries) = (begun, 0);
    for _ in 0..20 {
        if !queue.too_old(now).is_empty() {
            return;
        }
        match queue.next(now) {
            Next::Try(waiting) => {
                tries += 1;
                assert!(tries <= MOST_TRIES && begun.is_within(LIFETIME, now), "{again:?}: try {tries} at {now:?}");
                if queue.failed(waiting, again, now).is_some() {
                    return;
                }
            }
            Next::Rest(rest) => {
                assert!(!rest.is_zero() && rest <= LIFETIME, "{again:?}: {rest:?}");
                now = now.after(rest.max(Duration::from_millis(1)));
            }
            Next::Nothing => panic!("{again:?}: it is lost"),
        }
    }
    panic!("{again:?}: it is neither tried nor given up");
}
