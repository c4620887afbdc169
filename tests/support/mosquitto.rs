//! A private broker of MQTT: the real Mosquitto, on a port of 127.0.0.1 that nobody else gets, with what it keeps in a
//! temporary folder.
//!
//! Invariant: the port stays reserved from the first start to the drop, so that a broker that was stopped or killed comes
//! back where it was, and meanwhile nobody answers there.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket, sockopt};
use rustix::process::Signal;
use tempfile::TempDir;

use super::process::{self, Process, bound_to_us};
use super::server::short_temp_dir;
use super::{Missing, PATIENCE, find_program, wait_for};

/// Long enough to write down what it keeps.
const GRACE: Duration = Duration::from_secs(10);

/// How the broker is set up.
#[derive(Debug, Default)]
pub(crate) struct Setup {
    users: Vec<(String, String)>,
    tls: Option<Tls>,
    lines: Vec<String>,
}

/// Its side of an encrypted connection.
#[derive(Debug)]
struct Tls {
    ca: PathBuf,
    pair: Pair,
    wants_certificate: bool,
}

impl Setup {
    /// Only these get in; with a first one, nobody else does.
    pub(crate) fn user(mut self, name: &str, password: &str) -> Self {
        self.users.push((name.to_owned(), password.to_owned()));
        self
    }

    /// TLS only, with a certificate that `authority` vouches for, for `localhost` and 127.0.0.1.
    pub(crate) fn tls(self, authority: &Authority) -> Self {
        self.tls_as(authority, "DNS:localhost,IP:127.0.0.1")
    }

    /// The same with a certificate for other names, as in `DNS:elsewhere.example`.
    pub(crate) fn tls_as(mut self, authority: &Authority, names: &str) -> Self {
        let pair = authority.issue("broker", names);
        self.tls = Some(Tls { ca: authority.certificate(), pair, wants_certificate: false });
        self
    }

    /// Clients have to show a certificate of the same authority; its name is their user's.
    ///
    /// # Panics
    /// Where it was not told to speak TLS before.
    pub(crate) fn wants_certificate(mut self) -> Self {
        self.tls.as_mut().expect("TLS first").wants_certificate = true;
        self
    }

    /// Another line of its configuration.
    pub(crate) fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }
}

/// A broker that runs, or was ended and can be started again.
pub(crate) struct Mosquitto {
    process: Option<Process>,
    port: u16,
    setup: Setup,
    folder: TempDir,
    _reserved: OwnedFd,
}

impl Mosquitto {
    /// One that lets everybody in and speaks plainly.
    pub(crate) fn start() -> Result<Self, Missing> {
        Self::start_with(Setup::default())
    }

    /// Starts one and waits until it answers.
    ///
    /// # Panics
    /// With its log, when it doesn't get ready: that is a fault, not a missing program.
    pub(crate) fn start_with(setup: Setup) -> Result<Self, Missing> {
        program("mosquitto")?;
        if !setup.users.is_empty() {
            program("mosquitto_passwd")?;
        }
        let (reserved, port) = reserve_port();
        let folder = short_temp_dir("broker-");
        let mut broker = Self { process: None, port, setup, folder, _reserved: reserved };
        broker.prepare();
        broker.launch();
        Ok(broker)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its address as Herald's configuration has it: `mqtt://127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> String {
        self.address_of(None)
    }

    /// The same for a user of it.
    pub(crate) fn address_of(&self, user: Option<&str>) -> String {
        let scheme = if self.setup.tls.is_some() { "mqtts" } else { "mqtt" };
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        format!("{scheme}://{user}127.0.0.1:{}", self.port)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().expect("a broker that runs").pid()
    }

    /// Politely: it says good-bye to its clients and writes down what it keeps.
    pub(crate) fn stop(&mut self) {
        self.thaw();
        self.end(GRACE);
    }

    /// As a crash: no good-bye, and what was not yet written down is gone.
    pub(crate) fn kill(&mut self) {
        self.end(Duration::ZERO);
    }

    /// Has it write down what it keeps, and waits until it did: a crash after that forgets nothing of it.
    pub(crate) fn write_down(&self) {
        let written = || fs::metadata(self.file("mosquitto.db")).ok().map(|file| (file.ino(), file.modified().ok()));
        let before = written();
        self.signal(Signal::USR1);
        wait_for("what the broker keeps", PATIENCE, || (written() != before).then_some(()));
    }

    /// Starts it again, on the same port, with what it had written down.
    pub(crate) fn start_again(&mut self) {
        self.kill();
        self.launch();
    }

    /// A broker that hangs: connections stay open and nothing answers.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// It goes on.
    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// All it wrote, since its first start.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            process.signal(signal);
        }
    }

    fn end(&mut self, grace: Duration) {
        if let Some(mut process) = self.process.take() {
            process.end(grace);
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn prepare(&self) {
        let mut lines = vec![
            format!("listener {} 127.0.0.1", self.port),
            "persistence true".to_owned(),
            format!("persistence_location {}/", self.folder.path().display()),
            "log_dest stderr".to_owned(),
            "connection_messages true".to_owned(),
        ];
        if rustix::process::geteuid().is_root() {
            // Else it becomes somebody to whom the folder is closed.
            lines.push("user root".to_owned());
        }
        if let Some(tls) = &self.setup.tls {
            lines.push(format!("cafile {}", tls.ca.display()));
            lines.push(format!("certfile {}", tls.pair.certificate.display()));
            lines.push(format!("keyfile {}", tls.pair.key.display()));
            if tls.wants_certificate {
                lines.push("require_certificate true".to_owned());
                lines.push("use_identity_as_username true".to_owned());
            }
        }
        if self.setup.users.is_empty() {
            lines.push("allow_anonymous true".to_owned());
        } else {
            lines.push("allow_anonymous false".to_owned());
            lines.push(format!("password_file {}", self.file("passwords").display()));
            fs::write(self.file("passwords"), "").expect("could not write the broker's passwords");
        }
        for (user, password) in &self.setup.users {
            let mut command = Command::new(program("mosquitto_passwd").expect("found before"));
            command.arg("-b").arg(self.file("passwords")).args([user, password]);
            finish(command);
        }
        lines.extend(self.setup.lines.iter().cloned());
        lines.push(String::new());
        fs::write(self.file("conf"), lines.join("\n")).expect("could not write the broker's configuration");
    }

    fn launch(&mut self) {
        let log = File::options().create(true).append(true).open(self.file("log"));
        let log = log.expect("could not open the broker's log");
        let before = self.log().len();
        let path = program("mosquitto").expect("found before");
        let mut command = bound_to_us(path.to_str().expect("a path in UTF-8"));
        command.arg("-c").arg(self.file("conf")).env_clear().env("LC_ALL", "C").current_dir(self.folder.path());
        let output = log.try_clone().expect("could not share the broker's log");
        command.stdin(Stdio::null()).stdout(output).stderr(log);
        let process = Process::start("mosquitto", command).unwrap_or_else(|error| panic!("no broker: {error}"));
        wait_for("the broker", PATIENCE, || {
            assert!(process.alive(), "the broker ended by itself:\n{}", self.log());
            // The port is reserved: whoever answers there is it.
            let is_up = self.log()[before..].contains(" running");
            (is_up && TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()).then_some(())
        });
        self.process = Some(process);
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}

/// An authority that vouches for certificates.
///
/// By the program `openssl`: it comes with what the broker needs anyway, while a library for it would be compiled with
/// every build of the tests.
#[derive(Debug)]
pub(crate) struct Authority {
    folder: TempDir,
}

/// A certificate and its key, as files.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Authority {
    pub(crate) fn new() -> Result<Self, Missing> {
        program("openssl")?;
        let authority = Self { folder: short_temp_dir("ca-") };
        let mut command = openssl(&["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=an authority of a test"]);
        command.args(KEY).arg("-keyout").arg(authority.file("ca.key")).arg("-out").arg(authority.certificate());
        finish(command);
        Ok(authority)
    }

    /// By which others know it.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.file("ca.pem")
    }

    /// A certificate for `name`, good for `names` as in `DNS:localhost,IP:127.0.0.1`.
    pub(crate) fn issue(&self, name: &str, names: &str) -> Pair {
        let pair = Pair { certificate: self.file(&format!("{name}.pem")), key: self.file(&format!("{name}.key")) };
        let (request, more) = (self.file(&format!("{name}.csr")), self.file(&format!("{name}.ext")));
        fs::write(&more, format!("subjectAltName={names}\n")).expect("could not write what a certificate is for");
        let mut command = openssl(&["req", "-new", "-nodes", "-subj", &format!("/CN={name}")]);
        command.args(KEY).arg("-keyout").arg(&pair.key).arg("-out").arg(&request);
        finish(command);
        let mut command = openssl(&["x509", "-req", "-days", "2", "-CAcreateserial"]);
        command.arg("-in").arg(request).arg("-CA").arg(self.certificate()).arg("-CAkey").arg(self.file("ca.key"));
        command.arg("-extfile").arg(more).arg("-out").arg(&pair.certificate);
        finish(command);
        pair
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// What kind of key: quick to make.
const KEY: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];

fn openssl(args: &[&str]) -> Command {
    let mut command = Command::new(program("openssl").expect("found before"));
    command.args(args);
    command
}

#[track_caller]
fn finish(command: Command) {
    let shown = format!("{command:?}");
    let output = process::run(command, b"", PATIENCE).unwrap_or_else(|error| panic!("{error}"));
    assert!(output.status.success(), "{shown}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A service lies where only an administrator's `PATH` leads.
fn program(name: &str) -> Result<PathBuf, Missing> {
    find_program(name).or_else(|missing| {
        let places = ["/usr/sbin", "/usr/local/sbin"].map(|folder| Path::new(folder).join(name));
        places.into_iter().find(|file| file.is_file()).ok_or(missing)
    })
}

/// A socket that is bound and never listens: the kernel gives its port to nobody who doesn't ask for just that one, and
/// lets the broker have it since both allow the other.
fn reserve_port() -> (OwnedFd, u16) {
    let any = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
    let reserved = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    sockopt::set_socket_reuseaddr(&reserved, true).expect("a socket's option");
    bind(&reserved, &any).expect("a free port");
    let port = getsockname(&reserved).ok().and_then(|address| SocketAddrV4::try_from(address).ok());
    (reserved, port.expect("a port").port())
}
