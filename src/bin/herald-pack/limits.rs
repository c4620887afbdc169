//! How much is read and written for one pack. Counted while it is done: what an archive says of itself is never trusted.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use herald::sound::LARGEST;

/// Files of one pack.
pub(crate) const MOST_FILES: usize = 500;
/// Directories of one pack.
pub(crate) const MOST_DIRECTORIES: usize = 500;
/// Things that are looked at, though they are not of the pack: other packs of the same archive.
pub(crate) const MOST_ENTRIES: usize = 50_000;
/// The largest file, in bytes.
pub(crate) const LARGEST_FILE: u64 = LARGEST;
/// All files together, in bytes.
pub(crate) const LARGEST_PACK: u64 = 100 << 20;
/// The archive itself, in bytes.
pub(crate) const LARGEST_ARCHIVE: u64 = 100 << 20;
/// What a tar may inflate to, in bytes, where only one of its directories is wanted.
pub(crate) const LARGEST_STREAM: u64 = 256 << 20;
/// How deep directories may lie in each other, below the pack's own.
pub(crate) const DEEPEST: usize = 3;
/// How many bytes may come out for one that went in.
pub(crate) const HIGHEST_RATIO: u64 = 100;
/// So many come out before the ratio counts: silence compresses well.
const RATIO_GRACE: u64 = 1 << 20;

/// A count that is read elsewhere.
pub(crate) type Count = Rc<Cell<u64>>;

/// Counts what is read through it.
pub(crate) struct Counted<R> {
    inner: R,
    count: Count,
}

impl<R> Counted<R> {
    pub(crate) fn new(inner: R) -> (Self, Count) {
        let count = Count::default();
        (Self { inner, count: Rc::clone(&count) }, count)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.set(self.count.get() + read as u64);
        Ok(read)
    }
}

/// Ends with an error where more comes out than is allowed.
pub(crate) struct Metered<R> {
    inner: R,
    /// What came out.
    count: Count,
    /// What went in.
    packed: Count,
    most: u64,
}

impl<R> Metered<R> {
    /// Lets `most` bytes through; `packed` counts what they were before they were inflated.
    pub(crate) fn new(inner: R, packed: Count, most: u64) -> (Self, Count) {
        let count = Count::default();
        (Self { inner, count: Rc::clone(&count), packed, most }, count)
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let count = self.count.get() + read as u64;
        self.count.set(count);
        if count > self.most {
            return Err(io::Error::other(format!("it holds more than {}", size(self.most))));
        }
        if is_bomb(count, self.packed.get()) {
            return Err(io::Error::other(format!(
                "it inflates to more than {HIGHEST_RATIO} times its size, as no sound does"
            )));
        }
        Ok(read)
    }
}

/// Whether so much can't have come of so little.
pub(crate) fn is_bomb(inflated: u64, packed: u64) -> bool {
    inflated > RATIO_GRACE && inflated / HIGHEST_RATIO > packed
}

/// A limit, as it is said.
pub(crate) fn size(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::silence(1 << 20, 100, false)]
    #[case::at_the_limit(10 << 20, (10 << 20) / 100 + 1, false)]
    #[case::above(10 << 20, (10 << 20) / 100 - 1, true)]
    #[case::of_nothing(2 << 20, 0, true)]
    fn little_may_not_become_much(#[case] inflated: u64, #[case] packed: u64, #[case] bomb: bool) {
        assert_eq!(is_bomb(inflated, packed), bomb);
    }

    #[test]
    fn no_more_than_the_limit_comes_through() {
        let (mut metered, count) = Metered::new(io::repeat(0), Rc::new(Cell::new(u64::MAX)), 1000);
        let mut bytes = Vec::new();
        let error = metered.read_to_end(&mut bytes).unwrap_err();
        assert!(error.to_string().contains("more than 0 MiB"), "{error}");
        assert!(count.get() > 1000);
    }
}
