//! What the front asks of the kernel, call by call.

use std::collections::BTreeSet;

use crate::programs::shipped;
use crate::report::{Report, Unit, column};
use crate::rivals::contender::{Moment, Stage, Who};
use crate::rivals::trace::{Trace, trace_first};
use crate::support::server::{Kind, server_or_skip};

/// The section.
pub(crate) fn figures(report: &mut Report) {
    let names = ["/bin/true", "event off", "throttled", "plays"];
    let columns = names.map(|name| column(name, Unit::Count)).to_vec();
    report.table("calls", "system calls of the front, from start to exit", columns, TEXT);
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let stage = Stage::new(&server, None, 20.0);
    let all = [
        Who::Nothing,
        Who::Herald(shipped(), Moment::Off),
        Who::Herald(shipped(), Moment::Throttled),
        Who::Herald(shipped(), Moment::Plays),
    ];
    // The first run reads the configuration; those after it what was made of it.
    let traces = all.map(|who| trace_first(&stage, who).and_then(|_| trace_first(&stage, who)).unwrap_or_default());
    let calls: BTreeSet<&str> = traces.iter().flat_map(|trace| trace.by_name.keys().map(String::as_str)).collect();
    let of = |trace: &Trace, call: &str| trace.by_name.get(call).map(|count| *count as f64);
    for call in calls {
        report.line(call, traces.iter().map(|trace| of(trace, call)).collect(), Vec::new());
    }
    report.line("together", traces.iter().map(|trace| Some(trace.calls as f64)).collect(), Vec::new());
}

const TEXT: &str = "Of the first process alone, as strace sees them; `execve` is the one by which it was started. \
`/bin/true` spends most of its own on loading the C library.";
