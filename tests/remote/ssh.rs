//! Sound over SSH: a real sshd, a real ssh, a forwarded socket, and agents there that strip the environment.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use crate::judge::{Fault, perform, whole};
use crate::page;
use crate::stage::{Stage, hear};
use crate::support::process::{self, Process, bound_to_us};
use crate::support::recorder::RATE;
use crate::support::server::{private_dir, short_temp_dir};
use crate::support::{Depth, Kind, Missing, PATIENCE, Tone, find_program, or_skip, wait_for};

const STOP: &str = r#"{"hook_event_name":"Stop","session_id":"a","cwd":"/"}"#;

/// What a name on `PATH` may not lead to: system programs of administrators.
fn system_program(name: &str) -> Result<PathBuf, Missing> {
    let places = ["/usr/sbin", "/usr/local/sbin", "/sbin"].map(|folder| Path::new(folder).join(name));
    find_program(name).or_else(|missing| places.into_iter().find(|file| file.is_file()).ok_or(missing))
}

/// A machine that is reached over SSH and nothing else: its own keys, its own home, this user.
pub(crate) struct Far {
    folder: TempDir,
    sshd: Process,
}

impl Far {
    /// At the desk, what the page says is there lies at `places` instead.
    pub(crate) fn start(places: &[(&str, &Path)]) -> Result<Self, Missing> {
        let sshd = system_program("sshd")?;
        find_program("ssh")?;
        find_program("ssh-keygen")?;
        let folder = short_temp_dir("far-");
        let path = folder.path();
        private_dir(&path.join("home")).expect("a home");
        for key in ["host", "user"] {
            let mut command = Command::new("ssh-keygen");
            command.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path.join(key));
            assert!(process::run(command, b"", PATIENCE).is_ok_and(|said| said.status.success()), "a key");
        }
        if rustix::process::geteuid().is_root() {
            // Without it sshd won't start as root; where the system starts sshd itself it is there.
            let made = fs::DirBuilder::new().recursive(true).mode(0o755).create("/run/sshd");
            made.expect("the folder for sshd's separated half");
        }
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        let here = path.display();
        let config = format!(
            "Port {}\nListenAddress 127.0.0.1\nHostKey {here}/host\nAuthorizedKeysFile {here}/user.pub\nPidFile none\n\
             StrictModes no\nPasswordAuthentication no\nPermitRootLogin yes\n{}",
            free.port(),
            page::blocks("sshd-config").concat(),
        );
        fs::write(path.join("sshd_config"), config).expect("sshd's configuration");
        let host_key = fs::read_to_string(path.join("host.pub")).expect("a public key");
        fs::write(path.join("known_hosts"), format!("[127.0.0.1]:{} {host_key}", free.port())).expect("known hosts");
        let log = fs::File::create(path.join("sshd.log")).expect("a log");
        // By its whole name, as it starts itself anew for each connection.
        let mut command = bound_to_us(&sshd.to_string_lossy());
        command.args(["-D", "-e", "-f"]).arg(path.join("sshd_config"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let sshd = Process::start("sshd", command).expect("sshd starts");
        let far = Self { folder, sshd };
        wait_for("sshd", PATIENCE, || {
            assert!(far.sshd.alive(), "sshd ended by itself: {}", far.log());
            TcpStream::connect(free).ok()
        });
        far.write_client_config(free.port(), places);
        Ok(far)
    }

    /// What the page says belongs into `~/.ssh/config`, and how this machine is reached.
    fn write_client_config(&self, port: u16, places: &[(&str, &Path)]) {
        let here = self.folder.path().display().to_string();
        let mut block = page::blocks("ssh-config").concat().replace("/home/%r/", &format!("{here}/home/%r"));
        assert!(block.contains("%r.herald"), "{block}");
        for (said, place) in places {
            assert!(block.contains(said), "{said} is not in {block}");
            block = block.replace(said, &place.display().to_string());
        }
        let reached = format!(
            "Host buildbox buildbox-*\n  HostName 127.0.0.1\n  Port {port}\n  IdentityFile {here}/user\n  \
             IdentitiesOnly yes\n  UserKnownHostsFile {here}/known_hosts\n  BatchMode yes\n",
        );
        // Of each word the first one counts.
        fs::write(self.folder.path().join("ssh_config"), reached + &block).expect("ssh's configuration");
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Where the page's words put the forwarded socket of that name.
    pub(crate) fn socket(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("home/{}.{name}", user()))
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("sshd.log")).unwrap_or_default()
    }

    /// `ssh` from the desk.
    fn ssh(&self) -> Command {
        let mut command = bound_to_us("ssh");
        command.arg("-F").arg(self.folder.path().join("ssh_config"));
        command
    }

    /// Holds a forwarding open, as the page says.
    pub(crate) fn forward(&self, name: &str, socket: &Path) -> Process {
        let mut command = self.ssh();
        command.args(["-N", name]).stdin(Stdio::null()).stdout(Stdio::null());
        let mut forwarding = Process::start("ssh", command).expect("ssh starts");
        wait_for("the forwarded socket", PATIENCE, || {
            assert!(forwarding.wait(Duration::ZERO).is_none(), "ssh ended: {}", self.log());
            // There, and somebody listens: what a connection cut off left is not enough.
            std::os::unix::net::UnixStream::connect(socket).ok()
        });
        forwarding
    }

    /// Herald there, by a shell that knows nothing.
    pub(crate) fn herald(&self, args: &str, input: &str) -> Output {
        let mut command = self.ssh();
        let (home, herald) = (self.home(), env!("CARGO_BIN_EXE_herald"));
        command.arg("buildbox").arg(format!("env -i HOME={} {herald} {args}", home.display()));
        process::run(command, input.as_bytes(), PATIENCE).expect("ssh ends")
    }

    pub(crate) fn config(&self, toml: &str) {
        let file = self.home().join(".config/herald/config.toml");
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, toml).expect("a configuration");
    }

    pub(crate) fn journal(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.home().join(".local/state/herald/journal.jsonl")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    fn ends(&self) -> Vec<Value> {
        self.journal().into_iter().filter(|line| line["kind"] == "playback").collect()
    }

    fn has_players(&self) -> bool {
        let mark = [b"HOME=", self.home().as_os_str().as_bytes()].concat();
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        processes.map(|process| process.path()).any(|process| {
            let is_player = fs::read_link(process.join("exe")).is_ok_and(|exe| exe.ends_with("herald-player"));
            let environment = fs::read(process.join("environ")).unwrap_or_default();
            is_player && environment.split(|&byte| byte == 0).any(|known| known == mark)
        })
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        self.sshd.end(Duration::ZERO);
        // They end by themselves; their home goes after that.
        let end = Instant::now() + PATIENCE;
        while self.has_players() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn user() -> String {
    let said = Command::new("id").arg("-un").output().expect("id");
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}

/// That machine as the page sets it up, with a sound of its own for the end of a turn.
fn far_with(stage: &Stage, tone: &Tone) -> Option<Far> {
    let far = or_skip(Far::start(&[("/run/user/%i/pulse/native", &stage.server.socket())]))?;
    let file = far.home().join("tone.wav");
    fs::write(&file, tone.wav(Depth::S16)).expect("a sound");
    let toml = page::block_with("toml", "herald-pulse")
        .replace("~/.herald-pulse", &far.socket("herald-pulse").display().to_string());
    far.config(&format!(
        "volume = 100\n{toml}\n[speaker]\nnormalize = false\n[events.\"task.complete\"]\nsound = \"{}\"\nthrottle = \"0s\"\n",
        file.display()
    ));
    Some(far)
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn what_happens_on_a_machine_over_ssh_is_heard_whole_at_the_desk(#[case] kind: Kind) {
    let Some(mut stage) = Stage::with(kind) else { return };
    let tone = Tone::sine(RATE, 523.25, 900.0).ramped(5.0);
    let Some(far) = far_with(&stage, &tone) else { return };
    let _forwarding = far.forward("buildbox-sound", &far.socket("herald-pulse"));
    for command in ["hook --agent claude-code", "play task.complete --wait"] {
        perform(
            &mut stage,
            |_, recorder| {
                let (mark, before) = (recorder.frames(), far.ends().len());
                let said = far.herald(command, STOP);
                assert!(said.status.success() && said.stdout.is_empty() && said.stderr.is_empty(), "{said:?}");
                let heard = hear(recorder, mark);
                let end = wait_for("the end of the playback", PATIENCE, || far.ends().get(before).cloned());
                (heard, end)
            },
            |recording, (heard, end)| {
                if end["outcome"] != "finished" || end["backend"] != "pulse" {
                    return Err(Fault::wrong(format!("{command}: {end}; {}", far.log())));
                }
                whole(recording, heard.clone(), &tone).map_err(|fault| fault.about(format!("{command}: {end}")))
            },
        );
    }
    let said = far.herald("doctor --json", "");
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(text.contains("(by [output] server)"), "{text}");
}

#[test]
fn a_connection_cut_in_mid_sound_ends_the_player_and_the_next_one_is_used() {
    let Some(stage) = Stage::with(Kind::PulseAudio) else { return };
    let Some(far) = far_with(&stage, &Tone::sine(RATE, 440.0, 4000.0).ramped(5.0)) else { return };
    let socket = far.socket("herald-pulse");
    let mut forwarding = far.forward("buildbox-sound", &socket);
    let recorder = stage.listen();
    let mark = recorder.frames();
    far.herald("hook --agent claude-code", STOP);
    recorder.wait_for_sound_after(mark, PATIENCE).expect("it begins");
    forwarding.end(Duration::ZERO);
    let cut = Instant::now();
    let end = wait_for("the end of the playback", PATIENCE, || far.ends().first().cloned());
    let took = cut.elapsed();
    assert_eq!((&end["outcome"], &end["reason"]), (&"failed".into(), &"no-audio".into()), "{end}");
    assert!(end["detail"].as_str().is_some_and(|why| why.contains("closed the connection")), "{end}");
    assert!(took < Duration::from_secs(4), "it played into nothing for {took:?}");
    wait_for("the player to end", PATIENCE, || (!far.has_players()).then_some(()));
    assert!(recorder.wait_for_silence(100, PATIENCE), "it ends at the desk");

    // What is missing is told, with the line that helps.
    let said = far.herald("doctor --json", "");
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(text.contains("[output] server names") && text.contains("ssh -N -R"), "{text}");

    let _forwarding = far.forward("buildbox-sound", &socket);
    // The output was left alone for a while; who looks into it ends that.
    far.herald("doctor --fix", "");
    let mark = recorder.frames();
    far.herald("hook --agent claude-code", STOP);
    recorder.wait_for_sound_after(mark, PATIENCE).expect("it is heard again");
    let end = wait_for("the end of the next playback", PATIENCE, || far.ends().get(1).cloned());
    assert_eq!(end["outcome"], "finished", "{end}");
}
