//! A private bus with stand-ins for the desktops' services, and a socket that never answers.

use std::collections::HashMap;
use std::fs;
use std::future::poll_fn;
use std::io::ErrorKind;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Stdio;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use futures_core::Stream as _;
use tempfile::TempDir;
use zbus::connection::Builder;
use zbus::message::{Message, Type};
use zbus::{Connection, MessageStream, Variant, block_on};

use crate::support::process::{Process, bound_to_us};
use crate::support::server::short_temp_dir;
use crate::support::{Missing, PATIENCE, find_program, wait_for};

/// A bus of the test's own.
pub(crate) struct Bus {
    _daemon: Process,
    folder: TempDir,
}

impl Bus {
    pub(crate) fn start() -> Result<Self, Missing> {
        find_program("dbus-daemon")?;
        let folder = short_temp_dir("bus-");
        let bus = |socket: &Path| {
            format!(
                "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
                 \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
                 <busconfig><type>session</type><listen>unix:path={}</listen><policy context=\"default\">\
                 <allow send_destination=\"*\"/><allow own=\"*\"/></policy></busconfig>\n",
                socket.display()
            )
        };
        let config = folder.path().join("bus.conf");
        fs::write(&config, bus(&folder.path().join("bus"))).expect("written");
        let mut command = bound_to_us("dbus-daemon");
        command.args(["--nofork", "--nopidfile"]).arg(format!("--config-file={}", config.display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let daemon = Process::start("dbus-daemon", command).expect("could not run dbus-daemon");
        let bus = Self { _daemon: daemon, folder };
        wait_for("the bus", PATIENCE, || UnixStream::connect(bus.socket()).ok());
        Ok(bus)
    }

    /// The folder in which the socket is called as it is in a runtime directory.
    pub(crate) fn runtime_dir(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("bus")
    }

    pub(crate) fn address(&self) -> String {
        format!("unix:path={}", self.socket().display())
    }
}

/// What a stand-in says to one call.
#[derive(Clone, Debug)]
pub(crate) enum Says {
    Boolean(bool),
    Variant(bool),
    Modes(&'static [&'static str]),
    /// Nothing, ever.
    Nothing,
}

/// Whose name, at which path, and to which call: `interface.member`, then the arguments.
pub(crate) type Call = (&'static str, &'static str);

/// A stand-in for one service; it is gone when it is dropped.
pub(crate) struct Service {
    connection: Connection,
    answers: Arc<Mutex<HashMap<Call, Says>>>,
}

impl Service {
    /// Owns `name` and answers so.
    pub(crate) fn new(bus: &Bus, name: &'static str) -> Self {
        let answers: Arc<Mutex<HashMap<Call, Says>>> = Arc::default();
        let (ready, is_ready) = channel();
        let (address, known) = (bus.address(), Arc::clone(&answers));
        std::thread::spawn(move || block_on(serve(&address, name, &known, &ready)));
        let connection = is_ready.recv_timeout(PATIENCE).expect("the stand-in is on the bus");
        Self { connection, answers }
    }

    /// What it says to this call from now on.
    pub(crate) fn says(&self, path: &'static str, call: &'static str, answer: Says) {
        self.answers.lock().expect("no panic").insert((path, call), answer);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = block_on(self.connection.clone().close());
    }
}

async fn serve(
    address: &str,
    name: &'static str,
    answers: &Mutex<HashMap<Call, Says>>,
    ready: &Sender<Connection>,
) -> zbus::Result<()> {
    let connection = Builder::address(address).build().await?;
    let mut messages = MessageStream::from(&connection);
    connection.request_name(name).await?;
    let _ = ready.send(connection.clone());
    while let Some(message) = poll_fn(|context| Pin::new(&mut messages).poll_next(context)).await {
        let message = message?;
        if message.message_type() != Type::MethodCall {
            continue;
        }
        let header = message.header();
        let answer = {
            let asked = asked(&message);
            let path = header.path().map(|path| path.as_str().to_owned()).unwrap_or_default();
            let answers = answers.lock().expect("no panic");
            answers.iter().find(|((at, call), _)| *at == path && *call == asked).map(|(_, says)| says.clone())
        };
        match answer {
            Some(Says::Boolean(value)) => connection.reply(&header, &value).await?,
            Some(Says::Variant(value)) => connection.reply(&header, &Variant::new(value)).await?,
            Some(Says::Modes(modes)) => connection.reply(&header, &modes).await?,
            Some(Says::Nothing) => {}
            None => {
                connection.reply_error(&header, "org.freedesktop.DBus.Error.UnknownMethod", &"not known here").await?;
            }
        }
    }
    Ok(())
}

/// The call as [`Call`] has it.
fn asked(message: &Message) -> String {
    let header = message.header();
    let member = header.member().map(|member| member.as_str().to_owned()).unwrap_or_default();
    let interface = header.interface().map(|interface| interface.as_str().to_owned()).unwrap_or_default();
    match message.body().deserialize::<(String, String)>() {
        Ok((first, second)) => format!("{interface}.{member} {first} {second}"),
        Err(_) => format!("{interface}.{member}"),
    }
}

/// A socket at which somebody listens who never says a word.
pub(crate) struct Listener {
    listener: UnixListener,
    path: PathBuf,
}

impl Listener {
    pub(crate) fn at(path: &Path) -> Self {
        let listener = UnixListener::bind(path).expect("a socket");
        listener.set_nonblocking(true).expect("not waiting");
        Self { listener, path: path.to_owned() }
    }

    pub(crate) fn address(&self) -> String {
        format!("unix:path={}", self.path.display())
    }

    /// How many came since it was asked last.
    pub(crate) fn calls(&self) -> usize {
        let mut count = 0;
        loop {
            match self.listener.accept() {
                Ok(_) => count += 1,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return count,
                Err(error) => panic!("{error}"),
            }
        }
    }
}
