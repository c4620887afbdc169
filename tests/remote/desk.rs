//! What happened elsewhere is heard at the desk, by each of the page's ways: a mounted socket, a forwarded one, a broker.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;

use crate::container::{HOOK, STOP, container, socket};
use crate::judge::{Fault, Judgement, perform, whole};
use crate::page;
use crate::ssh::Far;
use crate::stage::{Stage, Way, hear};
use crate::support::mosquitto::{Authority, Mosquitto, Setup};
use crate::support::mqtt::{Caller, Client, Message};
use crate::support::process::Process;
use crate::support::recorder::RATE;
use crate::support::{Kind, PATIENCE, Recorder, Recording, TestEnv, Tone, or_skip, wait_for};

/// The desk: its sounds, what it listens to, and `herald-link listen`.
fn desk(stage: &mut Stage, link: &str) -> Option<(Tone, Process)> {
    let program = option_env!("CARGO_BIN_EXE_herald-link")?;
    stage.begin_anew(Way::Pulse);
    let tone = Tone::sine(RATE, 659.25, 500.0).ramped(5.0);
    let file = stage.file("tone.wav", &tone);
    // What happens twice within its throttle would be one sound.
    stage.sounds_and(link, [("task.complete", file.as_path())]);
    let mut command = stage.env.command(program);
    command.arg("listen").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Some((tone, Process::start("herald-link", command).expect("it starts")))
}

fn wait_for_socket(at: &Path) {
    wait_for("the desk's socket", PATIENCE, || UnixStream::connect(at).ok());
}

/// What the desk's journal says of it and what was heard, from `mark` on.
fn heard_at(stage: &Stage, recorder: &Recorder, mark: usize) -> (std::ops::Range<usize>, Vec<serde_json::Value>) {
    let is_end = |line: &serde_json::Value| line["kind"] == "playback";
    stage.env.wait_for_journal(is_end, PATIENCE);
    let frames = hear(recorder, mark);
    (frames, stage.env.journal())
}

fn judged(
    recording: &Recording,
    frames: &std::ops::Range<usize>,
    journal: &[serde_json::Value],
    tone: &Tone,
) -> Judgement {
    let is_told = |line: &serde_json::Value| line["host"].is_string() && line["decision"] == "play";
    if !journal.iter().any(|line| line["kind"] == "occurrence" && is_told(line)) {
        return Err(Fault::wrong(format!("{journal:?}")));
    }
    whole(recording, frames.clone(), tone)
}

#[test]
fn what_happens_in_a_container_is_heard_at_the_desk() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    let Some(root) = container() else { return };
    let said = page::block_with("toml", "herald-socket/desk.sock");
    perform(
        &mut stage,
        |stage, recorder| {
            let at = socket(&root);
            let link = said.replace("~/.local/share/herald-socket/desk.sock", &at.display().to_string());
            let (tone, _listening) = desk(stage, &link).expect("this build has herald-link");
            wait_for_socket(&at);
            let mark = recorder.frames();
            let payload = STOP.replace("\"a\"", &format!("\"{mark}\""));
            let out = root.run(true, &HOOK, &payload);
            assert!(out.status.success() && out.stdout.is_empty() && out.stderr.is_empty(), "{out:?}");
            let (frames, journal) = heard_at(stage, recorder, mark);
            (frames, journal, tone)
        },
        |recording, (frames, journal, tone)| judged(recording, frames, journal, tone),
    );
}

#[test]
fn what_is_told_by_a_socket_over_ssh_is_heard_at_the_desk() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    let place = crate::support::server::short_temp_dir("desk-");
    let at = place.path().join("desk.sock");
    let Some(far) = or_skip(Far::start(&[("%d/.herald-desk.sock", &at)])) else { return };
    let far_end = far.socket("herald.sock");
    let toml = page::block_with("toml", "send_to = \"unix:~/.herald.sock\"");
    far.config(&toml.replace("~/.herald.sock", &far_end.display().to_string()));
    let said = page::block_with("toml", "herald-desk.sock").replace("~/.herald-desk.sock", &at.display().to_string());
    perform(
        &mut stage,
        |stage, recorder| {
            let (tone, _listening) = desk(stage, &said).expect("this build has herald-link");
            wait_for_socket(&at);
            let _forwarding = far.forward("buildbox-herald", &far_end);
            let mark = recorder.frames();
            let payload = STOP.replace("\"a\"", &format!("\"{mark}\""));
            let out = far.herald("hook --agent claude-code", &payload);
            assert!(out.status.success() && out.stdout.is_empty() && out.stderr.is_empty(), "{out:?}");
            let (frames, journal) = heard_at(stage, recorder, mark);
            (frames, journal, tone)
        },
        |recording, (frames, journal, tone)| judged(recording, frames, journal, tone),
    );
}

/// What the page says of Mosquitto, but for what the bench's broker has of its own in its place.
fn lines_for_the_bench() -> Vec<String> {
    let own =
        ["listener", "certfile", "keyfile", "allow_anonymous", "password_file", "persistence", "persistence_location"];
    let block = page::blocks("mosquitto").concat();
    for key in own {
        assert!(block.lines().any(|line| line.split(' ').next() == Some(key)), "{key} is not in {block}");
    }
    let others = block.lines().filter(|line| !own.contains(&line.split(' ').next().unwrap_or_default()));
    others.map(str::to_owned).collect()
}

/// A broker as the page sets it up, with two users.
fn broker(setup: Setup, folder: &Path) -> Option<Mosquitto> {
    fs::write(folder.join("acl"), page::blocks("mosquitto-acl").concat()).expect("written");
    let mut setup = setup.user("anna", "right").user("bob", "other");
    for line in lines_for_the_bench() {
        setup = setup.line(line.replace("/etc/mosquitto/herald.acl", &folder.join("acl").display().to_string()));
    }
    or_skip(Mosquitto::start_with(setup))
}

#[test]
fn what_is_told_by_a_broker_as_the_page_sets_it_up_is_heard_at_the_desk() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    let Some(authority) = or_skip(Authority::new()) else { return };
    let far = TestEnv::new();
    let Some(broker) = broker(Setup::default().tls(&authority), far.path()) else { return };
    let password = far.write("password", "right\n");
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).expect("a file of ours");
    let placed = |toml: &str| {
        toml.replace("mqtts://anna@broker.example.org", &broker.address_of(Some("anna")))
            .replace("~/.config/herald/password", &password.display().to_string())
            .replace("~/.config/herald/ca.crt", &authority.certificate().display().to_string())
            .replace("build-*", "*")
    };
    far.config(&placed(&page::block_with("toml", "send_to = \"mqtts:")));
    let said = placed(&page::block_with("toml", "listen_to = [\"mqtts:"));
    perform(
        &mut stage,
        |stage, recorder| {
            let (tone, _listening) = desk(stage, &said).expect("this build has herald-link");
            let is_connected = |line: &serde_json::Value| line["kind"] == "link" && line["what"] == "connected";
            stage.env.wait_for_journal(is_connected, PATIENCE);
            let mark = recorder.frames();
            let out = far.hook(STOP.replace("\"a\"", &format!("\"{mark}\"")));
            assert!(out.status.success() && out.stdout.is_empty() && out.stderr.is_empty(), "{out:?}");
            let (frames, journal) = heard_at(stage, recorder, mark);
            (frames, journal, tone)
        },
        |recording, (frames, journal, tone)| judged(recording, frames, journal, tone),
    );
}

#[test]
fn by_the_pages_rule_each_user_reads_and_writes_its_own_and_nothing_else() {
    let far = TestEnv::new();
    let Some(broker) = broker(Setup::default(), far.path()) else { return };
    let come = |id, user, password| {
        let caller = Caller { id, user: Some((user, password)), session: 0 };
        Client::connect_as(broker.port(), caller).expect("a user of it")
    };
    let (mut anna, mut bob) = (come("a", "anna", "right"), come("b", "bob", "other"));
    anna.subscribe("herald/anna/#");
    bob.subscribe("#");
    bob.throw(&Message::new("herald/anna/far/event", "forged")).expect("an open connection");
    bob.throw(&Message::new("herald/bob/far/event", "own")).expect("an open connection");
    // Its own comes back to it, and by then what it forged was refused.
    assert_eq!(bob.next(PATIENCE).expect("its own").payload, b"own");
    come("c", "anna", "right").throw(&Message::new("herald/anna/far/event", "true")).expect("an open connection");
    assert_eq!(anna.next(PATIENCE).expect("what anna told").payload, b"true");
    bob.throw(&Message::new("herald/bob/far/event", "last")).expect("an open connection");
    assert_eq!(bob.next(PATIENCE).expect("and nothing of anna's before it").payload, b"last");
}
