//! How cost grows: with hooks at once, with sessions, with what is configured, with packs.

pub(crate) mod at_once;
pub(crate) mod packs;
pub(crate) mod rules;
pub(crate) mod sessions;

use crate::lab::{hook, payload, settle, time, time_nothing};
use crate::plot::{Plot, Shape};
use crate::report::{Column, Report, Unit, column, grouped};
use crate::rivals::contender::usual_hook;
use crate::stats::Sample;
use crate::support::env::TestEnv;

/// Columns of all but packs.
fn columns() -> Vec<Column> {
    ["Herald p50", "Herald p99", "usual p50", "usual p99", "/bin/true"].map(|name| column(name, Unit::Ms)).to_vec()
}

const CURVES: &[&str] = &["Herald p50", "Herald p99", "usual p50", "usual p99", "/bin/true"];

fn curves(id: &'static str, title: &str, over: &'static str, columns: &'static [&'static str]) -> Plot {
    Plot { id, title: title.to_owned(), table: id, shape: Shape::Growth { over, columns } }
}

/// Herald, the hook of the usual kind, and the yardstick.
#[derive(Default)]
struct Three {
    herald: Sample,
    usual: Sample,
    yardstick: Sample,
}

impl Three {
    /// So many turns in this world; the hook is one that is throttled, in this session.
    fn throttled(env: &TestEnv, session: usize, runs: usize) -> Self {
        let mut three = Self::default();
        let input = payload("Stop", session);
        // Whatever it would play, it has now played.
        for command in [hook(env), env.command(usual_hook())] {
            time(command, &input);
            settle(env);
        }
        for run in 0..runs {
            three.yardstick.push(time_nothing());
            three.herald.push(time(hook(env), &input));
            if run % 4 == 0 {
                three.usual.push(time(env.command(usual_hook()), &input));
            }
        }
        three
    }

    fn put(&self, report: &mut Report, count: usize, notes: Vec<String>) {
        let cells = vec![
            self.herald.ms(0.5),
            self.herald.ms(0.99),
            self.usual.ms(0.5),
            self.usual.ms(0.99),
            self.yardstick.ms(0.5),
        ];
        report.line(&grouped(count as f64), cells, notes);
    }
}

/// What the usual hook is configured by: so many events, of which `Stop` is one.
fn configure_usual(env: &TestEnv, sound: &std::path::Path, events: usize, throttle: u32) {
    let mut all = serde_json::Map::new();
    for n in 1..events {
        all.insert(format!("OwnEvent{n}"), serde_json::json!({ "sound": sound, "throttle": 5 }));
    }
    all.insert("Stop".to_owned(), serde_json::json!({ "sound": sound }));
    let config = serde_json::json!({ "enabled": true, "throttle": throttle, "events": all });
    env.write("home/.config/sound-hook/config.json", config.to_string());
}
