//! `herald-link send`: carries what waits, lingers for more, and leaves. Started detached by hooks; says nothing.
//!
//! Invariant: no letter is left behind. A letter is put in before anybody is woken for it, and whoever leaves takes down
//! the bell, gives the lock back, and looks once more.

use std::cell::RefCell;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use herald::config::{self, Link};
use herald::link::{self, Outbox};
use herald::paths::Paths;
use herald::platform;
use tokio::time::{Instant, sleep_until};

use super::bell::{self, Bell};
use super::postman::Postman;
use super::signals::Signals;
use super::stations::Stations;

/// How long more is waited for: a session of work has an event every few seconds, and a new connection costs more.
const LINGER: Duration = Duration::from_secs(20);

/// The kernel ends this process when it stood still for so long.
const LEASE: Duration = Duration::from_secs(90);

/// And when it wants more memory of its own than this, in bytes.
const MEMORY: u64 = 128 << 20;

/// Why a round ended.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    /// Another process carries the outbox.
    ToOther,
    /// Nothing came for a while, or the configuration is another one.
    Quiet,
    /// Somebody wants this process to end, or nothing can be done.
    Ended,
}

pub(crate) fn main() -> ExitCode {
    platform::silence_panics();
    platform::settle_detached(LEASE, MEMORY);
    let Ok(paths) = Paths::from_env() else { return ExitCode::FAILURE };
    let ended = super::run(async {
        let mut signals = Signals::new()?;
        loop {
            let left = round(&paths, &mut signals).await?;
            let is_empty = Outbox::of(&paths).waiting().map_or(true, |waiting| waiting.is_empty());
            if left != Left::Quiet || is_empty {
                return Ok(());
            }
        }
    });
    if ended.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// From the lock to giving it back.
async fn round(paths: &Paths, signals: &mut Signals) -> anyhow::Result<Left> {
    let lock = bell::outbox_lock(paths)?;
    let Some(held) = lock.try_exclusive()? else { return Ok(Left::ToOther) };
    let bell = Bell::hang(paths)?;
    let link = Rc::new(configured(paths));
    let host = link::own_name(&link);
    let stations = Rc::new(RefCell::new(Stations::new(paths, &link, &host, false)));
    let mut postman = Postman::new(paths, &link, &host, &stations);
    let left = carry(paths, &link, &bell, &stations, &mut postman, signals).await;
    drop(bell);
    let closing = stations.borrow_mut().close();
    closing.closed().await;
    drop(held);
    left
}

async fn carry(
    paths: &Paths,
    link: &Link,
    bell: &Bell,
    stations: &Rc<RefCell<Stations>>,
    postman: &mut Postman,
    signals: &mut Signals,
) -> anyhow::Result<Left> {
    let mut rest = Instant::now() + LINGER;
    loop {
        platform::renew_lease(LEASE);
        postman.collect();
        let is_busy = postman.is_busy();
        // Without a connection there is nothing to keep.
        if !is_busy && !stations.borrow().is_any_open() {
            return Ok(Left::Quiet);
        }
        tokio::select! {
            rung = bell.rung() => {
                rung?;
                rest = Instant::now() + LINGER;
                if !postman.is_busy() && configured(paths) != *link {
                    return Ok(Left::Quiet);
                }
            }
            () = postman.ended() => rest = Instant::now() + LINGER,
            () = sleep_until(rest) => {
                if !is_busy {
                    return Ok(Left::Quiet);
                }
                rest = Instant::now() + LINGER;
            }
            () = signals.end() => return Ok(Left::Ended),
        }
    }
}

/// What the configuration says of other machines; nothing where it says nothing.
fn configured(paths: &Paths) -> Link {
    let loaded = config::load(&paths.config, &paths.config_image(), paths.home.as_deref());
    loaded.config.link.map(|link| *link).unwrap_or_default()
}
