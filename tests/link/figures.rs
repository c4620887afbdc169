//! Figures, not claims: how long it takes from an agent far away to the first sample at the desk's monitor.
//!
//! `HERALD_TEST_PROGRAMS` names the folder of the programs that are measured: those of a release.

use std::time::{Duration, Instant};

use crate::bench::{Machine, Moment, far};
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
    for is_warm in [true, false] {
        let recorder = Recorder::start(&server);
        let mut rounds: Vec<(Instant, usize)> = Vec::new();
        for round in 0..=ROUNDS {
            if !is_warm {
                far.env.kill_links();
            }
            assert!(recorder.wait_for_silence(300, PATIENCE));
            // That was at the end of a piece of the recording: the next ones would always be told to the same moment.
            std::thread::sleep(Duration::from_micros(700 * (round as u64 % 15)));
            let (begun, mark) = (Instant::now(), recorder.frames());
            far.tell(Moment::Permission, &format!("{is_warm}-{round}"));
            let heard = recorder.wait_for_sound_after(mark, PATIENCE);
            let heard = heard.unwrap_or_else(|| panic!("{:#?}\n{:#?}", far.env.journal(), desk.env.journal()));
            rounds.push((begun, heard));
            desk.env.wait_for_players_to_end(PATIENCE);
        }
        let recording = recorder.finish();
        let took = |(begun, heard): &(Instant, usize)| {
            let at = recording.instant_of(heard - recording.first_frame).expect("it was recorded");
            (at - *begun).as_secs_f64() * 1000.0
        };
        // The first one of all starts what the others find.
        let mut times: Vec<f64> = rounds[1..].iter().map(took).collect();
        times.sort_unstable_by(f64::total_cmp);
        let at = |part: usize| times[times.len() * part / 100];
        let what = if is_warm { "a connection that is there" } else { "a new connection each time" };
        let of = |machine: &Machine, kind: &str, key: &str| {
            let mut told: Vec<f64> = machine.lines(kind).iter().filter_map(|line| line[key].as_f64()).collect();
            told.drain(..told.len().saturating_sub(ROUNDS));
            told.sort_unstable_by(f64::total_cmp);
            told.get(told.len() / 2).copied().unwrap_or_default()
        };
        eprintln!(
            "the hook {:.1} ms, until the broker had it {:.1} ms, the decision {:.1} ms, from there {:.1} ms",
            of(&far, "occurrence", "took_us") / 1000.0,
            of(&far, "link", "age_ms"),
            of(&desk, "occurrence", "took_us") / 1000.0,
            of(&desk, "playback", "first_sample_ms"),
        );
        eprintln!("{what}: p50 {:.1} ms, p90 {:.1} ms, least {:.1} ms", at(50), at(90), times[0]);
    }
}
