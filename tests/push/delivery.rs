//! From a hook to the server: delivered, tried again, given up with a reason.

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;

use herald::event::{Occurrence, Priority, Session};
use herald::link::Occurred;
use herald::platform::clock::Stamp;
use rstest::rstest;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde_json::{Value, json};

use crate::ntfy::{Answer, Ntfy};
use crate::support::process::Process;
use crate::support::{Mosquitto, PATIENCE, TestEnv, or_skip, wait_for};
use crate::{TOKEN, TOPIC, assert_hidden, assert_known, link, world, write_token};

/// Longer than all tries take.
const ALL_TRIES: Duration = Duration::from_secs(180);

pub(crate) fn asks(env: &TestEnv, session: &str) {
    let payload = json!({
        "hook_event_name": "Notification", "notification_type": "permission_prompt", "session_id": session,
        "cwd": "/home/anna/secret-project", "message": "Claude needs your permission to use Bash",
    });
    let output = env.hook_with(["--agent", "claude-code"], payload.to_string());
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
}

/// How it ended, as the journal has it.
#[track_caller]
pub(crate) fn ended(env: &TestEnv) -> Value {
    env.wait_for_journal(|line| line["what"] == "pushed" || line["what"] == "not-pushed", ALL_TRIES)
}

#[track_caller]
fn assert_outbox_empty(env: &TestEnv) {
    let outbox = crate::bench::paths(env).outbox();
    wait_for("an empty outbox", PATIENCE, || (std::fs::read_dir(&outbox).ok()?.count() == 0).then_some(()));
}

#[test]
fn what_is_heard_reaches_the_phone_in_words() {
    let ntfy = Ntfy::start(TOKEN, []);
    let env = world(&ntfy.address(), "[link]\nhost = \"build-7\"\n");
    asks(&env, "session-7");
    let request = ntfy.wait_for(1).remove(0);
    let notice = request.notice();
    assert_eq!(notice["topic"], TOPIC);
    assert_eq!(notice["title"], "Claude Code needs your permission");
    assert!(notice["message"].as_str().is_some_and(|message| message.starts_with("on build-7 at ")), "{notice}");
    assert_eq!((&notice["priority"], &notice["tags"]), (&json!(5), &json!(["raised_hand", "input.permission"])));
    for secret in ["session-7", "secret-project", "Bash", "anna"] {
        assert!(!request.text().contains(secret), "{}", request.text());
    }
    let line = ended(&env);
    assert_eq!(
        (&line["kind"], &line["what"], &line["event"]),
        (&json!("link"), &json!("pushed"), &json!("input.permission"))
    );
    assert_eq!(line["id"], notice["sequence_id"]);
    assert!(!line.to_string().contains(TOPIC), "{line}");
    assert_outbox_empty(&env);
    assert_known(&ntfy);
    assert_hidden(&env, None);
}

#[test]
fn a_server_that_fails_is_tried_three_times_and_the_phone_shows_one_notice() {
    let failure = || Answer::error(500, 50001, "internal server error", "");
    let ntfy = Ntfy::start(TOKEN, [failure(), failure()]);
    let env = world(&ntfy.address(), "");
    asks(&env, "a");
    let line = ended(&env);
    assert_eq!(line["what"], "pushed", "{line}");
    assert!(line["detail"].as_str().is_some_and(|detail| detail.contains("at try 3")), "{line}");
    let requests = ntfy.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|request| request.body == requests[0].body));
    let pauses: Vec<Duration> = requests.windows(2).map(|two| two[1].at - two[0].at).collect();
    assert!(pauses[0] >= Duration::from_secs(2) && pauses[1] > pauses[0], "{pauses:?}");
    assert_hidden(&env, None);
}

#[test]
fn a_server_that_always_fails_is_given_up_with_the_reason() {
    let ntfy = Ntfy::start(TOKEN, std::iter::repeat_n(Answer::HangUp, 9));
    let env = world(&ntfy.address(), "");
    asks(&env, "a");
    let line = ended(&env);
    assert_eq!(line["what"], "not-pushed", "{line}");
    let detail = line["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("the server hung up") && detail.contains("tried 3 times"), "{detail}");
    assert_eq!(ntfy.requests().len(), 3);
    assert_outbox_empty(&env);
}

#[rstest]
#[case::token(Answer::error(401, 40101, "unauthorized", ""), "the token was refused (401: \"unauthorized\")")]
#[case::access(Answer::error(403, 40301, "forbidden", ""), "may not write")]
#[case::size(Answer::error(413, 41303, "JSON body too large", ""), "too large")]
#[case::limit(Answer::error(429, 42908, "daily message quota reached", ""), "for today")]
#[case::later(Answer::error(429, 42901, "slow down", "Retry-After: 3600\r\n"), "asks to wait 3600 s")]
#[case::redirect(Answer::of("301 Moved", "Location: https://elsewhere.example/\r\n", ""), "is not followed")]
#[case::page(Answer::of("200 OK", "", "<html>"), "not one of ntfy's")]
fn what_another_try_would_not_mend_is_given_up_at_once(#[case] answer: Answer, #[case] why: &str) {
    let ntfy = Ntfy::start(TOKEN, [answer]);
    let env = world(&ntfy.address(), "");
    asks(&env, "a");
    let line = ended(&env);
    assert_eq!(line["what"], "not-pushed", "{line}");
    assert!(line["detail"].as_str().is_some_and(|detail| detail.contains(why)), "{line}");
    assert_eq!(ntfy.requests().len(), 1);
    assert_outbox_empty(&env);
    assert_hidden(&env, None);
}

#[test]
fn a_server_is_left_alone_as_long_as_it_asks_for() {
    let ntfy = Ntfy::start(TOKEN, [Answer::error(429, 42901, "slow down", "Retry-After: 6\r\n")]);
    let env = world(&ntfy.address(), "");
    asks(&env, "a");
    let requests = ntfy.wait_for(2);
    assert!(requests[1].at - requests[0].at >= Duration::from_millis(5900), "{requests:?}");
    assert_eq!(ended(&env)["what"], "pushed");
}

#[test]
fn a_token_that_was_put_right_serves_the_next_try() {
    let ntfy = Ntfy::start(TOKEN, [Answer::HangUp]);
    let env = world(&ntfy.address(), "");
    write_token(&env, "tk_wrong");
    asks(&env, "a");
    ntfy.wait_for(1);
    write_token(&env, TOKEN);
    let line = ended(&env);
    assert_eq!(line["what"], "pushed", "{line}");
    assert_eq!(ntfy.requests().len(), 2);
}

#[test]
fn what_is_held_back_is_told_when_it_is_due_and_not_when_it_was_answered() {
    let ntfy = Ntfy::start(TOKEN, []);
    let env = world(&ntfy.address(), "[events.\"input.permission\"]\ndelay = \"2s\"\n");
    asks(&env, "answered");
    asks(&env, "waiting");
    let goes_on = json!({ "hook_event_name": "UserPromptSubmit", "session_id": "answered", "cwd": "/p" });
    env.hook_with(["--agent", "claude-code"], goes_on.to_string());
    env.wait_for_journal(|line| line["what"] == "called-off", PATIENCE);
    assert_eq!(ended(&env)["what"], "pushed");
    assert_eq!(ntfy.requests().len(), 1);
}

#[test]
fn what_is_held_back_while_all_is_mute_is_told_when_it_is_due() {
    let ntfy = Ntfy::start(TOKEN, []);
    let env = world(&ntfy.address(), "while_muted = true\n[events.\"input.permission\"]\ndelay = \"1s\"\n");
    assert!(env.run(["mute"]).status.success());
    asks(&env, "a");
    let decided = env.wait_for_journal(|line| line["kind"] == "occurrence", PATIENCE);
    assert_eq!((&decided["decision"], &decided["reason"]), (&json!("skip"), &json!("muted")));
    let line = ended(&env);
    assert_eq!(line["what"], "pushed", "{line}");
    let request = &ntfy.requests()[0];
    assert_eq!(request.notice()["title"], "Claude Code needs your permission");
    assert!(env.journal().iter().all(|line| line["kind"] != "playback"), "it was heard");
}

#[test]
fn what_comes_from_another_machine_is_told_with_its_name() {
    let ntfy = Ntfy::start(TOKEN, []);
    let env = world(&ntfy.address(), "");
    let socket = env.path().join("link.sock");
    let config = std::fs::read_to_string(env.config_file()).unwrap();
    env.config(&format!("{config}[link]\nlisten_to = [\"unix:{}\"]\nhost = \"desk\"\n", socket.display()));
    let mut listen = link(&env);
    listen.arg("listen").stderr(Stdio::null());
    let _listens = Process::start("herald-link", listen).expect("a process");
    let mut stream = wait_for("the socket", PATIENCE, || UnixStream::connect(&socket).ok());
    let occurrence = Occurrence {
        event: "input.question".parse().ok(),
        agent: "codex".to_owned(),
        session: Some(Session::of("s")),
        ..Occurrence::default()
    };
    let occurred = Occurred::of(&occurrence, "build-7", Priority::Urgent, Stamp::now()).expect("an occurrence");
    let mut line = occurred.to_bytes(Duration::ZERO);
    line.push(b'\n');
    stream.write_all(&line).unwrap();
    drop(stream);
    let notice = ntfy.wait_for(1)[0].notice();
    assert_eq!(notice["title"], "Codex has a question for you");
    assert!(notice["message"].as_str().is_some_and(|message| message.starts_with("on build-7 at ")), "{notice}");
    let line = ended(&env);
    assert_eq!((&line["what"], &line["host"]), (&json!("pushed"), &json!("build-7")));
}

#[test]
fn a_phone_that_takes_its_time_holds_up_no_other_machine() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let ntfy = Ntfy::start(TOKEN, [Answer::Silence]);
    let env = world(&ntfy.address(), &format!("[link]\nsend_to = \"{}\"\n", broker.address()));
    asks(&env, "a");
    ntfy.wait_for(1);
    asks(&env, "b");
    let is_sent = |line: &&Value| line["kind"] == "link" && line["what"] == "sent";
    wait_for("two occurrences that were sent", PATIENCE, || {
        (env.journal().iter().filter(is_sent).count() == 2).then_some(())
    });
    let ends = env.journal().iter().filter(|line| line["what"] == "pushed" || line["what"] == "not-pushed").count();
    assert_eq!(ends, 0, "the phone's server was faster than ten seconds: {:?}", env.journal());
    env.wait_for_journal(|line| line["what"] == "pushed", PATIENCE);
}

#[test]
fn whoever_is_killed_leaves_the_notice_to_the_next() {
    let ntfy = Ntfy::start(TOKEN, [Answer::Silence]);
    let env = world(&ntfy.address(), "");
    asks(&env, "a");
    ntfy.wait_for(1);
    let holder = std::fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let is_link = std::fs::read_link(entry.path().join("exe")).ok()?.ends_with("herald-link");
        let environment = String::from_utf8(std::fs::read(entry.path().join("environ")).ok()?).ok()?;
        (is_link && environment.contains(env.state_dir().to_str()?)).then_some(pid)
    });
    let pid = Pid::from_raw(holder.expect("somebody carries it")).expect("a number");
    let handle = pidfd_open(pid, PidfdFlags::empty()).expect("a handle");
    pidfd_send_signal(&handle, Signal::KILL).expect("it is ours");
    asks(&env, "b");
    let requests = ntfy.wait_for(3);
    let ids: Vec<Value> = requests.iter().map(|request| request.notice()["sequence_id"].clone()).collect();
    assert!(ids[1..].contains(&ids[0]) && ids[1] != ids[2], "{ids:?}");
    assert_outbox_empty(&env);
    let pushed = env.journal().iter().filter(|line| line["what"] == "pushed").count();
    assert_eq!(pushed, 2);
}
