//! What files hold: format, length, loudness and peak of each, for listings.
//!
//! Places come in on standard input, one JSON object a line goes out for each, in order. They are decoded by a child
//! which the kernel ends when a file takes too long or too much memory: that file's line says so, and another child
//! goes on. Invariant: one line per place whatever the files are, and none of them costs another its line.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::Duration;

use herald::platform;
use herald::sound::builtin;
use serde::Serialize;

use crate::decode::{Reader, Unplayable};
use crate::level::{Level, Meter};
use crate::render::say;

/// Decodes in this process; for the other one.
const EACH: &str = "--each";
/// How long one file may take.
const LIMIT: Duration = Duration::from_secs(2);
/// How long the next file may be waited for.
const IDLE: Duration = Duration::from_secs(3600);
/// Address space, in bytes.
const MEMORY: u64 = 256 << 20;

/// `inspect`: reads places, separated by NUL: absolute paths, or `builtin:PACK/ID`.
pub(crate) fn main(mut args: impl Iterator<Item = String>) -> ExitCode {
    let (input, output) = (io::stdin().lock(), io::stdout().lock());
    let done = match args.next().as_deref() {
        None => supervise(input, output),
        Some(EACH) => {
            platform::silence_panics();
            platform::settle_detached(IDLE, MEMORY);
            each(input, output)
        }
        Some(_) => return say("usage: herald-player inspect, with NUL-separated places on standard input"),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Nobody reads any more.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => say(&format!("could not inspect: {error}")),
    }
}

/// Hands one place after the other to a child, and on what it says.
fn supervise(input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let mut decoder: Option<Decoder> = None;
    for place in input.split(0) {
        let place = place?;
        let mut child = match decoder.take() {
            Some(child) => child,
            None => Decoder::start()?,
        };
        if let Some(line) = child.ask(&place) {
            output.write_all(&line)?;
            decoder = Some(child);
        } else {
            write_line(&mut output, &Line::fault(&place, &child.end()))?;
        }
        output.flush()?;
    }
    Ok(())
}

/// The child.
struct Decoder {
    child: Child,
    places: ChildStdin,
    lines: BufReader<ChildStdout>,
}

impl Decoder {
    fn start() -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["inspect", EACH]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(places), Some(lines)) => Ok(Self { child, places, lines: BufReader::new(lines) }),
            _ => Err(io::Error::other("a child without pipes")),
        }
    }

    /// Its line on a place; `None` if it is no more.
    fn ask(&mut self, place: &[u8]) -> Option<Vec<u8>> {
        self.places.write_all(&[place, &[0]].concat()).and_then(|()| self.places.flush()).ok()?;
        let mut line = Vec::new();
        self.lines.read_until(b'\n', &mut line).ok()?;
        line.ends_with(b"\n").then_some(line)
    }

    /// Why it is no more.
    fn end(mut self) -> String {
        let _ = self.child.kill();
        let status = self.child.wait();
        #[cfg(unix)]
        if let Ok(status) = status {
            use std::os::unix::process::ExitStatusExt as _;
            match status.signal() {
                Some(libc::SIGALRM) => return format!("took longer than {} seconds to decode", LIMIT.as_secs()),
                Some(libc::SIGABRT) => return "took too much memory to decode".to_owned(),
                _ => {}
            }
        }
        #[cfg(not(unix))]
        let _ = status;
        "the decoder broke down over it".to_owned()
    }
}

/// Decodes one place after the other.
fn each(input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    for place in input.split(0) {
        let place = place?;
        platform::renew_lease(LIMIT);
        let line = match found(&place) {
            Ok(found) => Line { place: String::from_utf8_lossy(&place), found: Some(found), fault: None },
            Err(why) => Line::fault(&place, &why.to_string()),
        };
        platform::renew_lease(IDLE);
        write_line(&mut output, &line)?;
        output.flush()?;
    }
    Ok(())
}

/// One line.
#[derive(Serialize)]
struct Line<'a> {
    place: std::borrow::Cow<'a, str>,
    #[serde(flatten)]
    found: Option<Found>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

impl<'a> Line<'a> {
    fn fault(place: &'a [u8], why: &str) -> Self {
        Self { place: String::from_utf8_lossy(place), found: None, fault: Some(why.to_owned()) }
    }
}

fn write_line(output: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    output.write_all(&text)
}

/// What a place holds.
#[derive(Serialize)]
struct Found {
    format: &'static str,
    codec: &'static str,
    rate: u32,
    channels: usize,
    length_ms: f64,
    loudness_lufs: Option<f64>,
    peak_dbtp: Option<f64>,
}

fn found(place: &[u8]) -> Result<Found, Unplayable> {
    let mut reader = open(place)?;
    let spec = reader.spec();
    let mut meter = Meter::new(spec);
    let mut samples = 0;
    loop {
        let (block, more) = reader.block();
        samples += block.len();
        meter.push(&block);
        if !more {
            break;
        }
    }
    if samples == 0 {
        return Err(Unplayable::new("no samples in it"));
    }
    let level: Level = meter.finish();
    let frames = samples / usize::from(spec.channels);
    Ok(Found {
        format: reader.format().name(),
        codec: reader.codec(),
        rate: spec.rate,
        channels: reader.channels(),
        length_ms: rounded(frames as f64 * 1000.0 / f64::from(spec.rate)),
        loudness_lufs: level.loudness.map(rounded),
        peak_dbtp: level.peak_db().map(rounded),
    })
}

fn open(place: &[u8]) -> Result<Reader, Unplayable> {
    if let Some(id) = place.strip_prefix(b"builtin:") {
        let (pack, id) = std::str::from_utf8(id).ok().and_then(|id| id.split_once('/')).unwrap_or_default();
        let bytes = builtin::bytes(pack, id);
        return Reader::of(bytes.ok_or_else(|| Unplayable::new("not in the built-in packs"))?);
    }
    let path = path(place)?;
    if !path.is_absolute() {
        return Err(Unplayable::new("neither an absolute path nor builtin:PACK/ID"));
    }
    Reader::open(path)
}

#[cfg(unix)]
fn path(place: &[u8]) -> Result<&Path, Unplayable> {
    use std::os::unix::ffi::OsStrExt as _;
    Ok(Path::new(std::ffi::OsStr::from_bytes(place)))
}

#[cfg(not(unix))]
fn path(place: &[u8]) -> Result<&Path, Unplayable> {
    std::str::from_utf8(place).map(Path::new).map_err(|_| Unplayable::new("not a path"))
}

/// To the hundredth.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
