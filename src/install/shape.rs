//! Where hooks stand in a document, and what has to change there.
//!
//! Pure: values in, changes out. Invariant: what isn't ours is never removed or replaced; a list or an object goes only
//! when our leaving empties it, and not where it was there, empty, before us.

use serde_json::Value;

use super::command::{self, Ours};
use super::edit::{Op, Refusal, Step, Way, at, keys, nested};

/// How an agent's document keeps hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// The way to where they are.
    pub(super) container: &'static [&'static str],
    /// How an event has its entries.
    pub(super) by: By,
    /// Where in an entry the handlers are.
    pub(super) inner: Inner,
    /// What else must be set for hooks to run.
    pub(super) extras: &'static [(&'static [&'static str], Plain)],
}

/// How an event has its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// A list in the property that bears the event's name.
    Key,
    /// One list for all; this field of an entry bears the name.
    Field(&'static str),
}

/// Where in an entry the handlers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inner {
    /// The entry is the handler.
    Itself,
    /// A list in this property.
    List(&'static str),
    /// An object in this property.
    Object(&'static str),
}

/// A plain value, for tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A word.
    Text(&'static str),
}

impl From<Plain> for Value {
    fn from(plain: Plain) -> Self {
        match plain {
            Plain::Bool(value) => value.into(),
            Plain::Number(value) => value.into(),
            Plain::Text(value) => value.into(),
        }
    }
}

/// A hook of ours in a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// The agent's event.
    pub(super) event: String,
    /// What runs.
    pub(super) ours: Ours,
    /// Its entry, or the handler alone where the entry has others as well.
    way: Way,
    handler: Value,
    whole: bool,
}

/// A hook that should be there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    /// The agent's event.
    pub(super) event: String,
    /// Its entry.
    pub(super) entry: Value,
}

impl Shape {
    /// The hooks of ours that are there.
    pub(super) fn found(&self, document: &Value, agent: &str) -> Vec<Found> {
        let container = keys(self.container);
        let mut found = Vec::new();
        for (event, way, entry) in self.entries(document, &container) {
            let handlers = self.handlers(entry);
            let known = |handler: &Value| command::words_of(handler).and_then(|words| command::ours(&words, agent));
            let ours: Vec<_> = handlers.iter().filter_map(|(step, it)| Some((step, *it, known(it)?))).collect();
            let whole = !ours.is_empty() && ours.len() == handlers.len();
            for (step, handler, ours) in ours {
                let mut way = way.clone();
                way.extend(if whole { Vec::new() } else { step.clone() });
                let one = Found { event: event.to_owned(), ours, way, handler: handler.clone(), whole };
                if !found.iter().any(|other: &Found| other.way == one.way) {
                    found.push(one);
                }
            }
        }
        found
    }

    fn entries<'a>(&self, document: &'a Value, container: &[Step]) -> Vec<(&'a str, Way, &'a Value)> {
        let Some(place) = at(document, container) else { return Vec::new() };
        let list_at = |way: Way, list: &'a Value| {
            let entries = list.as_array().into_iter().flatten().enumerate();
            entries.map(move |(at, entry)| ([way.as_slice(), &[Step::Index(at)]].concat(), entry))
        };
        match self.by {
            By::Key => place
                .as_object()
                .into_iter()
                .flatten()
                .flat_map(|(event, list)| {
                    let way = [container, &[Step::Key(event.clone())]].concat();
                    list_at(way, list).map(move |(way, entry)| (event.as_str(), way, entry))
                })
                .collect(),
            By::Field(field) => list_at(container.to_vec(), place)
                .filter_map(|(way, entry)| Some((entry[field].as_str()?, way, entry)))
                .collect(),
        }
    }

    fn handlers<'a>(&self, entry: &'a Value) -> Vec<(Way, &'a Value)> {
        let step = |name: &str| Step::Key(name.to_owned());
        match self.inner {
            Inner::Itself => vec![(Vec::new(), entry)],
            Inner::Object(name) => entry.get(name).map(|it| (vec![step(name)], it)).into_iter().collect(),
            Inner::List(name) => {
                let list = entry[name].as_array().into_iter().flatten().enumerate();
                list.map(|(at, it)| (vec![step(name), Step::Index(at)], it)).collect()
            }
        }
    }

    /// The entry for an event with this handler.
    pub(super) fn entry(&self, event: &str, matcher: Option<&str>, handler: Value) -> Value {
        let mut entry = match self.inner {
            Inner::Itself => handler,
            Inner::Object(name) => nested(&keys(&[name]), handler),
            Inner::List(name) => nested(&keys(&[name]), Value::Array(vec![handler])),
        };
        let mut first = serde_json::Map::new();
        if matches!(self.inner, Inner::Object(_)) {
            first.insert("name".to_owned(), format!("herald-{event}").into());
        }
        if let By::Field(field) = self.by {
            first.insert(field.to_owned(), event.into());
        }
        if let Some(matcher) = matcher {
            first.insert("matcher".to_owned(), matcher.into());
        }
        if let Value::Object(rest) = &mut entry {
            first.append(rest);
        }
        Value::Object(first)
    }

    /// What makes exactly these the hooks of ours. One that runs the right thing already stays as it is, also with
    /// changes its human made around it.
    pub(super) fn install(&self, document: &Value, agent: &str, wanted: &[Wanted]) -> Result<Vec<Op>, Refusal> {
        if !document.is_object() {
            return Err(Refusal::Shape("the document is not an object".to_owned()));
        }
        let found = self.found(document, agent);
        let mut ops: Vec<Op> = self
            .extras
            .iter()
            .map(|(way, value)| (keys(way), Value::from(*value)))
            .filter(|(way, _)| at(document, way).is_none())
            .map(|(way, value)| Op::Set(way, value))
            .collect();
        let mut pushes = Vec::new();
        let mut surplus: Vec<&Found> = found.iter().filter(|it| wanted.iter().all(|w| w.event != it.event)).collect();
        for Wanted { event, entry } in wanted {
            let mut present = found.iter().filter(|it| it.event == *event);
            let handlers = self.handlers(entry);
            let handler = handlers.first().map_or(&Value::Null, |(_, handler)| handler);
            match present.next() {
                None => {
                    let mut way = keys(self.container);
                    way.extend((self.by == By::Key).then(|| Step::Key(event.clone())));
                    pushes.push(Op::Push(way, entry.clone()));
                }
                Some(it) if runs_the_same(&it.handler, handler) => {}
                Some(it) if it.whole => ops.push(Op::Set(it.way.clone(), entry.clone())),
                Some(it) => ops.push(Op::Set(it.way.clone(), handler.clone())),
            }
            surplus.extend(present);
        }
        ops.extend(self.removals(document, surplus, &|_| !pushes.is_empty()));
        ops.extend(pushes);
        Ok(ops)
    }

    /// What takes the hooks of ours out, those of these events or all. `original` is the document before us, if it is
    /// known.
    pub(super) fn uninstall(
        &self,
        document: &Value,
        agent: &str,
        events: Option<&[String]>,
        original: Option<&Value>,
    ) -> Vec<Op> {
        let found = self.found(document, agent);
        let leaving = found.iter().filter(|it| events.is_none_or(|events| events.contains(&it.event))).collect();
        let was_there = |way: &[Step]| original.is_some_and(|original| at(original, way).is_some());
        let mut ops = self.removals(document, leaving, &was_there);
        let mut left = document.clone();
        for op in &ops {
            remove(&mut left, op);
        }
        let empty = self.entries(&left, &keys(self.container)).is_empty();
        for (way, value) in self.extras.iter().map(|(way, value)| (keys(way), Value::from(*value))) {
            let unchanged = at(&left, &way) == Some(&value);
            let by_us = original.is_some_and(|original| at(original, &way).is_none());
            if empty && !ops.is_empty() && unchanged && by_us {
                let op = Op::Remove(emptied(&left, way, &was_there));
                remove(&mut left, &op);
                ops.push(op);
            }
        }
        ops
    }

    /// The removals, last first, each with what it leaves empty.
    fn removals(&self, document: &Value, mut leaving: Vec<&Found>, stays: &dyn Fn(&[Step]) -> bool) -> Vec<Op> {
        leaving.sort_by(|a, b| b.way.cmp(&a.way));
        let mut left = document.clone();
        let mut ops = Vec::new();
        for it in leaving {
            let op = Op::Remove(if it.whole { emptied(&left, it.way.clone(), stays) } else { it.way.clone() });
            remove(&mut left, &op);
            ops.push(op);
        }
        ops
    }
}

fn remove(document: &mut Value, op: &Op) {
    let Op::Remove(way) = op else { return };
    let Some((last, parent)) = way.split_last() else { return };
    let parent = parent.iter().try_fold(document, |value, step| match step {
        Step::Key(name) => value.get_mut(name),
        Step::Index(at) => value.get_mut(*at),
    });
    match (last, parent) {
        (Step::Key(name), Some(Value::Object(object))) => drop(object.shift_remove(name)),
        (Step::Index(at), Some(Value::Array(list))) if *at < list.len() => drop(list.remove(*at)),
        _ => {}
    }
}

/// The outermost thing that is empty once this one is gone.
fn emptied(document: &Value, mut way: Way, stays: &dyn Fn(&[Step]) -> bool) -> Way {
    while way.len() > 1 {
        let parent = &way[..way.len() - 1];
        let only = match at(document, parent) {
            Some(Value::Array(list)) => list.len() == 1,
            Some(Value::Object(object)) => object.len() == 1,
            _ => false,
        };
        if !only || stays(parent) {
            break;
        }
        way.pop();
    }
    way
}

fn runs_the_same(a: &Value, b: &Value) -> bool {
    let field = |value: &Value, key: &str| value.get(key).cloned();
    ["command", "args", "exec", "windows", "commandWindows", "powershell"]
        .iter()
        .all(|key| field(a, key) == field(b, key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GROUPS: Shape = Shape { container: &["hooks"], by: By::Key, inner: Inner::List("hooks"), extras: &[] };

    fn ours(path: &str) -> Value {
        json!({"type": "command", "command": format!("{path} hook --agent qwen-code")})
    }

    fn wanted(event: &str) -> Wanted {
        Wanted { event: event.to_owned(), entry: GROUPS.entry(event, None, ours("/new/herald")) }
    }

    fn done(mut document: Value, ops: &[Op]) -> Value {
        // The changes' own meaning is proved in `edit`.
        for op in ops {
            let text =
                super::super::edit::edit(&super::super::json::Json, &document.to_string(), std::slice::from_ref(op));
            document = serde_json::from_str(&text.unwrap()).unwrap();
        }
        document
    }

    #[test]
    fn an_older_form_is_brought_up_to_date_in_its_place_and_doubles_go() {
        let other = json!({"type": "command", "command": "beep"});
        let document = json!({"hooks": {"Stop": [
            {"hooks": [other]},
            {"matcher": "x", "hooks": [other, ours("/old/herald")]},
            {"hooks": [ours("/old/herald")]},
        ]}});
        let ops = GROUPS.install(&document, "qwen-code", &[wanted("Stop")]).unwrap();
        let after =
            json!({"hooks": {"Stop": [{"hooks": [other]}, {"matcher": "x", "hooks": [other, ours("/new/herald")]}]}});
        assert_eq!(done(document, &ops), after);
        assert_eq!(GROUPS.install(&after, "qwen-code", &[wanted("Stop")]).unwrap(), []);
    }

    #[test]
    fn what_is_changed_around_our_command_stays() {
        let mut group = GROUPS.entry("Stop", Some("mine"), ours("/new/herald"));
        group["hooks"][0]["timeout"] = json!(99);
        let document = json!({"hooks": {"Stop": [group]}});
        assert_eq!(GROUPS.install(&document, "qwen-code", &[wanted("Stop")]).unwrap(), []);
    }

    #[test]
    fn leaving_takes_along_what_it_empties_but_not_what_was_empty_before() {
        for original in [json!({}), json!({"hooks": {}}), json!({"hooks": {"Stop": []}}), json!({"hooks": {"End": []}})]
        {
            let ops = GROUPS.install(&original, "qwen-code", &[wanted("Stop"), wanted("Other")]).unwrap();
            let there = done(original.clone(), &ops);
            assert_eq!(GROUPS.found(&there, "qwen-code").len(), 2);
            let back = GROUPS.uninstall(&there, "qwen-code", None, Some(&original));
            assert_eq!(done(there, &back), original);
        }
    }

    #[test]
    fn other_agents_and_other_programs_are_left_alone() {
        let document = json!({"hooks": {"Stop": [
            {"hooks": [{"command": "/x/herald hook --agent codex"}]},
            {"hooks": [{"command": "/x/herald.sh hook --agent qwen-code"}]},
        ]}});
        assert_eq!(GROUPS.uninstall(&document, "qwen-code", None, None), []);
    }
}
