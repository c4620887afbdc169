//! The background thread of a playback: finds the sound, decodes it, plays it by the first output that opens.
//!
//! Shares one [`Control`] with the thread that decides, and nothing else; whatever hangs, hangs here.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use herald::sound::request::Request;
use herald::sound::{self, Candidate, Dirs, Picks, Place, builtin};

use super::Shelf;
use crate::control::Control;
use crate::decode::{Sound, Spec};
use crate::output::{self, OutputEnd, OutputError};
use crate::voice::{Voice, gain};

/// What the background thread tells.
pub(super) enum News {
    /// The sound was found and decoded.
    Found { sound: String, spec: Spec },
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
}

/// What the thread starts with.
pub(super) struct Attempt {
    request: Request,
    dirs: Dirs,
    picks: Picks,
    control: Arc<Control>,
    /// So many outputs were tried before and stood still.
    skip_outputs: usize,
}

impl Attempt {
    /// Of `request`, by the outputs after the first `skip_outputs`.
    pub(super) fn new(request: &Request, shelf: &Shelf<'_>, control: &Arc<Control>, skip_outputs: usize) -> Self {
        let (dirs, picks) = (shelf.dirs.clone(), (shelf.picks)());
        Self { request: request.clone(), dirs, picks, control: Arc::clone(control), skip_outputs }
    }

    pub(super) fn run(mut self, news: &Sender<News>) {
        let result = self.perform(news);
        let _ = news.send(News::Over(result));
    }

    fn perform(&mut self, news: &Sender<News>) -> Result<OutputEnd, Fault> {
        let (name, sound) = find(&self.request, &self.dirs, &mut self.picks)?;
        let _ = news.send(News::Found { sound: name, spec: sound.spec() });
        let mut voice = Voice::new(sound, gain(self.request.volume), self.request.lead_in);
        let mut faults = Vec::new();
        for (n, mut output) in output::candidates().into_iter().enumerate().skip(self.skip_outputs) {
            let _ = news.send(News::Trying(n, output.name()));
            match output.play(&mut voice, &self.control) {
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

/// The sound that `request` means, decoded: the first of the lookup chain that can be played.
fn find(request: &Request, dirs: &Dirs, picks: &mut Picks) -> Result<(String, Sound), Fault> {
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
        decoded = Some((candidate.to_string(), sound.map_err(|e| e.to_string())?));
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
    let (_, sound) = find(request, dirs, &mut Picks::default()).map_err(|fault| match fault {
        Fault::NoSound(why) | Fault::NoAudio(why) => why,
    })?;
    Ok(Voice::new(sound, gain(request.volume), request.lead_in))
}
