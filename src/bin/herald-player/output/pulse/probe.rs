//! What keeps a sound from this server, found by going its way with silence.
//!
//! Says each thing as soon as it is known; waits for nothing without an end.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, Instant};

use herald::doctor::probe::{Fault, Sink, Told};
use pulseaudio::protocol::{
    AuthParams, AuthReply, ChannelVolume, Command, CreatePlaybackStreamReply, GetSinkInfo, PulseError, ServerInfo,
    SinkInfo, SinkInputInfo, Volume,
};

use super::connection::{Broken, Connection, Message, VERSION, decode, samples_message};
use super::{Depth, Pulse, SAMPLE_BYTES, STEP, properties, wish};
use crate::decode::Spec;
use crate::patience::Patience;

/// The silence that is played.
const SPEC: Spec = Spec { rate: 48_000, channels: 2 };
/// For one server to accept us, to say who it is and to open a stream; a playback gives it half as much again.
const OPENING: Duration = Duration::from_millis(1000);
/// For what the server keeps for sounds like ours.
const KEPT: Duration = Duration::from_millis(300);
/// For the first samples to be taken: a null sink of PulseAudio 16 asks every two seconds where nobody listens to it.
const MOVING: Duration = Duration::from_millis(2500);

/// What went wrong at one place, and more about it.
type Wrong = (Fault, Option<String>);

impl Pulse {
    /// Tells of every place that is tried; whether one of them opened.
    pub(in super::super) fn probe(&self, tell: &mut dyn FnMut(Told)) -> bool {
        let places = match self.surroundings.places() {
            Ok(places) => places,
            Err(why) => {
                let path = self.surroundings.pulse_server.clone().unwrap_or_default();
                let (from, fault) = ("PULSE_SERVER".to_owned(), Some(Fault::Remote));
                tell(Told::Tried { path, from, fault, why: Some(why) });
                return false;
            }
        };
        for (path, from) in places {
            let tried =
                |fault, why| Told::Tried { path: path.display().to_string(), from: from.to_owned(), fault, why };
            let found = self.introduced(&path).and_then(|(conversation, server)| {
                tell(tried(None, None));
                let (name, version) = (text(server.server_name.clone()), text(server.server_version.clone()));
                tell(Told::Server { name, version });
                conversation.go_on(&server, tell)
            });
            match found {
                Ok(()) => return true,
                // Of a place that answered this is the second word.
                Err((fault, why)) => tell(tried(Some(fault), why)),
            }
        }
        false
    }

    /// A conversation with a server that knows us, and who it is.
    fn introduced(&self, path: &Path) -> Result<(Conversation, ServerInfo), Wrong> {
        let attempt = || {
            let mut patience = Patience::of(OPENING);
            let connection = Connection::open(path, || !patience.is_over()).map_err(|error| unreachable(&error))?;
            let mut conversation = Conversation { connection, patience };
            let cookie = self.surroundings.cookie();
            let auth = AuthParams { version: VERSION, supports_shm: false, supports_memfd: false, cookie };
            let auth: AuthReply = conversation.ask(&Command::Auth(auth))?;
            if auth.version < VERSION {
                let why = format!("it speaks protocol version {}; {VERSION} is needed", auth.version);
                return Err((Fault::Broken, Some(why)));
            }
            conversation.connection.command(&Command::SetClientName(properties())).map_err(broken)?;
            let server = conversation.ask(&Command::GetServerInfo)?;
            Ok((conversation, server))
        };
        match attempt() {
            // The kernel may have told it too late who we are: the second time it knows.
            Err((Fault::Stranger, _)) => attempt(),
            other => other,
        }
    }
}

/// A connection, and how long its answers are waited for.
struct Conversation {
    connection: Connection,
    patience: Patience,
}

impl Conversation {
    fn ask<T: pulseaudio::protocol::CommandReply>(&mut self, command: &Command) -> Result<T, Wrong> {
        let number = self.connection.command(command).map_err(broken)?;
        while !self.patience.is_over() {
            match self.connection.receive(STEP).map_err(broken)? {
                Some(Message::Reply(to, payload)) if to == number => return decode(&payload).map_err(broken),
                Some(Message::Refused(to, error)) if to == number => return Err(refused(error)),
                _ => {}
            }
        }
        Err((Fault::Silent, None))
    }

    /// The device, a stream, and silence on it.
    fn go_on(mut self, server: &ServerInfo, tell: &mut dyn FnMut(Told)) -> Result<(), Wrong> {
        let name = server.default_sink_name.clone();
        // A server without any device names none, or one that isn't there, and PipeWire may not know its own yet.
        let mut sink = self.sink(GetSinkInfo { index: None, name });
        self.patience = Patience::of(OPENING);
        let stream: CreatePlaybackStreamReply = self.ask(&Command::CreatePlaybackStream(wish(SPEC, Depth::Near)))?;
        tell(Told::Opened { output: "pulse".to_owned() });
        let begun = Instant::now();
        let moved = self.silence(&stream).is_ok_and(|moved| moved);
        let after_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tell(if moved { Told::Moved { after_ms } } else { Told::Stalled { after_ms } });
        let default = || GetSinkInfo { index: None, name: Some(c"@DEFAULT_SINK@".into()) };
        let played_on = GetSinkInfo { index: Some(stream.sink_index).filter(|index| *index != u32::MAX), name: None };
        if sink.is_none() && played_on.index.is_some() {
            sink = self.sink(played_on);
        }
        if let Some(sink) = sink.or_else(|| self.sink(default())) {
            tell(Told::Sink(sink));
        }
        if let Some((muted, volume)) = self.kept(stream.stream_index) {
            tell(Told::Stream { muted, volume });
        }
        self.patience = Patience::of(Duration::from_millis(100));
        let number = self.connection.command(&Command::DeletePlaybackStream(stream.channel)).map_err(broken)?;
        // Else what was said last might not leave before the connection goes.
        while !self.patience.is_over() {
            match self.connection.receive(STEP) {
                Ok(Some(Message::Reply(to, _) | Message::Refused(to, _))) if to == number => break,
                Ok(_) => {}
                Err(_) => break,
            }
        }
        Ok(())
    }

    fn sink(&mut self, which: GetSinkInfo) -> Option<Sink> {
        self.patience = Patience::of(KEPT);
        self.ask::<SinkInfo>(&Command::GetSinkInfo(which)).ok().map(|sink| about(&sink))
    }

    /// Whether the server keeps sounds like ours muted, and how loud; as far as it tells.
    fn kept(&mut self, stream: u32) -> Option<(bool, u32)> {
        let until = Instant::now() + KEPT;
        loop {
            self.patience = Patience::of(KEPT);
            let input: SinkInputInfo = self.ask(&Command::GetSinkInputInfo(stream)).ok()?;
            let volume = if input.has_volume { percent(&input.cvolume) } else { 100 };
            // PipeWire says 0 until it knows.
            if volume > 0 || Instant::now() > until {
                return Some((input.muted, volume));
            }
            std::thread::sleep(STEP);
        }
    }

    /// Gives it what it wants; whether it took any of it.
    fn silence(&mut self, stream: &CreatePlaybackStreamReply) -> Result<bool, Broken> {
        let frame = SAMPLE_BYTES * usize::from(SPEC.channels);
        let wanted = (stream.requested_bytes as usize).clamp(frame, 1 << 20) / frame * frame;
        self.connection.send(&samples_message(stream.channel, None, &vec![0; wanted]))?;
        let mut patience = Patience::of(MOVING);
        while !patience.is_over() {
            match self.connection.receive(STEP)? {
                Some(Message::Started | Message::Request(_)) => return Ok(true),
                Some(Message::Killed | Message::Refused(..)) => return Ok(false),
                _ => {}
            }
        }
        Ok(false)
    }
}

fn unreachable(error: &io::Error) -> Wrong {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => (Fault::Missing, None),
        ErrorKind::ConnectionRefused => (Fault::Deaf, None),
        ErrorKind::PermissionDenied => (Fault::Denied, Some(error.to_string())),
        ErrorKind::TimedOut => (Fault::Silent, None),
        _ => (Fault::Broken, Some(error.to_string())),
    }
}

fn refused(error: PulseError) -> Wrong {
    match error {
        PulseError::AccessDenied | PulseError::AuthKey => (Fault::Stranger, None),
        PulseError::NoEntity => (Fault::Deviceless, None),
        error => (Fault::Broken, Some(format!("it refused: {error}"))),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it is a conversion")]
fn broken(error: Broken) -> Wrong {
    (Fault::Broken, Some(error.why))
}

fn about(sink: &SinkInfo) -> Sink {
    let driver = sink.driver.clone().map(|driver| text(Some(driver)));
    let name = text(Some(sink.name.clone()));
    // PipeWire drives all its devices by itself; its dummy goes by the same name.
    let is_null = name == "auto_null" || driver.as_deref().is_some_and(|driver| driver.contains("null-sink"));
    Sink {
        name,
        description: sink.description.clone().map(|description| text(Some(description))),
        muted: sink.muted,
        volume: percent(&sink.cvolume),
        driver,
        is_null,
    }
}

/// The loudest channel, as the desktop's sliders show it.
fn percent(volume: &ChannelVolume) -> u32 {
    let loudest = volume.channels().iter().map(Volume::as_u32).max().unwrap_or(Volume::NORM.as_u32());
    u32::try_from((u64::from(loudest) * 100).div_ceil(u64::from(Volume::NORM.as_u32()))).unwrap_or(u32::MAX)
}

fn text(text: Option<std::ffi::CString>) -> String {
    text.map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
}
