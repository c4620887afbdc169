//! Output through rodio: macOS, Windows, and Linux where no sound server speaks the PulseAudio protocol.
//!
//! The playing thread fills a short queue; the device's callback empties it and asks for permission before every
//! [`BLOCK`]. rodio can't tell when the last sample has been heard: the device is left
//! open until it has also pulled as much silence as it may hold back.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use herald::doctor::probe::Told;
use rodio::cpal::{BufferSize, Error, ErrorKind};
use rodio::{DeviceSinkBuilder, DeviceSinkError, MixerDeviceSink, Source};

use super::resample::Resampler;
use super::wav::spread;
use super::{Output, OutputEnd, OutputError};
use crate::control::{Control, Permission, Phase};
use crate::decode::{Sound, Spec};
use crate::voice::{FADE, Shape, Voice, fade};

/// Frames per callback at 44.1 and 48 kHz, about 21 ms; as long at other rates. Smaller ones cost processor time,
/// larger ones late answers.
const BUFFER: u32 = 1024;
/// What is handed over at once, and how long a fade takes.
const BLOCK: Duration = FADE;
/// Blocks queued ahead of the callback: 200 ms, since it begins with several buffers at once.
const AHEAD: usize = 40;
/// Silence pulled behind the last sample before the device is closed: more than any buffer behind it was measured to
/// hold.
const TAIL: Duration = Duration::from_millis(200);
/// The same behind a fade, where waiting costs the next sound.
const SHORT_TAIL: Duration = Duration::from_millis(60);
/// The silence of a probe, and how long opening and the first callback may take in it.
const PROBE: Duration = Duration::from_millis(300);
const PROBING: Duration = Duration::from_millis(1200);
/// How often the playing thread looks.
const STEP: Duration = Duration::from_millis(4);
/// Errors without a callback in between for so long are the end. ALSA's pulse plug-in begins with some that mean
/// nothing.
const FAILING: Duration = Duration::from_millis(400);
/// So many errors without a callback in between are reported by a busy loop, which is slowed down.
const STORM: u64 = 100;

/// The default output device.
#[derive(Debug)]
pub(super) struct Device;

impl Output for Device {
    fn name(&self) -> &'static str {
        "device"
    }

    fn play(&mut self, voice: &mut Voice, control: &Arc<Control>) -> Result<OutputEnd, OutputError> {
        let shared = Arc::new(Shared::new(Arc::clone(control)));
        let sink = open(voice.spec(), &shared).map_err(OutputError::Unavailable)?;
        let config = sink.config();
        let spec = Spec { rate: config.sample_rate().get(), channels: config.channel_count().get() };
        let (sender, receiver) = sync_channel(AHEAD);
        let mut queue = Queue::new(voice, spec, sender);
        queue.top_up();
        if control.permission().ends() {
            return Ok(OutputEnd::Cut);
        }
        sink.mixer().add(Feed::new(receiver, spec, Arc::clone(&shared)));
        control.enter(Phase::Playing);
        let end = watch(&mut queue, &shared, control);
        // Joins the device's thread: no callback runs any more.
        drop(sink);
        control.enter(Phase::Closed);
        end
    }
}

/// Plays silence, and tells how far that came.
pub(super) fn probe(tell: &mut dyn FnMut(Told)) {
    let control = Arc::new(Control::new());
    // Nobody else has to be asked whether silence may sound.
    control.look_with(|control| control.confirm(Instant::now()));
    let playing = std::thread::spawn({
        let control = Arc::clone(&control);
        move || {
            let spec = Spec { rate: 48_000, channels: 2 };
            let silence = Sound::from_samples(spec, vec![0.0; spec.frames(PROBE) as usize * 2]);
            Device.play(&mut Voice::new(silence, Shape::plain(0.0), Duration::ZERO), &control)
        }
    });
    let mut opened = None;
    let mut until = Instant::now() + PROBING;
    while Instant::now() < until && !playing.is_finished() {
        if control.was_open() && opened.is_none() {
            opened = Some(Instant::now());
            until = Instant::now() + PROBING;
            tell(Told::Opened { output: "device".to_owned() });
        }
        if let Some(opened) = opened.filter(|_| control.ticks() > 1) {
            tell(Told::Moved { after_ms: opened.elapsed().as_millis() as u64 });
            control.stop();
            return;
        }
        std::thread::sleep(STEP);
    }
    match (opened, playing.is_finished().then(|| playing.join())) {
        (_, Some(Ok(Err(error)))) => tell(Told::NoDevice { why: error.to_string() }),
        (Some(_), _) => tell(Told::Stalled { after_ms: PROBING.as_millis() as u64 }),
        (None, _) => tell(Told::NoDevice { why: "the output device doesn't open".to_owned() }),
    }
}

/// Keeps the callback in samples and informed until it is done.
fn watch(queue: &mut Queue<'_>, shared: &Shared, control: &Control) -> Result<OutputEnd, OutputError> {
    let spec = queue.spec;
    let mut callbacks = 0;
    let mut moved = Instant::now();
    let mut fading: Option<Instant> = None;
    loop {
        match control.permission() {
            Permission::Play | Permission::Hold => {}
            Permission::Fade => {
                fading.get_or_insert_with(Instant::now);
            }
            Permission::Silence => return Ok(OutputEnd::Cut),
        }
        queue.top_up();
        let called = control.ticks();
        if called != callbacks {
            callbacks = called;
            moved = Instant::now();
            control.consumed(queue.own_frames(shared.pulled.load(Relaxed)));
        }
        if let Some(why) = shared.lost.get() {
            return Err(OutputError::Lost(why.clone()));
        }
        if moved.elapsed() > FAILING
            && let Some(why) = shared.failing()
        {
            return Err(OutputError::Lost(format!("the output device keeps failing: {why}")));
        }
        let silence = spec.time(shared.silence.load(Relaxed));
        match fading {
            Some(since) if silence >= SHORT_TAIL || since.elapsed() > SHORT_TAIL * 2 => return Ok(OutputEnd::Cut),
            None if shared.cut.load(Relaxed) => return Ok(OutputEnd::Cut),
            None if queue.is_done() => {
                control.enter(Phase::Draining);
                if silence >= TAIL {
                    return Ok(OutputEnd::Finished);
                }
            }
            _ => {}
        }
        std::thread::sleep(STEP);
    }
}

/// Opens the default device at the sound's own rate and channels, or else as the device likes it.
fn open(spec: Spec, shared: &Arc<Shared>) -> Result<MixerDeviceSink, String> {
    let errors = || {
        let shared = Arc::clone(shared);
        move |error: Error| shared.note(&error)
    };
    let builder = || DeviceSinkBuilder::from_default_device().map(|builder| builder.with_error_callback(errors()));
    let (Some(rate), Some(channels)) = (NonZero::new(spec.rate), NonZero::new(spec.channels)) else {
        return Err("a sound without rate or channels".into());
    };
    let mut sink = builder()
        .and_then(|builder| {
            builder.with_sample_rate(rate).with_channels(channels).with_buffer_size(buffer(spec.rate)).open_stream()
        })
        .or_else(|_| builder()?.with_buffer_size(buffer(48_000)).open_stream())
        .or_else(|_| builder()?.open_stream())
        .map_err(|error| sentence(&error))?;
    sink.log_on_drop(false);
    Ok(sink)
}

/// A power of two, which devices like, of [`BUFFER`]'s length in time.
fn buffer(rate: u32) -> BufferSize {
    BufferSize::Fixed((BUFFER * rate / 48_000).next_power_of_two())
}

fn sentence(error: &DeviceSinkError) -> String {
    match error {
        DeviceSinkError::NoDevice => "there is no output device".into(),
        DeviceSinkError::PlayError(cause)
        | DeviceSinkError::DefaultSinkConfigError(cause)
        | DeviceSinkError::BuildError(cause)
        | DeviceSinkError::SupportedConfigsError(cause) => format!("the output device can't be opened: {cause}"),
        DeviceSinkError::UnsupportedSampleFormat => "the output device wants an unknown sample format".into(),
    }
}

/// What callback and playing thread know of each other.
#[derive(Debug)]
struct Shared {
    control: Arc<Control>,
    /// Frames of the voice that the callback pulled.
    pulled: AtomicU64,
    /// Frames of silence it pulled since it last pulled any of those.
    silence: AtomicU64,
    /// It was not allowed to go on.
    cut: AtomicBool,
    /// Errors since the last callback, and the first of them.
    errors: AtomicU64,
    error: Mutex<Option<String>>,
    /// The one that ends the stream.
    lost: OnceLock<String>,
}

impl Shared {
    fn new(control: Arc<Control>) -> Self {
        Self {
            control,
            pulled: AtomicU64::new(0),
            silence: AtomicU64::new(0),
            cut: AtomicBool::new(false),
            errors: AtomicU64::new(0),
            error: Mutex::new(None),
            lost: OnceLock::new(),
        }
    }

    fn note(&self, error: &Error) {
        use ErrorKind::{DeviceNotAvailable, HostUnavailable, PermissionDenied, StreamInvalidated};
        if matches!(error.kind(), DeviceNotAvailable | HostUnavailable | PermissionDenied | StreamInvalidated) {
            let _ = self.lost.set(format!("the output device broke: {error}"));
        }
        let before = self.errors.fetch_add(1, Relaxed);
        if before == 0
            && let Ok(mut first) = self.error.lock()
        {
            *first = Some(error.to_string());
        }
        if before > STORM {
            std::thread::sleep(STEP);
        }
    }

    /// The first error since the last callback.
    fn failing(&self) -> Option<String> {
        if self.errors.load(Relaxed) == 0 { None } else { self.error.lock().ok()?.clone() }
    }
}

/// The playing thread's end of the queue.
struct Queue<'a> {
    voice: &'a mut Voice,
    spec: Spec,
    resampler: Option<Resampler>,
    sender: Option<SyncSender<Vec<f32>>>,
    /// The block that did not fit.
    spare: Option<Vec<f32>>,
}

impl<'a> Queue<'a> {
    fn new(voice: &'a mut Voice, spec: Spec, sender: SyncSender<Vec<f32>>) -> Self {
        let own = voice.spec();
        let resampler = (own.rate != spec.rate).then(|| Resampler::new(own.rate, spec.rate, own.channels));
        Self { voice, spec, resampler, sender: Some(sender), spare: None }
    }

    /// Fills the queue; after the last block it is closed.
    fn top_up(&mut self) {
        while let Some(sender) = self.sender.take() {
            let block = self.spare.take().unwrap_or_else(|| self.next_block());
            if block.is_empty() {
                // The decoder is behind, or this was the last one.
                self.sender = Some(sender).filter(|_| !self.voice.ended());
                return;
            }
            match sender.try_send(block) {
                Ok(()) => self.sender = Some(sender),
                Err(TrySendError::Full(block)) => {
                    self.spare = Some(block);
                    self.sender = Some(sender);
                    return;
                }
                Err(TrySendError::Disconnected(_)) => return,
            }
        }
    }

    /// The next block, as the device wants it.
    fn next_block(&mut self) -> Vec<f32> {
        let own = self.voice.spec();
        let mut block = vec![0.0; own.frames(BLOCK) as usize * usize::from(own.channels)];
        let frames = self.voice.fill(&mut block);
        block.truncate(frames * usize::from(own.channels));
        if let Some(resampler) = &mut self.resampler {
            let mut resampled = Vec::new();
            resampler.push(&block, &mut resampled);
            if self.voice.ended() {
                resampler.finish(&mut resampled);
                self.resampler = None;
            }
            block = resampled;
        }
        self.shaped(block)
    }

    fn shaped(&self, block: Vec<f32>) -> Vec<f32> {
        let own = self.voice.spec().channels;
        if own == self.spec.channels {
            return block;
        }
        block.chunks_exact(usize::from(own)).flat_map(|frame| spread(frame, self.spec.channels)).collect()
    }

    /// Whether everything has been handed over.
    fn is_done(&self) -> bool {
        self.sender.is_none()
    }

    /// Frames of the sound in so many frames of the device.
    fn own_frames(&self, pulled: u64) -> u64 {
        self.voice.own_frames(pulled * u64::from(self.voice.spec().rate) / u64::from(self.spec.rate))
    }
}

/// The callback's end of the queue. It never ends by itself; the device is closed.
struct Feed {
    blocks: Receiver<Vec<f32>>,
    block: Vec<f32>,
    at: usize,
    spec: Spec,
    shared: Arc<Shared>,
}

impl Feed {
    fn new(blocks: Receiver<Vec<f32>>, spec: Spec, shared: Arc<Shared>) -> Self {
        Self { blocks, block: Vec::new(), at: 0, spec, shared }
    }

    /// The next block, if it may sound.
    fn refill(&mut self) {
        let shared = &self.shared;
        let channels = usize::from(self.spec.channels);
        shared.control.tick();
        shared.errors.store(0, Relaxed);
        self.at = 0;
        let permission = shared.control.permission();
        let next = match permission {
            _ if shared.cut.load(Relaxed) => Err(TryRecvError::Disconnected),
            Permission::Play | Permission::Fade => self.blocks.try_recv(),
            Permission::Hold => Err(TryRecvError::Empty),
            Permission::Silence => Err(TryRecvError::Disconnected),
        };
        if permission.ends() {
            shared.cut.store(true, Relaxed);
        }
        match next {
            Ok(mut block) => {
                if permission == Permission::Fade {
                    let frames = block.len() / channels;
                    fade(&mut block, self.spec.channels, frames);
                }
                shared.control.hand_over();
                shared.pulled.fetch_add((block.len() / channels) as u64, Relaxed);
                self.block = block;
            }
            Err(why) => {
                let frames = self.spec.frames(BLOCK);
                self.block.clear();
                self.block.resize(frames as usize * channels, 0.0);
                // A queue that is empty and still open is a decoder behind its time, not the end.
                if why == TryRecvError::Disconnected {
                    shared.silence.fetch_add(frames, Relaxed);
                }
            }
        }
    }
}

impl Iterator for Feed {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        if self.at == self.block.len() {
            self.refill();
        }
        let sample = self.block.get(self.at).copied();
        self.at += 1;
        Some(sample.unwrap_or(0.0))
    }
}

impl Source for Feed {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> rodio::ChannelCount {
        NonZero::new(self.spec.channels).unwrap_or(NonZero::<u16>::MIN)
    }

    fn sample_rate(&self) -> rodio::SampleRate {
        NonZero::new(self.spec.rate).unwrap_or(NonZero::<u32>::MIN)
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Spec = Spec { rate: 8000, channels: 1 };

    fn feed(samples: usize) -> (Feed, Arc<Shared>) {
        let shared = Arc::new(Shared::new(Arc::new(Control::new())));
        shared.control.confirm(Instant::now());
        let (sender, receiver) = sync_channel(AHEAD);
        let mut voice = Voice::new(Sound::from_samples(SPEC, vec![1.0; samples]), Shape::plain(1.0), Duration::ZERO);
        let mut queue = Queue::new(&mut voice, SPEC, sender);
        queue.top_up();
        assert!(queue.is_done());
        (Feed::new(receiver, SPEC, Arc::clone(&shared)), shared)
    }

    #[test]
    fn the_device_gets_every_sample_and_then_silence_for_ever() {
        let (mut feed, shared) = feed(100);
        let pulled: Vec<f32> = feed.by_ref().take(300).collect();
        assert!(pulled[..100].iter().all(|sample| *sample == 1.0));
        assert!(pulled[100..].iter().all(|sample| *sample == 0.0));
        assert_eq!(shared.pulled.load(Relaxed), 100);
        assert_eq!(shared.silence.load(Relaxed), 200);
    }

    #[test]
    fn a_fade_takes_one_block_and_is_final() {
        let (mut feed, shared) = feed(400);
        feed.by_ref().take(40).for_each(drop);
        shared.control.fade();
        let pulled: Vec<f32> = feed.by_ref().take(120).collect();
        assert!(pulled[..40].windows(2).all(|pair| pair[1] < pair[0]) && pulled[0] > 0.99);
        assert!(pulled[40..].iter().all(|sample| *sample == 0.0));
        assert!(shared.cut.load(Relaxed));
    }

    #[test]
    fn a_stopped_voice_is_silent_at_the_next_block() {
        let (mut feed, shared) = feed(400);
        feed.by_ref().take(40).for_each(drop);
        shared.control.stop();
        assert!(feed.by_ref().take(400).all(|sample| sample == 0.0));
    }

    #[test]
    fn a_device_of_another_rate_gets_the_same_length() {
        let shared = Arc::new(Shared::new(Arc::new(Control::new())));
        shared.control.confirm(Instant::now());
        let (sender, receiver) = sync_channel(AHEAD);
        let mut voice = Voice::new(Sound::from_samples(SPEC, vec![0.5; 800]), Shape::plain(1.0), Duration::ZERO);
        let device = Spec { rate: 48_000, channels: 2 };
        let mut queue = Queue::new(&mut voice, device, sender);
        queue.top_up();
        assert!(queue.is_done());
        shared.control.confirm(Instant::now());
        let mut feed = Feed::new(receiver, device, Arc::clone(&shared));
        feed.by_ref().take(2 * 6000).for_each(drop);
        assert_eq!(shared.pulled.load(Relaxed), 4800);
    }

    #[test]
    fn buffers_last_as_long_at_every_rate() {
        for (rate, frames) in
            [(8000, 256), (22_050, 512), (44_100, 1024), (48_000, 1024), (96_000, 2048), (192_000, 4096)]
        {
            assert_eq!(buffer(rate), BufferSize::Fixed(frames), "{rate}");
        }
    }
}
