//! A sound server that does what a test wants: plays in real time and knows what it played, or fails in a chosen way.
//!
//! Speaks the server's side of the PulseAudio protocol, as far as the player uses it, in one thread of the test. Its
//! device takes [`TICK`] of every stream at a time; of each tick that anything was heard in, the [`Tape`] holds who was
//! heard and how loud, and what the fence said then.

#![allow(dead_code, reason = "each test target uses only a part of it")]

use std::collections::VecDeque;
use std::io::{Cursor, ErrorKind, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use pulseaudio::protocol::{
    AuthReply, Command, CommandTag, CreatePlaybackStreamReply, DESCRIPTOR_SIZE, PlaybackLatency, PlaybackStreamParams,
    PulseError, Request, read_descriptor, write_ack_message, write_command_message, write_error, write_reply_message,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// What the device takes at a time.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// Softer than this is silence.
const AUDIBLE: f32 = 1e-4;

/// The client's version of the protocol.
const VERSION: u16 = 23;

const FRAME: usize = size_of::<f32>();

/// How a server behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// So many commands of a connection are answered as they should be.
    pub(crate) answers: usize,
    /// What happens to those after them.
    pub(crate) then: Then,
    /// These are never answered.
    pub(crate) deaf_to: Option<CommandTag>,
    /// For how long a stream is played; then it stands still.
    pub(crate) plays: Duration,
    /// Errors nobody asked for, as many as the connection takes.
    pub(crate) floods: bool,
}

/// What happens to a command that is not answered as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Ignore,
    Refuse,
    Garbage,
    Close,
}

impl Manner {
    /// As it should be.
    pub(crate) const GOOD: Self =
        Self { answers: usize::MAX, then: Then::Ignore, deaf_to: None, plays: Duration::MAX, floods: false };
}

/// A moment of the device in which something was heard.
#[derive(Clone, Debug)]
pub(crate) struct Tick {
    pub(crate) at: Instant,
    /// How much later than it should have been.
    pub(crate) late: Duration,
    /// Of each connection that was heard: its process and its loudest sample.
    pub(crate) heard: Vec<(u32, f32)>,
    /// The fence, and since when it is seen to stand there.
    pub(crate) fence: (u64, Instant),
}

/// What was heard, oldest first.
#[derive(Default)]
pub(crate) struct Tape {
    pub(crate) ticks: Vec<Tick>,
    /// The latest any tick was.
    pub(crate) worst_late: Duration,
    /// Connections so far.
    pub(crate) connections: usize,
}

/// A running server.
pub(crate) struct StandIn {
    socket: PathBuf,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    manner: Mutex<Manner>,
    tape: Mutex<Tape>,
    over: AtomicBool,
}

impl StandIn {
    /// Listens at `socket`; `fence` is the file whose value is noted with what is heard.
    pub(crate) fn start(socket: &Path, fence: Option<PathBuf>, manner: Manner) -> Self {
        let _ = std::fs::remove_file(socket);
        let listener = UnixListener::bind(socket).expect("could not listen");
        listener.set_nonblocking(true).expect("a socket");
        let shared =
            Arc::new(Shared { manner: Mutex::new(manner), tape: Mutex::default(), over: AtomicBool::new(false) });
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::spawn(move || Device::new(listener, fence, of_thread).run());
        Self { socket: socket.to_owned(), shared, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> String {
        format!("unix:{}", self.socket.display())
    }

    /// From now on it behaves like this, to connections it has too.
    pub(crate) fn behave(&self, manner: Manner) {
        *self.shared.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }

    /// Takes what was heard so far.
    pub(crate) fn take(&self) -> Tape {
        std::mem::take(&mut *self.tape())
    }

    pub(crate) fn connections(&self) -> usize {
        self.tape().connections
    }

    /// The first moment after `from` in which something as loud as `level` was heard.
    pub(crate) fn heard_after(&self, from: Instant, level: f32) -> Option<Tick> {
        let loud = |tick: &&Tick| tick.at >= from && tick.heard.iter().any(|(_, heard)| *heard >= level);
        self.tape().ticks.iter().find(loud).cloned()
    }

    fn tape(&self) -> std::sync::MutexGuard<'_, Tape> {
        self.shared.tape.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.shared.over.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.socket);
    }
}

struct Device {
    listener: UnixListener,
    fence_file: Option<PathBuf>,
    fence: (u64, Instant),
    shared: Arc<Shared>,
    connections: Vec<Connection>,
}

impl Device {
    fn new(listener: UnixListener, fence_file: Option<PathBuf>, shared: Arc<Shared>) -> Self {
        Self { listener, fence_file, fence: (0, Instant::now()), shared, connections: Vec::new() }
    }

    fn run(mut self) {
        let mut next = Instant::now() + TICK;
        while !self.shared.over.load(Relaxed) {
            let manner = *self.shared.manner.lock().unwrap_or_else(PoisonError::into_inner);
            self.wait(next, manner.floods);
            // Until nothing is left to read: what was closed before something else was sent must not be heard with it.
            while self.converse(manner) {}
            let now = Instant::now();
            while next <= now {
                self.tick(now, now.duration_since(next), manner);
                next += TICK;
            }
            self.connections.iter_mut().for_each(|connection| connection.flush(manner));
            self.connections.retain(|connection| !connection.closed);
        }
    }

    fn wait(&self, until: Instant, floods: bool) {
        let left = if floods { Duration::ZERO } else { until.saturating_duration_since(Instant::now()) };
        let mut fds = vec![PollFd::new(&self.listener, PollFlags::IN)];
        fds.extend(self.connections.iter().map(|connection| PollFd::new(&connection.socket, PollFlags::IN)));
        let left = Timespec { tv_sec: 0, tv_nsec: left.subsec_nanos().into() };
        let _ = poll(&mut fds, Some(&left));
    }

    /// One round of reading and answering; whether anything came.
    fn converse(&mut self, manner: Manner) -> bool {
        let mut came = false;
        while let Ok((socket, _)) = self.listener.accept() {
            came = true;
            self.connections.push(Connection::new(socket));
            self.shared.tape.lock().unwrap_or_else(PoisonError::into_inner).connections += 1;
        }
        for connection in &mut self.connections {
            came |= connection.converse(manner);
        }
        self.connections.retain(|connection| !connection.closed);
        came
    }

    fn tick(&mut self, now: Instant, late: Duration, manner: Manner) {
        if let Some(bytes) = self.fence_file.as_ref().and_then(|file| std::fs::read(file).ok())
            && let Ok(bytes) = <[u8; 8]>::try_from(bytes)
            && u64::from_le_bytes(bytes) != self.fence.0
        {
            self.fence = (u64::from_le_bytes(bytes), now);
        }
        let loudest = |connection: &mut Connection| {
            let heard = connection.play(manner);
            heard.filter(|level| *level > AUDIBLE).map(|level| (connection.pid, level))
        };
        let heard: Vec<_> = self.connections.iter_mut().filter_map(loudest).collect();
        let mut tape = self.shared.tape.lock().unwrap_or_else(PoisonError::into_inner);
        tape.worst_late = tape.worst_late.max(late);
        if !heard.is_empty() {
            tape.ticks.push(Tick { at: now, late, heard, fence: self.fence });
        }
    }
}

struct Connection {
    socket: UnixStream,
    pid: u32,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    commands: usize,
    stream: Option<Stream>,
    closed: bool,
}

/// The one stream of a connection: its queue begins at the frame that is played next.
struct Stream {
    channels: usize,
    rate: u32,
    queue: VecDeque<f32>,
    /// Frames played.
    played: u64,
    /// Frames in all that may be in the queue, and that were asked for and did not come yet.
    room: usize,
    asked: usize,
    since: Instant,
    drain: Option<u32>,
}

impl Connection {
    fn new(socket: UnixStream) -> Self {
        let _ = socket.set_nonblocking(true);
        let pid = rustix::net::sockopt::socket_peercred(&socket).map_or(0, |peer| peer.pid.as_raw_nonzero().get());
        let pid = pid.cast_unsigned();
        Self { socket, pid, inbox: Vec::new(), outbox: Vec::new(), commands: 0, stream: None, closed: false }
    }

    fn converse(&mut self, manner: Manner) -> bool {
        let mut bytes = [0; 16384];
        let mut came = false;
        while !self.closed {
            match self.socket.read(&mut bytes) {
                Ok(0) => self.closed = true,
                Ok(count) => self.inbox.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => self.closed = true,
            }
            came = true;
        }
        while let Some((channel, offset, seek, body)) = self.message() {
            if channel == u32::MAX {
                self.command(&body, manner);
            } else if let Some(stream) = &mut self.stream {
                stream.take(&body, (seek & 0xff == 1).then_some(offset));
            }
        }
        self.flush(manner);
        came
    }

    fn message(&mut self) -> Option<(u32, u64, u32, Vec<u8>)> {
        let head = read_descriptor(&mut self.inbox.get(..DESCRIPTOR_SIZE)?).ok()?;
        let end = DESCRIPTOR_SIZE + head.length as usize;
        let body = self.inbox.get(DESCRIPTOR_SIZE..end)?.to_vec();
        self.inbox.drain(..end);
        Some((head.channel, head.offset, head.flags.bits(), body))
    }

    fn command(&mut self, body: &[u8], manner: Manner) {
        let Ok((number, command)) = Command::read_tag_prefixed(&mut Cursor::new(body), VERSION) else { return };
        self.commands += 1;
        if manner.deaf_to == Some(command.tag()) {
            return;
        }
        if self.commands > manner.answers {
            match manner.then {
                Then::Ignore => {}
                Then::Refuse => drop(write_error(&mut self.outbox, number, &PulseError::Internal)),
                Then::Garbage => self.outbox.extend_from_slice(&[0xa5; 4096]),
                Then::Close => self.closed = true,
            }
            return;
        }
        let out = &mut self.outbox;
        let _ = match command {
            Command::Auth(_) => {
                let reply = AuthReply { version: 35, use_memfd: false, use_shm: false };
                write_reply_message(out, number, &reply, VERSION)
            }
            Command::SetClientName(_) => {
                write_reply_message(out, number, &pulseaudio::protocol::SetClientNameReply { client_id: 1 }, VERSION)
            }
            Command::CreatePlaybackStream(params) => {
                let stream = Stream::new(&params);
                let reply = CreatePlaybackStreamReply {
                    requested_bytes: params.buffer_attr.target_length,
                    buffer_attr: params.buffer_attr,
                    sample_spec: params.sample_spec,
                    channel_map: params.channel_map,
                    ..CreatePlaybackStreamReply::default()
                };
                self.stream = Some(stream);
                write_reply_message(out, number, &reply, VERSION)
            }
            Command::DrainPlaybackStream(_) => {
                if let Some(stream) = &mut self.stream {
                    stream.drain = Some(number);
                }
                Ok(())
            }
            Command::GetPlaybackLatency(_) => {
                let at = self.stream.as_ref().map_or(0, |stream| stream.played * (stream.channels * FRAME) as u64);
                let reply = PlaybackLatency {
                    sink_usec: 5000,
                    source_usec: 0,
                    playing: true,
                    local_time: SystemTime::now(),
                    remote_time: SystemTime::now(),
                    write_offset: at.cast_signed(),
                    read_offset: at.cast_signed(),
                    underrun_for: 0,
                    playing_for: 0,
                };
                write_reply_message(out, number, &reply, VERSION)
            }
            Command::FlushPlaybackStream(_) => {
                if let Some(stream) = &mut self.stream {
                    stream.queue.clear();
                }
                write_ack_message(out, number)
            }
            Command::DeletePlaybackStream(_) => {
                self.stream = None;
                write_ack_message(out, number)
            }
            _ => write_ack_message(out, number),
        };
    }

    /// Plays a tick of the stream; its loudest sample.
    fn play(&mut self, manner: Manner) -> Option<f32> {
        let stream = self.stream.as_mut()?;
        if stream.since.elapsed() > manner.plays {
            return None;
        }
        let frames = (f64::from(stream.rate) * TICK.as_secs_f64()) as usize;
        let samples = (frames * stream.channels).min(stream.queue.len());
        let loudest = stream.queue.drain(..samples).fold(0.0_f32, |most, sample| most.max(sample.abs()));
        let begins = stream.played == 0 && samples > 0;
        stream.played += (samples / stream.channels) as u64;
        let missing = stream.room.saturating_sub(stream.queue.len() / stream.channels + stream.asked);
        if begins {
            let _ = write_command_message(&mut self.outbox, u32::MAX, &Command::Started(0), VERSION);
        }
        if missing >= frames {
            stream.asked += missing;
            let length = (missing * stream.channels * FRAME) as u32;
            let request = Command::Request(Request { channel: 0, length });
            let _ = write_command_message(&mut self.outbox, u32::MAX, &request, VERSION);
        }
        if stream.queue.is_empty()
            && let Some(number) = stream.drain.take()
        {
            let _ = write_ack_message(&mut self.outbox, number);
        }
        (samples > 0).then_some(loudest)
    }

    fn flush(&mut self, manner: Manner) {
        if manner.floods && self.outbox.len() < 1 << 16 {
            for number in 1 << 20..(1 << 20) + 500 {
                let _ = write_error(&mut self.outbox, number, &PulseError::Internal);
            }
        }
        match self.socket.write(&self.outbox) {
            Ok(count) => drop(self.outbox.drain(..count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.closed = true,
        }
    }
}

impl Stream {
    fn new(params: &PlaybackStreamParams) -> Self {
        let channels = usize::from(params.sample_spec.channels).max(1);
        let room = params.buffer_attr.target_length as usize / (channels * FRAME);
        let (rate, since) = (params.sample_spec.sample_rate, Instant::now());
        Self { channels, rate, queue: VecDeque::new(), played: 0, room, asked: room, since, drain: None }
    }

    /// Samples, behind the last ones or at that byte.
    fn take(&mut self, bytes: &[u8], at: Option<u64>) {
        let samples = bytes.chunks_exact(FRAME).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        let Some(at) = at else {
            self.asked = self.asked.saturating_sub(bytes.len() / (FRAME * self.channels));
            self.queue.extend(samples);
            return;
        };
        // What has been played already can't be changed any more.
        let first = at.cast_signed() / FRAME as i64 - (self.played as usize * self.channels) as i64;
        for (sample, place) in samples.zip(first..) {
            match usize::try_from(place) {
                Ok(place) if place < self.queue.len() => self.queue[place] = sample,
                Ok(_) => self.queue.push_back(sample),
                Err(_) => {}
            }
        }
    }
}
