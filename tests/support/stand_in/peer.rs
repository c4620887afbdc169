//! One connection: the server's side of the protocol, and the fault it was given.

use std::io::{Cursor, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, SystemTime};

use pulseaudio::protocol::{
    self, AuthReply, Command, CreatePlaybackStreamReply, DESCRIPTOR_SIZE, PlaybackLatency, PlaybackStreamParams,
    PulseError, ServerInfo, SetClientNameReply,
};
use rustix::event::PollFlags;
use rustix::process::{Pid, Signal, kill_process};

use super::record::{Record, Voice};
use super::script::{Fault, Script, Since};
use super::stream::Stream;
use super::{TICK_MS, boot_us};

/// The version spoken and announced.
const VERSION: u16 = 23;
/// The only channel of a connection.
const CHANNEL: u32 = 0;
/// A flood is written in pieces of this size at least.
const FLOOD: usize = 16 * 1024;
/// The seek mode in a block's flags: at a byte of the stream.
const ABSOLUTE: u32 = 1;

pub(super) struct Peer {
    pub(super) socket: UnixStream,
    pid: u32,
    script: Script,
    /// The fault, once it has begun.
    active: Option<Fault>,
    packets: u32,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    stream: Option<Stream>,
    played: Duration,
    /// The number of the command that waits for the end of the sound.
    drain: Option<u32>,
    chance: u64,
    pub(super) closed: bool,
}

impl Peer {
    pub(super) fn new(socket: UnixStream, script: Script) -> std::io::Result<Self> {
        socket.set_nonblocking(true)?;
        let pid = rustix::net::sockopt::socket_peercred(&socket)?.pid.as_raw_nonzero().get().cast_unsigned();
        let mut peer = Self {
            socket,
            pid,
            script,
            active: None,
            packets: 0,
            inbox: Vec::new(),
            outbox: Vec::new(),
            stream: None,
            played: Duration::ZERO,
            drain: None,
            chance: u64::from(pid),
            closed: false,
        };
        peer.begin(Since::Accept);
        Ok(peer)
    }

    /// What to wait for on its socket. That it was closed is told in any case.
    pub(super) fn wanted(&self) -> PollFlags {
        let mut wanted = PollFlags::IN;
        if self.active == Some(Fault::Hangs) {
            wanted = PollFlags::empty();
        } else if !self.outbox.is_empty() || self.active.is_some_and(Fault::floods) {
            wanted |= PollFlags::OUT;
        }
        wanted
    }

    /// Whether the whole server is to go.
    pub(super) fn vanishes(&self) -> bool {
        self.active == Some(Fault::Vanishes)
    }

    fn begin(&mut self, now: Since) -> bool {
        let begins = self.active.is_none() && self.script.is_some_and(|(since, _)| since == now);
        if begins {
            self.active = self.script.map(|(_, fault)| fault);
            self.closed |= matches!(self.active, Some(Fault::Closes | Fault::Vanishes));
            if self.active == Some(Fault::StopsClient)
                && let Some(client) = Pid::from_raw(self.pid.cast_signed())
            {
                // While it is connected the number is its own.
                let _ = kill_process(client, Signal::STOP);
            }
        }
        begins
    }

    /// Reads, answers and writes as far as it goes without waiting.
    pub(super) fn serve(&mut self, record: &mut Record) {
        if self.active == Some(Fault::Hangs) {
            return;
        }
        let mut bytes = [0; 16 * 1024];
        loop {
            match self.socket.read(&mut bytes) {
                Ok(0) => self.closed = true,
                Ok(count) => {
                    self.inbox.extend_from_slice(&bytes[..count]);
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.closed = true,
            }
            break;
        }
        while !self.closed && self.active != Some(Fault::Hangs) && self.message(record) {}
        self.flood();
        self.flush();
    }

    pub(super) fn flush(&mut self) {
        while !self.outbox.is_empty() && !self.closed {
            match self.socket.write(&self.outbox) {
                Ok(sent) => drop(self.outbox.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.closed = true,
            }
        }
    }

    /// The next whole message of the inbox; `false` if there is none.
    fn message(&mut self, record: &mut Record) -> bool {
        let Some(mut head) = self.inbox.get(..DESCRIPTOR_SIZE) else { return false };
        // The crate drops the seek mode, which it doesn't name.
        let flags = u32::from_be_bytes([head[16], head[17], head[18], head[19]]);
        let Ok(head) = protocol::read_descriptor(&mut head) else { return false };
        let end = DESCRIPTOR_SIZE + head.length as usize;
        let Some(body) = self.inbox.get(DESCRIPTOR_SIZE..end).map(<[u8]>::to_vec) else { return false };
        self.inbox.drain(..end);
        self.begin(Since::Packet(self.packets));
        self.packets += 1;
        if matches!(self.active, Some(Fault::Hangs | Fault::Closes | Fault::Vanishes)) {
            return false;
        }
        if head.channel != u32::MAX {
            if let Some(stream) = &mut self.stream {
                let at = (flags & 0xff == ABSOLUTE).then_some(head.offset);
                let level = stream.write(at, &body);
                let voice = &mut record.voices[stream.voice];
                voice.level = voice.level.max(level);
            }
        } else if let Ok((number, command)) = Command::read_tag_prefixed(&mut Cursor::new(&body), VERSION) {
            self.command(number, &command, record);
        }
        true
    }

    fn command(&mut self, number: u32, command: &Command, record: &mut Record) {
        let met = match command {
            Command::GetPlaybackLatency(_) | Command::FlushPlaybackStream(_) => self.begin(Since::Fade),
            Command::DrainPlaybackStream(_) => self.begin(Since::Drain),
            Command::DeletePlaybackStream(_) => self.begin(Since::Delete),
            _ => false,
        };
        match self.active {
            Some(Fault::Ignores) if met => return,
            None | Some(Fault::Ignores | Fault::Stalls | Fault::StopsClient) => {}
            Some(Fault::Denies) => {
                return drop(protocol::write_error(&mut self.outbox, number, &PulseError::AccessDenied));
            }
            Some(Fault::Refuses) => {
                return drop(protocol::write_error(&mut self.outbox, number, &PulseError::Internal));
            }
            Some(_) => return,
        }
        match command {
            Command::Auth(_) => {
                self.reply(number, &AuthReply { version: 35, use_memfd: false, use_shm: false });
                self.begin(Since::Auth);
            }
            Command::GetServerInfo => {
                let info = ServerInfo { server_name: Some(c"stand-in".into()), ..ServerInfo::default() };
                self.reply(number, &info);
            }
            Command::SetClientName(_) => self.reply(number, &SetClientNameReply { client_id: 1 }),
            Command::CreatePlaybackStream(params) => {
                self.create(number, params, record);
                self.begin(Since::Create);
            }
            Command::DrainPlaybackStream(_) => self.drain = Some(number),
            // It starts with the first samples anyway.
            Command::TriggerPlaybackStream(_) => self.done(number),
            Command::FlushPlaybackStream(_) => {
                if let Some(stream) = &mut self.stream {
                    stream.flush();
                }
                self.done(number);
            }
            Command::DeletePlaybackStream(_) => {
                self.delete(record);
                self.done(number);
            }
            Command::GetPlaybackLatency(question) => {
                let (read_offset, write_offset) = self.stream.as_ref().map_or((0, 0), Stream::offsets);
                let timing = PlaybackLatency {
                    sink_usec: 0,
                    source_usec: 0,
                    playing: true,
                    local_time: question.now,
                    remote_time: SystemTime::now(),
                    write_offset,
                    read_offset,
                    underrun_for: 0,
                    playing_for: 0,
                };
                self.reply(number, &timing);
            }
            _ => drop(protocol::write_error(&mut self.outbox, number, &PulseError::Command)),
        }
    }

    fn create(&mut self, number: u32, params: &PlaybackStreamParams, record: &mut Record) {
        let stream = Stream::new(record.voices.len(), params);
        record.voices.push(Voice {
            pid: self.pid,
            level: 0.0,
            created: boot_us(),
            deleted: None,
            frames: 0,
            audible_frames: 0,
        });
        let reply = CreatePlaybackStreamReply {
            channel: CHANNEL,
            stream_index: stream.voice as u32,
            requested_bytes: stream.first_request(),
            buffer_attr: params.buffer_attr,
            sample_spec: params.sample_spec,
            channel_map: params.channel_map,
            sink_index: 0,
            sink_name: Some(c"stand-in".into()),
            ..CreatePlaybackStreamReply::default()
        };
        self.stream = Some(stream);
        self.reply(number, &reply);
    }

    /// The stream is gone, with all that it had queued.
    pub(super) fn delete(&mut self, record: &mut Record) {
        if let Some(stream) = self.stream.take() {
            record.voices[stream.voice].deleted = Some(boot_us());
        }
    }

    /// Plays one tick; returns the voice if it was audible.
    pub(super) fn tick(&mut self, record: &mut Record) -> Option<usize> {
        if self.closed || self.active.is_some_and(|fault| !fault.plays()) {
            return None;
        }
        let stream = self.stream.as_mut()?;
        let had_started = stream.started;
        let taken = stream.take(TICK_MS);
        let voice = stream.voice;
        record.voices[voice].frames += taken.frames;
        record.voices[voice].audible_frames += taken.audible;
        if taken.frames > 0 {
            self.played += Duration::from_millis(TICK_MS.into());
        }
        let mut news = Vec::new();
        if stream.started && !had_started {
            news.push(Command::Started(CHANNEL));
        }
        if let Some(length) = stream.request() {
            news.push(Command::Request(protocol::Request { channel: CHANNEL, length }));
        }
        let is_over = stream.is_empty();
        for command in news {
            let _ = protocol::write_command_message(&mut self.outbox, u32::MAX, &command, VERSION);
        }
        if let Some(number) = self.drain.take_if(|_| is_over) {
            self.done(number);
        }
        if let Some((since @ Since::Playing(after), _)) = self.script
            && self.played >= after
        {
            self.begin(since);
        }
        self.flush();
        (taken.audible > 0).then_some(voice)
    }

    fn done(&mut self, number: u32) {
        let _ = protocol::write_ack_message(&mut self.outbox, number);
    }

    fn reply(&mut self, number: u32, reply: &impl protocol::CommandReply) {
        let _ = protocol::write_reply_message(&mut self.outbox, number, reply, VERSION);
    }

    /// Fills the line, where that is its fault.
    fn flood(&mut self) {
        let Some(fault) = self.active.filter(|fault| fault.floods()) else { return };
        while self.outbox.len() < FLOOD {
            let out = &mut self.outbox;
            let _ = match fault {
                Fault::FloodsErrors => protocol::write_error(out, u32::MAX, &PulseError::Internal),
                Fault::FloodsRequests => {
                    let request = protocol::Request { channel: CHANNEL, length: 320 };
                    protocol::write_command_message(out, u32::MAX, &Command::Request(request), VERSION)
                }
                _ => {
                    self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    out.extend_from_slice(&self.chance.to_be_bytes()[..4]);
                    Ok(())
                }
            };
        }
    }
}
