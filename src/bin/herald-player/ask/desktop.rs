//! What the desktop tells over D-Bus: whether the screen is locked, whether it was told not to disturb.
//!
//! Everything is asked in one go, and each answer is passed on as it comes. No service is started by it: who isn't
//! there isn't asked. There is no standard for most of this; the table below is what the desktops have instead, and
//! who doesn't know a question has no opinion.

use std::future::poll_fn;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream as _;
use herald::config::{Circumstance, SkipWhen};
use zbus::connection::Builder;
use zbus::message::{Flags, Message, Type};
use zbus::{MessageStream, OwnedVariant, block_on};

use super::{Answer, Ear, dconf};

/// One question.
struct Question {
    about: Circumstance,
    to: &'static str,
    path: &'static str,
    interface: &'static str,
    member: &'static str,
    /// None or two texts.
    about_what: Option<(&'static str, &'static str)>,
    read: fn(&Message) -> Option<bool>,
}

const fn locked(to: &'static str, path: &'static str) -> Question {
    let about = Circumstance::ScreenLocked;
    Question { about, to, path, interface: to, member: "GetActive", about_what: None, read: boolean }
}

const fn property(
    about: Circumstance,
    to: &'static str,
    path: &'static str,
    interface: &'static str,
    name: &'static str,
) -> Question {
    let about_what = Some((interface, name));
    Question { about, to, path, interface: "org.freedesktop.DBus.Properties", member: "Get", about_what, read: variant }
}

const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
const NOTIFICATIONS_PATH: &str = "/org/freedesktop/Notifications";
const LOGIN: &str = "org.freedesktop.login1";
const LOGIN_SESSION: &str = "org.freedesktop.login1.Session";

const SESSION: &[Question] = &[
    // GNOME; KDE and others under two paths; MATE, Cinnamon.
    locked("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    locked("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
    locked("org.freedesktop.ScreenSaver", "/ScreenSaver"),
    locked("org.mate.ScreenSaver", "/org/mate/ScreenSaver"),
    locked("org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver"),
    // KDE Plasma.
    property(Circumstance::DoNotDisturb, NOTIFICATIONS, NOTIFICATIONS_PATH, NOTIFICATIONS, "Inhibited"),
    // dunst.
    property(Circumstance::DoNotDisturb, NOTIFICATIONS, NOTIFICATIONS_PATH, "org.dunstproject.cmd0", "paused"),
    // SwayNotificationCenter.
    Question {
        about: Circumstance::DoNotDisturb,
        to: "org.erikreider.swaync.cc",
        path: "/org/erikreider/swaync/cc",
        interface: "org.erikreider.swaync.cc",
        member: "GetDnd",
        about_what: None,
        read: boolean,
    },
    // mako.
    Question {
        about: Circumstance::DoNotDisturb,
        to: NOTIFICATIONS,
        path: "/fr/emersion/Mako",
        interface: "fr.emersion.Mako",
        member: "ListModes",
        about_what: None,
        read: mode,
    },
    // Xfce.
    Question {
        about: Circumstance::DoNotDisturb,
        to: "org.xfce.Xfconf",
        path: "/org/xfce/Xfconf",
        interface: "org.xfce.Xfconf",
        member: "GetProperty",
        about_what: Some(("xfce4-notifyd", "/do-not-disturb")),
        read: variant,
    },
    // GNOME keeps it among its settings, and they hold only where it is the desktop.
    Question {
        about: Circumstance::DoNotDisturb,
        to: "org.freedesktop.DBus",
        path: "/org/freedesktop/DBus",
        interface: "org.freedesktop.DBus",
        member: "GetNameOwner",
        about_what: Some(("org.gnome.Shell", "")),
        read: gnome,
    },
];

const SYSTEM: &[Question] = &[
    // The caller's own session, or else the user's; older versions know the first only.
    property(Circumstance::ScreenLocked, LOGIN, "/org/freedesktop/login1/session/self", LOGIN_SESSION, "LockedHint"),
    property(Circumstance::ScreenLocked, LOGIN, "/org/freedesktop/login1/session/auto", LOGIN_SESSION, "LockedHint"),
];

fn boolean(reply: &Message) -> Option<bool> {
    reply.body().deserialize().ok()
}

fn variant(reply: &Message) -> Option<bool> {
    bool::try_from(reply.body().deserialize::<OwnedVariant>().ok()?).ok()
}

/// mako knows modes by name, and its manual calls this one so.
fn mode(reply: &Message) -> Option<bool> {
    let modes: Vec<String> = reply.body().deserialize().ok()?;
    Some(modes.iter().any(|mode| mode == "do-not-disturb"))
}

/// The reply says that GNOME's shell is there.
fn gnome(_: &Message) -> Option<bool> {
    let shows_banners = dconf::boolean(&dconf::user_database()?, "/org/gnome/desktop/notifications/show-banners");
    // What was never set is as its schema has it.
    Some(!shows_banners.unwrap_or(true))
}

/// Asks whoever is on the user's own bus.
pub(super) fn ask_the_session(about: SkipWhen, ear: &Ear) {
    let var = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let runtime = [
        var("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute()),
        Some(format!("/run/user/{}", rustix::process::geteuid().as_raw()).into()),
    ];
    let sockets = runtime.into_iter().flatten().map(|dir| socket_address(&dir.join("bus")));
    // Agents strip the environment of their hooks.
    let addresses = var("DBUS_SESSION_BUS_ADDRESS").into_iter().flat_map(|list| local(&list)).chain(sockets);
    ask("no session bus answers", addresses, SESSION, about, ear);
}

/// Asks the system's login manager.
pub(super) fn ask_the_system(about: SkipWhen, ear: &Ear) {
    let named = std::env::var("DBUS_SYSTEM_BUS_ADDRESS").ok().filter(|value| !value.is_empty());
    let addresses = match named {
        Some(list) => local(&list),
        None => vec![socket_address(Path::new("/run/dbus/system_bus_socket"))],
    };
    ask("no system bus answers", addresses.into_iter(), SYSTEM, about, ear);
}

fn socket_address(socket: &Path) -> String {
    format!("unix:path={}", socket.display())
}

/// Those of a list of addresses that are sockets of this machine; others could start a program or reach another one.
fn local(list: &str) -> Vec<String> {
    list.split(';').filter(|address| address.starts_with("unix:")).map(str::to_owned).collect()
}

fn ask(
    nobody: &str,
    addresses: impl Iterator<Item = String>,
    questions: &'static [Question],
    about: SkipWhen,
    ear: &Ear,
) {
    let wanted: Vec<&Question> = questions.iter().filter(|question| about.contains(question.about)).collect();
    let mut why = nobody.to_owned();
    for address in addresses {
        match block_on(converse(&address, &wanted, ear)) {
            Ok(()) => return,
            Err(error) => why = format!("{nobody}: {error}"),
        }
    }
    let refused: SkipWhen = wanted.iter().map(|question| question.about).collect();
    for one in refused.all() {
        ear.tell(one, Answer::Err(why.clone()));
    }
}

async fn converse(address: &str, questions: &[&Question], ear: &Ear) -> zbus::Result<()> {
    let connection = Builder::address(address).build().await?;
    let mut messages = MessageStream::from(&connection);
    let calls: Vec<Message> = questions.iter().map(|question| call(question)).collect::<zbus::Result<_>>()?;
    let mut open: Vec<(NonZeroU32, &Question)> =
        calls.iter().map(|call| call.primary_header().serial_num()).zip(questions.iter().copied()).collect();
    connection.send_all(&calls).await?;
    while !open.is_empty() {
        let Some(message) = poll_fn(|context| next(&mut messages, context)).await else { break };
        let message = message?;
        let answered = message.header().reply_serial();
        let Some(at) = open.iter().position(|(serial, _)| Some(*serial) == answered) else { continue };
        let (_, question) = open.swap_remove(at);
        if message.message_type() == Type::MethodReturn
            && let Some(answer) = (question.read)(&message)
        {
            ear.tell(question.about, Ok(answer));
        }
    }
    Ok(())
}

fn next(messages: &mut MessageStream, context: &mut Context<'_>) -> Poll<Option<zbus::Result<Message>>> {
    Pin::new(messages).poll_next(context)
}

fn call(question: &Question) -> zbus::Result<Message> {
    let call = Message::method_call(question.path, question.member)
        .destination(question.to)
        .interface(question.interface)
        .with_flags(Flags::NO_AUTO_START);
    match question.about_what {
        None => call.build(&()),
        Some((name, "")) => call.build(&(name,)),
        Some(names) => call.build(&names),
    }
}
