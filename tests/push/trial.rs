//! `herald-link push --test`: one notice, one try, and what happened said aloud.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::{Value, json};

use crate::ntfy::{Answer, Ntfy};
use crate::support::process::Process;
use crate::support::{PATIENCE, TestEnv, wait_for};
use crate::{TOKEN, TOPIC, assert_hidden, assert_known, link, trial, world};

fn told(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8(text).expect("text")
}

#[test]
fn a_notice_that_was_taken_is_told_with_what_comes_next() {
    let ntfy = Ntfy::start(TOKEN, []);
    let env = world(&ntfy.address(), "");
    let output = trial(&env, &[]);
    assert!(output.status.success(), "{}", told(&output));
    for part in ["pushed", "phone", "herald config get push.topic", "urgent"] {
        assert!(told(&output).contains(part), "{part}: {}", told(&output));
    }
    assert!(told(&output).lines().all(|line| line.chars().count() <= 80), "{}", told(&output));
    let [request] = &ntfy.requests()[..] else { panic!("{:?}", ntfy.requests()) };
    assert_eq!(request.line, "POST / HTTP/1.1");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert!(request.header("user-agent").is_some_and(|agent| agent.starts_with("herald/")), "{request:?}");
    let notice = request.notice();
    assert_eq!((&notice["topic"], &notice["priority"]), (&json!(TOPIC), &json!(5)));
    assert!(notice["title"].as_str().is_some_and(|title| title.contains("test")), "{notice}");
    assert_known(&ntfy);
    assert_hidden(&env, Some(&output));
}

#[test]
fn a_server_below_a_path_is_asked_there() {
    let taken = Answer::of("200 OK", "", r#"{"id":"x","event":"message"}"#);
    let ntfy = Ntfy::start(TOKEN, [taken]);
    let env = world(&format!("{}/notify/", ntfy.address()), "");
    assert!(trial(&env, &[]).status.success());
    assert_eq!(ntfy.requests()[0].line, "POST /notify/ HTTP/1.1");
}

#[rstest]
#[case::bad_request(Answer::error(400, 40009, "topic invalid", ""), "\"topic invalid\"")]
#[case::no_access(Answer::error(403, 40301, "forbidden", ""), "may not write to this topic")]
#[case::no_ntfy(Answer::of("404 Not Found", "", "<h1>nginx</h1>"), "no ntfy at this address")]
#[case::too_large(Answer::error(413, 41303, "JSON body too large", ""), "too large")]
#[case::too_often(Answer::error(429, 42901, "please be nice", "Retry-After: 20\r\n"), "asked too often")]
#[case::broken(Answer::error(500, 50001, "internal server error", ""), "the server failed (500")]
#[case::sent_on(
    Answer::of("308 Permanent Redirect", "Location: https://evil.example/\r\n", ""),
    "https://evil.example/"
)]
#[case::a_web_page(Answer::of("200 OK", "", "<html>welcome</html>"), "not one of ntfy's")]
#[case::garbage(Answer::Raw(b"\x16\x03\x01\x02garbage\r\n\r\n".to_vec()), "because: ")]
#[case::half(Answer::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id".to_vec()), "did not end")]
#[case::hung_up(Answer::HangUp, "hung up")]
#[case::huge(Answer::Huge, "not one of ntfy's")]
fn what_went_wrong_is_told_with_a_reason(#[case] answer: Answer, #[case] reason: &str) {
    let ntfy = Ntfy::start(TOKEN, [answer]);
    let env = world(&ntfy.address(), "");
    let output = trial(&env, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(output.stdout.is_empty());
    assert!(told(&output).contains(reason) && told(&output).contains("because: "), "{}", told(&output));
    assert_eq!(ntfy.requests().len(), 1, "one try");
    assert_known(&ntfy);
    assert_hidden(&env, Some(&output));
}

#[test]
fn a_token_that_is_refused_and_one_that_is_missing_are_told_with_their_remedy() {
    let ntfy = Ntfy::start("tk_another", []);
    let env = world(&ntfy.address(), "");
    let output = trial(&env, &[]);
    assert!(told(&output).contains("the token was refused (401") && told(&output).contains("ntfy token add"));
    assert_hidden(&env, Some(&output));
    env.config(&format!("[push]\nserver = \"{}\"\ntopic = \"{TOPIC}\"\n", ntfy.address()));
    let output = trial(&env, &[]);
    assert!(told(&output).contains("push.token_file"), "{}", told(&output));
    assert_eq!(ntfy.requests()[1].header("authorization"), None);
}

#[rstest]
#[case::silence(Answer::Silence)]
#[case::drip(Answer::Drip)]
fn a_server_that_takes_its_time_is_left_after_ten_seconds(#[case] answer: Answer) {
    let ntfy = Ntfy::start(TOKEN, [answer]);
    let env = world(&ntfy.address(), "");
    let begun = Instant::now();
    let mut asking = Process::start("herald-link", {
        let mut it = link(&env);
        it.args(["push", "--test"]).stderr(Stdio::null());
        it
    })
    .expect("a process");
    ntfy.wait_for(1);
    let command_line = fs::read(format!("/proc/{}/cmdline", asking.pid())).expect("a running program");
    let command_line = String::from_utf8_lossy(&command_line).into_owned();
    assert!(command_line.contains("push") && !command_line.contains(TOKEN), "{command_line}");
    assert!(!fs::read_to_string(format!("/proc/{}/environ", asking.pid())).unwrap_or_default().contains(TOKEN));
    let status = asking.wait(PATIENCE).expect("it ends");
    assert_eq!(status.code(), Some(1));
    assert!(begun.elapsed() >= Duration::from_secs(9), "{:?}", begun.elapsed());
    assert_hidden(&env, None);
}

#[test]
fn the_token_goes_nowhere_else_whoever_sends_us_on() {
    let other = Ntfy::start("", []);
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let ntfy = Ntfy::start(TOKEN, [Answer::of(status, &format!("Location: {}/\r\n", other.address()), "")]);
        let env = world(&ntfy.address(), "");
        let output = trial(&env, &[]);
        assert!(told(&output).contains("is not followed"), "{status}: {}", told(&output));
    }
    assert!(other.requests().is_empty());
}

#[test]
fn a_token_that_others_can_read_is_not_used_and_nobody_is_asked() {
    let ntfy = Ntfy::start(TOKEN, []);
    let env = world(&ntfy.address(), "");
    let file = env.path().join("token");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let output = trial(&env, &[]);
    assert!(told(&output).contains(&format!("chmod 600 {}", file.display())), "{}", told(&output));
    fs::remove_file(&file).unwrap();
    let output = trial(&env, &[]);
    assert!(told(&output).contains(&file.display().to_string()), "{}", told(&output));
    assert_eq!(output.status.code(), Some(1));
    assert!(ntfy.requests().is_empty());
    assert_hidden(&env, Some(&output));
}

#[test]
fn a_server_that_echoes_the_token_and_steers_the_terminal_gets_neither_shown() {
    let echo = format!("no {TOKEN} for {TOPIC}\u{1b}[2J");
    let ntfy = Ntfy::start(TOKEN, [Answer::error(400, 40000, &echo, ""), Answer::error(400, 40000, &echo, "")]);
    let env = world(&ntfy.address(), "");
    for more in [&[][..], &["--json"]] {
        let output = trial(&env, more);
        assert!(!told(&output).contains(TOPIC) && !told(&output).contains("\u{1b}[2J"), "{}", told(&output));
        assert!(told(&output).contains("no (hidden) for (hidden)"), "{}", told(&output));
        assert_hidden(&env, Some(&output));
    }
}

#[test]
fn scripts_get_json() {
    let ntfy = Ntfy::start(TOKEN, []);
    let env = world(&ntfy.address(), "");
    let read = |output: Output| serde_json::from_slice::<Value>(&output.stdout).expect("JSON");
    let taken = read(trial(&env, &["--json"]));
    assert_eq!((&taken["pushed"], &taken["server"]), (&json!(true), &json!(ntfy.address())));
    env.write("token", "tk_wrong\n");
    let refused = read(trial(&env, &["--json"]));
    assert_eq!(refused["pushed"], false);
    assert!(refused["because"].as_str().is_some_and(|why| why.contains("401")), "{refused}");
}

#[test]
fn without_a_topic_one_is_suggested_that_can_be_typed() {
    let env = TestEnv::new();
    let output = trial(&env, &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = told(&output);
    let line = text.lines().find_map(|line| line.trim().strip_prefix("hint: herald ")).expect("a hint");
    assert!(env.run(line.split(' ')).status.success(), "{line}");
    assert!(fs::read_to_string(env.config_file()).unwrap().contains("herald-"));
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let env = world(&format!("http://127.0.0.1:{port}"), "");
    let output = wait_for("a refusal", PATIENCE, || Some(trial(&env, &[])));
    assert!(told(&output).contains("nobody listens there"), "{}", told(&output));
    env.config("[push]\ntopic = \"x\"\nserver = \"http://no-such-server.invalid\"\n");
    assert_eq!(trial(&env, &[]).status.code(), Some(1));
}
