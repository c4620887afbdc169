//! `herald-link listen`: what happens on other machines is heard here, until somebody ends it.
//!
//! All addresses at once; and since one program is here anyway, it carries the outbox, too.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use anyhow::bail;
use herald::config::{Address, Broker, Link};
use herald::journal::LinkWhat;
use herald::link::{LINK, Outbox, SEND};
use herald::paths::Paths;
use herald::platform::{self, spawn};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use xxhash_rust::xxh3::xxh3_64;

use super::bell::{self, Bell};
use super::desk::Desk;
use super::note;
use super::postman::Postman;
use super::signals::{self, Signals};
use super::socket::Socket;
use super::standing::Backoff;
use super::stations::Stations;

/// How often the configuration's file is looked at where nothing happens, and what went over is told.
const TICK: Duration = Duration::from_secs(5);

/// How often it is written down at most what is known of other machines.
const WRITE: Duration = Duration::from_secs(1);

/// How often the outbox's lock is tried while somebody else carries it.
const LOCK: Duration = Duration::from_secs(1);

pub(crate) fn main() -> ExitCode {
    match super::run(listen()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => super::fail(&error),
    }
}

async fn listen() -> anyhow::Result<()> {
    platform::make_private_from_now_on();
    let paths = Paths::from_env()?;
    let lock = bell::listeners_lock(&paths)?;
    let Some(_held) = lock.try_exclusive()? else {
        let holder = lock.holder().map(|pid| format!(" (process {pid})")).unwrap_or_default();
        bail!("another herald-link listens already{holder}\n  hint: what it does is in the journal: herald log -f");
    };
    let news = Rc::new(Notify::new());
    let desk = Rc::new(RefCell::new(Desk::new(&paths, &news)));
    if addresses(&desk).is_empty() {
        bail!(
            "{} names nothing to listen to\n  hint: herald config set link.listen_to mqtts://USER@HOST",
            paths.config.display()
        );
    }
    let mut signals = Signals::new()?;
    signals::forget_ended_players()?;
    loop {
        let link = desk.borrow().config().link.clone().unwrap_or_default();
        let is_over = with(&paths, &Rc::new(*link), &desk, &news, &mut signals).await;
        if is_over {
            leave_nothing_behind(&paths);
            let hosts = desk.borrow_mut().leave();
            return Ok(hosts.write(&paths)?);
        }
    }
}

/// Letters that came while this program was ending are carried by another one, as if it had never been here.
fn leave_nothing_behind(paths: &Paths) {
    if Outbox::of(paths).waiting().is_ok_and(|waiting| !waiting.is_empty()) {
        let _ = spawn::sibling(LINK).and_then(|program| spawn::detached(&program, &[OsStr::new(SEND)]));
    }
}

fn addresses(desk: &Rc<RefCell<Desk>>) -> Vec<Address> {
    desk.borrow().config().link.as_ref().map(|link| link.listen_to.clone()).unwrap_or_default()
}

/// Listens by this configuration, until there is another one; or until somebody wants it to end, with `true`.
async fn with(
    paths: &Paths,
    link: &Rc<Link>,
    desk: &Rc<RefCell<Desk>>,
    news: &Rc<Notify>,
    signals: &mut Signals,
) -> bool {
    let host = desk.borrow().host().to_owned();
    let stations = Rc::new(RefCell::new(Stations::new(paths, link, &host, true)));
    let mut tasks = JoinSet::new();
    let mut known: Vec<&Address> = Vec::new();
    for address in &link.listen_to {
        if known.contains(&address) {
            continue;
        }
        known.push(address);
        match address {
            Address::Broker(broker) => {
                stations.borrow_mut().listen(broker, awaited_as(paths, &host, broker), desk);
            }
            Address::Unix(path) => {
                let (paths, path, desk) = (paths.clone(), path.clone(), Rc::clone(desk));
                tasks.spawn_local(async move { serve_socket(&paths, &path, &desk).await });
            }
        }
    }
    let postman = Postman::new(paths, link, &host, &stations);
    let outbox_paths = paths.clone();
    tasks.spawn_local(async move { carry(&outbox_paths, postman).await });
    let is_over = watch(paths, link, desk, news, signals).await;
    tasks.shutdown().await;
    let closing = stations.borrow_mut().close();
    closing.closed().await;
    is_over
}

/// Until there is another configuration, or, with `true`, somebody wants it to end.
async fn watch(
    paths: &Paths,
    link: &Rc<Link>,
    desk: &Rc<RefCell<Desk>>,
    news: &Rc<Notify>,
    signals: &mut Signals,
) -> bool {
    let mut tick = Instant::now() + TICK;
    let mut write = None;
    let mut written = Instant::now();
    loop {
        if desk.borrow().config().link.as_deref().cloned().unwrap_or_default() != **link {
            return false;
        }
        tokio::select! {
            () = signals.end() => return true,
            () = news.notified() => {
                write.get_or_insert_with(|| Instant::now().max(written + WRITE));
            }
            () = sleep_until(write.unwrap_or(tick)), if write.is_some() => {
                (write, written) = (None, Instant::now());
                write_hosts(paths, desk).await;
            }
            () = sleep_until(tick) => {
                tick = Instant::now() + TICK;
                let mut desk = desk.borrow_mut();
                desk.refresh();
                desk.sum_up(false);
            }
        }
    }
}

/// Not by this thread: a disk that is busy must not hold up a sound.
async fn write_hosts(paths: &Paths, desk: &Rc<RefCell<Desk>>) {
    let hosts = desk.borrow_mut().take_hosts();
    if let Some(hosts) = hosts {
        let paths = paths.clone();
        let _ = tokio::task::spawn_blocking(move || hosts.write(&paths)).await;
    }
}

/// Serves a socket; where it can't be made, it is tried again.
async fn serve_socket(paths: &Paths, path: &std::path::Path, desk: &Rc<RefCell<Desk>>) {
    let place = format!("unix:{}", path.display());
    let backoff = Backoff::patient();
    let mut told = None;
    loop {
        match Socket::open(path).await {
            Ok(socket) => {
                note::change(paths, LinkWhat::Connected, &place, None);
                note::say(true, &format!("listening at {place}"));
                return socket.serve(desk).await;
            }
            Err(error) => {
                let why = format!("{error:#}");
                if told.as_ref() != Some(&why) {
                    note::change(paths, LinkWhat::Lost, &place, Some(&why));
                    note::say(true, &format!("not listening at {place}: {why}"));
                    told = Some(why);
                }
            }
        }
        sleep(backoff.next(true)).await;
    }
}

/// Carries the outbox as soon as nobody else does.
async fn carry(paths: &Paths, mut postman: Postman) {
    let Ok(lock) = bell::outbox_lock(paths) else { return };
    let _held = loop {
        match lock.try_exclusive() {
            Ok(Some(held)) => break held,
            Ok(None) => sleep(LOCK).await,
            Err(_) => return,
        }
    };
    let Ok(bell) = Bell::hang(paths) else { return };
    loop {
        postman.collect();
        tokio::select! {
            rung = bell.rung() => if rung.is_err() { return },
            () = postman.ended() => {}
        }
    }
}

/// Under which name the broker keeps what comes for this desk: the same after each start, another one for each state
/// directory and each user.
fn awaited_as(paths: &Paths, host: &str, broker: &Broker) -> String {
    let whole = format!("{host}\n{}\n{}\n{broker}", platform::machine_id8(), paths.state.display());
    format!("herald{:016x}", xxh3_64(whole.as_bytes()))
}
