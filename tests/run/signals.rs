//! Signals on their way to the command: each once, and none that would have been ignored.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};

use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{PATIENCE, TestEnv, wait_for};
use crate::{events, herald, is_ignored, world};

/// Counts what it is sent, and ends when the file `end` is there or its folder isn't. Without a process in its loop.
const COUNTS: &str = r#"
for name in HUP INT QUIT USR1 USR2 ALRM TERM CONT TSTP TTIN TTOU URG VTALRM PROF WINCH IO PWR; do
    trap "echo $name >> got" "$name"
done
echo ready > ready
until [[ -f end || ! -f ready ]]; do read -r -t 0.02 < fifo 2>/dev/null; done
exit 9
"#;

struct Running {
    child: Child,
    env: TestEnv,
}

impl Running {
    fn start(env: TestEnv, mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("it starts");
        let ready = env.work_dir().join("ready");
        wait_for("the command to begin", PATIENCE, || ready.exists().then_some(()));
        Self { child, env }
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    fn got(&self) -> String {
        fs::read_to_string(self.env.work_dir().join("got")).unwrap_or_default()
    }

    fn end(mut self) -> std::process::ExitStatus {
        self.env.write("work/end", "");
        self.child.wait().expect("its status")
    }
}

fn counting() -> Running {
    let (env, front) = world();
    env.write("work/counts.sh", COUNTS);
    // A fifo that is open at both ends makes `read` wait without a process.
    let script = "mkfifo fifo; exec 7<>fifo; exec \"$@\"";
    let mut command = env.command("bash");
    command.args(["-c", script, "bash"]).arg(&front.herald).args(["run", "--", "bash", "counts.sh"]);
    Running::start(env, command)
}

#[rstest]
#[case::hup("HUP", Signal::HUP)]
#[case::int("INT", Signal::INT)]
#[case::quit("QUIT", Signal::QUIT)]
#[case::usr1("USR1", Signal::USR1)]
#[case::usr2("USR2", Signal::USR2)]
#[case::alrm("ALRM", Signal::ALARM)]
#[case::term("TERM", Signal::TERM)]
#[case::cont("CONT", Signal::CONT)]
#[case::tstp("TSTP", Signal::TSTP)]
#[case::ttin("TTIN", Signal::TTIN)]
#[case::ttou("TTOU", Signal::TTOU)]
#[case::urg("URG", Signal::URG)]
#[case::vtalrm("VTALRM", Signal::VTALARM)]
#[case::prof("PROF", Signal::PROF)]
#[case::winch("WINCH", Signal::WINCH)]
#[case::io("IO", Signal::IO)]
#[case::pwr("PWR", Signal::POWER)]
fn what_is_sent_to_herald_reaches_the_command_once(#[case] name: &str, #[case] signal: Signal) {
    if is_ignored(signal.as_raw()) {
        return;
    }
    let running = counting();
    running.send(signal);
    wait_for("the command to get it", PATIENCE, || (!running.got().is_empty()).then_some(()));
    // Both after the first and, had there been a second, after that.
    let other = if name == "USR1" { (Signal::USR2, "USR2") } else { (Signal::USR1, "USR1") };
    running.send(other.0);
    wait_for("another signal behind it", PATIENCE, || running.got().contains(other.1).then_some(()));
    assert_eq!(running.got(), format!("{name}\n{}\n", other.1));
    assert_eq!(running.end().code(), Some(9), "its own status, whatever it was sent");
}

#[rstest]
#[case::hup(Signal::HUP, 129)]
#[case::int(Signal::INT, 130)]
#[case::usr1(Signal::USR1, 138)]
#[case::alrm(Signal::ALARM, 142)]
#[case::term(Signal::TERM, 143)]
fn a_command_that_doesnt_care_ends_by_it(#[case] signal: Signal, #[case] status: i32) {
    if is_ignored(signal.as_raw()) {
        return;
    }
    let (env, front) = world();
    let command = herald(&env, &front, &["run", "--", "sh", "-c", "echo x > ready; exec sleep 60"]);
    let mut running = Running::start(env, command);
    running.send(signal);
    assert_eq!(running.child.wait().expect("its status").code(), Some(status));
    let expected: &[&str] = if status == 130 { &[] } else { &["command.failure"] };
    assert_eq!(events(&running.env), expected);
}

#[test]
fn what_the_caller_ignores_the_command_ignores() {
    let (env, front) = world();
    let script = "trap '' HUP USR1; exec \"$1\" run -- sh -c 'kill -HUP $$; kill -USR1 $$; exit 5'";
    let mut command = env.command("sh");
    command.args(["-c", script, "sh"]).arg(&front.herald);
    assert_eq!(env.finish(command, b"").status.code(), Some(5));
}

#[test]
fn a_caller_that_ignores_its_children_gets_the_status_all_the_same() {
    let (env, front) = world();
    let script = "trap '' CHLD; exec \"$1\" run -- sh -c 'exit 5'";
    let mut command = env.command("bash");
    command.args(["-c", script, "bash"]).arg(&front.herald);
    assert_eq!(env.finish(command, b"").status.code(), Some(5));
}

/// Only Herald is killed outright, which it can't pass on; the command isn't its to kill.
#[test]
fn killed_outright_it_leaves_the_command_alone() {
    let mut running = counting();
    running.send(Signal::KILL);
    assert_eq!(running.child.wait().expect("its status").signal(), Some(9));
    running.env.write("work/end", "");
}
