//! The binary files of the state directory: the cached configuration, the two slots, the fence. Input: which of them,
//! and bytes for it. Whatever they are, the last good state is had or none, and the next one can be written.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use herald::config::{Applied, Image, load, show, store};
use herald::event::{Occurrence, Session};
use herald::platform::clock::Stamp;
use herald::policy::{Key, Memory, Ticket};
use herald::sound::request::Request;
use herald::speaker::{Fence, ID_LIMIT, Mark, Overlap, Slot, Speaker, Wish};
use xxhash_rust::xxh3::xxh3_64;

use crate::bounds::{first, folder, soon, write};

/// Bytes of a slot, and of what stands in front of its body.
const SLOT: usize = 32 * 1024;
const HEADER: usize = 32;
/// Bytes in front of a configuration in its image.
const IMAGE_HEADER: usize = 96;

const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn check(data: &[u8]) {
    let (which, bytes) = first(data);
    soon(|| match which % 6 {
        0 => image(bytes),
        1 => image(&summed_image(bytes)),
        2 => anything_for_a_state(bytes),
        3 => slots(bytes, false),
        4 => slots(bytes, true),
        _ => fence(bytes),
    });
    contents(bytes);
}

fn config_file() -> (PathBuf, PathBuf) {
    let file = folder().join("config.toml");
    write(&file, b"volume = 31\n");
    (folder().join("config.image"), file)
}

/// A file of the user's that is faulty is replaced by the image or by the defaults; one that is not is what holds.
fn image(bytes: &[u8]) {
    let (image, file) = config_file();
    write(&image, bytes);
    let loaded = load(&file, &image, None);
    assert!(loaded.applied == Applied::File && loaded.config.volume == 31, "{loaded:?}");
    write(&file, b"volume = ");
    let loaded = load(&file, &image, None);
    assert!(matches!(loaded.applied, Applied::LastGood | Applied::Defaults), "{loaded:?}");
    let settings = loaded.config.settings(&Occurrence { event: "bell".parse().ok(), ..Occurrence::default() });
    assert!(settings.volume <= 100);
    let _ = show(&loaded.config);
    let _ = (Image::read(&image).map(|image| image.parsed_at()), Image::is_of_another_layout(&image));
}

/// An image of our file with this in it, undamaged as far as its checksum tells.
fn summed_image(config: &[u8]) -> Vec<u8> {
    let (image, file) = config_file();
    let _ = fs::remove_file(&image);
    let fresh = load(&file, &image, None).fresh.expect("it was never kept");
    store(&image, &fresh).expect("it can be kept");
    let mut bytes = fs::read(&image).expect("it was kept");
    bytes.truncate(IMAGE_HEADER);
    bytes.extend_from_slice(config);
    let sum = xxh3_64(&bytes[16..]);
    bytes[8..16].copy_from_slice(&sum.to_le_bytes());
    bytes
}

fn run() -> PathBuf {
    folder().join("run")
}

fn wish() -> Wish {
    Wish { rank: 1, lifetime: Duration::from_secs(3), notice: Duration::ZERO, asked: Stamp::now(), payload: vec![1; 9] }
}

/// The whole file is anybody's.
fn anything_for_a_state(bytes: &[u8]) {
    let _ = Speaker::open(&run()).expect("the run directory");
    write(&run().join("state"), bytes);
    let _ = Speaker::peek(&run()).expect("it can be looked at");
    goes_on();
}

/// One slot is good, the other one anybody's.
fn slots(bytes: &[u8], summed: bool) {
    let (turn, body) = first(bytes);
    let (state, fence) = (run().join("state"), run().join("fence"));
    let speaker = Speaker::open(&run()).expect("the run directory");
    let _ = (fs::remove_file(&state), fs::remove_file(&fence));
    let mut critical = speaker.enter(PATIENCE).expect("the lock");
    critical.memory = b"good".to_vec();
    critical.commit().expect("the state");
    drop(critical);
    let good = Speaker::peek(&run()).expect("it can be looked at").expect("it was committed");
    let mut file = fs::read(&state).expect("it was committed");
    let body = &body[..body.len().min(SLOT - HEADER)];
    let slot = &mut file[SLOT..];
    if summed {
        slot[..8].copy_from_slice(&good_header(&state));
        slot[8..16].copy_from_slice(&u64::from(turn).to_le_bytes());
        slot[16..24].copy_from_slice(&(body.len() as u64).to_le_bytes());
        slot[HEADER..HEADER + body.len()].copy_from_slice(body);
        let sum = xxh3_64(&slot[..24]) ^ xxh3_64(&slot[HEADER..HEADER + body.len()]).rotate_left(1);
        slot[24..32].copy_from_slice(&sum.to_le_bytes());
    } else {
        slot[..body.len()].copy_from_slice(body);
    }
    write(&state, &file);
    let critical = speaker.enter(PATIENCE).expect("the lock");
    let look = critical.inspect().expect("it can be inspected");
    assert_eq!(look.slots[0], Slot::Whole);
    if look.slots[1] != Slot::Whole {
        assert!(!look.lost, "the good one is there");
        assert_eq!((&critical.state, &critical.memory), (&good.0, &good.1), "the good one wins");
    }
    drop(critical);
    goes_on();
}

/// Magic and format, as they are written.
fn good_header(state: &Path) -> [u8; 8] {
    let bytes = fs::read(state).expect("it was committed");
    std::array::from_fn(|at| bytes[at])
}

/// Something can be asked for, by an id above all before, and is read back; and all can be begun anew.
fn goes_on() {
    let speaker = Speaker::open(&run()).expect("the run directory");
    let mut critical = speaker.enter(PATIENCE).expect("the lock");
    let before = critical.state.last_id;
    let placed = critical.place(wish(), Overlap::Queue, b"memory".to_vec()).expect("it can be written");
    // The last one of all is no id any more where it is read.
    if let Some(id) = placed.id.filter(|id| *id < ID_LIMIT) {
        assert!(id > before, "{id} after {before}");
        drop(critical);
        let (state, memory) = Speaker::peek(&run()).expect("it can be looked at").expect("it was written");
        assert_eq!((state.last_id, memory.as_slice()), (id, &b"memory"[..]));
        critical = speaker.enter(PATIENCE).expect("the lock");
    }
    critical.begin_anew().expect("it can be written");
    drop(critical);
    let critical = speaker.enter(PATIENCE).expect("the lock");
    assert_eq!(critical.inspect().expect("it can be inspected").slots, [Slot::Whole; 2]);
}

fn fence(bytes: &[u8]) {
    let speaker = Speaker::open(&run()).expect("the run directory");
    write(&run().join("fence"), bytes);
    let seen = Fence::peek(&run()).expect("it can be looked at").expect("it is there");
    assert!(seen < ID_LIMIT, "{seen}");
    let fence = Fence::open(speaker.dir()).expect("it can be opened");
    match fence.mark().expect("it can be read") {
        Mark::At(id) => assert_eq!(id, seen),
        Mark::Nothing | Mark::Damaged => assert_eq!(seen, 0),
    }
    fence.write(7).expect("it can be moved");
    assert_eq!(fence.read().ok(), Some(7));
}

/// What the state holds of others: memory, request, ticket.
fn contents(bytes: &[u8]) {
    let now = Stamp::now();
    let mut memory = soon(|| Memory::from_bytes(bytes.to_vec()));
    let key = Key::of("task.complete", Session::of("s"));
    let _ = memory.was_within(key, Duration::from_secs(3), now);
    memory.stamp_now(key, now);
    assert!(memory.was_within(key, Duration::from_secs(3), now), "what was just noted is known");
    assert!(memory.into_bytes().len() <= herald::speaker::MEMORY_LIMIT);
    if let Some(request) = soon(|| Request::decode(bytes)) {
        assert_eq!(Request::decode(&request.encode()), Some(request));
    }
    if let Some(ticket) = soon(|| Ticket::decode(bytes)) {
        assert_eq!(Ticket::decode(&ticket.encode()), Some(ticket));
    }
}
