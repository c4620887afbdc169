//! One connection to a sound server: framing, sequence numbers and time limits of the PulseAudio protocol.
//!
//! Knows messages, not what they mean for a sound. The socket never blocks: what the server does not take now is kept,
//! and every wait has an end. The encoding is the `pulseaudio` crate's.

use std::io::{self, Cursor, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use pulseaudio::protocol::{
    self, Command, CommandReply, DESCRIPTOR_SIZE, Descriptor, DescriptorFlags, PulseError, TagStructReader,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

/// The protocol version spoken: that of PulseAudio 1.0, which every living server understands.
///
/// The server reads what follows by the version the client announced, not by what both agreed on. Announcing the
/// lowest that has all we need lets us send everything at once, without waiting for its answer.
pub(super) const VERSION: u16 = 23;

/// Seek modes of a block of samples, which the crate does not name: behind the last ones, or at a byte of the stream.
const RELATIVE: u32 = 0;
const ABSOLUTE: u32 = 1;

/// The longest control message taken; anything longer is no answer of a sound server.
const MAX_MESSAGE: usize = 1 << 20;

/// So many messages in a second are a flood. A server that plays sends one for each block, some hundreds.
const FLOOD: u32 = 2000;

/// How long a server whose queue is full is left before it is asked again.
const FULL_QUEUE: Duration = Duration::from_millis(10);

/// What a server can say.
#[derive(Debug)]
pub(super) enum Message {
    /// The answer to the command of that number.
    Reply(u32, Vec<u8>),
    /// The refusal of the command of that number.
    Refused(u32, PulseError),
    /// It wants so many bytes more.
    Request(u32),
    /// Playback has begun.
    Started,
    /// It took the stream away.
    Killed,
    /// Something of no interest here.
    Other,
}

/// The server is gone or talks nonsense.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) why: String,
    /// It closed the connection, and with it everything that was ours.
    pub(super) gone: bool,
}

impl Broken {
    /// The connection may still stand.
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), gone: false }
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof => gone(),
            _ => Self::new(format!("the connection to the sound server broke: {error}")),
        }
    }
}

fn gone() -> Broken {
    Broken { gone: true, ..Broken::new("the sound server closed the connection") }
}

fn nonsense(error: impl std::fmt::Display) -> Broken {
    Broken::new(format!("the sound server's answer makes no sense: {error}"))
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Connection {
    socket: UnixStream,
    next: u32,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    /// Messages since that moment, which is less than a second ago.
    heard: (u32, Instant),
}

impl Connection {
    /// Connects to the socket at `path`; `keep_on` is asked every few milliseconds while that takes long.
    pub(super) fn open(path: &Path, keep_on: impl FnMut() -> bool) -> io::Result<Self> {
        let socket = connect(path, keep_on)?;
        Ok(Self { socket, next: 0, inbox: Vec::new(), outbox: Vec::new(), heard: (0, Instant::now()) })
    }

    /// Puts a command in line and returns its number.
    pub(super) fn command(&mut self, command: &Command) -> Result<u32, Broken> {
        let number = self.next;
        self.next += 1;
        protocol::write_command_message(&mut self.outbox, number, command, VERSION).map_err(nonsense)?;
        Ok(number)
    }

    /// Puts a whole message in line.
    pub(super) fn put(&mut self, message: &[u8]) {
        self.outbox.extend_from_slice(message);
    }

    /// Hands a whole message over at once, behind what is in line.
    pub(super) fn send(&mut self, message: &[u8]) -> Result<(), Broken> {
        self.put(message);
        self.flush()
    }

    /// Whether nothing is in line.
    pub(super) fn is_clear(&self) -> bool {
        self.outbox.is_empty()
    }

    /// Hands over what the server takes now, in one system call; the rest stays in line.
    pub(super) fn flush(&mut self) -> Result<(), Broken> {
        while !self.outbox.is_empty() {
            match self.socket.write(&self.outbox) {
                Ok(0) => return Err(gone()),
                Ok(sent) => drop(self.outbox.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The next message; `None` if none came within `patience`.
    pub(super) fn receive(&mut self, patience: Duration) -> Result<Option<Message>, Broken> {
        let until = Instant::now() + patience;
        loop {
            self.flush()?;
            if let Some(message) = self.parse()? {
                return self.count().map(|()| Some(message));
            }
            let left = until.saturating_duration_since(Instant::now());
            if !self.read(left)? {
                return Ok(None);
            }
        }
    }

    /// Ends a conversation in which only one talks: listening to it would cost a processor.
    fn count(&mut self) -> Result<(), Broken> {
        if self.heard.1.elapsed() > Duration::from_secs(1) {
            self.heard = (0, Instant::now());
        }
        self.heard.0 += 1;
        if self.heard.0 > FLOOD { Err(Broken::new("the sound server does not stop talking")) } else { Ok(()) }
    }

    /// Waits for bytes and takes them; `false` if there were none in time.
    fn read(&mut self, patience: Duration) -> Result<bool, Broken> {
        let mut wanted = PollFlags::IN;
        if !self.outbox.is_empty() {
            wanted |= PollFlags::OUT;
        }
        let mut socket = [PollFd::new(&self.socket, wanted)];
        let patience = Timespec { tv_sec: patience.as_secs() as _, tv_nsec: patience.subsec_nanos().into() };
        match poll(&mut socket, Some(&patience)) {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(true),
            Err(error) => return Err(io::Error::from(error).into()),
        }
        if socket[0].revents() == PollFlags::OUT {
            return Ok(true);
        }
        let mut bytes = [0; 4096];
        match self.socket.read(&mut bytes) {
            Ok(0) => Err(gone()),
            Ok(count) => {
                self.inbox.extend_from_slice(&bytes[..count]);
                Ok(true)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// The first whole message in the inbox.
    fn parse(&mut self) -> Result<Option<Message>, Broken> {
        let Some(mut head) = self.inbox.get(..DESCRIPTOR_SIZE) else { return Ok(None) };
        let head = protocol::read_descriptor(&mut head).map_err(nonsense)?;
        let end = DESCRIPTOR_SIZE + head.length as usize;
        if end > MAX_MESSAGE {
            return Err(nonsense(format!("a message of {} bytes", head.length)));
        }
        let Some(body) = self.inbox.get(DESCRIPTOR_SIZE..end) else { return Ok(None) };
        let message = if head.channel == u32::MAX { understand(body)? } else { Message::Other };
        self.inbox.drain(..end);
        Ok(Some(message))
    }
}

/// Samples for `channel`, to stand at byte `at` of the stream, or behind the last ones.
pub(super) fn samples_message(channel: u32, at: Option<u64>, bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len() as u32;
    let flags = DescriptorFlags::from_bits_retain(if at.is_some() { ABSOLUTE } else { RELATIVE });
    let mut head = [0; DESCRIPTOR_SIZE];
    protocol::encode_descriptor(&mut head, &Descriptor { length, channel, offset: at.unwrap_or(0), flags });
    [&head[..], bytes].concat()
}

fn understand(body: &[u8]) -> Result<Message, Broken> {
    let mut rest = Cursor::new(body);
    Ok(match Command::read_tag_prefixed(&mut rest, VERSION) {
        Ok((number, Command::Reply)) => {
            let at = rest.position() as usize;
            Message::Reply(number, body[at..].to_vec())
        }
        Ok((number, Command::Error(error))) => Message::Refused(number, error),
        Ok((_, Command::Request(request))) => Message::Request(request.length),
        Ok((_, Command::Started(_))) => Message::Started,
        Ok((_, Command::PlaybackStreamKilled(_))) => Message::Killed,
        // News about things that are not ours, or newer than the crate: framing holds, so they can be passed over.
        Ok(_) | Err(_) => Message::Other,
    })
}

/// What is in a reply.
pub(super) fn decode<T: CommandReply>(payload: &[u8]) -> Result<T, Broken> {
    let mut payload = Cursor::new(payload);
    T::read(&mut TagStructReader::new(&mut payload, VERSION), VERSION).map_err(nonsense)
}

/// A server that is stopped takes no connection once its queue is full: it is asked again, and never waited for inside
/// the call. A thread that waits there costs every sound 0.2 ms, and 2 ms where all processors are busy.
fn connect(path: &Path, mut keep_on: impl FnMut() -> bool) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    loop {
        match net::connect(&socket, &address) {
            Ok(()) | Err(Errno::ISCONN) => return Ok(UnixStream::from(socket)),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if keep_on() => std::thread::sleep(FULL_QUEUE),
            Err(Errno::AGAIN) => return Err(ErrorKind::TimedOut.into()),
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server whose queue is full: it listens, has taken nobody, and no more may wait.
    fn full(dir: &tempfile::TempDir) -> (std::path::PathBuf, std::os::unix::net::UnixListener, UnixStream) {
        let path = dir.path().join("native");
        let socket = net::socket(AddressFamily::UNIX, SocketType::STREAM, None).expect("a socket");
        net::bind(&socket, &SocketAddrUnix::new(&path).expect("a short path")).expect("a free path");
        net::listen(&socket, 0).expect("it can listen");
        let waiting = connect(&path, || false).expect("one may wait");
        (path, socket.into(), waiting)
    }

    #[test]
    fn a_server_that_takes_nobody_in_is_left_when_nobody_waits_any_more() {
        let dir = tempfile::tempdir().expect("a folder");
        let (path, _listener, _waiting) = full(&dir);
        let mut asked = 0;
        let error = connect(&path, || {
            asked += 1;
            asked < 3
        })
        .expect_err("it is full");
        assert_eq!((error.kind(), asked), (ErrorKind::TimedOut, 3));
    }

    #[test]
    fn a_server_that_takes_somebody_in_again_is_connected_to() {
        let dir = tempfile::tempdir().expect("a folder");
        let (path, listener, _waiting) = full(&dir);
        let mut taken = Vec::new();
        let mut socket = connect(&path, || {
            taken.push(listener.accept().expect("somebody waits"));
            true
        })
        .expect("there is room");
        taken.push(listener.accept().expect("that is us"));
        let error = socket.read(&mut [0]).expect_err("nothing was said");
        assert_eq!((error.kind(), taken.len()), (ErrorKind::WouldBlock, 2));
    }

    #[test]
    fn where_nobody_listens_nobody_is_waited_for() {
        let dir = tempfile::tempdir().expect("a folder");
        let missing = connect(&dir.path().join("native"), || panic!("there is nothing to wait for"));
        assert_eq!(missing.expect_err("nothing is there").kind(), ErrorKind::NotFound);
    }
}
