//! `[link]`, `[push]` and `[output]`: what goes to other machines and comes from them.

use std::path::PathBuf;

use toml::de::DeValue;

use super::address::{self, ADDRESSES, Address, BadAddress};
use super::keys::{Condition, Form, Kind, LINK, OUTPUT, PUSH};
use super::problem::shortened;
use super::reader::{Entry, Reader};
use super::types::{Config, Link, Output, Push};

impl Reader<'_> {
    pub(super) fn link(&mut self, section: &Entry<'_>, config: &mut Config) {
        let Some(entries) = self.table(section) else { return };
        let mut link = Link::default();
        for (key, entry) in self.known(entries, LINK) {
            match (key.name, key.kind) {
                ("send_to", _) => link.send_to = self.address(&entry),
                ("play_here", _) => link.play_here = self.boolean(&entry).unwrap_or_default(),
                ("listen_to", _) => link.listen_to = self.addresses(&entry),
                ("hosts", Kind::Pattern(condition)) => link.hosts = self.pattern(&entry, condition),
                ("host", _) => link.host = self.machine(&entry),
                ("limit", Kind::Count(range)) => {
                    link.limit = self.count(&entry, range).unwrap_or(link.limit);
                }
                ("password_file", _) => link.password_file = self.file(&entry),
                ("ca_file", _) => link.ca_file = self.file(&entry),
                ("cert_file", _) => link.cert_file = self.file(&entry),
                ("key_file", _) => link.key_file = self.file(&entry),
                _ => {}
            }
        }
        if link.cert_file.is_some() != link.key_file.is_some() {
            let (there, missing) =
                if link.cert_file.is_some() { ("cert_file", "key_file") } else { ("key_file", "cert_file") };
            let message = format!("`{there}` is of no use without `{missing}`");
            let at = section.key_at.clone();
            self.wrong(at, &section.path, message).help =
                Some(format!("a certificate and its key are two files: give {missing} too"));
        }
        config.link = Some(Box::new(link));
    }

    pub(super) fn push(&mut self, section: &Entry<'_>, config: &mut Config) {
        let Some(entries) = self.table(section) else { return };
        let mut push = Push::default();
        let mut topic = None;
        for (key, entry) in self.known(entries, PUSH) {
            match (key.name, key.kind) {
                ("server", _) => push.server = self.web(&entry).unwrap_or(push.server),
                ("topic", _) => topic = Some(self.topic(&entry)),
                ("token_file", _) => push.token_file = self.file(&entry),
                ("events", Kind::Pattern(condition)) => {
                    push.events = self.pattern(&entry, condition);
                    for name in push.events.iter().flat_map(|pattern| pattern.globs().to_vec()) {
                        if condition == Condition::Event {
                            self.likely_condition(&entry, &name, config);
                        }
                    }
                }
                ("priority", _) => push.priority = self.priority(&entry).unwrap_or(push.priority),
                ("while_muted", _) => push.while_muted = self.boolean(&entry).unwrap_or_default(),
                _ => {}
            }
        }
        match topic {
            Some(Some(topic)) => {
                push.topic = topic;
                config.push = Some(Box::new(push));
            }
            Some(None) => {}
            None => {
                let at = section.key_at.clone();
                let message = "this has no `topic`, so nothing is pushed".to_owned();
                let problem = self.doubtful(at.clone(), &at, &section.path, message);
                problem.help = Some("a long one that nobody guesses, as in: topic = \"herald-Kd83hJw2\"".to_owned());
            }
        }
    }

    pub(super) fn output(&mut self, section: &Entry<'_>, config: &mut Config) {
        let entries = self.table(section).unwrap_or_default();
        for (key, entry) in self.known(entries, OUTPUT) {
            if key.name == "server" {
                config.output = Output { server: self.sound_server(&entry) };
            }
        }
    }

    /// The text of a value that must be one.
    fn text<'v>(&mut self, entry: &Entry<'v>, allowed: &str) -> Option<&'v str> {
        match entry.value {
            DeValue::String(text) => Some(text),
            _ => {
                self.wrong_type(entry, "a text").allowed = Some(allowed.to_owned());
                None
            }
        }
    }

    /// A value that was refused.
    fn refused<T>(&mut self, entry: &Entry<'_>, text: &str, allowed: &str, bad: BadAddress) -> Option<T> {
        // What may hold a password isn't shown.
        let shown = if text.contains('@') { "this".to_owned() } else { format!("\"{}\"", shortened(text, 60)) };
        let problem = self.error(entry.value_at.clone(), &entry.path, format!("{shown} {}", bad.why));
        problem.value = Some(if text.contains('@') { "(not shown)".to_owned() } else { shown });
        problem.allowed = Some(allowed.to_owned());
        problem.suggestion = bad.meant.filter(|meant| !meant.contains('@')).map(|meant| format!("\"{meant}\""));
        None
    }

    fn address(&mut self, entry: &Entry<'_>) -> Option<Address> {
        let text = self.text(entry, ADDRESSES)?;
        Address::parse(text, self.home).map_or_else(|bad| self.refused(entry, text, ADDRESSES, bad), Some)
    }

    fn addresses(&mut self, entry: &Entry<'_>) -> Vec<Address> {
        let texts = self.texts(entry, ADDRESSES, "leave the key out to hear no other machine").unwrap_or_default();
        let read = |(_, text): &(_, &str)| Address::parse(text, self.home).map_err(|bad| ((*text).to_owned(), bad));
        let (good, bad): (Vec<_>, Vec<_>) = texts.iter().map(read).partition(Result::is_ok);
        for (text, bad) in bad.into_iter().filter_map(Result::err) {
            self.refused::<()>(entry, &text, ADDRESSES, bad);
        }
        good.into_iter().filter_map(Result::ok).collect()
    }

    fn sound_server(&mut self, entry: &Entry<'_>) -> Option<PathBuf> {
        let allowed = "\"unix:/PATH\", the socket of a sound server";
        let text = self.text(entry, allowed)?;
        let bad = |why| BadAddress { why, meant: text.starts_with(['/', '~']).then(|| format!("unix:{text}")) };
        let path = text.strip_prefix("unix:").ok_or_else(|| bad("is no socket"));
        match path.and_then(|path| address::socket(path, self.home)) {
            Ok(path) => Some(path),
            Err(bad) => self.refused(entry, text, allowed, bad),
        }
    }

    fn machine(&mut self, entry: &Entry<'_>) -> Option<String> {
        let allowed = "1 to 63 letters, digits, '.', '_' or '-', the first a letter or digit";
        let text = self.text(entry, allowed)?;
        let bad = BadAddress { why: "can't be the name of a machine", meant: None };
        if address::is_machine(text) { Some(text.to_owned()) } else { self.refused(entry, text, allowed, bad) }
    }

    fn web(&mut self, entry: &Entry<'_>) -> Option<String> {
        let allowed = "\"https://HOST\", as in \"https://ntfy.sh\"";
        let text = self.text(entry, allowed)?;
        match address::web(text) {
            Ok(()) => Some(text.trim_end_matches('/').to_owned()),
            Err(bad) => self.refused(entry, text, allowed, bad),
        }
    }

    fn topic(&mut self, entry: &Entry<'_>) -> Option<String> {
        let allowed = "1 to 64 letters, digits, '_' or '-'";
        let text = self.text(entry, allowed)?;
        let is_good =
            matches!(text.len(), 1..=64) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        let bad = BadAddress { why: "can't be a topic of ntfy", meant: None };
        if is_good { Some(text.to_owned()) } else { self.refused(entry, text, allowed, bad) }
    }

    /// A file, from the folder of the configuration.
    fn file(&mut self, entry: &Entry<'_>) -> Option<PathBuf> {
        let allowed = "the path of a file; a relative one is taken from the folder of the configuration";
        let text = self.text(entry, allowed)?;
        if text.is_empty() || text.contains('\0') {
            return self.refused(entry, text, allowed, BadAddress { why: "is no path", meant: None });
        }
        match (text.strip_prefix("~/"), self.home) {
            (Some(rest), Some(home)) => Some(home.join(rest)),
            _ => Some(self.base.join(text)),
        }
    }
}

/// An address, as far as a pattern tells.
const ADDRESS: &str = "^(mqtts?://([A-Za-z0-9._~$-]{1,64}@)?(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?\
                       (/[A-Za-z0-9._~$-]{1,64})*/?|unix:(//)?(/|~/).*)$";

/// What a text of this form may be, for the schema: a pattern, and one that is right.
pub(super) fn shape(form: Form) -> (&'static str, &'static str) {
    match form {
        Form::Address => (ADDRESS, "mqtts://anna@broker.example.org"),
        Form::Machine => ("^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", "build-7"),
        Form::File => ("^[^\\u0000]+$", "~/.config/herald/password"),
        Form::Socket => ("^unix:.+$", "unix:/run/user/1000/pulse/native"),
        Form::Web => ("^https?://[^\\s@?#]+$", "https://ntfy.sh"),
        Form::Topic => ("^[A-Za-z0-9_-]{1,64}$", "herald-Kd83hJw2"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use super::super::{Problem, parse};
    use super::*;

    fn read(text: &str) -> (Config, Vec<Problem>) {
        parse(text, Path::new("/cfg/config.toml"), Some(Path::new("/home/u")))
    }

    #[test]
    fn a_link_holds_what_was_written() {
        let (config, problems) = read(
            "[link]\nsend_to = \"unix:~/h.sock\"\nlisten_to = [\"mqtt://b\", \"unix:/x\"]\nhosts = \"build-*\"\n\
             host = \"desk\"\npassword_file = \"pw\"\nlimit = 7\n",
        );
        assert_eq!(problems, []);
        let link = config.link.unwrap();
        assert_eq!(link.send_to, Some(Address::Unix("/home/u/h.sock".into())));
        assert_eq!((link.listen_to.len(), link.limit, link.host.as_deref()), (2, 7, Some("desk")));
        assert_eq!(link.password_file.as_deref(), Some(Path::new("/cfg/pw")));
        assert!(!link.play_here);
    }

    #[rstest]
    #[case("[link]\nsend_to = \"mqtt://anna:geheim@b\"")]
    #[case("[link]\nlisten_to = [\"mqtt://anna:geheim@b\"]")]
    #[case("[push]\ntopic = \"x\"\nserver = \"https://anna:geheim@b\"")]
    fn a_password_is_refused_and_never_shown(#[case] text: &str) {
        let (_, problems) = read(text);
        assert!(problems.iter().any(Problem::is_error));
        let told = problems.iter().map(|problem| format!("{problem:?}")).collect::<String>();
        assert!(!told.contains("geheim"), "{told}");
    }

    #[test]
    fn a_certificate_without_its_key_and_a_push_without_a_topic_are_told() {
        let (_, problems) = read("[link]\ncert_file = \"c\"\n[push]\npriority = \"high\"\n");
        assert_eq!(problems.iter().filter(|problem| problem.is_error()).count(), 1);
        assert_eq!(problems.len(), 2);
        assert_eq!(read("[push]\npriority = \"high\"").0.push, None);
    }
}
