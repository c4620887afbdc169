//! The way to the ear, with the player as it is: private sound servers, real and stood in for, that fail as they do on
//! users' machines.

use std::os::unix::net::UnixListener;
use std::time::Instant;

use rstest::rstest;

use crate::bench::report;
use crate::support::stand_in::{Fault, Since};
use crate::support::{
    Kind, PATIENCE, Server, StandIn, TestEnv, Tone, find_program, or_skip, server_or_skip, tone, wait_for,
};
use crate::world::{World, assert_all_ok, assert_found, hint_of};

fn world_of(server: &Server) -> Option<World> {
    World::real(TestEnv::new().with_server(server))
}

#[rstest]
#[case(Kind::PulseAudio, "pulseaudio ")]
#[case(Kind::PipeWire, "PipeWire ")]
fn where_all_is_well_the_server_is_named_with_its_version(#[case] kind: Kind, #[case] name: &str) {
    let Some(server) = server_or_skip(kind) else { return };
    let Some(world) = world_of(&server) else { return };
    let found = world.findings();
    assert_all_ok(&found);
    assert_found(&found, "server", "ok", name, "");
    assert_found(&found, "server", "ok", "(by PULSE_SERVER)", "");
    assert_found(&found, "output", "ok", "at 100% took silence after", "");
    // And as a hook's player finds it, whose agent took the variable away.
    let Some(mut world) = world_of(&server) else { return };
    world.env.unset("PULSE_SERVER");
    assert_found(&world.findings(), "server", "ok", "(by XDG_RUNTIME_DIR)", "");
}

#[rstest]
#[case::muted(Kind::PulseAudio, &["set-sink-mute", "lab", "1"], "is muted", "pactl set-sink-mute @DEFAULT_SINK@ 0")]
#[case::turned_down(Kind::PulseAudio, &["set-sink-volume", "lab", "0%"], "turned down to 0%", "pactl set-sink-volume")]
#[case::muted(Kind::PipeWire, &["set-sink-mute", "lab", "1"], "is muted", "pactl set-sink-mute @DEFAULT_SINK@ 0")]
fn a_device_that_is_not_heard_is_named_and_what_is_typed_mends_it(
    #[case] kind: Kind,
    #[case] done: &[&str],
    #[case] detail: &str,
    #[case] typed: &str,
) {
    let Some(server) = server_or_skip(kind) else { return };
    let Some(world) = world_of(&server) else { return };
    server.pactl(done).expect("pactl");
    let found = world.findings();
    assert_found(&found, "output", "fail", detail, typed);
    assert_found(&found, "server", "ok", "", "");
    assert_all_ok(&world.findings_after(&hint_of(&found, "output")));
}

#[test]
fn a_quiet_device_is_worth_a_word() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let Some(world) = world_of(&server) else { return };
    server.pactl(&["set-sink-volume", "lab", "5%"]).expect("pactl");
    let found = world.findings();
    assert_found(&found, "output", "warn", "turned down to 5%", "70%");
    assert_all_ok(&world.findings_after(&hint_of(&found, "output")));
}

#[test]
fn a_server_without_a_card_is_told_from_one_that_has_one() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let Some(world) = world_of(&server) else { return };
    server.pactl(&["unload-module", "module-null-sink"]).expect("pactl");
    assert_found(&world.findings(), "output", "fail", "no output device", "pactl list short sinks");
    server.pactl(&["load-module", "module-always-sink"]).expect("pactl");
    let dummy = || server.pactl(&["info"]).is_ok_and(|info| info.contains("auto_null")).then_some(());
    wait_for("the dummy", PATIENCE, dummy);
    assert_found(&world.findings(), "output", "fail", "has found no sound card", "pactl");
}

#[test]
fn a_server_that_was_frozen_killed_or_never_there_is_told_apart() {
    let Some(mut server) = server_or_skip(Kind::PulseAudio) else { return };
    let Some(world) = world_of(&server) else { return };
    server.stop_process();
    let begun = Instant::now();
    let found = world.findings();
    report(&format!("with a frozen server: {:?}", begun.elapsed()));
    assert_found(&found, "server", "fail", "does not answer", "");
    assert_found(&found, "output", "warn", "not looked at: see server", "");
    server.continue_process();
    assert_all_ok(&world.findings());

    server.kill();
    assert_found(&world.findings(), "server", "fail", "one that is gone left its socket", "");
    std::fs::remove_file(server.socket()).expect("the socket");
    assert_found(&world.findings(), "server", "fail", "where nothing is", "unset PULSE_SERVER");
}

#[test]
fn a_variable_that_leads_nowhere_is_taken_away_by_what_is_typed() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let Some(mut world) = world_of(&server) else { return };
    for (value, detail) in
        [("unix:/nonexistent/socket", "where nothing is"), ("tcp:far.example:4713", "only sockets of this machine")]
    {
        world.env.set("PULSE_SERVER", value);
        // Else the device would be used, which knows its own way to the server.
        world.env.set("ALSA_CONFIG_PATH", "/nonexistent");
        let found = world.findings();
        assert_found(&found, "server", "fail", detail, "unset PULSE_SERVER");
        assert_all_ok(&world.findings_after(&hint_of(&found, "server")));
    }
}

#[rstest]
#[case::accepts_and_hangs(Since::Accept, Fault::Hangs, "server", "does not answer")]
#[case::hangs_after_a_welcome(Since::Auth, Fault::Hangs, "server", "does not answer")]
#[case::wants_another_cookie(Since::Accept, Fault::Denies, "server", "refuses this user")]
#[case::closes(Since::Accept, Fault::Closes, "server", "closed the connection")]
#[case::refuses(Since::Accept, Fault::Refuses, "server", "it refused")]
#[case::babbles(Since::Accept, Fault::Babbles, "server", "makes no sense")]
#[case::opens_and_plays_nothing(Since::Create, Fault::Stalls, "output", "takes no samples")]
fn a_server_that_fails_is_told_by_how_it_fails(
    #[case] since: Since,
    #[case] fault: Fault,
    #[case] check: &str,
    #[case] detail: &str,
) {
    let server = StandIn::start();
    let mut env = TestEnv::new();
    server.serve(&mut env);
    let Some(world) = World::real(env) else { return };
    assert_all_ok(&world.findings());
    server.set(Some((since, fault)));
    let begun = Instant::now();
    let found = world.findings();
    report(&format!("{since:?} {fault:?}: {:?}", begun.elapsed()));
    assert_found(&found, check, "fail", detail, "");
    server.heal();
    assert_all_ok(&world.findings());
}

#[test]
fn a_full_door_and_a_silent_one_cost_the_same_short_while() {
    let server = StandIn::start();
    let mut env = TestEnv::new();
    server.serve(&mut env);
    let Some(world) = World::real(env) else { return };
    let _crowd = server.turn_deaf();
    let begun = Instant::now();
    let found = world.findings();
    report(&format!("before a full door: {:?}", begun.elapsed()));
    assert_found(&found, "server", "fail", "does not answer", "");
}

#[test]
fn a_socket_that_nobody_listens_at_is_one_of_a_server_that_is_gone() {
    let mut env = TestEnv::new();
    let socket = env.runtime_dir().join("pulse/native");
    std::fs::create_dir_all(env.runtime_dir().join("pulse")).expect("a folder");
    // Closed at once; its name stays.
    drop(UnixListener::bind(&socket).expect("a socket"));
    env.unset("PULSE_SERVER");
    let Some(world) = World::real(env) else { return };
    let found = world.findings();
    assert_found(&found, "server", "fail", "left its socket at", "");
    assert_found(&found, "server", "fail", "and directly: ", "");
}

#[test]
fn a_sandbox_that_denies_sockets_is_not_taken_for_a_missing_server() {
    let Some(strace) = or_skip(find_program("strace")) else { return };
    let server = StandIn::start();
    let mut env = TestEnv::new();
    server.serve(&mut env);
    let Some(world) = World::real(env) else { return };
    let mut command = world.env.command(strace);
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=connect", "-e", "inject=connect:error=EPERM"]);
    command.arg(&world.herald).args(["doctor", "--json"]);
    let found = crate::world::findings_of(&world.env.finish(command, b""));
    assert_found(&found, "server", "fail", "is not allowed", "");
    assert_found(&found, "environment", "warn", "a sandbox", "");
}

#[test]
fn what_was_left_alone_is_used_again_where_it_works_and_that_was_asked_for() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let Some(world) = world_of(&server) else { return };
    world.speaker();
    world.change(|state| state.last_id = 7);
    world.change(|state| state.cooling_since = Some(herald::platform::clock::Stamp::now()));
    let found = world.findings();
    assert_found(&found, "output", "warn", "it works now, but is left alone until", "herald doctor --fix");
    let fixed = world.findings_after("herald doctor --fix");
    assert_found(&fixed, "output", "ok", "took silence", "");
    assert!(world.state().cooling_since.is_none());
}

/// As the mixer of a desktop keeps it, for all sounds of events at once.
#[test]
fn event_sounds_that_the_server_keeps_muted_are_told_of() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let Some(world) = world_of(&server) else { return };
    server.pactl(&["load-module", "module-stream-restore"]).expect("pactl");
    let sound = world.env.write("long.wav", Tone::constant(8000, 0.2, 5000.0).wav(tone::Depth::S16));
    let mut play = world.env.command(&world.herald);
    play.arg("play").arg(&sound);
    assert!(world.env.finish(play, b"").status.success());
    let index = || server.pactl(&["list", "short", "sink-inputs"]).ok()?.split_whitespace().next().map(str::to_owned);
    let index = wait_for("the sound", PATIENCE, index);
    server.pactl(&["set-sink-input-mute", &index, "1"]).expect("pactl");
    assert_found(&world.findings(), "output", "fail", "keeps event sounds muted", "System Sounds");
    server.pactl(&["set-sink-input-mute", &index, "0"]).expect("pactl");
    assert_found(&world.findings(), "output", "ok", "took silence", "");
}
