//! What the doctor says of other machines: nothing without them, and of each thing that is wrong what to type.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use herald::link::{Id, Letter, Muted, Outbox};
use herald::platform::clock::Stamp;
use rstest::rstest;

use crate::bench::paths;
use crate::support::mosquitto::{Mosquitto, Setup};
use crate::support::process::Process;
use crate::support::{PATIENCE, or_skip, wait_for};
use crate::world::{World, assert_found, hint_of, link};

const BROKER: &str = "mqtts://anna@broker.example:8883/herald/anna";

/// A world with this configuration, whose `herald-link` finds that when it tries the brokers.
fn world(config: &str, found: &str) -> World {
    let world = World::used();
    world.env.config(config);
    let version = env!("CARGO_PKG_VERSION");
    let script = format!(
        "#!/bin/sh\ncase \"$1\" in\n--version) echo 'herald-link {version}' ;;\nprobe) echo '{found}' ;;\nesac\n"
    );
    world.program("herald-link", &script);
    world
}

/// The world with the program as it is, where this build has it.
fn real(config: &str) -> Option<World> {
    let program = option_env!("CARGO_BIN_EXE_herald-link")?;
    let world = World::used();
    world.env.config(config);
    link(Path::new(program), &world.beside("herald-link"));
    Some(world)
}

fn answer(why: Option<&str>) -> String {
    serde_json::json!({ "address": BROKER, "why": why, "refused": why.is_some(), "took_ms": 7 }).to_string()
}

fn sends() -> String {
    format!("[link]\nsend_to = \"{BROKER}\"\n")
}

fn private(world: &World, name: &str, text: &str) -> PathBuf {
    let path = world.env.write(name, text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    path
}

#[test]
fn without_other_machines_nothing_is_said_of_them() {
    let (findings, _) = World::used().findings();
    assert!(!findings.contains_key("link"), "{findings:#?}");
}

#[test]
fn a_broker_that_lets_us_in_is_well() {
    let found = world(&sends(), &answer(None)).findings();
    assert_found(&found, "link", "ok", "sends to mqtts://anna@broker.example", "");
    assert!(found.0["link"]["detail"].as_str().is_some_and(|text| text.ends_with("answers in 7 ms")), "{found:?}");
}

#[test]
fn a_broker_that_does_not_is_told_with_the_last_time_it_did() {
    let world = world(&sends(), &answer(Some("the broker refuses the user or the password")));
    world.env.write(
        "state/journal.jsonl",
        format!(
            "{{\"time\":\"2026-01-02T03:04:05Z\",\"kind\":\"link\",\"what\":\"connected\",\"host\":\"{BROKER}\"}}\n"
        ),
    );
    let found = world.findings();
    assert_found(&found, "link", "fail", "refuses the user or the password; last connected 2026-01-0", "password_file");
}

#[test]
fn a_broker_nothing_is_heard_of_did_not_answer() {
    let found = world(&sends(), "").findings();
    assert_found(&found, "link", "fail", "no answer in time", "nc -vz broker.example 8883");
}

#[rstest]
#[case::missing("rm bin/herald-link", "herald-link is missing", "install the programs anew")]
#[case::not_executable("chmod -x bin/herald-link", "can't be run", "chmod +x")]
#[case::old("printf '#!/bin/sh\\necho herald-link 0.0.1' > bin/herald-link", "of version 0.0.1", "anew")]
#[case::other("printf '#!/bin/sh\\necho hello' > bin/herald-link", "something else", "anew")]
fn a_program_that_carries_nothing_is_told(#[case] harm: &str, #[case] detail: &str, #[case] hint: &str) {
    let world = world(&sends(), &answer(None));
    assert!(world.type_in(&format!("cd .. && {harm}")).status.success());
    assert_found(&world.findings(), "link", "fail", detail, hint);
}

#[rstest]
#[case::password("password_file")]
#[case::key("key_file")]
fn a_secret_that_others_can_read_is_closed_by_what_is_said(#[case] key: &str) {
    let world = world(&sends(), &answer(None));
    let file = private(&world, "secret", "geheim\n");
    private(&world, "cert", "");
    let pair = if key == "key_file" { "cert_file = \"cert\"\n" } else { "" };
    world.env.config(&format!("{}{key} = \"secret\"\n{pair}", sends()));
    assert_found(&world.findings(), "link", "ok", "answers", "");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("a mode");
    let found = world.findings();
    assert_found(&found, "link", "fail", &format!("link.{key} is open to other users"), "chmod 600 ");
    assert!(!format!("{found:?}").contains("geheim"));
    assert_found(&world.findings_after(&hint_of(&found, "link")), "link", "ok", "answers", "");
}

#[test]
fn a_file_that_is_not_there_is_told_by_its_key() {
    let world = world(&format!("{}ca_file = \"no-ca.pem\"\n", sends()), &answer(None));
    let found = world.findings();
    assert_found(&found, "link", "fail", "link.ca_file can't be read", "herald config unset link.ca_file");
}

#[test]
fn a_socket_where_nobody_listens_is_told_and_needs_no_program() {
    let world = World::used();
    let socket = world.env.path().join("desk.sock");
    world.env.config(&format!("[link]\nsend_to = \"unix:{}\"\n", socket.display()));
    assert_found(&world.findings(), "link", "fail", "nothing is at ", "ssh -R ");
    let listens = UnixListener::bind(&socket).expect("a socket");
    assert_found(&world.findings(), "link", "ok", "sends to unix:", "");
    drop(listens);
    assert_found(&world.findings(), "link", "fail", "not told to anybody", "ssh -R ");
}

#[test]
fn letters_that_outlived_themselves_are_told() {
    let world = world(&sends(), &answer(None));
    let outbox = Outbox::of(&paths(&world.env));
    let put = |age: Duration| {
        let now = Stamp::now();
        let ms = u64::try_from(age.as_millis()).expect("a short time");
        let at = Stamp { wall_ms: now.wall_ms - ms, boot_us: now.boot_us.saturating_sub(ms * 1000) };
        outbox.put(&Letter::Muted(Muted { id: Id::new(now), at, muted: true, left_s: None })).expect("a letter");
    };
    put(Duration::ZERO);
    assert_found(&world.findings(), "link", "ok", "answers", "");
    put(Duration::from_secs(100));
    assert_found(&world.findings(), "link", "warn", "1 letter for other machines waits since", "herald-link send");
}

#[test]
fn where_nobody_listens_it_is_said_what_starts_a_listener() {
    let Some(world) = real("[link]\nlisten_to = [\"unix:~/desk.sock\"]\n") else { return };
    let found = world.findings();
    assert_found(&found, "link", "fail", "nobody listens", "herald-link listen");
    let mut command = world.env.command(world.beside("herald-link"));
    command.arg("listen");
    let listener = Process::start("herald-link", command).expect("a listener");
    wait_for("the listener's socket", PATIENCE, || world.env.home().join("desk.sock").exists().then_some(()));
    assert_found(&world.findings(), "link", "ok", "listens to unix:~/desk.sock", "");
    // Its socket is gone, and nothing else.
    fs::remove_file(world.env.home().join("desk.sock")).expect("a socket");
    assert_found(&world.findings(), "link", "fail", "does not listen at", "ls -ld ");
    drop(listener);
}

#[test]
fn a_real_broker_is_tried_and_what_is_said_lets_us_in() {
    let Some(world) = real("") else { return };
    let Some(broker) = or_skip(Mosquitto::start_with(Setup::default().user("anna", "geheim"))) else { return };
    let address = broker.address_of(Some("anna"));
    private(&world, "password", "falsch\n");
    world.env.config(&format!("[link]\nsend_to = \"{address}\"\npassword_file = \"password\"\n"));
    let found = world.findings();
    assert_found(&found, "link", "fail", "refuses the user or the password", "write the password into ");
    private(&world, "password", "geheim\n");
    assert_found(&world.findings(), "link", "ok", "127.0.0.1 answers in ", "");
    let said = fs::read_to_string(world.env.state_dir().join("journal.jsonl")).unwrap_or_default();
    assert!(!said.contains("link"), "a try is no event: {said}");
    drop(broker);
    assert_found(&world.findings(), "link", "fail", "nobody answers there", "nc -vz 127.0.0.1 ");
}
