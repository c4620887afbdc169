//! Archives in which bytes were changed, cut out or doubled: each is added or refused, and nothing else happens.

use std::fs;

use rstest::rstest;

use crate::bench::{herald_pack, left, pack, packs};
use crate::raw::{Member, Tar, gz, zip};
use crate::support::TestEnv;

const RUNS: u64 = 400;

/// xorshift64: the same mutations in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("small")
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let length = self.below(16).min(bytes.len() - at);
            match self.below(6) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = [0, 0xff, b'/', b'.', 0x7f, 0x80][self.below(6)],
                2 => bytes.truncate(at.max(1)),
                3 => drop(bytes.drain(at..at + length)),
                4 => {
                    let piece = bytes[at..at + length].to_vec();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, piece);
                }
                _ => bytes[at..at + length].fill(0xff),
            }
            if bytes.is_empty() {
                bytes.push(0);
            }
        }
    }
}

fn tar() -> Vec<u8> {
    let files = pack("glass", "1.0.0", 1);
    let tar = Tar::default().lying_pax(b'g', &[(b"comment", b"x")]).entry(b"sounds/", b'5', b"", b"");
    let tar = files.iter().fold(tar, |tar, (name, content)| tar.file(name, content));
    tar.file(format!("{}/x", "d".repeat(150)), b"long")
        .entry(b"././@LongLink", b'L', b"", b"long/name\0")
        .file("a", b"x")
        .end()
}

fn whole_zip() -> Vec<u8> {
    let files = pack("glass", "1.0.0", 1);
    zip(&files.iter().map(|(name, content)| Member::file(name, content)).collect::<Vec<_>>())
}

#[rstest]
#[case::tar(tar(), false)]
#[case::tar_in_gzip(tar(), true)]
#[case::gzip(gz(&tar()), false)]
#[case::zip(whole_zip(), false)]
fn whatever_the_bytes_it_is_added_or_refused(#[case] good: Vec<u8>, #[case] in_gzip: bool) {
    let env = TestEnv::new();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut ends = [0, 0];
    for run in 0..RUNS {
        let mut bytes = good.clone();
        dice.mutate(&mut bytes);
        env.write("work/x", if in_gzip { gz(&bytes) } else { bytes });
        let output = env.finish(herald_pack(&env, &["x", "--force", "--name", "glass"]), b"");
        let there = left(&env);
        match output.status.code() {
            Some(0) => {
                ends[0] += 1;
                assert!(there.iter().all(|name| name == "glass" || name.starts_with("glass/")), "{run}: {there:?}");
                fs::remove_dir_all(packs(&env).join("glass")).expect("it goes");
            }
            Some(1) => {
                ends[1] += 1;
                assert!(there.is_empty(), "{run}: {there:?}");
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(said.contains("because: ") && said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
            }
            _ => panic!("{run}: {output:?}"),
        }
    }
    assert!(ends[1] > RUNS / 4, "too few were refused: {ends:?}");
}
