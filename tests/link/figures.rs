//! Figures, not claims: how long it takes from an agent far away to the first sample at the desk's monitor.
//!
//! `HERALD_TEST_PROGRAMS` names the folder of the programs that are measured: those of a release.

use std::time::Duration;

use crate::bench::{Machine, Moment, far};
use crate::support::recorder::RATE;
use crate::support::{Kind, Mosquitto, PATIENCE, Recorder, or_skip, server_or_skip};

const ROUNDS: usize = 31;

#[test]
#[ignore = "a measurement"]
#[allow(clippy::print_stderr, reason = "the test's own report")]
fn from_a_hook_far_away_to_the_first_sample() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let link = format!("host = \"desk\"\nlisten_to = [\"{}/t\"]\nlimit = 300", broker.address());
    let mut desk = Machine::audible(&server, &link);
    let far = far(&broker.address());
    desk.listen();
    let recorder = Recorder::start(&server);
    for is_warm in [true, false] {
        let mut times: Vec<f64> = Vec::new();
        for round in 0..=ROUNDS {
            if !is_warm {
                far.env.kill_links();
            }
            assert!(recorder.wait_for_silence(300, PATIENCE));
            let begun = recorder.now_frame();
            far.tell(Moment::Permission, &format!("{is_warm}-{round}"));
            let heard = recorder.wait_for_sound_after(begun, PATIENCE);
            let heard = heard.unwrap_or_else(|| panic!("{:#?}\n{:#?}", far.env.journal(), desk.env.journal()));
            // The first one of all starts what the others find.
            if round > 0 {
                times.push((heard - begun) as f64 * 1000.0 / f64::from(RATE));
            }
            desk.env.wait_for_players_to_end(PATIENCE);
            std::thread::sleep(Duration::from_millis(50));
        }
        times.sort_unstable_by(f64::total_cmp);
        let at = |part: usize| times[times.len() * part / 100];
        let what = if is_warm { "a connection that is there" } else { "a new connection each time" };
        eprintln!("{what}: p50 {:.1} ms, p90 {:.1} ms, least {:.1} ms", at(50), at(90), times[0]);
    }
}
