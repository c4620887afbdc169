//! `push --test`: one notice, one try, and all that is known of it said aloud.

use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use herald::config::{self, Push};
use herald::event::Priority;
use herald::link::{Id, Pushed};
use herald::paths::Paths;
use herald::platform::clock::Stamp;
use herald::text::clean;
use serde_json::json;

use super::answer::Failure;
use super::post::{Notice, PATIENCE, post};

/// Tries whether notices reach a phone
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Send one notice to the topic in the configuration
    #[arg(long, required = true)]
    test: bool,
    /// Print what happened as JSON
    #[arg(long)]
    json: bool,
}

const BOLD: Style = Style::new().bold();
const RED: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));
const YELLOW: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));

/// Runs it.
pub(crate) fn trial(args: &Args) -> ExitCode {
    let paths = match Paths::from_env() {
        Ok(paths) => paths,
        Err(error) => return refused(args.json, None, &error.to_string(), None),
    };
    let loaded = config::load(&paths.config, &paths.config_image(), paths.home.as_deref());
    let Some(push) = &loaded.config.push else {
        let why = format!("{} has no [push] with a topic", clean(&paths.config.display().to_string()));
        let hint = format!("herald config set push.topic {}", suggestion());
        return refused(args.json, None, &why, Some(&hint));
    };
    let here = super::here(&loaded.config);
    let at = Stamp::now();
    let pushed = Pushed {
        id: Id::new(at),
        at,
        event: "test".parse().unwrap_or_else(|_| unreachable!("it is a name")),
        agent: "herald".to_owned(),
        host: None,
        priority: push.priority,
    };
    let begun = Instant::now();
    let outcome = send(push, &pushed, &here);
    let told = match outcome {
        Ok(()) if args.json => {
            let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            writeln!(anstream::stdout(), "{}", json!({ "pushed": true, "server": push.server, "took_ms": took }))
        }
        Ok(()) => took(push, begun.elapsed()),
        Err(Failure { why, hint, .. }) => return refused(args.json, Some(push), &why, hint.as_deref()),
    };
    // Whoever listened has gone, and the notice is out all the same.
    let _ = told;
    ExitCode::SUCCESS
}

fn send(push: &Push, pushed: &Pushed, here: &str) -> Result<(), Failure> {
    let notice = Notice {
        topic: &push.topic,
        title: "Herald: this is a test",
        message: &pushed.message(here, &herald::platform::zone::local_zone()),
        priority: pushed.level(),
        tags: &["bell", "test"],
        sequence_id: &pushed.id.to_string(),
    };
    post(push, &notice, PATIENCE)
}

fn took(push: &Push, time: Duration) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{BOLD}pushed{BOLD:#}: {} took it within {} ms", push.server, time.as_millis().max(1))?;
    let which = match push.priority {
        Priority::Low => "everything that is heard".to_owned(),
        Priority::Urgent => "what is urgent".to_owned(),
        other => format!("what is {other} or more urgent"),
    };
    let which = if push.events.is_some() { format!("{which}, of push.events") } else { which };
    writeln!(out, "  It should be on your phone by now, with the priority {}.", push.priority)?;
    writeln!(out, "  If it isn't, is the app subscribed to this topic on this server?")?;
    writeln!(out, "    herald config get push.topic")?;
    writeln!(out, "  From now on this is pushed: {which}.")?;
    if is_open(push) {
        writeln!(
            anstream::stderr(),
            "{YELLOW}warning:{YELLOW:#} http:// hides nothing: whoever is on the way reads the topic{}\n  \
             hint: an address with https://, or a server on this machine",
            if push.token_file.is_some() { " and the token" } else { "" }
        )?;
    }
    Ok(())
}

/// Whether others can listen on the way.
fn is_open(push: &Push) -> bool {
    push.server.starts_with("http://")
        && !["localhost", "127.", "[::1]"].iter().any(|near| push.server["http://".len()..].starts_with(near))
}

fn refused(as_json: bool, push: Option<&Push>, why: &str, hint: Option<&str>) -> ExitCode {
    let told = if as_json {
        let server = push.map(|push| &push.server);
        writeln!(anstream::stdout(), "{}", json!({ "pushed": false, "server": server, "because": why, "hint": hint }))
    } else {
        let mut err = anstream::stderr().lock();
        let what = push.map_or("nothing is pushed".to_owned(), |push| format!("could not push to {}", push.server));
        writeln!(err, "{RED}herald-link:{RED:#} {what}\n  because: {why}")
            .and_then(|()| hint.map_or(Ok(()), |hint| writeln!(err, "  hint: {hint}")))
    };
    let _ = told;
    ExitCode::FAILURE
}

/// A topic nobody guesses. The hasher's keys come from the system's source of chance.
fn suggestion() -> String {
    const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let chance = u128::from(RandomState::new().hash_one(1)) << 64 | u128::from(RandomState::new().hash_one(2));
    let sign = |at: u32| char::from(SIGNS[(chance >> (at * 5)) as usize % SIGNS.len()]);
    format!("herald-{}", (0..20).map(sign).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions_differ_and_are_topics() {
        let (one, other) = (suggestion(), suggestion());
        assert_ne!(one, other);
        assert!(one.len() == 27 && one.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{one}");
    }

    #[test]
    fn plain_http_beyond_this_machine_is_told() {
        let of = |server: &str| is_open(&Push { server: server.to_owned(), ..Push::default() });
        assert!(of("http://nas.lan:8080"));
        assert!(!of("http://127.0.0.1:8080") && !of("http://localhost") && !of("https://ntfy.sh"));
    }
}
