//! A sound file, through the player's own reader. What a decoder that is not ours does to itself in its guard costs the
//! sound and is no fault; a panic of ours is, a hang is, and so is more sound than the limits allow.

use std::sync::Once;

use crate::bounds::soon;
use crate::decode::{self, Reader};
use crate::mutation::sum_ogg_pages;

/// The longest sound, in seconds, and the most samples.
const SECONDS: u64 = 30;
const MOST: u64 = (64 << 20) / 4;

pub(crate) fn check(data: &[u8]) {
    only_ours_count();
    let mut data = data.to_vec();
    // Else nothing that chance changes inside a page would get past its checksum.
    sum_ogg_pages(&mut data);
    let Some(total) = soon(|| decoded(&data)) else { return };
    // A decoder may be asked again, and says the same.
    if data.len() < 2048 {
        assert_eq!(decoded(&data), Some(total));
    }
}

/// How many samples it has; `None` where it is refused.
fn decoded(data: &[u8]) -> Option<u64> {
    let mut reader = match Reader::of(data.to_vec()) {
        Ok(reader) => reader,
        Err(why) => {
            let why = why.to_string();
            assert!(!why.is_empty() && why.len() < 400, "{why}");
            return None;
        }
    };
    let spec = reader.spec();
    assert!((1..=2).contains(&spec.channels) && (8_000..=192_000).contains(&spec.rate), "{spec:?}");
    assert!((1..=8).contains(&reader.channels()) && !reader.codec().is_empty() && !reader.format().name().is_empty());
    let most = (SECONDS * u64::from(spec.rate) * u64::from(spec.channels)).min(MOST);
    let mut total = 0;
    loop {
        let (block, more) = reader.block();
        total += block.len() as u64;
        assert!(block.iter().all(|sample| sample.is_finite()), "a sample that is no number");
        assert!(total <= most, "more than {most} samples");
        assert_eq!(block.len() % usize::from(spec.channels), 0, "half a frame");
        if !more {
            return Some(total);
        }
    }
}

/// Panics end the process, as they do in the player, unless they are a decoder's in its guard. Ours are told from those
/// by where they happened: our look at the header runs in the guard too.
fn only_ours_count() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let is_ours = info.location().is_none_or(|at| at.file().contains("herald"));
            if is_ours || !decode::is_guarded() {
                tell(info);
                std::process::abort();
            }
        }));
    });
}
