//! Output over the PulseAudio protocol: PulseAudio itself, PipeWire, and Windows' server for Linux guests.
//!
//! One stream at the file's own rate; the server holds no more than [`LATENCY`] of it, so an order to end is heard at
//! once. The server asks for samples and is given what it asks for; when the last has been handed over it says when
//! all of them have been played. Nothing here waits for longer than [`STEP`] without asking for permission.
//!
//! A server that the configuration names may be far away, behind a forwarded socket: it holds [`FAR`] of the sound, for
//! what it asks for arrives only after the way there and back.

mod alive;
mod connection;
mod place;
mod probe;
pub(super) mod recordings;
mod stream;

use std::ffi::CString;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pulseaudio::protocol::{
    AuthParams, AuthReply, ChannelMap, Command, CreatePlaybackStreamReply, PlaybackStreamParams, Prop, Props,
    PulseError, SampleFormat, SampleSpec, stream::BufferAttr, stream::StreamFlags,
};

use self::connection::{Broken, Connection, Message, VERSION, decode};
use self::place::Surroundings;
use self::stream::Stream;
use super::{Output, OutputEnd, OutputError};
use crate::control::{Control, Phase};
use crate::decode::Spec;
use crate::patience::Patience;
use crate::voice::Voice;

/// How much of the sound is on its way between us and the ear, if the device allows.
const LATENCY: Duration = Duration::from_millis(30);
/// The least the server asks for at once. What is left of [`LATENCY`] after two of these is shared between the
/// server's queue and the device.
const REQUEST: Duration = Duration::from_millis(5);
/// How much of it a server holds that may be far away. More than a line's pauses; an order to end doesn't wait for it,
/// since what was not played yet is changed where it lies.
const FAR: Duration = Duration::from_millis(1000);
/// The least such a server asks for at once, which is also how much of it the device holds.
const FAR_REQUEST: Duration = Duration::from_millis(10);
/// Time to connect, introduce ourselves and open the stream, in all.
const OPENING: Duration = Duration::from_millis(1500);
/// Longest wait between two questions for permission: what an order to end may wait for.
const STEP: Duration = Duration::from_millis(2);

/// Samples are handed over as 32-bit floats: the decoder's own, and exact for every 16- and 24-bit file.
const SAMPLE_BYTES: usize = size_of::<f32>();

/// The sound server of this user.
#[derive(Debug)]
pub(super) struct Pulse {
    surroundings: Surroundings,
}

impl Pulse {
    /// The one that the environment, or else the usual place, names.
    pub(super) fn from_env() -> Self {
        Self { surroundings: Surroundings::from_env() }
    }

    /// The one at this socket, whatever the environment says.
    pub(super) fn at(server: &Path) -> Self {
        Self { surroundings: Surroundings::from_env().with(Some(server)) }
    }

    /// How deep a stream is to be: as for this machine, unless the configuration names the server.
    fn depth(&self) -> Depth {
        if self.surroundings.server.is_some() { Depth::Far } else { Depth::Near }
    }
}

/// Where a stream's samples wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    /// With us: the server is on this machine.
    Near,
    /// At the server, which may be far away.
    Far,
}

impl Output for Pulse {
    fn name(&self) -> &'static str {
        "pulse"
    }

    fn play(&mut self, voice: &mut Voice, control: &Arc<Control>) -> Result<OutputEnd, OutputError> {
        match self.open(voice.spec(), control) {
            Ok(mut stream) => {
                control.enter(Phase::Playing);
                let end = stream.play(voice, control);
                if stream.close(&end) {
                    control.enter(Phase::Closed);
                }
                end.map_err(|broken| OutputError::Lost(broken.why))
            }
            Err(NotOpen::Ordered) => Ok(OutputEnd::Cut),
            Err(NotOpen::Failed(why)) => Err(OutputError::Unavailable(why)),
        }
    }
}

/// Why there is no stream.
enum NotOpen {
    /// We were told to end before there was one.
    Ordered,
    /// It could not be opened.
    Failed(String),
}

impl From<Broken> for NotOpen {
    fn from(broken: Broken) -> Self {
        Self::Failed(broken.why)
    }
}

impl Pulse {
    fn open(&self, spec: Spec, control: &Control) -> Result<Stream, NotOpen> {
        let mut patience = Patience::of(OPENING);
        let sockets = self.surroundings.sockets().map_err(NotOpen::Failed)?;
        let mut why = match &self.surroundings.server {
            Some(server) => format!("nobody listens at {}, which [output] server names", server.display()),
            None => MISSING.to_owned(),
        };
        for socket in sockets {
            match self.open_at(&socket, spec, &mut patience, control) {
                Err(NotOpen::Failed(other)) if other == MISSING => {}
                Err(NotOpen::Failed(other)) => why = other,
                opened_or_ordered => return opened_or_ordered,
            }
        }
        Err(NotOpen::Failed(why))
    }

    fn open_at(
        &self,
        socket: &Path,
        spec: Spec,
        patience: &mut Patience,
        control: &Control,
    ) -> Result<Stream, NotOpen> {
        let may_go_on = || !control.permission().ends();
        let connect = |patience: &mut Patience| {
            Connection::open(socket, || may_go_on() && !patience.is_over()).map_err(|error| match error.kind() {
                ErrorKind::NotFound | ErrorKind::ConnectionRefused => NotOpen::Failed(MISSING.into()),
                ErrorKind::TimedOut if !may_go_on() => NotOpen::Ordered,
                ErrorKind::TimedOut => NotOpen::Failed(SILENT.into()),
                _ => NotOpen::Failed(format!("can't connect to the sound server at {}: {error}", socket.display())),
            })
        };
        // The kernel tells the server who we are only once the server has asked for it; if we were faster than that,
        // we are a stranger, and the second time we are not.
        let (cookie, wish) = (self.surroundings.cookie(), wish(spec, self.depth()));
        let mut connection = connect(patience)?;
        let mut begun = Instant::now();
        let reply = match introduce(&mut connection, &cookie, &wish, patience, control) {
            Err(Refusal::Stranger) => {
                connection = connect(patience)?;
                begun = Instant::now();
                introduce(&mut connection, &cookie, &wish, patience, control)
            }
            other => other,
        };
        match reply {
            Ok(reply) => Ok(Stream::new(connection, &reply, spec, self.depth(), begun.elapsed())),
            Err(Refusal::Stranger) => Err(NotOpen::Failed("the sound server refused access".into())),
            Err(Refusal::Other(not_open)) => Err(not_open),
        }
    }
}

/// There is nobody at a socket: of no interest where another socket has more to say.
const MISSING: &str = "no sound server is running";
/// There is a server, and it does nothing.
const SILENT: &str = "the sound server does not answer";

enum Refusal {
    /// It does not know us.
    Stranger,
    /// Anything else.
    Other(NotOpen),
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        Self::Other(broken.into())
    }
}

/// Says who we are and what we want, all at once, and waits for the stream.
fn introduce(
    connection: &mut Connection,
    cookie: &[u8],
    wish: &PlaybackStreamParams,
    patience: &mut Patience,
    control: &Control,
) -> Result<CreatePlaybackStreamReply, Refusal> {
    let failed = |why: String| Refusal::Other(NotOpen::Failed(why));
    let auth = AuthParams { version: VERSION, supports_shm: false, supports_memfd: false, cookie: cookie.to_vec() };
    let auth = connection.command(&Command::Auth(auth))?;
    connection.command(&Command::SetClientName(properties()))?;
    let create = connection.command(&Command::CreatePlaybackStream(wish.clone()))?;
    loop {
        if control.permission().ends() {
            return Err(Refusal::Other(NotOpen::Ordered));
        }
        if patience.is_over() {
            return Err(failed(SILENT.into()));
        }
        match connection.receive(STEP)? {
            Some(Message::Reply(number, payload)) if number == auth => {
                let theirs = decode::<AuthReply>(&payload)?.version;
                if theirs < VERSION {
                    return Err(failed(format!(
                        "the sound server speaks protocol version {theirs}; {VERSION} is needed"
                    )));
                }
            }
            Some(Message::Reply(number, payload)) if number == create => return Ok(decode(&payload)?),
            Some(Message::Refused(number, PulseError::AccessDenied | PulseError::AuthKey)) if number <= create => {
                return Err(Refusal::Stranger);
            }
            Some(Message::Refused(number, PulseError::NoEntity)) if number == create => {
                return Err(failed("the sound server has no output device".into()));
            }
            Some(Message::Refused(number, error)) if number <= create => {
                return Err(failed(format!("the sound server refused: {error}")));
            }
            _ => {}
        }
    }
}

/// What mixers and policies see of us: always the same, or the server would remember one volume per sound.
fn properties() -> Props {
    let mut properties = Props::new();
    let fixed = [
        (Prop::ApplicationName, c"Herald"),
        (Prop::ApplicationId, c"herald"),
        (Prop::MediaName, c"Notification"),
        (Prop::MediaRole, c"event"),
    ];
    for (property, value) in fixed {
        properties.set(property, CString::from(value));
    }
    properties
}

fn wish(spec: Spec, depth: Depth) -> PlaybackStreamParams {
    let frame = SAMPLE_BYTES * usize::from(spec.channels);
    let bytes = |time: Duration| spec.frames(time) as u32 * frame as u32;
    let (buffer_attr, flags) = match depth {
        Depth::Near => (
            BufferAttr {
                target_length: bytes(LATENCY),
                // It starts with the first frame. With none at all it would start before it, and lose it.
                pre_buffering: frame as u32,
                minimum_request_length: bytes(REQUEST),
                ..BufferAttr::default()
            },
            StreamFlags { adjust_latency: true, ..StreamFlags::default() },
        ),
        Depth::Far => (
            BufferAttr {
                target_length: bytes(FAR),
                // It starts when it is told to: what is needed for a start depends on the line.
                pre_buffering: bytes(FAR),
                minimum_request_length: bytes(FAR_REQUEST),
                ..BufferAttr::default()
            },
            // Else the device would be made as slow as the target is long.
            StreamFlags { early_requests: true, ..StreamFlags::default() },
        ),
    };
    PlaybackStreamParams {
        sample_spec: SampleSpec {
            format: SampleFormat::Float32Le,
            channels: spec.channels as u8,
            sample_rate: spec.rate,
        },
        channel_map: if spec.channels == 1 { ChannelMap::mono() } else { ChannelMap::stereo() },
        buffer_attr,
        props: properties(),
        flags,
        ..PlaybackStreamParams::default()
    }
}
