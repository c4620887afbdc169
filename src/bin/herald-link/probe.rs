//! `herald-link probe`: whether the brokers let this machine in, for the doctor.
//!
//! Takes nothing from them and leaves nothing there: it comes under a name that is forgotten at once, asks for what a
//! listener asks for, and says good-bye.

use std::io::Write as _;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::bail;
use herald::config::{self, Address, Broker, Link};
use herald::doctor::reach::Reached;
use herald::link::{self, Id};
use herald::paths::Paths;
use herald::platform::clock::Stamp;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::broker::{Caller, Connection};
use super::trouble::Trouble;
use super::words;

/// How long one broker may take for all of it.
const PATIENCE: Duration = Duration::from_secs(9);

pub(crate) fn main() -> ExitCode {
    match super::run(probe()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => super::fail(&error),
    }
}

async fn probe() -> anyhow::Result<()> {
    let paths = Paths::from_env()?;
    let loaded = config::load(&paths.config, &paths.config_image(), paths.home.as_deref());
    let link = Rc::new(loaded.config.link.map(|link| *link).unwrap_or_default());
    let mut tries = JoinSet::new();
    for (broker, listens) in brokers(&link) {
        let link = Rc::clone(&link);
        tries.spawn_local(async move {
            let begun = Instant::now();
            let tried = timeout(PATIENCE, visit(&broker, &link, listens)).await;
            let outcome = tried.unwrap_or_else(|_| Err(Trouble::silent(PATIENCE)));
            let (why, refused) = match outcome {
                Ok(()) => (None, false),
                Err(trouble) => (Some(trouble.why), trouble.is_refusal),
            };
            let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            Reached { address: broker.to_string(), why, refused, took_ms }
        });
    }
    if tries.is_empty() {
        bail!("{} names no broker\n  hint: herald config set link.send_to mqtts://USER@HOST", paths.config.display());
    }
    let mut out = std::io::stdout().lock();
    while let Some(reached) = tries.join_next().await {
        writeln!(out, "{}", herald::text::clean_json(&serde_json::to_string(&reached?)?))?;
        out.flush()?;
    }
    Ok(())
}

/// All brokers once, and whether they are listened to.
fn brokers(link: &Link) -> Vec<(Broker, bool)> {
    let mut found: Vec<(Broker, bool)> = Vec::new();
    let heard = link.listen_to.iter().map(|address| (address, true));
    for (address, listens) in heard.chain(link.send_to.iter().map(|address| (address, false))) {
        if let Address::Broker(broker) = address
            && !found.iter().any(|(known, _)| known == broker)
        {
            found.push((broker.clone(), listens));
        }
    }
    found
}

async fn visit(broker: &Broker, link: &Link, listens: bool) -> Result<(), Trouble> {
    let client = format!("herald-{}-{:08x}", link::own_name(link), Id::new(Stamp::now()).key() >> 32);
    let caller = Caller { client, is_awaited: false, will: None, link };
    let mut connection = Connection::open(broker, &caller).await?;
    let asked = if listens { connection.subscribe(&words::heard(&broker.base)).await } else { Ok(()) };
    match &asked {
        Ok(()) => connection.leave().await,
        Err(_) => connection.abandon(),
    }
    asked
}
