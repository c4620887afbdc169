//! `screen-locked` and `do-not-disturb`: what each desktop says, and those that say nothing.

use rstest::rstest;
use serde_json::Value;

use crate::bus::{Bus, Listener, Says, Service};
use crate::support::{Depth, PATIENCE, StandIn, TestEnv, or_skip};
use crate::{ending_of, short};

const LOCKED: &str = "screen-locked";
const DISTURB: &str = "do-not-disturb";
const GET: &str = "org.freedesktop.DBus.Properties.Get";

/// A world with a sound server that plays, and a bus for everything that may be asked.
struct World {
    env: TestEnv,
    _server: StandIn,
}

impl World {
    fn new(bus: &str) -> Self {
        let server = StandIn::start();
        let mut env = TestEnv::new();
        server.serve(&mut env);
        env.set("DBUS_SESSION_BUS_ADDRESS", bus);
        env.set("DBUS_SYSTEM_BUS_ADDRESS", bus);
        let sound = env.write("s.wav", short().wav(Depth::S16));
        env.config(&format!(
            "speaker.skip_when = [\"screen-locked\", \"do-not-disturb\"]\n[events.bell]\nsound = \"{}\"\n\
             throttle = \"0s\"\n",
            sound.display()
        ));
        Self { env, _server: server }
    }

    fn play(&self) -> Value {
        let before = self.ends().len();
        self.env.run(["play", "bell", "--wait"]);
        self.env.wait_for_players_to_end(PATIENCE);
        let ends = self.ends();
        assert_eq!(ends.len(), before + 1, "{ends:?}");
        ends[before].clone()
    }

    fn ends(&self) -> Vec<Value> {
        self.env.journal().into_iter().filter(|line| line["kind"] == "playback").collect()
    }

    #[track_caller]
    fn heard_now(&self) -> String {
        ending_of(|| self.play())
    }
}

#[rstest]
#[case::gnome_locked(LOCKED, "org.gnome.ScreenSaver", "/org/gnome/ScreenSaver", "org.gnome.ScreenSaver.GetActive")]
#[case::kde_locked(LOCKED, "org.freedesktop.ScreenSaver", "/ScreenSaver", "org.freedesktop.ScreenSaver.GetActive")]
#[case::others_locked(
    LOCKED,
    "org.freedesktop.ScreenSaver",
    "/org/freedesktop/ScreenSaver",
    "org.freedesktop.ScreenSaver.GetActive"
)]
#[case::mate_locked(LOCKED, "org.mate.ScreenSaver", "/org/mate/ScreenSaver", "org.mate.ScreenSaver.GetActive")]
#[case::cinnamon_locked(
    LOCKED,
    "org.cinnamon.ScreenSaver",
    "/org/cinnamon/ScreenSaver",
    "org.cinnamon.ScreenSaver.GetActive"
)]
#[case::logind_locked(
    LOCKED,
    "org.freedesktop.login1",
    "/org/freedesktop/login1/session/auto",
    "org.freedesktop.DBus.Properties.Get org.freedesktop.login1.Session LockedHint"
)]
#[case::kde(
    DISTURB,
    "org.freedesktop.Notifications",
    "/org/freedesktop/Notifications",
    "org.freedesktop.DBus.Properties.Get org.freedesktop.Notifications Inhibited"
)]
#[case::dunst(
    DISTURB,
    "org.freedesktop.Notifications",
    "/org/freedesktop/Notifications",
    "org.freedesktop.DBus.Properties.Get org.dunstproject.cmd0 paused"
)]
#[case::swaync(DISTURB, "org.erikreider.swaync.cc", "/org/erikreider/swaync/cc", "org.erikreider.swaync.cc.GetDnd")]
#[case::mako(DISTURB, "org.freedesktop.Notifications", "/fr/emersion/Mako", "fr.emersion.Mako.ListModes")]
#[case::xfce(
    DISTURB,
    "org.xfce.Xfconf",
    "/org/xfce/Xfconf",
    "org.xfce.Xfconf.GetProperty xfce4-notifyd /do-not-disturb"
)]
fn what_a_desktop_says_is_done(
    #[case] reason: &str,
    #[case] name: &'static str,
    #[case] path: &'static str,
    #[case] call: &'static str,
) {
    let Some(bus) = or_skip(Bus::start()) else { return };
    let world = World::new(&bus.address());
    let service = Service::new(&bus, name);
    let says = |yes: bool| match call {
        call if call.starts_with(GET) || call.contains("GetProperty") => Says::Variant(yes),
        call if call.ends_with("ListModes") => {
            Says::Modes(if yes { &["default", "do-not-disturb"] } else { &["default"] })
        }
        _ => Says::Boolean(yes),
    };
    for (yes, expected) in [(false, "ok"), (true, reason), (false, "ok")] {
        service.says(path, call, says(yes));
        assert_eq!(world.heard_now(), expected, "{name} says {yes}");
    }
}

#[test]
fn gnomes_switch_is_read_where_gnome_is_the_desktop() {
    let Some(bus) = or_skip(Bus::start()) else { return };
    let world = World::new(&bus.address());
    world.env.write("home/.config/dconf/user", include_bytes!("../fixtures/dconf/user"));
    assert!(world.env.home().join(".config/dconf/user").is_file());
    assert_eq!(world.heard_now(), "ok", "left behind by a desktop that doesn't run");
    let shell = Service::new(&bus, "org.gnome.Shell");
    assert_eq!(world.heard_now(), DISTURB);
    drop(shell);
}

#[test]
fn the_users_bus_is_found_where_the_environment_was_stripped() {
    let Some(bus) = or_skip(Bus::start()) else { return };
    let mut world = World::new(&bus.address());
    world.env.unset("DBUS_SESSION_BUS_ADDRESS");
    world.env.set("XDG_RUNTIME_DIR", bus.runtime_dir());
    let service = Service::new(&bus, "org.gnome.ScreenSaver");
    service.says("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver.GetActive", Says::Boolean(true));
    assert_eq!(world.heard_now(), LOCKED);
}

#[test]
fn where_nobody_answers_it_is_played_and_told() {
    let Some(bus) = or_skip(Bus::start()) else { return };
    let world = World::new(&bus.address());
    let untold = |end: &Value| end["detail"].as_str().unwrap_or_default().to_owned();
    let end = world.play();
    assert_eq!(end["outcome"], "finished");
    assert!(untold(&end).starts_with("could not tell screen-locked: "), "{end}");

    let hanging = Service::new(&bus, "org.gnome.ScreenSaver");
    hanging.says("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver.GetActive", Says::Nothing);
    let end = world.play();
    assert_eq!(end["outcome"], "finished");
    assert!(untold(&end).contains("screen-locked: nobody answered in time"), "{end}");

    // One that hangs keeps nobody else from being heard.
    let kde = Service::new(&bus, "org.freedesktop.ScreenSaver");
    kde.says("/ScreenSaver", "org.freedesktop.ScreenSaver.GetActive", Says::Boolean(true));
    assert_eq!(world.heard_now(), LOCKED);
}

#[test]
fn a_missing_bus_and_one_that_never_says_a_word_play() {
    let world = World::new("unix:path=/nonexistent/bus");
    let end = world.play();
    assert_eq!(end["outcome"], "finished");
    assert!(end["detail"].as_str().is_some_and(|untold| untold.contains("no system bus answers")), "{end}");

    let folder = tempfile::tempdir().expect("a folder");
    let silent = Listener::at(&folder.path().join("bus"));
    let world = World::new(&silent.address());
    assert_eq!(world.play()["outcome"], "finished");
    assert!(silent.calls() > 0);
}

#[test]
fn an_address_that_would_start_a_program_or_reach_another_machine_is_not_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let started = folder.path().join("started");
    let world = World::new(&format!("unixexec:path=/bin/touch,argv1={};tcp:host=localhost,port=1", started.display()));
    assert_eq!(world.play()["outcome"], "finished");
    assert!(!started.exists());
}
