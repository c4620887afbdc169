//! The state file: two checksummed slots, written in place, in turns.
//!
//! Invariant: a reader always finds the newest slot that was written whole. A writer killed at any point damages only
//! the slot it was writing, never the one before it; and a full disk can't stop a write, since the room is taken when
//! the file is made. No rename: it costs 1.2 ms on ext4, needs room, and leaves litter when killed. No fsync: what a
//! power cut may lose is one throttle stamp.

use std::cmp::Reverse;
use std::fs::File;
use std::io;

use xxhash_rust::xxh3::xxh3_64;

/// The largest body a slot holds, in bytes.
pub(crate) const CAPACITY: usize = SLOT - HEADER;

/// The layout written here. Another number in a slot means another version's: it is not read.
pub(crate) const FORMAT: u32 = 3;

const SLOT: usize = 32 * 1024;
const HEADER: usize = 32;
const MAGIC: u32 = u32::from_le_bytes(*b"HRLD");
/// What the first look reads of a slot: the whole of it where few sessions are remembered.
const FIRST_READ: usize = 2048;

/// The state file, open.
#[derive(Debug)]
pub struct Slots {
    file: File,
}

/// What was read: the body, and which turn it was.
#[derive(Debug, Default)]
pub struct Read {
    /// The newest valid body; `None` where no slot is valid, that is, the state is new or lost.
    pub body: Option<Vec<u8>>,
    sequence: u64,
    /// Where it was, also when the body has been taken.
    slot: Option<usize>,
}

/// How one slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Never written.
    Blank,
    /// As it was written.
    Whole,
    /// Another version's, in this format.
    Foreign(u32),
    /// Cut short, overwritten or half written.
    Damaged,
}

impl Slots {
    /// Takes the open state file, which is `length` bytes long, giving it its size where it has another.
    ///
    /// # Errors
    /// Where the file can't be read, or there is no room for it.
    pub fn new(file: File, length: u64) -> io::Result<Self> {
        const SIZE: usize = 2 * SLOT;
        match usize::try_from(length).unwrap_or(usize::MAX) {
            SIZE => {}
            // Real zeros, not a hole: a hole would need room later.
            have @ ..SIZE => write_all_at(&file, &vec![0; SIZE - have], have as u64)?,
            // Nothing of ours is there.
            _ => file.set_len(SIZE as u64)?,
        }
        Ok(Self { file })
    }

    /// Takes the open state file for looking only: it is left as it is, whatever its size.
    pub fn for_looking(file: File) -> Self {
        Self { file }
    }

    /// The newest valid slot, read without the lock.
    ///
    /// Writers may go on meanwhile: what was read first may be two turns old when the second slot is found torn. So it
    /// counts only when a second look finds the same turn; after many tries the newest of them has to do.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn look(&self) -> io::Result<Read> {
        const TRIES: usize = 50;
        let mut newest = self.read()?;
        for _ in 0..TRIES {
            let again = self.read()?;
            let same = again.body.is_some() && again.sequence == newest.sequence;
            if again.body.is_some() && again.sequence >= newest.sequence {
                newest = again;
            }
            if same {
                break;
            }
        }
        Ok(newest)
    }

    /// The newest valid slot, with the arbitration lock held: at most one slot is torn then, by a writer that was
    /// killed.
    ///
    /// Of the older one only the beginning is read, unless the newer one doesn't hold: a hook waits for each copy.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn read(&self) -> io::Result<Read> {
        let (mut first, mut second) = ([0; FIRST_READ], [0; FIRST_READ]);
        let mut starts = [Start::read(&self.file, 0, &mut first)?, Start::read(&self.file, 1, &mut second)?];
        starts.sort_by_key(|start| start.as_ref().map(|start| Reverse(start.header.sequence)));
        for start in starts.iter().flatten() {
            if let Some(body) = start.body(&self.file)? {
                return Ok(Read { body: Some(body), sequence: start.header.sequence, slot: Some(start.slot) });
            }
        }
        Ok(Read::default())
    }

    /// How each of the two is, with the arbitration lock held.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn health(&self) -> io::Result<[Slot; 2]> {
        Ok([self.slot_health(0)?, self.slot_health(1)?])
    }

    fn slot_health(&self, slot: usize) -> io::Result<Slot> {
        let mut start = [0; FIRST_READ];
        if let Some(start) = Start::read(&self.file, slot, &mut start)?
            && start.body(&self.file)?.is_some()
        {
            return Ok(Slot::Whole);
        }
        let mut start = [0; HEADER];
        let got = read_at(&self.file, &mut start, (slot * SLOT) as u64)?;
        let word = |at: usize| u32::from_le_bytes([start[at], start[at + 1], start[at + 2], start[at + 3]]);
        Ok(match word(4) {
            _ if start[..got].iter().all(|byte| *byte == 0) => Slot::Blank,
            format if word(0) == MAGIC && format != FORMAT => Slot::Foreign(format),
            _ => Slot::Damaged,
        })
    }

    /// Writes `body` over the older slot. The caller holds the arbitration lock since the read that gave `last`, which
    /// afterwards names the slot just written (its body is not kept).
    ///
    /// # Errors
    /// Where the body is larger than `CAPACITY` or the file can't be written.
    pub fn write(&self, last: &mut Read, body: &[u8]) -> io::Result<()> {
        if body.len() > CAPACITY {
            return Err(io::Error::other(format!("state of {} bytes is larger than {CAPACITY}", body.len())));
        }
        let slot = last.slot.map_or(0, |last| 1 - last);
        let mut data = Vec::with_capacity(HEADER + body.len());
        data.extend_from_slice(&MAGIC.to_le_bytes());
        data.extend_from_slice(&FORMAT.to_le_bytes());
        data.extend_from_slice(&(last.sequence + 1).to_le_bytes());
        data.extend_from_slice(&(body.len() as u64).to_le_bytes());
        data.extend_from_slice(&[0; 8]);
        data.extend_from_slice(body);
        let sum = checksum(&data[..HEADER - 8], body);
        data[24..32].copy_from_slice(&sum.to_le_bytes());
        write_all_at(&self.file, &data, (slot * SLOT) as u64)?;
        if last.slot.is_none() {
            // The other slot may be another version's, which would read something older than this in it. What was
            // written holds all the same: a caller that were told otherwise would deny what the state says.
            let _ = write_all_at(&self.file, &[0; HEADER], ((1 - slot) * SLOT) as u64);
        }
        *last = Read { body: None, sequence: last.sequence + 1, slot: Some(slot) };
        Ok(())
    }
}

/// Of what stands in front of it, and of the body.
fn checksum(front: &[u8], body: &[u8]) -> u64 {
    xxh3_64(front) ^ xxh3_64(body).rotate_left(1)
}

/// The beginning of a slot that has a header.
struct Start<'a> {
    slot: usize,
    header: Header,
    data: &'a [u8],
}

impl<'a> Start<'a> {
    /// Reads it into `buffer`; `None` where it has no header.
    fn read(file: &File, slot: usize, buffer: &'a mut [u8; FIRST_READ]) -> io::Result<Option<Self>> {
        let got = read_at(file, buffer, (slot * SLOT) as u64)?;
        let data = &buffer[..got];
        Ok(Header::parse(data).map(|header| Self { slot, header, data }))
    }

    /// The body, of which the rest is read; `None` where it isn't as it was written.
    fn body(&self, file: &File) -> io::Result<Option<Vec<u8>>> {
        let (front, start) = self.data.split_at(HEADER);
        let len = self.header.len;
        let mut body = Vec::with_capacity(len);
        body.extend_from_slice(&start[..len.min(start.len())]);
        let have = body.len();
        if have < len {
            body.resize(len, 0);
            let offset = self.slot * SLOT + HEADER + have;
            if read_at(file, &mut body[have..], offset as u64)? < len - have {
                return Ok(None);
            }
        }
        Ok((self.header.checksum == checksum(&front[..HEADER - 8], &body)).then_some(body))
    }
}

struct Header {
    sequence: u64,
    len: usize,
    checksum: u64,
}

impl Header {
    fn parse(data: &[u8]) -> Option<Self> {
        let word = |at: usize| data.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let long = |at: usize| data.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
        if word(0)? != MAGIC || word(4)? != FORMAT {
            return None;
        }
        let len = usize::try_from(long(16)?).ok().filter(|len| *len <= CAPACITY)?;
        Some(Self { sequence: long(8)?, len, checksum: long(24)? })
    }
}

#[cfg(unix)]
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut have = 0;
    while have < buffer.len() {
        match std::os::unix::fs::FileExt::read_at(file, &mut buffer[have..], offset + have as u64) {
            Ok(0) => break,
            Ok(n) => have += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(have)
}

#[cfg(unix)]
pub(super) fn write_all_at(file: &File, data: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, data, offset)
}

#[cfg(windows)]
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut have = 0;
    while have < buffer.len() {
        match std::os::windows::fs::FileExt::seek_read(file, &mut buffer[have..], offset + have as u64)? {
            0 => break,
            n => have += n,
        }
    }
    Ok(have)
}

#[cfg(windows)]
pub(super) fn write_all_at(file: &File, mut data: &[u8], mut offset: u64) -> io::Result<()> {
    while !data.is_empty() {
        let n = std::os::windows::fs::FileExt::seek_write(file, data, offset)?;
        data = &data[n..];
        offset += n as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(dir: &tempfile::TempDir) -> File {
        File::options().read(true).write(true).create(true).truncate(false).open(dir.path().join("state")).unwrap()
    }

    fn slots(dir: &tempfile::TempDir) -> io::Result<Slots> {
        let file = open(dir);
        let length = file.metadata()?.len();
        Slots::new(file, length)
    }

    #[test]
    fn what_was_written_last_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let slots = slots(&dir).unwrap();
        assert!(slots.read().unwrap().body.is_none());
        for turn in 0..5_u8 {
            let body = vec![turn; 1000 * usize::from(turn)];
            slots.write(&mut slots.read().unwrap(), &body).unwrap();
            assert_eq!(slots.read().unwrap().body.unwrap(), body);
        }
    }

    #[test]
    fn a_slot_damaged_anywhere_gives_way_to_the_one_before_it() {
        // Within the first look, and longer than it.
        for len in [5, FIRST_READ - HEADER, FIRST_READ + 1000] {
            let dir = tempfile::tempdir().unwrap();
            let slots = slots(&dir).unwrap();
            let (older, newer) = (vec![b'o'; len], vec![b'n'; len]);
            slots.write(&mut slots.read().unwrap(), &older).unwrap();
            slots.write(&mut slots.read().unwrap(), &newer).unwrap();
            let end = HEADER + len;
            for at in (0..HEADER + 5).chain(FIRST_READ - 2..FIRST_READ + 2).chain([end - 1]).filter(|at| *at < end) {
                let offset = SLOT as u64 + at as u64;
                let mut byte = [0];
                read_at(&slots.file, &mut byte, offset).unwrap();
                write_all_at(&slots.file, &[byte[0] ^ 0x41], offset).unwrap();
                assert_eq!(slots.read().unwrap().body.as_ref(), Some(&older), "byte {at} of {end}");
                write_all_at(&slots.file, &byte, offset).unwrap();
                assert_eq!(slots.read().unwrap().body.as_ref(), Some(&newer));
            }
        }
    }

    #[test]
    fn a_short_empty_or_foreign_file_reads_as_lost_and_can_be_written() {
        for content in [&b""[..], b"{\"json\": true}", &[0xff; 100_000]] {
            let dir = tempfile::tempdir().unwrap();
            write_all_at(&open(&dir), content, 0).unwrap();
            let slots = slots(&dir).unwrap();
            assert!(slots.read().unwrap().body.is_none());
            slots.write(&mut slots.read().unwrap(), b"new").unwrap();
            assert_eq!(slots.read().unwrap().body.as_deref(), Some(&b"new"[..]));
        }
    }

    #[test]
    fn what_is_written_over_another_version_leaves_nothing_of_it_to_read() {
        let dir = tempfile::tempdir().unwrap();
        let slots = slots(&dir).unwrap();
        let versions = || {
            [0, SLOT].map(|at| {
                let mut bytes = [0; 4];
                read_at(&slots.file, &mut bytes, at as u64 + 4).unwrap();
                u32::from_le_bytes(bytes)
            })
        };
        slots.write(&mut slots.read().unwrap(), b"older").unwrap();
        slots.write(&mut slots.read().unwrap(), b"newer").unwrap();
        for at in [4, SLOT as u64 + 4] {
            write_all_at(&slots.file, &(FORMAT + 1).to_le_bytes(), at).unwrap();
        }
        assert!(slots.read().unwrap().body.is_none());
        slots.write(&mut slots.read().unwrap(), b"ours").unwrap();
        assert_eq!(slots.read().unwrap().body.as_deref(), Some(&b"ours"[..]));
        assert_eq!(versions(), [FORMAT, 0]);
    }

    #[test]
    fn a_body_that_would_not_fit_is_refused_and_the_old_one_stays() {
        let dir = tempfile::tempdir().unwrap();
        let slots = slots(&dir).unwrap();
        slots.write(&mut slots.read().unwrap(), b"old").unwrap();
        assert!(slots.write(&mut slots.read().unwrap(), &vec![0; CAPACITY + 1]).is_err());
        assert_eq!(slots.read().unwrap().body.as_deref(), Some(&b"old"[..]));
    }
}
