//! Many requests at once, some of which are killed; and what those that were not had to say.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::World;
use crate::fire::{Blow, Kind};
use crate::plan::{self, EVENTS};
use crate::support::stand_in::boot_us;

/// A process that asks for something.
struct Hook {
    event: usize,
    by_hand: bool,
    from: u64,
    child: Child,
}

/// One that has ended.
struct Ended {
    event: usize,
    by_hand: bool,
    pid: u32,
    content: bool,
    from: u64,
    until: u64,
}

impl Hook {
    fn wait(self) -> Ended {
        let Self { event, by_hand, from, mut child } = self;
        let status = child.wait().expect("herald ends");
        Ended { event, by_hand, pid: child.id(), content: status.success(), from, until: boot_us() }
    }
}

impl World {
    /// `count` requests at once, of which `victims` are killed within milliseconds; the burst's number, and whether
    /// each of them wrote its line.
    pub(super) fn burst(&mut self, count: usize, victims: usize) -> (usize, bool) {
        let burst = self.story.ledger.begin_burst();
        let mut children = Vec::new();
        let mut killed = 0;
        for n in 0..count {
            let event = self.next % EVENTS;
            self.next += 1;
            let (by_hand, mut command) = self.request(event);
            let from = boot_us();
            let mut child = command.spawn().expect("could not start herald");
            if (count - n) <= victims - killed || self.chance.below(count) < victims - killed {
                killed += 1;
                let patience = if self.chance.below(2) == 0 { 2000 } else { 6000 };
                std::thread::sleep(Duration::from_micros(self.chance.below(patience) as u64));
                // Not collected yet, so its number is its own. It may have ended already.
                let _ = child.kill();
                let blow = Blow { kind: Kind::Hook, pid: child.id(), from, until: boot_us() };
                self.story.blows.push(blow);
                let _ = child.wait();
            } else {
                children.push(Hook { event, by_hand, from, child });
            }
        }
        self.killed += killed;
        self.story.requests += count;
        let ended: Vec<Ended> = children.into_iter().map(Hook::wait).collect();
        self.journal.read_into(&mut self.story.ledger);
        self.leave_no_cool_down();
        let silent = self.hear(&ended);
        (burst, silent == 0 && killed == 0)
    }

    /// Compares how hooks ended with what they told; how many told nothing.
    fn hear(&mut self, ended: &[Ended]) -> usize {
        let mut silent = 0;
        for hook in ended {
            let told = self.story.ledger.told.get(&hook.event).map(String::as_str);
            if told.is_none() && hook.by_hand {
                self.story.faults.push(format!("herald play {} wrote no line", plan::name(hook.event)));
            } else if told.is_none() {
                // Its own time was up before it could tell, and so it is as if it had been killed.
                silent += 1;
                self.story.blows.push(Blow { kind: Kind::Late, pid: hook.pid, from: hook.from, until: hook.until });
            }
            // `play` says loudly that a stopped player holds the lock.
            if !(hook.content || told == Some("state-unavailable")) {
                self.story.faults.push(format!("herald for {} failed: {told:?}", plan::name(hook.event)));
            }
        }
        silent
    }

    /// One request, by a script or by an agent.
    fn request(&mut self, event: usize) -> (bool, Command) {
        let mut command = self.env.herald();
        let by_hand = self.chance.below(2) == 0;
        if by_hand {
            command.args(["play", &plan::name(event)]);
        } else {
            let session = self.chance.below(20);
            let payload = format!("{{\"session_id\":\"session-{session}\",\"cwd\":\"/project\"}}");
            command.args(["hook", "--event", &plan::name(event), &payload]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        (by_hand, command)
    }
}
