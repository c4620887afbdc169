//! The lookup chain: the first rung that yields a sound wins.
//!
//! A missing or refused file costs that file, never the pack, and every candidate that was passed over is written down.
//! The player and the commands that explain walk the same chain; they differ only in what they accept.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::rc::Rc;

use serde::Serialize;
use xxhash_rust::xxh3::Xxh3Default;

use super::place::{Dirs, Place};
use super::request::Request;
use super::shelf::{Answer, Pack, Shelf, Word, spelled};
use super::{builtin, file, sessions};
use crate::event::{EventName, with_parents};
use crate::sound_ref::SoundRef;

/// What an event sounds like that no pack knows and that has no parent: one of the user's own.
const NEUTRAL: &str = "info";

/// The rungs' names, a contract of the JSON shapes.
mod rung {
    pub(super) const COMMAND_LINE: &str = "command-line";
    pub(super) const CONFIG: &str = "config";
    pub(super) const SESSION: &str = "session";
    pub(super) const DETAIL: &str = "detail";
    pub(super) const PACK: &str = "pack";
    pub(super) const PARENT: &str = "parent";
    pub(super) const BUILT_IN: &str = "built-in";
}

/// A sound that exists.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// The pack it is of, `None` for a plain file.
    pub pack: Option<String>,
    /// The word of that pack's vocabulary by which it was found; of a plain file, the name without its ending.
    pub id: String,
    /// Where it is.
    pub place: Place,
}

/// One line of the record: a candidate of a rung, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// The rung: `command-line`, `config`, `session`, `detail`, `pack`, `parent` or `built-in`.
    pub rung: String,
    /// The sound, as it would be written down; a pack alone where the pack itself is at fault.
    pub candidate: String,
    /// Whether this is the one. True of the last line at most.
    pub found: bool,
    /// Why not, where it is more than that there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What the chain came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookup {
    /// The sound, if any.
    pub found: Option<Candidate>,
    /// Every candidate on the way, in order.
    pub tried: Vec<Tried>,
}

/// Finds the sound that `request` means.
///
/// `choose` picks among that many existing variants, which the hash names; a list of one is not asked about.
/// `accept` is shown each existing candidate and may refuse it, with a reason; then the others of its list are tried in turn.
pub fn lookup(
    request: &Request,
    dirs: &Dirs,
    choose: &mut dyn FnMut(usize, u64) -> usize,
    accept: &mut dyn FnMut(&Candidate) -> Result<(), String>,
) -> Lookup {
    let own = match (request.session, &dirs.sessions) {
        (Some(session), Some(file)) if request.chosen.is_none() => sessions::packs_of(file, session),
        _ => Vec::new(),
    };
    let mut chain = Chain { shelf: Shelf::new(dirs), asked: HashSet::new(), tried: Vec::new(), choose, accept };
    let found = match chain.climb(request, &own) {
        ControlFlow::Break(end) => end,
        ControlFlow::Continue(()) => None,
    };
    Lookup { found, tried: chain.tried }
}

/// The JSON shape of a found sound.
pub fn describe(candidate: &Candidate) -> serde_json::Value {
    let (path, builtin) = match &candidate.place {
        Place::File(path) => (Some(path.to_string_lossy()), false),
        Place::Builtin { .. } => (None, true),
    };
    serde_json::json!({ "pack": candidate.pack, "id": candidate.id, "path": path, "builtin": builtin })
}

/// Goes on to the next rung, or ends with a sound or with silence.
type Step = ControlFlow<Option<Candidate>>;

/// The sounds behind one thing that was written or asked.
struct Offer {
    label: String,
    pack: Option<String>,
    id: String,
    answer: Answer,
}

struct Chain<'a> {
    shelf: Shelf<'a>,
    /// Packs and the words they were asked for: an event and its parent may share one.
    asked: HashSet<(String, bool, String)>,
    tried: Vec<Tried>,
    choose: &'a mut dyn FnMut(usize, u64) -> usize,
    accept: &'a mut dyn FnMut(&Candidate) -> Result<(), String>,
}

impl Chain<'_> {
    fn climb(&mut self, request: &Request, own: &[String]) -> Step {
        if let Some(chosen) = &request.chosen {
            return self.written(rung::COMMAND_LINE, std::slice::from_ref(chosen));
        }
        self.written(rung::CONFIG, &request.sounds)?;
        let event = request.event.as_ref().map(EventName::as_str);
        // The event itself is often the last of its details; it has rungs of its own.
        for detail in request.details.iter().map(EventName::as_str).filter(|detail| Some(*detail) != event) {
            for pack in own {
                self.ask(rung::SESSION, pack, detail)?;
            }
            for pack in &request.packs {
                self.ask(rung::DETAIL, pack, detail)?;
            }
        }
        let Some(event) = event else { return ControlFlow::Continue(()) };
        for pack in own {
            for name in with_parents(event) {
                self.ask(rung::SESSION, pack, name)?;
            }
        }
        for pack in &request.packs {
            for name in with_parents(event) {
                self.ask(if name == event { rung::PACK } else { rung::PARENT }, pack, name)?;
            }
        }
        for name in with_parents(event).chain([NEUTRAL]) {
            self.ask(rung::BUILT_IN, builtin::PACK, name)?;
        }
        ControlFlow::Continue(())
    }

    /// A list of sounds someone wrote down: one that exists at random, then the others in turn.
    fn written(&mut self, rung: &str, sounds: &[SoundRef]) -> Step {
        let offers: Vec<Offer> = sounds.iter().filter_map(|sound| self.existing(rung, sound)).collect();
        let labels: Vec<String> = offers.iter().map(|offer| offer.label.clone()).collect();
        for index in self.order(rung, &labels) {
            self.offer(rung, &offers[index])?;
        }
        ControlFlow::Continue(())
    }

    /// What is behind a written sound; if nothing that exists, it is recorded here.
    fn existing(&mut self, rung: &str, sound: &SoundRef) -> Option<Offer> {
        let label = sound.to_string();
        let offer = match sound {
            SoundRef::Path(path) => Offer {
                id: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                pack: None,
                answer: Answer::Sounds(vec![file::usable(path).map(|()| Place::File(path.clone()))]),
                label,
            },
            SoundRef::Builtin(id) => self.by_id(rung, label, builtin::PACK, id),
            SoundRef::Pack { pack, id } => self.by_id(rung, label, pack, id),
            SoundRef::Xdg { theme, name } => {
                let pack = format!("xdg:{theme}");
                let answer = self.open(rung, &pack).sounds(Word::Name(name));
                Offer { label, pack: Some(pack), id: name.clone(), answer }
            }
        };
        match &offer.answer {
            Answer::Sounds(sounds) if !sounds.iter().any(Result::is_ok) => {
                self.missing(rung, &offer.label, sounds);
                None
            }
            _ => Some(offer),
        }
    }

    fn by_id(&mut self, rung: &str, label: String, pack: &str, id: &str) -> Offer {
        let opened = self.open(rung, pack);
        let (word, answer) = opened
            .words_of_id(id)
            .into_iter()
            .map(|word| (word, opened.sounds(word)))
            .find(|(_, answer)| !answer.is_nothing())
            .unwrap_or((Word::Name(id), Answer::NOTHING));
        Offer { label, pack: Some(pack.to_owned()), id: word.text().to_owned(), answer }
    }

    /// Asks a pack for an event, by the pack's own words.
    fn ask(&mut self, rung: &str, pack: &str, event: &str) -> Step {
        let opened = self.open(rung, pack);
        let words = opened.words(event);
        if words.is_empty() && !matches!(*opened, Pack::Absent) {
            self.note(rung, pack, false, Some(format!("has no name for {event}")));
        }
        for word in words {
            let (is_category, id) = (matches!(word, Word::Category(_)), word.text());
            if self.asked.insert((pack.to_owned(), is_category, id.to_owned())) {
                let answer = opened.sounds(word);
                self.offer(
                    rung,
                    &Offer { label: spelled(pack, id), pack: Some(pack.to_owned()), id: id.to_owned(), answer },
                )?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Tries what was found: one variant at random, then the others in turn.
    fn offer(&mut self, rung: &str, offer: &Offer) -> Step {
        let sounds = match &offer.answer {
            Answer::Sounds(sounds) => sounds,
            Answer::Disabled => {
                self.note(rung, &offer.label, false, Some("disabled".to_owned()));
                return ControlFlow::Break(None);
            }
        };
        self.missing(rung, &offer.label, sounds);
        let places: Vec<&Place> = sounds.iter().flatten().collect();
        let names: Vec<String> = places.iter().map(|place| name_of(place)).collect();
        for index in self.order(&offer.label, &names) {
            let candidate = Candidate { pack: offer.pack.clone(), id: offer.id.clone(), place: places[index].clone() };
            match (self.accept)(&candidate) {
                Ok(()) => {
                    self.note(rung, &offer.label, true, None);
                    return ControlFlow::Break(Some(candidate));
                }
                Err(why) => self.note(rung, &offer.label, false, Some(format!("{:?} {why}", names[index]))),
            }
        }
        ControlFlow::Continue(())
    }

    /// The order in which the members of a list are tried: from the chosen one round to the one before it.
    fn order(&mut self, list: &str, names: &[String]) -> impl Iterator<Item = usize> + use<> {
        let count = names.len();
        let first = if count > 1 {
            let mut hash = Xxh3Default::new();
            for name in [list].into_iter().chain(names.iter().map(String::as_str)) {
                hash.update(name.as_bytes());
                hash.update(b"\0");
            }
            (self.choose)(count, hash.digest()).min(count - 1)
        } else {
            0
        };
        (first..count).chain(0..first)
    }

    fn missing(&mut self, rung: &str, label: &str, sounds: &[Result<Place, String>]) {
        if sounds.is_empty() {
            self.note(rung, label, false, None);
        }
        for why in sounds.iter().filter_map(|sound| sound.as_ref().err()) {
            self.note(rung, label, false, Some(why.clone()));
        }
    }

    fn open(&mut self, rung: &str, pack: &str) -> Rc<Pack> {
        let (opened, fault) = self.shelf.open(pack);
        if fault.is_some() {
            self.note(rung, pack, false, fault);
        }
        opened
    }

    fn note(&mut self, rung: &str, candidate: &str, found: bool, why: Option<String>) {
        let line = Tried { rung: rung.to_owned(), candidate: candidate.to_owned(), found, why };
        if !self.tried.contains(&line) {
            self.tried.push(line);
        }
    }
}

/// What tells a variant from its sisters: the file's name, or the id.
fn name_of(place: &Place) -> String {
    match place {
        Place::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        Place::Builtin { id, .. } => (*id).to_owned(),
    }
}
