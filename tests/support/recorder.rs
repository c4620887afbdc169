//! The ear: records what the server's sink plays, and knows when each piece arrived.
//!
//! The recorder is the clock of the sound tests: whatever waits here counts samples. A server that is stopped sends
//! none at all, which counts as silence only after a second (a busy machine pauses shorter than that).

use std::io::{ErrorKind, Read};
use std::process::Stdio;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::PATIENCE;
use super::analysis::AUDIBLE;
use super::process::Process;
use super::server::{Kind, Server};

/// Of every recording; the sink has the same, so nothing is resampled on the way.
pub(crate) const RATE: u32 = 48_000;

const CHANNELS: usize = 2;

/// Feeding is real time when this long a stretch brings its own length, give or take a fifth, twice in a row.
const WINDOW: Duration = Duration::from_millis(250);

/// No samples for this long means that the server sends none.
const STALLED: Duration = Duration::from_secs(1);

/// A running recording of a server's sink.
pub(crate) struct Recorder {
    parec: Process,
    tape: Arc<Tape>,
    reader: Option<JoinHandle<()>>,
    first_frame: usize,
}

/// Up to which frame the recording reached at which moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk {
    pub(crate) end: usize,
    pub(crate) at: Instant,
}

#[derive(Default)]
struct Tape {
    take: Mutex<Take>,
    grown: Condvar,
}

#[derive(Default)]
struct Take {
    /// Interleaved.
    samples: Vec<i16>,
    chunks: Vec<Chunk>,
    /// One past the last frame that could be heard.
    heard_until: usize,
    ended: bool,
}

impl Recorder {
    /// Records with a latency that the kind of server keeps up with on a busy machine.
    ///
    /// # Panics
    /// When the server doesn't feed in real time.
    pub(crate) fn start(server: &Server) -> Self {
        let latency = match server.kind() {
            Kind::PulseAudio => Duration::from_millis(10),
            Kind::PipeWire => Duration::from_millis(20),
        };
        Self::with_latency(server, latency)
    }

    pub(crate) fn with_latency(server: &Server, latency: Duration) -> Self {
        let mut command = server.client("parec");
        // Its stderr goes nowhere: what parec says at its end is not part of a verdict.
        command
            .args(["--raw", "--format=s16le", "--channels=2", "--client-name=recorder"])
            .arg(format!("--device={}", server.sink_monitor()))
            .arg(format!("--rate={RATE}"))
            .arg(format!("--latency-msec={}", latency.as_millis()))
            .stdout(Stdio::piped());
        let mut parec = Process::start("parec", command).expect("could not run parec");
        let stdout = parec.take_stdout().expect("stdout was piped");
        let tape = Arc::new(Tape::default());
        let reader = {
            let tape = Arc::clone(&tape);
            std::thread::spawn(move || tape.fill_from(stdout))
        };
        let mut recorder = Self { parec, tape, reader: Some(reader), first_frame: 0 };
        recorder.wait_until_real_time(server);
        recorder
    }

    /// The frame the sink plays at this moment, by the recorder's clock.
    pub(crate) fn now_frame(&self) -> usize {
        let take = self.take();
        let since = |chunk: &Chunk| chunk.end + frames_in(chunk.at.elapsed().min(STALLED));
        take.chunks.last().map_or(0, since)
    }

    /// How many frames have arrived.
    pub(crate) fn frames(&self) -> usize {
        self.take().frames()
    }

    /// Since when nothing at all has arrived, sound or silence.
    pub(crate) fn stalled_for(&self) -> Duration {
        self.take().chunks.last().map_or(Duration::ZERO, |chunk| chunk.at.elapsed())
    }

    /// The first audible frame of the recording, waiting for it; `None` after `deadline`.
    pub(crate) fn wait_for_sound(&self, deadline: Duration) -> Option<usize> {
        self.wait_for_sound_after(self.first_frame, deadline)
    }

    /// The first audible frame at or after `frame`.
    pub(crate) fn wait_for_sound_after(&self, frame: usize, deadline: Duration) -> Option<usize> {
        let mut from = frame;
        self.wait(deadline, |take| {
            let found = (from..take.frames()).find(|&frame| take.is_audible(frame));
            from = take.frames().max(frame);
            found
        })
    }

    /// Waits until that frame has arrived; `false` after `deadline`. With it a test acts at a moment of the *sound*.
    pub(crate) fn wait_for_frame(&self, frame: usize, deadline: Duration) -> bool {
        self.wait(deadline, |take| (take.frames() > frame).then_some(())).is_some()
    }

    /// Waits until nothing was audible for `for_ms` up to now; `false` after `deadline`.
    ///
    /// Silence before any sound counts too: wait for the sound first.
    pub(crate) fn wait_for_silence(&self, for_ms: u64, deadline: Duration) -> bool {
        let quiet = Duration::from_millis(for_ms);
        let silence = |take: &mut Take| {
            let heard = take.heard_until.max(self.first_frame);
            let by_samples = take.frames().saturating_sub(heard) >= frames_in(quiet);
            let by_stall = take.chunks.last().is_some_and(|chunk| chunk.at.elapsed() >= STALLED.max(quiet));
            (by_samples || by_stall || take.ended).then_some(())
        };
        self.wait(deadline, silence).is_some()
    }

    /// Ends the recording, with all that the sink played up to this call.
    pub(crate) fn finish(mut self) -> Recording {
        let now = self.now_frame();
        self.wait_for_frame(now, STALLED);
        self.end();
        let mut take = self.take();
        let samples = std::mem::take(&mut take.samples);
        let chunks = std::mem::take(&mut take.chunks);
        drop(take);
        Recording {
            samples: samples.into_iter().map(|sample| f32::from(sample) / 32_768.0).collect(),
            chunks,
            first_frame: self.first_frame,
        }
    }

    /// A fresh sink may render a long block first, and a busy machine starts late: sound played then would be
    /// stretched or lost, and the fault would look like the player's.
    fn wait_until_real_time(&mut self, server: &Server) {
        let ready = self.wait(PATIENCE, |take| {
            let last = take.chunks.last()?;
            let middle = take.chunk_before(last.at - WINDOW)?;
            let first = take.chunk_before(middle.at - WINDOW)?;
            (steady(first, middle) && steady(middle, *last)).then_some(take.frames())
        });
        let Some(frame) = ready else {
            let parec = if self.parec.alive() { "runs" } else { "has ended" };
            panic!("{:?} does not feed the recorder in real time (parec {parec})\n{}", server.kind(), server.log());
        };
        self.first_frame = frame;
    }

    fn wait<T>(&self, deadline: Duration, mut ask: impl FnMut(&mut Take) -> Option<T>) -> Option<T> {
        let end = Instant::now() + deadline;
        let mut take = self.take();
        loop {
            if let Some(answer) = ask(&mut take) {
                return Some(answer);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || take.ended {
                return None;
            }
            // Short, because a stall is the absence of a notification.
            let nap = left.min(Duration::from_millis(50));
            take = self.tape.grown.wait_timeout(take, nap).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn take(&self) -> MutexGuard<'_, Take> {
        self.tape.take.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&mut self) {
        self.parec.end(Duration::ZERO);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

impl Tape {
    fn fill_from(&self, mut pipe: impl Read) {
        let mut buffer = [0_u8; 16_384];
        let mut pending: Vec<u8> = Vec::new();
        loop {
            let read = match pipe.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let at = Instant::now();
            pending.extend_from_slice(&buffer[..read]);
            // A pipe may be read in the middle of a frame.
            let whole = pending.len() / (2 * CHANNELS) * (2 * CHANNELS);
            let bytes = pending.drain(..whole).collect::<Vec<_>>();
            let mut take = self.take.lock().unwrap_or_else(PoisonError::into_inner);
            take.push(bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])), at);
            drop(take);
            self.grown.notify_all();
        }
        self.take.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.grown.notify_all();
    }
}

impl Take {
    fn frames(&self) -> usize {
        self.samples.len() / CHANNELS
    }

    fn push(&mut self, samples: impl Iterator<Item = i16>, at: Instant) {
        let from = self.frames();
        self.samples.extend(samples);
        let end = self.frames();
        if let Some(last) = (from..end).rev().find(|&frame| self.is_audible(frame)) {
            self.heard_until = last + 1;
        }
        self.chunks.push(Chunk { end, at });
    }

    fn is_audible(&self, frame: usize) -> bool {
        let frame = &self.samples[frame * CHANNELS..(frame + 1) * CHANNELS];
        frame.iter().any(|&sample| f32::from(sample).abs() > AUDIBLE * 32_768.0)
    }

    fn chunk_before(&self, moment: Instant) -> Option<Chunk> {
        self.chunks.iter().rev().find(|chunk| chunk.at <= moment).copied()
    }
}

/// What was recorded.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    /// Interleaved stereo at [`RATE`].
    pub(crate) samples: Vec<f32>,
    pub(crate) chunks: Vec<Chunk>,
    /// Where the recorder was ready; before it is only the server's start.
    pub(crate) first_frame: usize,
}

impl Recording {
    /// From the moment the recorder was ready.
    pub(crate) fn left(&self) -> Vec<f32> {
        self.channel(0)
    }

    pub(crate) fn right(&self) -> Vec<f32> {
        self.channel(1)
    }

    /// When frame `frame` of a channel reached the recorder.
    ///
    /// A null sink renders a block and hands it to its monitor at once, so this is the moment the sound *was given to*
    /// the sink, late by the way to the recorder (its latency and the machine's load) and never early.
    pub(crate) fn instant_of(&self, frame: usize) -> Option<Instant> {
        let arrived = self.chunks.partition_point(|chunk| chunk.end <= self.first_frame + frame);
        self.chunks.get(arrived).map(|chunk| chunk.at)
    }

    /// When the first sound reached the recorder.
    pub(crate) fn onset_instant(&self) -> Option<Instant> {
        let frame = self.samples[self.first_frame * CHANNELS..]
            .chunks_exact(CHANNELS)
            .position(|frame| frame.iter().any(|sample| sample.abs() > AUDIBLE))?;
        self.instant_of(frame)
    }

    fn channel(&self, channel: usize) -> Vec<f32> {
        self.samples[self.first_frame * CHANNELS..].chunks_exact(CHANNELS).map(|frame| frame[channel]).collect()
    }
}

fn steady(from: Chunk, to: Chunk) -> bool {
    let heard = duration_of(to.end - from.end).as_secs_f64();
    let passed = (to.at - from.at).as_secs_f64();
    (0.8..1.2).contains(&(heard / passed))
}

fn frames_in(duration: Duration) -> usize {
    (duration.as_secs_f64() * f64::from(RATE)).round() as usize
}

fn duration_of(frames: usize) -> Duration {
    Duration::from_secs_f64(frames as f64 / f64::from(RATE))
}
