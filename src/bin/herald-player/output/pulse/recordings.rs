//! Whether somebody records from a microphone, as the sound server tells.
//!
//! Asked on a connection of its own and answered from two lists: who records, and from what. PipeWire lists programs
//! that record without its PulseAudio layer, too, but knows of none before it has greeted us: so the lists are asked for
//! after that, and not in one go with the greeting.

use std::ffi::CStr;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use pulseaudio::protocol::{
    AuthParams, AuthReply, Command, Props, PulseError, SourceInfo, SourceInfoList, SourceOutputInfo,
    SourceOutputInfoList,
};

use super::connection::{Broken, Connection, Message, VERSION, decode};
use super::place::Surroundings;
use super::{MISSING, SILENT, STEP, properties};
use crate::patience::Patience;

/// Properties that PipeWire's clients set on what only shows a level.
const METER: [&CStr; 2] = [c"stream.monitor", c"resample.peaks"];

/// What programs call themselves that listen only to show a level.
const METERS: [&str; 2] = ["org.PulseAudio.pavucontrol", "org.gnome.VolumeControl"];

/// Whether a program records from a microphone now, by the first server that answers.
pub(crate) fn microphone_in_use(server: Option<&Path>, patience: Duration) -> Result<bool, String> {
    let surroundings = Surroundings::from_env().with(server);
    let mut patience = Patience::of(patience);
    let mut why = MISSING.to_owned();
    for socket in surroundings.sockets()? {
        let asked = match ask(&socket, &surroundings, &mut patience) {
            // As for a sound: the first time we may have been faster than the kernel's word on who we are.
            Err(Refusal::Stranger) => ask(&socket, &surroundings, &mut patience),
            other => other,
        };
        match asked {
            Ok(answer) => return Ok(answer),
            Err(Refusal::Nobody) => {}
            Err(Refusal::Stranger) => why = "the sound server refused access".to_owned(),
            Err(Refusal::Other(other)) => why = other,
        }
    }
    Err(why)
}

enum Refusal {
    /// There is no server at this place.
    Nobody,
    /// It does not know us.
    Stranger,
    Other(String),
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        Self::Other(broken.why)
    }
}

fn ask(socket: &Path, surroundings: &Surroundings, patience: &mut Patience) -> Result<bool, Refusal> {
    let mut connection = Connection::open(socket, || !patience.is_over()).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => Refusal::Nobody,
        ErrorKind::TimedOut => Refusal::Other(SILENT.to_owned()),
        _ => Refusal::Other(format!("can't connect to the sound server at {}: {error}", socket.display())),
    })?;
    let auth =
        AuthParams { version: VERSION, supports_shm: false, supports_memfd: false, cookie: surroundings.cookie() };
    let auth = connection.command(&Command::Auth(auth))?;
    let greeting = connection.command(&Command::SetClientName(properties()))?;
    let (mut who, mut what) = (u32::MAX, u32::MAX);
    let mut streams: SourceOutputInfoList = Vec::new();
    loop {
        if patience.is_over() {
            return Err(Refusal::Other(SILENT.to_owned()));
        }
        match connection.receive(STEP)? {
            Some(Message::Reply(number, payload)) if number == auth => {
                let theirs = decode::<AuthReply>(&payload)?.version;
                if theirs < VERSION {
                    return Err(Refusal::Other(format!("the sound server speaks protocol version {theirs}")));
                }
            }
            Some(Message::Reply(number, _)) if number == greeting => {
                who = connection.command(&Command::GetSourceOutputInfoList)?;
                what = connection.command(&Command::GetSourceInfoList)?;
            }
            Some(Message::Reply(number, payload)) if number == who => {
                streams = decode(&payload)?;
                streams.retain(listens);
                if streams.is_empty() {
                    return Ok(false);
                }
            }
            Some(Message::Reply(number, payload)) if number == what => {
                let sources: SourceInfoList = decode(&payload)?;
                return Ok(streams.iter().any(|stream| is_of_a_microphone(stream, &sources)));
            }
            Some(Message::Refused(number, PulseError::AccessDenied | PulseError::AuthKey)) if number <= what => {
                return Err(Refusal::Stranger);
            }
            Some(Message::Refused(number, error)) if number <= what => {
                return Err(Refusal::Other(format!("the sound server refused: {error}")));
            }
            _ => {}
        }
    }
}

/// Whether a program listens to this stream, and not only to show how loud it is.
///
/// Who muted the stream or its source is in a call all the same.
fn listens(stream: &SourceOutputInfo) -> bool {
    // What belongs to no program, or is one end of a filter, is plumbing: loops, effects, sources made of others.
    let is_plumbing = stream.client_index.is_none() || property(&stream.props, c"node.link-group").is_some();
    !stream.corked && !is_plumbing && !is_meter(stream)
}

fn is_meter(stream: &SourceOutputInfo) -> bool {
    let peaks = stream.resample_method.as_deref().is_some_and(|method| method == c"peaks");
    let text = |name: &CStr| property(&stream.props, name);
    peaks
        || METER.iter().any(|name| matches!(text(name).as_deref(), Some("true" | "1")))
        || text(c"application.id").is_some_and(|id| METERS.contains(&id.as_str()))
}

/// Whether its source is one that hears the world: neither gone nor the monitor of a sink.
fn is_of_a_microphone(stream: &SourceOutputInfo, sources: &[SourceInfo]) -> bool {
    let source = sources.iter().find(|source| source.index == stream.source_index);
    source.is_some_and(|source| {
        let says_so = property(&source.props, c"device.class").as_deref() == Some("monitor");
        source.monitor_of_sink_index.is_none() && !says_so
    })
}

/// Texts come with the zero byte that ends them.
fn property(props: &Props, name: &CStr) -> Option<String> {
    let bytes = props.get_bytes(name)?;
    Some(String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const MICROPHONE: u32 = 3;
    const MONITOR: u32 = 4;
    const GONE: u32 = u32::MAX;

    fn sources() -> Vec<SourceInfo> {
        let source =
            |index, monitor_of_sink_index| SourceInfo { index, monitor_of_sink_index, ..SourceInfo::default() };
        vec![source(MONITOR, Some(0)), source(MICROPHONE, None)]
    }

    /// Of a program that records from there, with these properties.
    fn stream(source_index: u32, props: &[(&CStr, &CStr)]) -> SourceOutputInfo {
        let mut stream = SourceOutputInfo { source_index, client_index: Some(9), ..SourceOutputInfo::default() };
        for (name, value) in props {
            stream.props.set_bytes(name, value.to_bytes_with_nul());
        }
        stream
    }

    fn is_a_call(stream: &SourceOutputInfo) -> bool {
        listens(stream) && is_of_a_microphone(stream, &sources())
    }

    #[rstest]
    #[case::a_program(stream(MICROPHONE, &[(c"application.name", c"Meet")]), true)]
    #[case::muted(SourceOutputInfo { muted: true, ..stream(MICROPHONE, &[]) }, true)]
    #[case::of_a_monitor(stream(MONITOR, &[]), false)]
    #[case::of_nothing(stream(GONE, &[]), false)]
    #[case::corked(SourceOutputInfo { corked: true, ..stream(MICROPHONE, &[]) }, false)]
    #[case::of_a_module(SourceOutputInfo { client_index: None, owner_module_index: Some(2), ..stream(MICROPHONE, &[]) }, false)]
    #[case::end_of_a_filter(stream(MICROPHONE, &[(c"node.link-group", c"filter-chain-7")]), false)]
    #[case::peaks(SourceOutputInfo { resample_method: Some(c"peaks".into()), ..stream(MICROPHONE, &[]) }, false)]
    #[case::meter(stream(MICROPHONE, &[(c"stream.monitor", c"true")]), false)]
    #[case::no_meter(stream(MICROPHONE, &[(c"stream.monitor", c"false")]), true)]
    #[case::mixer(stream(MICROPHONE, &[(c"application.id", c"org.PulseAudio.pavucontrol")]), false)]
    fn what_a_recording_is(#[case] stream: SourceOutputInfo, #[case] expected: bool) {
        assert_eq!(is_a_call(&stream), expected);
    }
}
