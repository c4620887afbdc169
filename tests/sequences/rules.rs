//! A story told to the rules, with a clock of its own.

use std::path::Path;

use herald::agents;
use herald::config::{self, Config};
use herald::event::EventName;
use herald::platform::clock::Stamp;
use herald::policy::{self, Memory, Ticket};
use herald::speaker::{Deferred, Overlap, deferred};

use crate::story::{Step, Story};

pub(crate) struct Rules {
    config: Config,
    memory: Memory,
    held: Vec<Deferred>,
}

fn at(ms: u64) -> Stamp {
    Stamp { wall_ms: 1_700_000_000_000 + ms, boot_us: 5_000_000 + ms * 1000 }
}

impl Rules {
    pub(crate) fn new(story: &Story) -> Self {
        let (config, problems) = config::parse(&story.config, Path::new("/c/config.toml"), None);
        assert!(problems.is_empty(), "{problems:?}");
        Self { config, memory: Memory::default(), held: Vec::new() }
    }

    pub(crate) fn tell(&mut self, step: &Step) -> String {
        let now = at(step.ms);
        match &step.hook {
            None => self.due(now),
            Some(hook) => self.hook(&hook.agent, &hook.payload, now),
        }
    }

    fn hook(&mut self, agent: &str, payload: &str, now: Stamp) -> String {
        let occurrence = agents::read(Some(payload.as_bytes()), Some(agent), None);
        let settings = self.config.settings(&occurrence);
        if let Some(answered) = policy::answered(&occurrence) {
            deferred::call_off(&mut self.held, answered.session.0, answered.tool);
        }
        let ticket = Ticket::of(&occurrence, &settings, false);
        let at_once = policy::at_once(&occurrence, &settings);
        let decision = policy::decide(at_once, ticket.as_ref(), &self.memory, now, false);
        let Some(ticket) = ticket.filter(|_| decision.play) else {
            policy::note(&occurrence, &mut self.memory, now);
            return decision.reason.to_string();
        };
        if !settings.delay.is_zero() {
            let held = Deferred {
                group: occurrence.session_key().0,
                mark: occurrence.tool.as_deref().map_or(0, policy::tool_mark),
                subject: ticket.subject(),
                asked: now,
                delay: settings.delay,
                rank: 0,
                lifetime: settings.priority.lifetime(),
                notice: settings.delay,
                overlap: Overlap::Queue,
                payload: occurrence.event.as_ref().map(EventName::as_str).unwrap_or_default().into(),
                ticket: ticket.encode(),
            };
            deferred::defer(&mut self.held, held).expect("there is room");
            return "held".to_owned();
        }
        ticket.heard(&mut self.memory, now);
        policy::note(&occurrence, &mut self.memory, now);
        occurrence.event.map(|event| event.to_string()).unwrap_or_default()
    }

    fn due(&mut self, now: Stamp) -> String {
        let mut heard = Vec::new();
        for held in deferred::due(&mut self.held, now).ready {
            let ticket = Ticket::decode(&held.ticket).expect("a ticket");
            if ticket.objection(&self.memory, now).is_none() {
                ticket.heard(&mut self.memory, now);
                heard.push(String::from_utf8_lossy(&held.payload).into_owned());
            }
        }
        if heard.is_empty() { "-".to_owned() } else { heard.join(" ") }
    }
}
