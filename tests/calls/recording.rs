//! Programs that record: a real one, and one that does exactly what a test says.

use std::ffi::CString;
use std::io::BufReader;
use std::os::unix::net::UnixStream;

use pulseaudio::protocol::{
    self, AuthParams, AuthReply, ChannelMap, Command, CreateRecordStreamReply, Prop, Props, RecordStreamParams,
    SampleFormat, SampleSpec, SetClientNameReply, stream::StreamFlags,
};

use crate::support::process::Process;
use crate::support::{PATIENCE, Server, wait_for};

const VERSION: u16 = 23;

/// The name of the microphone.
pub(crate) const MICROPHONE: &str = "mic";

/// Gives the server a source that is nobody's monitor.
pub(crate) fn plug_in(server: &Server) {
    let name = format!("source_name={MICROPHONE}");
    let null_source = server.pactl(&["load-module", "module-null-source", &name]);
    // PipeWire has no such module, but makes sources of sinks.
    let loaded = null_source.or_else(|_| {
        let name = format!("sink_name={MICROPHONE}");
        server.pactl(&["load-module", "module-null-sink", "media.class=Audio/Source/Virtual", &name, "channels=2"])
    });
    loaded.unwrap_or_else(|error| panic!("no microphone: {error}\n{}", server.log()));
    wait_for("the microphone", PATIENCE, || {
        server.pactl(&["list", "short", "sources"]).ok()?.lines().any(|line| line.contains(MICROPHONE)).then_some(())
    });
}

/// `parec` from that source, seen by the server.
pub(crate) fn record(server: &Server, source: &str) -> Process {
    let mut command = server.client("parec");
    command.args(["-d", source, "--raw", "--latency-msec=20"]);
    start(server, "parec", command)
}

/// `pw-record`, which knows nothing of the PulseAudio protocol.
pub(crate) fn record_natively(server: &Server, source: &str) -> Process {
    let mut command = server.client("pw-record");
    command.arg("--target").arg(source).arg("/dev/null");
    start(server, "pw-record", command)
}

fn start(server: &Server, name: &str, command: std::process::Command) -> Process {
    let process = Process::start(name, command).unwrap_or_else(|error| panic!("could not run {name}: {error}"));
    wait_for("the recording", PATIENCE, || (is_recording(server) == 1).then_some(()));
    process
}

/// Waits until the server knows of no recording.
pub(crate) fn stop(server: &Server, mut recording: Process) {
    recording.end(std::time::Duration::ZERO);
    wait_for("the end of the recording", PATIENCE, || (is_recording(server) == 0).then_some(()));
}

/// So many streams record and are not paused.
fn is_recording(server: &Server) -> usize {
    server.pactl(&["list", "source-outputs"]).unwrap_or_default().matches("Corked: no").count()
}

/// A recording stream that nobody reads, with these flags and properties; gone with what is returned.
pub(crate) fn stream(server: &Server, flags: StreamFlags, properties: &[(&str, &str)]) -> UnixStream {
    let socket = UnixStream::connect(server.socket()).expect("connected");
    let mut reader = BufReader::new(socket.try_clone().expect("a second handle"));
    let text = |text: &str| CString::new(text).expect("no zero byte");
    let auth = AuthParams { version: VERSION, supports_shm: false, supports_memfd: false, cookie: vec![0; 256] };
    say(&socket, 0, &Command::Auth(auth));
    protocol::read_reply_message::<AuthReply>(&mut reader, VERSION).expect("let in");
    let mut props = Props::new();
    props.set(Prop::ApplicationName, c"Meeting");
    for (name, value) in properties {
        props.set_bytes(text(name), text(value).as_bytes_with_nul());
    }
    say(&socket, 1, &Command::SetClientName(props.clone()));
    protocol::read_reply_message::<SetClientNameReply>(&mut reader, VERSION).expect("named");
    let params = RecordStreamParams {
        sample_spec: SampleSpec { format: SampleFormat::S16Le, channels: 2, sample_rate: 48_000 },
        channel_map: ChannelMap::stereo(),
        source_name: Some(text(MICROPHONE)),
        flags,
        props,
        ..RecordStreamParams::default()
    };
    say(&socket, 2, &Command::CreateRecordStream(params));
    protocol::read_reply_message::<CreateRecordStreamReply>(&mut reader, VERSION).expect("a stream");
    socket
}

fn say(socket: &UnixStream, number: u32, command: &Command) {
    let mut socket = socket;
    protocol::write_command_message(&mut socket, number, command, VERSION).expect("said");
}
