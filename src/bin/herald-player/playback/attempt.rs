//! The background thread of a playback: finds the sound, decodes it, plays it by the first output that opens.
//!
//! Shares one [`Control`] with the thread that decides, and nothing else; whatever hangs, hangs here.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use herald::config::Circumstance;
use herald::sound::request::Request;
use herald::sound::{self, Candidate, Dirs, Picks, Place, builtin};

use super::Shelf;
use crate::ask::{Questions, Verdict};
use crate::control::Control;
use crate::decode::{Sound, Spec};
use crate::level::{Level, Meter};
use crate::normalize::{CEILING, Key, Levels, correction};
use crate::output::{self, OutputEnd, OutputError};
use crate::voice::{Shape, Voice, gain};

/// How long a sound that was never measured may be decoded ahead, to be measured before it is heard. What is left of a
/// long one is measured while it plays, for the next time.
const MEASURING: Duration = Duration::from_millis(12);

/// What the background thread tells.
pub(super) enum News {
    /// The sound was found and decoded.
    Found { sound: String, spec: Spec },
    /// Whether something holds because of which it is to be skipped could not be found out.
    Untold(String),
    /// This output, the how-manieth of the candidates, is being tried.
    Trying(usize, &'static str),
    /// It is over.
    Over(Result<OutputEnd, Fault>),
}

/// Why nothing was heard, or not all.
#[derive(Debug)]
pub(super) enum Fault {
    NoSound(String),
    NoAudio(String),
    /// It is to be skipped while this holds.
    Skipped(Circumstance),
}

/// What the thread starts with.
pub(super) struct Attempt {
    request: Request,
    dirs: Dirs,
    picks: Picks,
    levels: Levels,
    control: Arc<Control>,
    /// So many outputs were tried before and stood still.
    skip_outputs: usize,
}

impl Attempt {
    /// Of `request`, by the outputs after the first `skip_outputs`.
    pub(super) fn new(request: &Request, shelf: &Shelf<'_>, control: &Arc<Control>, skip_outputs: usize) -> Self {
        let (dirs, picks) = (shelf.dirs.clone(), (shelf.picks)());
        let levels = if request.normalize { (shelf.levels)() } else { Levels::default() };
        Self { request: request.clone(), dirs, picks, levels, control: Arc::clone(control), skip_outputs }
    }

    pub(super) fn run(mut self, news: &Sender<News>) {
        let result = self.perform(news);
        let _ = news.send(News::Over(result));
    }

    fn perform(&mut self, news: &Sender<News>) -> Result<OutputEnd, Fault> {
        let questions = Questions::ask(self.request.skip_when, self.request.server.as_deref());
        let Found { name, sound, file } = find(&self.request, &self.dirs, &mut self.picks)?;
        let _ = news.send(News::Found { sound: name, spec: sound.spec() });
        let prepared = prepare(sound, file, &self.request, &self.levels, MEASURING);
        match questions.map(|questions| questions.settle(|| !self.control.permission().ends())) {
            None | Some(Verdict::Play(None)) => {}
            Some(Verdict::Play(Some(untold))) => drop(news.send(News::Untold(untold))),
            Some(Verdict::Skip(circumstance)) => return Err(Fault::Skipped(circumstance)),
        }
        let mut voice = prepared.voice;
        let end = self.by_outputs(&mut voice, news);
        if let Some(key) = prepared.unknown
            && let Some(level) = prepared.level.or_else(|| voice.measure().map(Meter::finish))
        {
            self.levels.remember(key, level);
        }
        end
    }

    fn by_outputs(&self, voice: &mut Voice, news: &Sender<News>) -> Result<OutputEnd, Fault> {
        let mut faults = Vec::new();
        for (n, mut output) in
            output::candidates(self.request.server.as_deref()).into_iter().enumerate().skip(self.skip_outputs)
        {
            let _ = news.send(News::Trying(n, output.name()));
            match output.play(voice, &self.control) {
                Ok(end) => return Ok(end),
                Err(OutputError::Unavailable(why)) => faults.push(format!("{}: {why}", output.name())),
                Err(OutputError::Lost(why)) => {
                    faults.push(format!("{}: {why}", output.name()));
                    break;
                }
            }
        }
        Err(Fault::NoAudio(faults.join("; ")))
    }
}

/// A decoded sound.
struct Found {
    name: String,
    sound: Sound,
    /// The file it is from; `None` for one that is compiled in.
    file: Option<PathBuf>,
}

/// The sound that `request` means, decoded: the first of the lookup chain that can be played.
fn find(request: &Request, dirs: &Dirs, picks: &mut Picks) -> Result<Found, Fault> {
    let mut decoded = None;
    let mut accept = |candidate: &Candidate| -> Result<(), String> {
        let sound = match &candidate.place {
            Place::File(path) => {
                // A pack's file must be what its name says; a file the user named is judged by its contents alone.
                if candidate.pack.is_some() {
                    sound::magic_ok(path)?;
                }
                Sound::open(path)
            }
            Place::Builtin { pack, id } => match builtin::bytes(pack, id) {
                Some(bytes) => Sound::decode(bytes),
                None => return Err("not built in".to_owned()),
            },
        };
        let file = match &candidate.place {
            Place::File(path) => Some(path.clone()),
            Place::Builtin { .. } => None,
        };
        decoded = Some(Found { name: candidate.to_string(), sound: sound.map_err(|e| e.to_string())?, file });
        Ok(())
    };
    let lookup = sound::lookup_random(request, dirs, picks, &mut accept);
    match (lookup.found, decoded) {
        (Some(_), Some(found)) => Ok(found),
        _ => {
            let why: Vec<String> = lookup
                .tried
                .iter()
                .filter_map(|row| row.why.as_ref().map(|why| format!("{}: {why}", row.candidate)))
                .collect();
            Err(Fault::NoSound(if why.is_empty() { "nothing was found".to_owned() } else { why.join("; ") }))
        }
    }
}

/// The sound that `request` means, for rendering.
pub(crate) fn find_voice(request: &Request, dirs: &Dirs) -> Result<Voice, String> {
    let found = find(request, dirs, &mut Picks::default()).map_err(|fault| match fault {
        Fault::NoSound(why) | Fault::NoAudio(why) => why,
        Fault::Skipped(circumstance) => circumstance.as_str().to_owned(),
    })?;
    Ok(prepare(found.sound, found.file, request, &Levels::default(), Duration::MAX).voice)
}

/// A voice, and what there is to be remembered of its level.
struct Prepared {
    voice: Voice,
    /// The file whose level wasn't known.
    unknown: Option<Key>,
    /// Its level, if it was measured already: else the voice has it when all of it has been played.
    level: Option<Level>,
}

/// Gives a sound its level, ramps and lead-in. One that must be measured is decoded ahead for up to `measuring`.
fn prepare(
    mut sound: Sound,
    file: Option<PathBuf>,
    request: &Request,
    levels: &Levels,
    measuring: Duration,
) -> Prepared {
    let volume = gain(request.volume);
    let known =
        |sound, shape| Prepared { voice: Voice::new(sound, shape, request.lead_in), unknown: None, level: None };
    let Some(path) = file else {
        // Made at the target, with ramps of its own.
        return known(sound, Shape::plain(volume));
    };
    if !request.normalize {
        // As its maker made it, but for what no output can play.
        return known(sound, Shape { gain: volume, ceiling: 1.0, ramps: false });
    }
    let shape = |level: Level| Shape { gain: correction(level) * volume, ceiling: CEILING * volume, ramps: true };
    let key = Key::of(&path);
    if let Some(level) = key.and_then(|key| levels.get(key)) {
        return known(sound, shape(level));
    }
    let is_whole = sound.gather(measuring);
    let level = Level::of(sound.spec(), sound.ready());
    let voice = Voice::new(sound, shape(level), request.lead_in);
    if is_whole {
        return Prepared { voice, unknown: key, level: Some(level) };
    }
    let meter = Meter::new(voice.spec());
    Prepared { voice: voice.measured_by(meter), unknown: key, level: None }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use herald::sound_ref::SoundRef;

    use super::*;
    use crate::decode::tests::wav;
    use crate::normalize::TARGET;

    fn request(normalize: bool) -> Request {
        Request {
            event: None,
            details: Vec::new(),
            chosen: Some(SoundRef::Builtin("bell".to_owned())),
            sounds: Vec::new(),
            packs: Vec::new(),
            volume: 100,
            lead_in: Duration::ZERO,
            timeout: Duration::from_secs(10),
            min_audible: Duration::ZERO,
            session: None,
            normalize,
            skip_when: herald::config::SkipWhen::NEVER,
            agent: String::new(),
            server: None,
        }
    }

    /// Four seconds, quiet at first: longer than what is decoded before anything else happens.
    fn crescendo(dir: &tempfile::TempDir) -> PathBuf {
        let path = dir.path().join("crescendo.wav");
        let level = |n: usize| if n < 24_000 { 300.0 } else { 20_000.0 };
        let samples: Vec<i16> = (0..32_000).map(|n| (level(n) * (n as f32 * 0.7).sin()) as i16).collect();
        std::fs::write(&path, wav(8000, 1, &samples)).expect("written");
        path
    }

    fn pulled(voice: &mut Voice) -> Vec<f32> {
        let (mut all, mut block) = (Vec::new(), vec![0.0; 500]);
        while !voice.ended() {
            let frames = voice.fill(&mut block);
            all.extend_from_slice(&block[..frames]);
        }
        all
    }

    fn prepared(path: &Path, normalize: bool, levels: &Levels, measuring: Duration) -> Prepared {
        prepare(
            Sound::open(path).expect("a fine file"),
            Some(path.to_path_buf()),
            &request(normalize),
            levels,
            measuring,
        )
    }

    #[test]
    fn a_long_sound_is_measured_while_it_plays_and_right_the_next_time() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = crescendo(&dir);
        let mut levels = Levels::default();
        let mut first = prepared(&path, true, &levels, Duration::ZERO);
        let key = first.unknown.expect("it was never measured");
        assert_eq!(first.level, None, "only its beginning is known");
        let heard = pulled(&mut first.voice);
        assert_eq!(heard.len(), 32_000);
        assert!(heard.iter().all(|sample| sample.abs() <= CEILING), "what was taken for a quiet sound met the ceiling");
        levels.remember(key, first.voice.measure().expect("all of it was pulled").finish());

        let mut second = prepared(&path, true, &levels, Duration::ZERO);
        assert_eq!(second.unknown, None);
        let spec = second.voice.spec();
        let loudness = Level::of(spec, &pulled(&mut second.voice)).loudness.expect("not silent");
        assert!((loudness - TARGET).abs() < 0.2, "{loudness}");
    }

    #[test]
    fn with_time_to_measure_a_long_sound_is_right_at_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut all = prepared(&crescendo(&dir), true, &Levels::default(), Duration::MAX);
        assert!(all.level.is_some());
        let spec = all.voice.spec();
        let loudness = Level::of(spec, &pulled(&mut all.voice)).loudness.expect("not silent");
        assert!((loudness - TARGET).abs() < 0.2, "{loudness}");
    }

    #[test]
    fn a_sound_that_was_cut_short_leaves_no_measure() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut cut = prepared(&crescendo(&dir), true, &Levels::default(), Duration::ZERO);
        cut.voice.fill(&mut [0.0; 8000]);
        assert!(cut.voice.measure().is_none());
    }

    #[test]
    fn without_normalize_a_file_is_played_to_the_sample_and_never_measured() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = crescendo(&dir);
        let mut plain = prepared(&path, false, &Levels::default(), Duration::ZERO);
        assert!(plain.unknown.is_none() && plain.level.is_none());
        let mut sound = Sound::open(&path).expect("a fine file");
        sound.gather(Duration::MAX);
        let samples = sound.ready().to_vec();
        assert_eq!(pulled(&mut plain.voice), samples);
    }
}
