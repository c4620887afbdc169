//! An open stream: feeding it, ending it gently, at once, or when all of it has been heard.

use std::time::{Duration, Instant, SystemTime};

use pulseaudio::protocol::{Command, CreatePlaybackStreamReply, LatencyParams, PlaybackLatency, PulseError};

use super::alive::Alive;
use super::connection::{Broken, Connection, Message, decode, samples_message};
use super::{Depth, FAR, OutputEnd, SAMPLE_BYTES, STEP};
use crate::control::{Control, Permission, Phase};
use crate::decode::Spec;
use crate::patience::Patience;
use crate::voice::{FADE, Voice, fade};

/// How much of what was handed over is remembered, to be faded where it has not been played yet.
const MEMORY: Duration = Duration::from_millis(250);
/// The most that is handed over at once to a server far away: it holds more, but what lies in our own line could still
/// leave after we lost the right to send it.
const PORTION: Duration = Duration::from_millis(40);
/// A way there and back that takes longer than this leaves no time for a ramp: whoever cuts in doesn't wait for it.
const REACH: Duration = Duration::from_millis(60);
/// The most that is on its way before a server far away starts.
const LEAD: Duration = Duration::from_millis(300);
/// Silence behind the last sample: what pushes that one through the server's resampler, which keeps a few back.
const TAIL: Duration = Duration::from_millis(2);
/// Time for the ramp to be played before the stream is taken away.
const FADING: Duration = Duration::from_millis(60);
/// Time for the server to confirm that the stream is gone.
const CLOSING: Duration = Duration::from_millis(100);
/// Time for the server to say that the last samples have been played: the latency of a slow wireless device.
const DRAINING: Duration = Duration::from_secs(3);

/// An open stream.
#[derive(Debug)]
pub(super) struct Stream {
    connection: Connection,
    channel: u32,
    spec: Spec,
    depth: Depth,
    /// At most so long is the way to the server and back, as far as is known; nothing where it is on this machine.
    reach: Duration,
    /// Frames after which a server far away is told to start; `None` once it was, and where it starts by itself.
    lead: Option<u64>,
    /// Whether the server lives while it takes nothing.
    alive: Alive,
    /// Bytes the server still wants.
    wanted: usize,
    /// Frames it has asked for after its first request: those it has taken out of its queue.
    taken: u64,
    /// Frames it took last time.
    stride: u64,
    /// Frames handed over.
    written: u64,
    /// The last of those, as samples.
    memory: Vec<f32>,
    /// Frames pulled from the voice and not handed over yet.
    staged: Vec<f32>,
    /// The same as the message that hands them over.
    message: Vec<u8>,
}

impl Stream {
    /// The stream of that reply, which came after so long.
    pub(super) fn new(
        connection: Connection,
        reply: &CreatePlaybackStreamReply,
        spec: Spec,
        depth: Depth,
        answered: Duration,
    ) -> Self {
        let (reach, lead) = match depth {
            Depth::Near => (Duration::ZERO, None),
            // A line that was idle carries little at first: what comes behind that may be a whole way late. A forwarded
            // socket is opened at the other end first, so of the answer's time about half was the way.
            Depth::Far => (answered, Some(spec.frames((answered / 2).min(LEAD)))),
        };
        Self {
            connection,
            channel: reply.channel,
            spec,
            depth,
            reach,
            lead,
            alive: Alive::new(Instant::now()),
            wanted: reply.requested_bytes as usize,
            taken: 0,
            stride: 0,
            written: 0,
            memory: Vec::new(),
            staged: Vec::new(),
            message: Vec::new(),
        }
    }

    /// Plays `voice` to its end, or as long as it may.
    pub(super) fn play(&mut self, voice: &mut Voice, control: &Control) -> Result<OutputEnd, Broken> {
        while !(voice.ended() && self.staged.is_empty()) {
            self.stage(voice);
            match control.permission() {
                Permission::Play => self.hand_over(control)?,
                Permission::Hold => {}
                Permission::Fade => return self.fade(voice, control),
                Permission::Silence => return self.silence(),
            }
            if voice.ended() && self.staged.is_empty() {
                break;
            }
            self.ask_for_life()?;
            let goes_on = self.depth == Depth::Far && self.staged.is_empty() && self.wants_more();
            if let Some(message) = self.connection.receive(if goes_on { Duration::ZERO } else { STEP })? {
                self.note(&message, voice, control)?;
            }
        }
        self.drain(voice, control)
    }

    /// Waits until the server has played everything.
    fn drain(&mut self, voice: &mut Voice, control: &Control) -> Result<OutputEnd, Broken> {
        self.start_after(0)?;
        self.put(None, &vec![0.0; self.spec.frames(TAIL) as usize * usize::from(self.spec.channels)]);
        let drain = self.connection.command(&Command::DrainPlaybackStream(self.channel))?;
        control.enter(Phase::Draining);
        let mut patience = Patience::of(DRAINING);
        while !patience.is_over() {
            match control.permission() {
                Permission::Play | Permission::Hold => {}
                Permission::Fade => return self.fade(voice, control),
                Permission::Silence => return self.silence(),
            }
            self.ask_for_life()?;
            match self.connection.receive(STEP)? {
                Some(Message::Reply(number, _)) if number == drain => {
                    control.tick();
                    control.consumed(voice.own_frames(self.written));
                    return Ok(OutputEnd::Finished);
                }
                Some(Message::Refused(number, error)) if number == drain => return Err(refused(error)),
                Some(message) if self.note(&message, voice, control)? => patience = Patience::of(DRAINING),
                Some(_) | None => {}
            }
        }
        Err(Broken::new("the sound server never finished the sound"))
    }

    /// Ramps down within [`crate::voice::FADE`], starting with what the server has not touched yet.
    fn fade(&mut self, voice: &mut Voice, control: &Control) -> Result<OutputEnd, Broken> {
        // The server's answer is half a way old, and what follows from it arrives half a way later.
        let reach = self.reach;
        let until = Instant::now() + FADING + 2 * reach;
        let too_late = self.written == 0 || reach > REACH;
        let timing = if too_late { None } else { self.timing(FADING / 4 + reach)? };
        let Some(timing) = timing else { return self.silence() };
        let length = self.spec.frames(FADE).max(1);
        // It may take one more block before ours arrives; what lies behind that one is still ours to change.
        let start = self.frames(timing.read_offset) + self.stride + self.spec.frames(reach);
        let channels = usize::from(self.spec.channels);
        let remembered = self.written - (self.memory.len() / channels) as u64;
        let (at, start, mut rest) = if start >= remembered && start + length <= self.written {
            (Some(start), start, self.memory.split_off((start - remembered) as usize * channels))
        } else {
            // Too little of it is left: what would have come next ramps down.
            let mut rest = std::mem::take(&mut self.staged);
            let staged = rest.len();
            rest.resize(staged.max(length as usize * channels), 0.0);
            voice.fill(&mut rest[staged..]);
            (None, self.written, rest)
        };
        fade(&mut rest, self.spec.channels, length as usize);
        if self.depth == Depth::Far {
            // All that it holds would be on its way for as long as it sounds: what lies behind is taken away in time.
            rest.truncate(length as usize * channels);
        }
        // PipeWire takes whole blocks only: without the silence behind it, the ramp could stay where it is.
        rest.resize(rest.len() + self.spec.frames(FADING + 2 * reach) as usize * channels, 0.0);
        // A server takes nothing of a message before it has all of it: over a line the ramp goes ahead of the silence,
        // with as much of that as fills the block it ends in.
        let block = (2 * length + self.stride) as usize * channels;
        let ahead = if self.depth == Depth::Far { rest.len().min(block) } else { rest.len() };
        let mut message = self.message_of(at, &rest[..ahead]);
        if ahead < rest.len() {
            message.extend(self.message_of(None, &rest[ahead..]));
        }
        // The server may have taken its time to answer.
        if control.permission() != Permission::Fade {
            return self.silence();
        }
        self.connection.send(&message)?;
        control.hand_over();
        // The ramp's last sixteenth is below a hundredth: waiting for the block that takes its last frame gains nothing.
        let end = start + length - length / 16;
        while Instant::now() < until && control.permission() != Permission::Silence {
            let Some(timing) = self.timing(until.saturating_duration_since(Instant::now()))? else { break };
            control.tick();
            control.consumed(voice.own_frames(self.frames(timing.read_offset).min(end)));
            let heard = Duration::from_micros(timing.sink_usec);
            let ahead = end.saturating_sub(self.frames(timing.read_offset));
            if ahead == 0 {
                // It is in the device's own buffer now; taken away there, it would end in a click after all.
                let last = until.min(Instant::now() + heard);
                while Instant::now() < last && control.permission() != Permission::Silence {
                    self.connection.receive(STEP.min(last.saturating_duration_since(Instant::now())))?;
                }
                break;
            }
            self.connection.receive(STEP.min(self.spec.time(ahead)))?;
        }
        Ok(OutputEnd::Cut)
    }

    /// Not one sample more.
    fn silence(&mut self) -> Result<OutputEnd, Broken> {
        self.connection.command(&Command::FlushPlaybackStream(self.channel))?;
        Ok(OutputEnd::Cut)
    }

    /// Takes the stream away after its `end`; whether it is known to be gone.
    pub(super) fn close(&mut self, end: &Result<OutputEnd, Broken>) -> bool {
        if end.as_ref().is_err_and(|broken| broken.gone) {
            return true;
        }
        let deleted = self.connection.command(&Command::DeletePlaybackStream(self.channel));
        match deleted.and_then(|delete| self.answer(delete, CLOSING + self.reach.min(CLOSING))) {
            // Refused, it was gone before.
            Ok(answered) => answered.is_some(),
            Err(broken) => broken.gone,
        }
    }

    /// Has samples ready for what the server wants.
    fn stage(&mut self, voice: &mut Voice) {
        let channels = usize::from(self.spec.channels);
        let staged = self.staged.len();
        let mut wanted = self.wanted / SAMPLE_BYTES / channels * channels;
        if self.depth == Depth::Far {
            wanted = wanted.min(self.spec.frames(PORTION) as usize * channels);
        }
        if wanted > staged {
            self.staged.resize(wanted, 0.0);
            let frames = voice.fill(&mut self.staged[staged..]);
            self.staged.truncate(staged + frames * channels);
            self.message = self.message_of(None, &self.staged);
        }
    }

    /// Hands over what is ready. Whether it may is asked right before: between the two lies one system call, so that a
    /// process that is stopped there sends next to never something it had the right to send before.
    fn hand_over(&mut self, control: &Control) -> Result<(), Broken> {
        if self.staged.is_empty() || (self.depth == Depth::Far && !self.connection.is_clear()) {
            return Ok(());
        }
        self.connection.send(&self.message)?;
        control.hand_over();
        let samples = std::mem::take(&mut self.staged);
        self.wanted = self.wanted.saturating_sub(samples.len() * SAMPLE_BYTES);
        let channels = usize::from(self.spec.channels);
        self.written += (samples.len() / channels) as u64;
        self.memory.extend_from_slice(&samples);
        let memory = if self.depth == Depth::Far { FAR + MEMORY } else { MEMORY };
        let keep = self.spec.frames(memory) as usize * channels;
        if self.memory.len() > 2 * keep {
            self.memory.drain(..self.memory.len() - keep);
        }
        match self.lead {
            Some(lead) => self.start_after(lead),
            None => Ok(()),
        }
    }

    /// Tells a server that waits for it to start, once it was given so many frames.
    fn start_after(&mut self, lead: u64) -> Result<(), Broken> {
        if self.lead.is_some() && self.written >= lead {
            self.lead = None;
            self.connection.command(&Command::TriggerPlaybackStream(self.channel))?;
            self.connection.flush()?;
        }
        Ok(())
    }

    /// Whether more could be handed over at once.
    fn wants_more(&self) -> bool {
        self.wanted >= SAMPLE_BYTES * usize::from(self.spec.channels) && self.connection.is_clear()
    }

    /// Puts samples in line behind the last ones, or to stand at that frame of the stream.
    fn put(&mut self, at: Option<u64>, samples: &[f32]) {
        let message = self.message_of(at, samples);
        self.connection.put(&message);
    }

    fn message_of(&self, at: Option<u64>, samples: &[f32]) -> Vec<u8> {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let frame = (SAMPLE_BYTES * usize::from(self.spec.channels)) as u64;
        samples_message(self.channel, at.map(|frames| frames * frame), &bytes)
    }

    /// Takes note of what the server said; `true` if that was progress.
    fn note(&mut self, message: &Message, voice: &Voice, control: &Control) -> Result<bool, Broken> {
        match message {
            Message::Request(bytes) => {
                self.wanted += *bytes as usize;
                self.stride = self.frames(i64::from(*bytes));
                self.taken += self.stride;
                control.consumed(voice.own_frames(self.taken.min(self.written)));
            }
            Message::Started => control.consumed(voice.own_frames(1)),
            Message::Reply(number, payload) if self.alive.asked_with(*number) => {
                let timing: PlaybackLatency = decode(payload)?;
                let taken = self.spec.time(self.frames(timing.read_offset)).as_micros() as i64;
                let plays = taken.saturating_sub_unsigned(timing.sink_usec);
                let lives = self.alive.answered(plays, Instant::now());
                if lives {
                    control.tick();
                }
                return Ok(lives);
            }
            Message::Refused(number, _) if self.alive.asked_with(*number) => return Ok(false),
            Message::Killed => return Err(Broken::new("the sound server ended the stream")),
            Message::Refused(_, error) => return Err(refused(*error)),
            Message::Reply(..) | Message::Other => return Ok(false),
        }
        self.alive.moved(Instant::now());
        control.tick();
        Ok(true)
    }

    /// Asks a server that takes nothing what it plays at this moment.
    fn ask_for_life(&mut self) -> Result<(), Broken> {
        let now = Instant::now();
        if self.alive.is_due(now) {
            let number = self.ask_for_timing()?;
            self.alive.ask(number, now);
        }
        Ok(())
    }

    fn ask_for_timing(&mut self) -> Result<u32, Broken> {
        let question = LatencyParams { channel: self.channel, now: SystemTime::now() };
        self.connection.command(&Command::GetPlaybackLatency(question))
    }

    /// How far the server is; `None` if it does not say in time.
    fn timing(&mut self, patience: Duration) -> Result<Option<PlaybackLatency>, Broken> {
        let number = self.ask_for_timing()?;
        match self.answer(number, patience)? {
            Some(Ok(payload)) => decode(&payload).map(Some),
            Some(Err(error)) => Err(refused(error)),
            None => Ok(None),
        }
    }

    /// The reply or the refusal; `None` if there was neither in time.
    fn answer(&mut self, to: u32, patience: Duration) -> Result<Option<Result<Vec<u8>, PulseError>>, Broken> {
        let until = Instant::now() + patience;
        while let Some(message) = self.connection.receive(until.saturating_duration_since(Instant::now()))? {
            match message {
                Message::Reply(number, payload) if number == to => return Ok(Some(Ok(payload))),
                Message::Refused(number, error) if number == to => return Ok(Some(Err(error))),
                // A server that talks without end is no reason to wait without end.
                _ if Instant::now() >= until => break,
                _ => {}
            }
        }
        Ok(None)
    }

    fn frames(&self, bytes: i64) -> u64 {
        u64::try_from(bytes).unwrap_or(0) / (SAMPLE_BYTES * usize::from(self.spec.channels)) as u64
    }
}

fn refused(error: PulseError) -> Broken {
    Broken::new(format!("the sound server refused: {error}"))
}
