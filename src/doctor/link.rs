//! The way to other machines and from them: the program that goes it, its secrets, sockets, what waits, the brokers.
//!
//! Says nothing where nothing of the kind is configured. Changes nothing: files with secrets are the user's.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::Verdict;
use super::programs::version_of;
use super::reach::{self, Reached};
use super::scene::{Scene, quoted, when_stamped, when_written};
use crate::config::{Address, Broker, Link, Push};
use crate::link::{LINK, Outbox, SEND};
use crate::platform;
use crate::platform::clock::Stamp;
use crate::platform::lock::LockFile;
use crate::platform::look::{self, Facts, Kind};

/// A letter that waits for longer will never be sent: no occurrence lives so long, and a try to send it ends before.
const STUCK: Duration = Duration::from_secs(60);

/// Folders with units of a user's service manager, below the root and below the home directory.
const UNITS: [&str; 4] =
    ["/etc/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user", "/lib/systemd/user"];
const OWN_UNITS: [&str; 2] = [".config/systemd/user", ".local/share/systemd/user"];

/// The unit.
const UNIT: &str = "herald-link.service";

/// All about other machines; each thing that is wrong is a finding.
pub(super) fn link(scene: &Scene<'_>) -> Vec<Verdict> {
    let config = scene.config();
    let (link, push) = (config.link.as_deref(), config.push.as_deref());
    if link.is_none() && push.is_none() {
        return Vec::new();
    }
    let none = Link::default();
    let link = link.unwrap_or(&none);
    let brokers = brokers(link);
    let needs_program = !brokers.is_empty() || !link.listen_to.is_empty() || push.is_some();
    let mut found = Vec::new();
    if needs_program {
        found.extend(program(scene));
    }
    let can_try = found.is_empty();
    let secrets = secrets(link, push, &brokers);
    let can_try = can_try && secrets.is_empty();
    found.extend(secrets);
    found.extend(desk_socket(link));
    found.extend(listener(scene, link));
    found.extend(outbox(scene));
    let mut well = Vec::new();
    if can_try && !brokers.is_empty() {
        for verdict in tried(scene, link, &brokers) {
            match verdict {
                Ok(answer) => well.push(answer),
                Err(verdict) => found.push(verdict),
            }
        }
    }
    if found.is_empty() {
        found.push(Verdict::ok(summary(link, push, &well)));
    }
    found
}

fn brokers(link: &Link) -> Vec<&Broker> {
    let mut found: Vec<&Broker> = Vec::new();
    for address in link.send_to.iter().chain(&link.listen_to) {
        if let Address::Broker(broker) = address
            && !found.contains(&broker)
        {
            found.push(broker);
        }
    }
    found
}

fn summary(link: &Link, push: Option<&Push>, well: &[String]) -> String {
    let sends = link.send_to.as_ref().map(|to| format!("sends to {to}"));
    let hears: Vec<String> = link.listen_to.iter().map(ToString::to_string).collect();
    let hears = (!hears.is_empty()).then(|| format!("listens to {}", hears.join(", ")));
    let pushes = push.map(|push| format!("pushes by {}", push.server));
    let parts: Vec<String> = sends.into_iter().chain(hears).chain(pushes).chain(well.iter().cloned()).collect();
    if parts.is_empty() { "no other machine is told or heard".to_owned() } else { parts.join("; ") }
}

fn program(scene: &Scene<'_>) -> Option<Verdict> {
    let anew = "install the programs anew, from one version and into one folder";
    let nothing = "nothing goes to other machines, and nothing comes from them";
    let Some(program) = scene.machine.beside(LINK).filter(|program| program.exists()) else {
        return Some(Verdict::fail(format!("{LINK} is missing beside this program: {nothing}"), anew));
    };
    if !look::is_executable(&program) {
        let hint = format!("chmod +x {}", quoted(&program));
        return Some(Verdict::fail(format!("{} can't be run: {nothing}", program.display()), hint));
    }
    judge_version(version_of(&program).map_err(|error| error.to_string()), anew)
}

fn judge_version(said: Result<String, String>, anew: &str) -> Option<Verdict> {
    let own = env!("CARGO_PKG_VERSION");
    let detail = match said {
        Err(why) => format!("{LINK} doesn't start as it should: {why}"),
        Ok(said) => match said.trim().strip_prefix(LINK).map(str::trim) {
            Some(version) if version == own => return None,
            Some(version) => format!("{LINK} is of version {version}, this is {own}"),
            None => format!("what lies beside this program as {LINK} is something else"),
        },
    };
    Some(Verdict::fail(detail, anew))
}

/// Files that must be readable, and those of them that nobody else may read.
fn secrets(link: &Link, push: Option<&Push>, brokers: &[&Broker]) -> Vec<Verdict> {
    let knows_us = brokers.iter().any(|broker| broker.user.is_some());
    let encrypts = brokers.iter().any(|broker| broker.tls);
    let files = [
        ("link.password_file", link.password_file.as_deref(), knows_us, true),
        ("link.key_file", link.key_file.as_deref(), encrypts, true),
        ("link.cert_file", link.cert_file.as_deref(), encrypts, false),
        ("link.ca_file", link.ca_file.as_deref(), encrypts, false),
        ("push.token_file", push.and_then(|push| push.token_file.as_deref()), true, true),
    ];
    let wanted = files.into_iter().filter(|(_, _, is_used, _)| *is_used);
    wanted.filter_map(|(key, path, _, is_private)| secret(key, path?, is_private)).collect()
}

fn secret(key: &str, path: &Path, is_private: bool) -> Option<Verdict> {
    let shown = path.display();
    if let Err(error) = platform::open_for_reading(path) {
        let detail = format!("{key} can't be read: {shown}: {error}");
        return Some(Verdict::fail(detail, format!("put it there, or: herald config unset {key}")));
    }
    // A link to a file of one's own is one.
    let facts = path.canonicalize().and_then(|real| Facts::of(&real)).ok()?;
    judge_secret(key, path, facts, is_private)
}

fn judge_secret(key: &str, path: &Path, facts: Facts, is_private: bool) -> Option<Verdict> {
    let shown = path.display();
    match facts {
        Facts { kind: Kind::Directory | Kind::Other, .. } => {
            Some(Verdict::fail(format!("{key} is no file: {shown}"), format!("ls -l {}", quoted(path))))
        }
        _ if !is_private => None,
        Facts { own: false, .. } => {
            let detail = format!("{key} belongs to somebody else, who knows what is in it: {shown}");
            Some(Verdict::fail(detail, "make a file of your own, with another secret in it"))
        }
        Facts { mode, .. } if mode & 0o077 != 0 => {
            let detail =
                format!("{key} is open to other users, so it isn't used: {shown} (mode {:04o})", mode & 0o7777);
            Some(Verdict::fail(detail, format!("chmod 600 {}", quoted(path))))
        }
        _ => None,
    }
}

/// What happens here is given into a socket: somebody has to listen there.
fn desk_socket(link: &Link) -> Option<Verdict> {
    let Some(Address::Unix(socket)) = &link.send_to else { return None };
    let error = platform::send_line(socket, b"").err()?;
    let shown = socket.display();
    let detail = match Facts::of(socket) {
        Err(_) => format!("nothing is at {shown}: what happens here is not told to anybody"),
        Ok(_) => format!("{error}: what happens here is not told to anybody"),
    };
    Some(Verdict::fail(detail, format!("on the desk: ssh -R {}:SOCKET-OF-ITS-LISTENER THIS-MACHINE", quoted(socket))))
}

/// Somebody listens, and at each of our own sockets.
fn listener(scene: &Scene<'_>, link: &Link) -> Vec<Verdict> {
    if link.listen_to.is_empty() {
        return Vec::new();
    }
    if !is_held(scene, "listen.lock") {
        let detail = "nobody listens: what happens on other machines is not heard here";
        return vec![Verdict::fail(detail, start(scene))];
    }
    let sockets = link.listen_to.iter().filter_map(|address| match address {
        Address::Unix(path) => Some(path),
        Address::Broker(_) => None,
    });
    let deaf = sockets.filter(|socket| platform::send_line(socket, b"").is_err());
    deaf.map(|socket| {
        let why = last(scene, &format!("unix:{}", socket.display()), "lost").and_then(|line| line["detail"].as_str());
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let folder = socket.parent().unwrap_or(socket);
        let detail = format!("{LINK} runs, and does not listen at {}{why}", socket.display());
        Verdict::fail(detail, format!("ls -ld {}", quoted(folder)))
    })
    .collect()
}

/// Whether a program of ours holds that lock; where that can't be told, nothing is said.
fn is_held(scene: &Scene<'_>, name: &str) -> bool {
    let Ok(Some(speaker)) = scene.speaker() else { return false };
    let Ok(file) = speaker.dir().existing_file(name) else { return false };
    !matches!(LockFile::new(file).try_shared(), Ok(Some(_)))
}

/// What starts the listener.
fn start(scene: &Scene<'_>) -> String {
    let has_systemd = scene.machine.finds("systemctl") && scene.machine.at("/run/systemd/system").is_dir();
    let own = scene.paths.home.iter().flat_map(|home| OWN_UNITS.map(|folder| home.join(folder)));
    let mut folders = UNITS.into_iter().map(|folder| scene.machine.at(folder)).chain(own);
    if has_systemd && folders.any(|folder| folder.join(UNIT).exists()) {
        return "systemctl --user enable --now herald-link".to_owned();
    }
    let path = scene.machine.beside(LINK).filter(|_| !scene.machine.finds(LINK));
    format!("{} listen", path.map_or_else(|| LINK.to_owned(), |path| quoted(&path)))
}

/// What waits to be sent is young, and nobody else can read it.
fn outbox(scene: &Scene<'_>) -> Option<Verdict> {
    let path = scene.paths.outbox();
    let facts = Facts::of(&path).ok()?;
    if facts.kind != Kind::Directory || !facts.own {
        let detail = format!("{} is not a directory of this user's: nothing goes to other machines", path.display());
        return Some(Verdict::fail(detail, format!("rm {}", quoted(&path))));
    }
    if facts.mode & 0o077 != 0 {
        let detail = format!("what waits for other machines is open to others: {}", path.display());
        return Some(Verdict::warn(detail, format!("chmod 700 {}", quoted(&path))));
    }
    let waiting = match Outbox::of(scene.paths).waiting() {
        Ok(waiting) => waiting,
        Err(error) => {
            let hint = format!("chmod 700 {}", quoted(&path));
            return Some(Verdict::fail(format!("{} can't be read: {error}", path.display()), hint));
        }
    };
    let stamps: Vec<Stamp> = waiting.iter().map(|waiting| waiting.letter.at()).collect();
    judge_waiting(&stamps, Stamp::now())
}

fn judge_waiting(stamps: &[Stamp], now: Stamp) -> Option<Verdict> {
    // Of another boot is old, too.
    let is_stuck = |at: &&Stamp| at.boot_us > now.boot_us || at.age(now) > STUCK;
    let stuck: Vec<&Stamp> = stamps.iter().filter(is_stuck).collect();
    let since = when_stamped(**stuck.first()?);
    let (letters, wait, they) = if stuck.len() == 1 { ("letter", "waits", "it") } else { ("letters", "wait", "they") };
    let detail = format!("{} {letters} for other machines {wait} since {since}, longer than {they} live", stuck.len());
    Some(Verdict::warn(detail, format!("{LINK} {SEND}")))
}

/// Each broker is asked to let us in: what is well, and what is not.
fn tried(scene: &Scene<'_>, link: &Link, brokers: &[&Broker]) -> Vec<Result<String, Verdict>> {
    let Some(program) = scene.machine.beside(LINK) else { return Vec::new() };
    let reached = match reach::reached(&program) {
        Ok(reached) => reached,
        Err(error) => {
            let anew = "install the programs anew, from one version and into one folder";
            return vec![Err(Verdict::fail(format!("{LINK} doesn't start as it should: {error}"), anew))];
        }
    };
    let judge = |broker: &&Broker| {
        let address = broker.to_string();
        let found = reached.iter().find(|reached| reached.address == address);
        let since = last(scene, &address, "connected").map(when_written);
        judge_reached(broker, found, since.as_deref(), link.password_file.as_deref())
    };
    brokers.iter().map(judge).collect()
}

/// The last line about that place.
fn last<'a>(scene: &'a Scene<'_>, place: &str, what: &str) -> Option<&'a Value> {
    let is_it = |line: &&Value| line["kind"] == "link" && line["what"] == what && line["host"] == place;
    scene.lines().iter().rev().find(is_it)
}

fn judge_reached(
    broker: &Broker,
    reached: Option<&Reached>,
    since: Option<&str>,
    password_file: Option<&Path>,
) -> Result<String, Verdict> {
    let why = match reached {
        Some(Reached { why: None, took_ms, .. }) => return Ok(format!("{} answers in {took_ms} ms", broker.host)),
        Some(Reached { why: Some(why), .. }) => why.as_str(),
        None => "no answer in time",
    };
    let (why, told) = why.split_once("hint: ").map_or((why, None), |(why, hint)| (why, Some(hint)));
    let before = since.map(|since| format!("; last connected {since}")).unwrap_or_default();
    let detail = format!("{broker}: {}{before}", why.trim_end().trim_end_matches(';'));
    let hint = told.map_or_else(|| remedy(broker, why, reached, password_file), str::to_owned);
    Err(Verdict::fail(detail, hint))
}

fn remedy(broker: &Broker, why: &str, reached: Option<&Reached>, password_file: Option<&Path>) -> String {
    match password_file {
        Some(file) if why.contains("password") => format!("write the password into {}", quoted(file)),
        None if why.contains("password") => "herald config set link.password_file FILE".to_owned(),
        _ if why.contains("vouches") => "herald config set link.ca_file FILE-OF-ITS-AUTHORITY".to_owned(),
        _ if why.contains("another name") => "herald config edit, and name it as its certificate does".to_owned(),
        _ if reached.is_some_and(|reached| reached.refused) => "herald config edit, and look at [link]".to_owned(),
        _ => format!("nc -vz {} {}", broker.host, broker.port),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::Status;
    use super::*;

    const GOOD: Facts = Facts { kind: Kind::File, own: true, mode: 0o600, links: 1, size: 10 };

    #[rstest]
    #[case(GOOD, true, None)]
    #[case(Facts { mode: 0o400, ..GOOD }, true, None)]
    #[case(Facts { mode: 0o644, ..GOOD }, false, None)]
    #[case(Facts { own: false, ..GOOD }, false, None)]
    #[case(Facts { mode: 0o640, ..GOOD }, true, Some("chmod 600 '/a b'"))]
    #[case(Facts { own: false, ..GOOD }, true, Some("of your own"))]
    #[case(Facts { kind: Kind::Directory, ..GOOD }, false, Some("ls -l '/a b'"))]
    fn a_secret_is_the_users_alone(#[case] facts: Facts, #[case] is_private: bool, #[case] hint: Option<&str>) {
        let verdict = judge_secret("link.password_file", Path::new("/a b"), facts, is_private);
        assert_eq!(verdict.is_some(), hint.is_some(), "{verdict:?}");
        if let (Some(verdict), Some(hint)) = (verdict, hint) {
            assert!(
                verdict.status == Status::Fail && verdict.hint.clone().unwrap_or_default().contains(hint),
                "{verdict:?}"
            );
        }
    }

    #[rstest]
    #[case(&[], None)]
    #[case(&[1_000, 59_000], None)]
    #[case(&[61_000], Some("1 letter for other machines waits since"))]
    #[case(&[61_000, 70_000, 3], Some("2 letters for other machines wait since"))]
    fn letters_that_outlived_themselves_are_told(#[case] ages_ms: &[u64], #[case] told: Option<&str>) {
        let now = Stamp { wall_ms: 1_700_000_000_000, boot_us: 500_000_000 };
        let at = |age: &u64| Stamp { wall_ms: now.wall_ms - age, boot_us: now.boot_us - age * 1000 };
        let stamps: Vec<Stamp> = ages_ms.iter().map(at).collect();
        let verdict = judge_waiting(&stamps, now);
        assert_eq!(verdict.is_some(), told.is_some(), "{verdict:?}");
        assert!(verdict.is_none_or(|verdict| verdict.detail.contains(told.unwrap_or_default())));
        let of_another_boot = Stamp { boot_us: now.boot_us + 1, ..now };
        assert!(judge_waiting(&[of_another_boot], now).is_some());
    }

    #[rstest]
    #[case("nobody answers there", false, "nc -vz b.example 8883")]
    #[case("the broker refuses the user or the password", true, "write the password into /pw")]
    #[case("nobody known vouches for the broker's certificate", true, "link.ca_file")]
    #[case("the broker's certificate is for another name", true, "as its certificate does")]
    #[case("/pw is open to other users; hint: chmod 600 /pw", true, "chmod 600 /pw")]
    #[case("the broker doesn't speak MQTT 5", true, "look at [link]")]
    fn what_a_broker_says_leads_to_something_to_type(#[case] why: &str, #[case] refused: bool, #[case] hint: &str) {
        let broker = Broker {
            tls: true,
            user: Some("anna".to_owned()),
            host: "b.example".to_owned(),
            port: 8883,
            base: "herald/anna".to_owned(),
        };
        let reached = Reached { address: broker.to_string(), why: Some(why.to_owned()), refused, took_ms: 3 };
        let verdict = judge_reached(&broker, Some(&reached), Some("12:03"), Some(Path::new("/pw"))).unwrap_err();
        assert!(verdict.detail.ends_with("; last connected 12:03") && !verdict.detail.contains("hint"), "{verdict:?}");
        assert!(verdict.hint.clone().unwrap_or_default().contains(hint), "{verdict:?}");
        assert!(judge_reached(&broker, None, None, None).is_err());
        let well = Reached { why: None, ..reached };
        assert_eq!(judge_reached(&broker, Some(&well), None, None), Ok("b.example answers in 3 ms".to_owned()));
    }
}
