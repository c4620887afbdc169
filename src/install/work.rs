//! One agent at a time: read what is there, plan, and apply unless it is only to be shown.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};

use super::apply::{self, Change};
use super::own::{Content, Own};
use super::place::{self, Scope, Surroundings};
use super::plan;
use super::record::{Record, hash_of};
use super::table::{File, Form, Hook, Row};
use super::{Difference, Done, Report, Way, Wish, named};
use crate::event;

/// What all agents of one run share.
pub(super) struct Worker<'a> {
    pub(super) around: &'a Surroundings,
    pub(super) record: Record,
    pub(super) program: &'a str,
    pub(super) wish: &'a Wish,
}

/// What is to be done for one agent.
struct Plan {
    path: PathBuf,
    events: Vec<String>,
    changes: Vec<Change>,
    /// What keeps them from being heard.
    warning: Option<String>,
}

impl Worker<'_> {
    /// Does it, and says how it went.
    pub(super) fn report(&mut self, way: Way, row: &'static Row, name: &'static str) -> Report {
        let mut snippet = None;
        let outcome = match way {
            Way::Install => self.install(row, &mut snippet),
            Way::Uninstall => self.uninstall(row),
        };
        Report { id: row.id, name, outcome, snippet: snippet.filter(|_| way == Way::Install) }
    }

    fn scope(&self) -> Scope {
        self.wish.scope.unwrap_or(Scope::User)
    }

    fn is_for_several(&self) -> bool {
        self.wish.all || self.wish.agents.len() > 1
    }

    fn install(&mut self, row: &'static Row, snippet: &mut Option<(PathBuf, String)>) -> anyhow::Result<Done> {
        if !self.wish.force && !self.wish.as_they_are && !self.around.has(row) {
            bail!("it isn't here: there is {}; --force installs its hooks all the same", self.around.signs(row));
        }
        // Where they are already, the scope is that in which they were found.
        let scope = if self.wish.as_they_are && row.user.is_empty() { Scope::Project } else { self.scope() };
        let (file, path) = self.around.target(row, scope)?;
        let mut asked = Vec::new();
        for name in &self.wish.events {
            match named(row, name) {
                Ok(hooks) => asked.extend(hooks),
                // Of several agents, some can't tell of everything.
                Err(_) if self.is_for_several() && event::from_herald_or_cesp(name).is_some() => {}
                Err(error) => return Err(error),
            }
        }
        let chosen = |present: &[String]| -> Vec<&'static Hook> {
            let wanted = |hook: &&'static Hook| {
                (hook.usual && !self.wish.as_they_are)
                    || present.iter().any(|event| event == hook.event)
                    || asked.iter().any(|it| std::ptr::eq(*it, *hook))
            };
            row.hooks.iter().filter(wanted).collect()
        };
        let plan = match file.form {
            Form::Own(own) => self.own_files(row, own, &path, &chosen)?,
            form => {
                let wish = |hooks| plan::Wish { row, program: self.program, hooks };
                let shown = plan::installed(form, "", &wish(chosen(&[])));
                *snippet = shown.ok().map(|text| (path.clone(), text));
                let before = place::read(&path)?;
                let text = before.as_deref().map(apply::text).transpose()?.unwrap_or_default();
                let present: Vec<String> =
                    plan::present(form, text, row).map_err(anyhow::Error::msg)?.into_iter().map(|(it, _)| it).collect();
                let hooks = chosen(&present);
                let events = hooks.iter().map(|hook| hook.event.to_owned()).collect();
                let after = plan::installed(form, text, &wish(hooks)).map_err(anyhow::Error::msg)?;
                let warning = plan::switched_off(form, text, row);
                let original = self.original(row, form, &path, before.as_deref(), !present.is_empty())?;
                let after = Some(after.into_bytes());
                let mut changes = vec![Change { path: path.clone(), before, after, original, executable: false }];
                changes.extend(beside(file, &path)?);
                Plan { path, events, changes, warning }
            }
        };
        let done = self.apply(row, plan, apply::install)?;
        *snippet = None;
        Ok(done)
    }

    /// What uninstalling should bring back.
    fn original(
        &self,
        row: &Row,
        form: Form,
        path: &Path,
        before: Option<&[u8]>,
        has_ours: bool,
    ) -> anyhow::Result<Option<Vec<u8>>> {
        let Some(bytes) = before else { return Ok(None) };
        let entry = self.record.of(&apply::real(path)?);
        if let Some(entry) = entry.filter(|entry| entry.written == hash_of(bytes)) {
            let kept = self.record.before(entry);
            if kept.is_some() || entry.before.is_none() {
                return Ok(kept);
            }
        }
        if !has_ours {
            return Ok(Some(bytes.to_owned()));
        }
        let before_us = entry.and_then(|entry| self.record.before(entry));
        let before_us = match (&before_us, entry) {
            (Some(bytes), _) => Some(apply::text(bytes)?),
            (None, Some(_)) => Some(""),
            (None, None) => None,
        };
        let text = plan::uninstalled(form, apply::text(bytes)?, row, None, before_us).map_err(anyhow::Error::msg)?;
        let gone = entry.is_some_and(|entry| entry.before.is_none()) && plan::is_empty(form, &text);
        Ok((!gone).then(|| text.into_bytes()))
    }

    fn own_files(
        &self,
        row: &'static Row,
        own: Own,
        path: &Path,
        chosen: &dyn Fn(&[String]) -> Vec<&'static Hook>,
    ) -> anyhow::Result<Plan> {
        if cfg!(windows) && own == Own::Script {
            bail!("on Windows it doesn't run hooks of this kind");
        }
        let mut present = Vec::new();
        let mut files = Vec::new();
        for (file, events) in own_paths(row, own, path) {
            let before = place::read(&file)?;
            let content = before.as_deref().and_then(|bytes| own.read(row.id, apply::text(bytes).ok()?));
            let known = before.as_deref().is_some_and(|bytes| self.is_as_written(&file, bytes));
            let foreign = before.is_some() && content.is_none() && !known;
            present.extend(content.into_iter().flat_map(|content| content.events));
            files.push((file, events, before, foreign));
        }
        let events: Vec<String> = chosen(&present).iter().map(|hook| hook.event.to_owned()).collect();
        let mut changes = Vec::new();
        for (file, possible, before, foreign) in files {
            let events: Vec<String> =
                events.iter().filter(|event| possible.contains(&event.as_str())).cloned().collect();
            if events.is_empty() {
                continue;
            }
            let content = Content { program: self.program.to_owned(), events };
            let text = own.written(row.id, &content);
            if foreign {
                bail!("{} is somebody else's; this would have been written there:\n{text}", file.display());
            }
            let executable = own == Own::Script;
            changes.push(Change { path: file, before, after: Some(text.into_bytes()), original: None, executable });
        }
        Ok(Plan { path: path.to_owned(), events, changes, warning: None })
    }

    fn is_recorded(&self, path: &Path) -> bool {
        apply::real(path).is_ok_and(|path| self.record.of(&path).is_some())
    }

    fn is_as_written(&self, path: &Path, bytes: &[u8]) -> bool {
        let entry = apply::real(path).ok().and_then(|path| self.record.of(&path).cloned());
        entry.is_some_and(|entry| entry.written == hash_of(bytes))
    }

    fn uninstall(&mut self, row: &'static Row) -> anyhow::Result<Done> {
        let scope = match self.wish.scope {
            None if row.user.is_empty() => Scope::Project,
            scope => scope.unwrap_or(Scope::User),
        };
        let mut leaving = Vec::new();
        for name in &self.wish.events {
            leaving.extend(named(row, name)?.iter().map(|hook| hook.event.to_owned()));
        }
        let leaving = (!leaving.is_empty()).then_some(leaving);
        let mut plan = Plan { path: PathBuf::new(), events: Vec::new(), changes: Vec::new(), warning: None };
        let mut candidates = self.around.candidates(row, scope)?;
        candidates.sort_by_key(|(file, path)| !place::has_ours(row, file, path));
        let mut unread = None;
        for (file, path) in candidates {
            // Of two ways to read one file, the one that found something counts.
            if plan.changes.iter().any(|change| change.path == path) {
                continue;
            }
            let found = match file.form {
                Form::Own(own) => self.without_own(row, own, &path, leaving.as_deref()),
                form => self.without(row, file, form, &path, leaving.as_deref()),
            };
            let found = match found {
                Ok(found) => found,
                Err(why) if self.is_recorded(&path) => return Err(why),
                // Nothing of ours was ever written there: it doesn't keep the file that has our hooks from being mended.
                Err(why) => {
                    unread.get_or_insert(anyhow!("{}: {why}", path.display()));
                    continue;
                }
            };
            if plan.path.as_os_str().is_empty() || !found.changes.is_empty() {
                plan.path = path;
            }
            plan.changes.extend(found.changes);
            plan.events.extend(found.events);
        }
        if let Some(why) = unread.filter(|_| plan.changes.is_empty()) {
            return Err(why);
        }
        let partly = leaving.is_some();
        self.apply(row, plan, |change, id, record| match &change.after {
            Some(_) if partly => apply::install(change, id, record),
            _ => apply::uninstall(change, record),
        })
    }

    fn without(
        &self,
        row: &Row,
        file: &File,
        form: Form,
        path: &Path,
        leaving: Option<&[String]>,
    ) -> anyhow::Result<Plan> {
        let mut plan = Plan { path: path.to_owned(), events: Vec::new(), changes: Vec::new(), warning: None };
        let Some(before) = place::read(path)? else { return Ok(plan) };
        let real = apply::real(path)?;
        let entry = self.record.of(&real);
        let text = apply::text(&before)?;
        let present = plan::present(form, text, row).map_err(anyhow::Error::msg)?;
        if present.is_empty() && entry.is_none() {
            return Ok(plan);
        }
        let stays = |event: &String| leaving.is_some_and(|leaving| !leaving.contains(event));
        plan.events = present.into_iter().map(|(event, _)| event).filter(stays).collect();
        let original = entry.and_then(|entry| self.record.before(entry));
        let untouched = entry
            .is_some_and(|entry| entry.written == hash_of(&before) && (entry.before.is_none() || original.is_some()));
        let after = if untouched && plan.events.is_empty() {
            original.clone()
        } else {
            let before_us = match (&original, entry) {
                (Some(bytes), _) => Some(apply::text(bytes)?),
                (None, Some(_)) => Some(""),
                (None, None) => None,
            };
            let text = plan::uninstalled(form, text, row, leaving, before_us).map_err(anyhow::Error::msg)?;
            let gone = entry.is_some_and(|entry| entry.before.is_none()) && plan::is_empty(form, &text);
            (!gone).then(|| text.into_bytes())
        };
        let goes = after.is_none();
        plan.changes.push(Change { path: path.to_owned(), before: Some(before), after, original, executable: false });
        if let Some(change) = beside(file, path)?.filter(|_| goes) {
            let known = change.before.as_deref().is_some_and(|bytes| self.is_as_written(&change.path, bytes));
            // First, because a directory goes only once it is empty.
            plan.changes.splice(..0, known.then_some(Change { after: None, ..change }));
        }
        Ok(plan)
    }

    fn without_own(&self, row: &Row, own: Own, path: &Path, leaving: Option<&[String]>) -> anyhow::Result<Plan> {
        let mut plan = Plan { path: path.to_owned(), events: Vec::new(), changes: Vec::new(), warning: None };
        for (file, _) in own_paths(row, own, path) {
            let Some(before) = place::read(&file)? else { continue };
            let content = apply::text(&before).ok().and_then(|text| own.read(row.id, text));
            if content.is_none() && !self.is_as_written(&file, &before) {
                continue;
            }
            let program = content.as_ref().map_or_else(|| self.program.to_owned(), |content| content.program.clone());
            let stays = |event: &String| leaving.is_some_and(|leaving| !leaving.contains(event));
            let events: Vec<_> = content.into_iter().flat_map(|content| content.events).filter(stays).collect();
            plan.events.extend(events.clone());
            let after = (!events.is_empty()).then(|| own.written(row.id, &Content { program, events }).into_bytes());
            let executable = own == Own::Script;
            plan.changes.push(Change { path: file, before: Some(before), after, original: None, executable });
        }
        Ok(plan)
    }

    fn apply(
        &mut self,
        row: &Row,
        plan: Plan,
        mut change_one: impl FnMut(&Change, &str, &mut Record) -> anyhow::Result<()>,
    ) -> anyhow::Result<Done> {
        let Plan { path, events, changes, warning } = plan;
        if !self.wish.force {
            for change in changes.iter().filter(|change| change.is_needed()) {
                if let Some(why) = apply::objection(&change.path) {
                    bail!("{} was left alone: {why}", change.path.display());
                }
            }
        }
        let mut done = Done { path, events, warning, then: row.then, ..Done::default() };
        for change in &changes {
            if !self.wish.dry_run {
                change_one(change, row.id, &mut self.record)?;
                let backup = change.original.as_deref().map(|bytes| self.record.backup(&hash_of(bytes)));
                done.backup = done.backup.or(backup.filter(|file| change.is_needed() && file.exists()));
            }
            if change.is_needed() {
                let text = |bytes: &Option<Vec<u8>>| bytes.as_ref().map(|it| String::from_utf8_lossy(it).into_owned());
                let (before, after) = (text(&change.before), text(&change.after));
                done.changes.push(Difference { path: change.path.clone(), before, after });
            }
        }
        Ok(done)
    }
}

/// The files of ours that may be there, each with the events it can hold.
pub(super) fn own_paths(row: &Row, own: Own, path: &Path) -> Vec<(PathBuf, Vec<&'static str>)> {
    let events = row.hooks.iter().map(|hook| hook.event);
    if own.is_one_per_event() {
        events.map(|event| (path.join(event), vec![event])).collect()
    } else {
        vec![(path.to_owned(), events.collect())]
    }
}

/// The file that has to lie near the one with the hooks, where there is none yet or it is the one we would write.
fn beside(file: &File, path: &Path) -> anyhow::Result<Option<Change>> {
    let Some((at, text)) = file.beside else { return Ok(None) };
    let folder = path.parent().unwrap_or(path);
    let path = match at.strip_prefix("../") {
        Some(name) => folder.parent().unwrap_or(folder).join(name),
        None => folder.join(at),
    };
    let before = place::read(&path)?;
    if before.as_deref().is_some_and(|bytes| bytes != text.as_bytes()) {
        return Ok(None);
    }
    Ok(Some(Change { path, before, after: Some(text.as_bytes().to_owned()), original: None, executable: false }))
}
