//! What is told to phones: which occurrences, and the letter about each.
//!
//! Phones hear what is heard, and what would be if this machine could. What only a mute or quiet hours silence is told
//! where the user wants it so; it is throttled then as if it were heard.

use super::Call;
use super::taken::Taken;
use crate::config::{Config, Push};
use crate::event::{EventName, Priority};
use crate::journal::{self, Entry, LinkWhat};
use crate::link::{self, Id, Letter, Pushed};
use crate::paths::Paths;
use crate::platform::clock::Stamp;
use crate::policy::Reason;
use crate::sound::request::Request;
use crate::speaker::Deferred;

/// How phones learn of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// They don't.
    Never,
    /// If it is heard.
    AsHeard,
    /// Although this silences it.
    Silently(Reason),
}

/// How phones learn of `call`, whose settings give it `priority`, and of which that was `said` at once.
pub(super) fn told(config: &Config, call: &Call, priority: Priority, said: Option<Reason>) -> Told {
    // A sound that was named outright is one of this machine's.
    let event = call.occurrence.event.as_ref().filter(|_| call.chosen.is_none());
    match (config.push.as_deref(), event) {
        (Some(push), Some(event)) => judge(push, event, priority, said, call.force),
        _ => Told::Never,
    }
}

fn judge(push: &Push, event: &EventName, priority: Priority, said: Option<Reason>, force: bool) -> Told {
    if !push.wants(event, priority) {
        return Told::Never;
    }
    match said {
        None => Told::AsHeard,
        Some(Reason::EventOff | Reason::Rule | Reason::Muted | Reason::QuietHours) if force => Told::AsHeard,
        Some(reason @ (Reason::Muted | Reason::QuietHours)) if push.while_muted => Told::Silently(reason),
        Some(_) => Told::Never,
    }
}

/// Leaves the letter about `call` where `taken` says that phones are told.
pub(super) fn send(paths: &Paths, call: &Call, priority: Priority, taken: &mut Taken) {
    let Some(event) = call.occurrence.event.clone().filter(|_| taken.phone) else { return };
    let host = call.occurrence.host.as_deref();
    let age = call.afar.map_or(0, |afar| u64::try_from(afar.age.as_micros()).unwrap_or(u64::MAX));
    let now = Stamp::now();
    let at = Stamp { wall_ms: now.wall_ms.saturating_sub(age / 1000), boot_us: now.boot_us.saturating_sub(age) };
    let pushed = letter(event, &call.occurrence.agent, host, priority, at);
    if let Err(error) = link::leave(paths, &Letter::Pushed(pushed)) {
        let why = format!("no phone is told: {error}");
        taken.detail = Some(taken.detail.take().map_or_else(|| why.clone(), |detail| format!("{detail}; {why}")));
    }
}

/// The letter about something that was held back and is due, where phones are told of it. `hushed` is what silences it.
pub(super) fn due(config: &Config, held: &Deferred, hushed: Option<Reason>, now: Stamp) -> Option<Pushed> {
    let push = config.push.as_deref()?;
    let request = Request::decode(&held.payload).filter(|request| !request.agent.is_empty())?;
    let event = request.event?;
    let priority = Priority::ALL.into_iter().find(|one| *one as u8 == held.rank)?;
    let is_told = judge(push, &event, priority, hushed, false) != Told::Never;
    is_told.then(|| letter(event, &request.agent, None, priority, now))
}

/// Leaves a letter that was due.
pub(super) fn leave(paths: &Paths, pushed: Pushed) {
    let (id, event) = (pushed.id.to_string(), pushed.event.clone());
    if let Err(error) = link::leave(paths, &Letter::Pushed(pushed)) {
        let detail = error.to_string();
        let line = Entry::Link {
            what: LinkWhat::NotPushed,
            event: Some(event.as_str()),
            host: None,
            id: Some(id),
            age_ms: None,
            detail: Some(&detail),
        };
        let _ = journal::append(paths, &line);
    }
}

fn letter(event: EventName, agent: &str, host: Option<&str>, priority: Priority, at: Stamp) -> Pushed {
    Pushed { id: Id::new(at), at, event, agent: agent.to_owned(), host: host.map(str::to_owned), priority }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use super::*;
    use crate::config;
    use crate::event::Occurrence;
    use crate::sound_ref::SoundRef;
    use Told::{AsHeard, Never, Silently};

    const PLAIN: &str = "";
    const HIGH: &str = "priority = \"high\"";
    const MUTED: &str = "while_muted = true";
    const ASKS: &str = "events = \"input.*\"\npriority = \"low\"";

    fn config_of(more: &str) -> Config {
        let (config, problems) = config::parse(&format!("[push]\ntopic = \"t\"\n{more}\n"), Path::new("/c.toml"), None);
        assert_eq!(problems, []);
        config
    }

    #[rstest]
    #[case(PLAIN, "input.permission", Priority::Urgent, None, AsHeard)]
    #[case(PLAIN, "task.error", Priority::High, None, Never)]
    #[case(HIGH, "task.error", Priority::High, None, AsHeard)]
    #[case(HIGH, "task.complete", Priority::Normal, None, Never)]
    #[case(ASKS, "input.idle", Priority::Normal, None, AsHeard)]
    #[case(ASKS, "task.error", Priority::Urgent, None, Never)]
    #[case(PLAIN, "input.permission", Priority::Urgent, Some(Reason::Muted), Never)]
    #[case(PLAIN, "input.permission", Priority::Urgent, Some(Reason::QuietHours), Never)]
    #[case(MUTED, "input.permission", Priority::Urgent, Some(Reason::Muted), Silently(Reason::Muted))]
    #[case(MUTED, "input.permission", Priority::Urgent, Some(Reason::QuietHours), Silently(Reason::QuietHours))]
    #[case(MUTED, "input.permission", Priority::Urgent, None, AsHeard)]
    #[case(MUTED, "task.complete", Priority::Normal, Some(Reason::Muted), Never)]
    #[case(MUTED, "input.permission", Priority::Urgent, Some(Reason::EventOff), Never)]
    #[case(MUTED, "input.permission", Priority::Urgent, Some(Reason::Rule), Never)]
    #[case(MUTED, "input.permission", Priority::Urgent, Some(Reason::Subagent), Never)]
    #[case(MUTED, "input.permission", Priority::Urgent, Some(Reason::BackgroundWork), Never)]
    #[case(MUTED, "input.permission", Priority::Urgent, Some(Reason::UnknownEvent), Never)]
    #[case(MUTED, "input.permission", Priority::Urgent, Some(Reason::BadPayload), Never)]
    fn phones_are_told_what_is_wanted(
        #[case] more: &str,
        #[case] event: &str,
        #[case] priority: Priority,
        #[case] said: Option<Reason>,
        #[case] expected: Told,
    ) {
        let occurrence = Occurrence { event: event.parse().ok(), ..Occurrence::default() };
        let call = Call { occurrence, ..Call::default() };
        assert_eq!(told(&config_of(more), &call, priority, said), expected);
        assert_eq!(told(&Config::default(), &call, priority, said), Never);
    }

    #[rstest]
    #[case(Some(Reason::Muted), AsHeard)]
    #[case(Some(Reason::QuietHours), AsHeard)]
    #[case(Some(Reason::EventOff), AsHeard)]
    #[case(Some(Reason::UnknownEvent), Never)]
    #[case(None, AsHeard)]
    fn who_insists_is_heard_and_told(#[case] said: Option<Reason>, #[case] expected: Told) {
        let occurrence = Occurrence { event: "input.permission".parse().ok(), ..Occurrence::default() };
        let call = Call { occurrence, force: true, ..Call::default() };
        assert_eq!(told(&config_of(PLAIN), &call, Priority::Urgent, said), expected);
    }

    #[test]
    fn a_sound_that_was_named_is_told_to_nobody() {
        let occurrence = Occurrence { event: "input.permission".parse().ok(), ..Occurrence::default() };
        let chosen = Some(SoundRef::Path("/x.wav".into()));
        let call = Call { occurrence, chosen, ..Call::default() };
        assert_eq!(told(&config_of(PLAIN), &call, Priority::Urgent, None), Never);
    }
}
