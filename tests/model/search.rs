//! Breadth first through every state there is, and back from every rest: nobody may ever be unable to get there.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt::Write as _;
use std::hash::{BuildHasherDefault, Hasher};

use super::claims;
use super::scenario::Scenario;
use super::step::{self, Step};
use super::world::{NOBODY, World};

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) states: usize,
    pub(crate) steps: usize,
    /// How many of the states have everybody ended.
    pub(crate) rests: usize,
    /// Every step that was taken, in words.
    pub(crate) happened: BTreeSet<&'static str>,
    /// What is wrong, and the steps that lead there.
    pub(crate) wrong: Option<String>,
}

/// A fingerprint is hashed already.
#[derive(Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn write(&mut self, _: &[u8]) {
        unreachable!("only fingerprints are hashed");
    }

    fn write_u128(&mut self, fingerprint: u128) {
        self.0 = fingerprint as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Every state that was reached, by its number in order of discovery.
#[derive(Default)]
struct Seen {
    numbers: HashMap<u128, u32, BuildHasherDefault<Ready>>,
    /// From which state each was reached first, and its fingerprint.
    parents: Vec<(u32, u128)>,
}

impl Seen {
    /// Its number, and whether it is new.
    fn number(&mut self, world: &World, parent: u32) -> (u32, bool) {
        let fingerprint = world.fingerprint();
        let next = u32::try_from(self.parents.len()).expect("few enough");
        let number = *self.numbers.entry(fingerprint).or_insert(next);
        if number == next {
            self.parents.push((parent, fingerprint));
        }
        (number, number == next)
    }

    /// The fingerprints from the beginning to the state `number`.
    fn path(&self, mut number: u32) -> Vec<u128> {
        let mut path = Vec::new();
        while number != 0 {
            let (parent, fingerprint) = self.parents[number as usize];
            path.push(fingerprint);
            number = parent;
        }
        path.reverse();
        path
    }
}

/// Explores the whole of `scenario`, or up to the first thing that is wrong.
pub(crate) fn explore(scenario: &Scenario) -> Found {
    let beginning = step::beginning(scenario);
    let mut seen = Seen::default();
    seen.number(&beginning, 0);
    let mut queue = VecDeque::from([beginning]);
    let mut edges = Vec::new();
    let mut rests = Vec::new();
    let mut from = 0;
    let mut happened = BTreeSet::new();
    let found = |seen: &Seen, steps, rests, happened, wrong| Found {
        states: seen.parents.len(),
        steps,
        rests,
        happened,
        wrong,
    };
    while let Some(world) = queue.pop_front() {
        if let Some(why) = claims::broken(scenario, &world) {
            let wrong = told(scenario, &seen.path(from), &why, None);
            return found(&seen, edges.len(), rests.len(), happened, Some(wrong));
        }
        if claims::is_rest(scenario, &world) {
            rests.push(from);
        }
        for step in step::from(scenario, &world) {
            happened.insert(step.what);
            match &step.then {
                Ok(next) => {
                    let (to, is_new) = seen.number(next, from);
                    edges.push((to, from));
                    if is_new {
                        queue.push_back(*next);
                    }
                }
                Err(why) => {
                    let wrong = told(scenario, &seen.path(from), why, Some(&step));
                    return found(&seen, edges.len(), rests.len(), happened, Some(wrong));
                }
            }
        }
        from += 1;
    }
    let steps = edges.len();
    let wrong = caught(&rests, edges, seen.parents.len())
        .map(|number| told(scenario, &seen.path(number), "from here on not everybody can ever end", None));
    found(&seen, steps, rests.len(), happened, wrong)
}

/// The first state from which no rest can be reached.
fn caught(rests: &[u32], mut edges: Vec<(u32, u32)>, states: usize) -> Option<u32> {
    edges.sort_unstable();
    let mut can_end = vec![false; states];
    let mut open = rests.to_vec();
    while let Some(to) = open.pop() {
        if std::mem::replace(&mut can_end[to as usize], true) {
            continue;
        }
        let first = edges.partition_point(|edge| edge.0 < to);
        open.extend(edges[first..].iter().take_while(|edge| edge.0 == to).map(|edge| edge.1));
    }
    can_end.iter().position(|can| !can).and_then(|number| u32::try_from(number).ok())
}

/// The steps again, in words.
fn told(scenario: &Scenario, path: &[u128], why: &str, last: Option<&Step>) -> String {
    let mut story = format!("{}: {why}\n", scenario.name);
    let mut world = step::beginning(scenario);
    for fingerprint in path {
        let leads_there = |step: &Step| step.then.as_ref().is_ok_and(|next| next.fingerprint() == *fingerprint);
        let Some(step) = step::from(scenario, &world).into_iter().find(leads_there) else { break };
        let Ok(next) = step.then else { break };
        tell(&mut story, &step_line(step.who, step.what), &next);
        world = next;
    }
    if let Some(step) = last {
        let _ = writeln!(story, "  {}  << here", step_line(step.who, step.what));
    }
    let _ = write!(story, "{world:#?}");
    story
}

fn step_line(who: u8, what: &str) -> String {
    if who == NOBODY { what.to_owned() } else { format!("{}: {what}", (b'A' + who) as char) }
}

fn tell(story: &mut String, line: &str, world: &World) {
    let current = world.file.current.map(|(id, ..)| id);
    let pending = world.file.pending.map(|(id, _)| id);
    let _ = writeln!(story, "  {line:<60} fence {} speaks {current:?} waits {pending:?}", world.fence);
}
