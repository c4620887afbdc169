//! The time zone of this place.
//!
//! Invariant: it is found by one file. By its name, the library would look through every folder of the system's zones
//! first: 1.2 ms, twice what a whole hook takes.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Where systems keep the zone that is in force.
const LOCAL: &str = "/etc/localtime";

/// Now, by the clock on the wall.
pub fn wall_clock() -> Zoned {
    Timestamp::now().to_zoned(local_zone())
}

/// The zone that `TZ` names, or else the system's.
pub fn local_zone() -> TimeZone {
    // A variable may say many things, also by rules of its own.
    let named = std::env::var_os("TZ").is_some();
    let found = if cfg!(unix) && !named { of_file(LOCAL) } else { None };
    found.unwrap_or_else(TimeZone::system)
}

fn of_file(path: &str) -> Option<TimeZone> {
    use std::io::Read as _;
    /// Zones take a few KiB.
    const LONGEST: u64 = 256 * 1024;
    let mut zone = Vec::new();
    super::open_for_reading(path.as_ref()).ok()?.take(LONGEST).read_to_end(&mut zone).ok()?;
    TimeZone::tzif("Local", &zone).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_zone_is_the_same_by_its_file_and_by_its_name() {
        for name in ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Etc/UTC"] {
            // Not every system has them.
            let Some(of_file) = of_file(&format!("/usr/share/zoneinfo/{name}")) else { continue };
            let by_name = TimeZone::get(name).expect("a zone with a file has a name");
            for day in 0..800 {
                let time = Timestamp::from_second(1_700_000_000 + day * 86_400).expect("a moment");
                assert_eq!(
                    time.to_zoned(of_file.clone()).datetime(),
                    time.to_zoned(by_name.clone()).datetime(),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_zone_is_none() {
        assert!(of_file("/nonexistent").is_none());
        assert!(of_file("/etc/passwd").is_none());
        assert!(of_file("/etc").is_none());
    }
}
