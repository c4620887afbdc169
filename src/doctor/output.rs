//! The way to the ear: which sound server was reached and how, what it plays on, and whether that takes samples.
//!
//! Judges what the player found by going that way with silence. Changes nothing of the server's: a device that somebody
//! muted is named, with the line that unmutes it.

use std::path::Path;

use super::history::{self, Past};
use super::probe::{BY_CONFIG, Fault, Heard, Tried};
use super::scene::{Scene, quoted};
use super::{Status, Verdict};
use crate::platform::clock::Stamp;
use crate::speaker::Speaker;

/// What there is to type with.
#[derive(Clone, Copy, Debug, Default)]
struct Tools {
    pactl: bool,
    wpctl: bool,
    pipewire: bool,
    pulseaudio: bool,
    systemctl: bool,
}

impl Tools {
    fn of(scene: &Scene<'_>) -> Self {
        let finds = |name| scene.machine.finds(name);
        Self {
            pactl: finds("pactl"),
            wpctl: finds("wpctl"),
            pipewire: finds("pipewire-pulse"),
            pulseaudio: finds("pulseaudio"),
            // A machine may well have it and not have been started by it.
            systemctl: finds("systemctl") && scene.machine.at("/run/systemd/system").is_dir(),
        }
    }

    /// What starts a sound server where none runs.
    fn start(self) -> &'static str {
        match self {
            Self { pipewire: true, systemctl: true, .. } => {
                "systemctl --user restart pipewire wireplumber pipewire-pulse"
            }
            Self { pulseaudio: true, .. } => "pulseaudio --start",
            Self { pipewire: true, .. } => "pipewire-pulse, with pipewire and wireplumber running",
            _ => "install pipewire-pulse (or pulseaudio), then log in anew",
        }
    }

    /// What gets rid of one that hangs, and starts another.
    fn restart(self) -> &'static str {
        match self {
            Self { pipewire: true, systemctl: true, .. } => {
                "systemctl --user restart pipewire wireplumber pipewire-pulse"
            }
            Self { pulseaudio: true, .. } => "pulseaudio --kill; pulseaudio --start",
            _ => "end the sound server and start it again, or log in anew",
        }
    }

    fn unmute(self) -> &'static str {
        match self {
            Self { pactl: true, .. } => "pactl set-sink-mute @DEFAULT_SINK@ 0",
            Self { wpctl: true, .. } => "wpctl set-mute @DEFAULT_AUDIO_SINK@ 0",
            _ => "unmute it in the desktop's sound settings",
        }
    }

    fn louder(self) -> &'static str {
        match self {
            Self { pactl: true, .. } => "pactl set-sink-volume @DEFAULT_SINK@ 70%",
            Self { wpctl: true, .. } => "wpctl set-volume @DEFAULT_AUDIO_SINK@ 70%",
            _ => "turn it up in the desktop's sound settings",
        }
    }

    fn devices(self) -> &'static str {
        match self {
            Self { pactl: true, .. } => "pactl list short sinks; plug one in, or choose: pactl set-default-sink NAME",
            Self { wpctl: true, .. } => "wpctl status; plug one in, or choose: wpctl set-default ID",
            _ => "plug a device in, or choose one in the desktop's sound settings",
        }
    }
}

/// A way to the ear is there.
pub(super) fn server(scene: &Scene<'_>) -> Verdict {
    if let Some(elsewhere) = scene.heard_elsewhere() {
        return elsewhere;
    }
    match scene.heard() {
        Err(why) => Verdict::not_looked(why),
        Ok(heard) => judge_server(heard, Tools::of(scene)),
    }
}

fn judge_server(heard: &Heard, tools: Tools) -> Verdict {
    if let (Some((name, version)), Some(place)) = (&heard.server, heard.place()) {
        // PipeWire says its own version in its name, and that of the protocol's server as version.
        let who = if name.contains("PipeWire") { name.as_str() } else { &format!("{name} {version}") };
        let who = who.trim();
        let detail = format!("{who} at {} (by {})", place.path, place.from);
        // What went wrong at the same place afterwards; that there is no device is the output's business.
        let later = heard.tried.iter().find(|tried| tried.path == place.path && tried.fault.is_some());
        let why = match later.map(|tried| (tried.fault, &tried.why)) {
            None | Some((Some(Fault::Deviceless), _)) => return Verdict::ok(detail),
            Some((Some(Fault::Silent), _)) => "it answers, but opens no stream",
            Some((_, Some(why))) => why,
            Some((_, None)) => "it broke off",
        };
        return if heard.has_output() {
            Verdict::warn(format!("{detail}: {why}; the output device is used directly"), tools.restart())
        } else {
            Verdict::fail(format!("{detail}: {why}"), tools.restart())
        };
    }
    let told = heard.tried.iter().find(|tried| tried.fault != Some(Fault::Missing)).or(heard.tried.first());
    let (detail, hint) = match told {
        Some(tried) => unreached(tried, heard, tools),
        None if heard.has_output() => return Verdict::ok("none is needed: the output device is used"),
        None if !heard.whole => {
            ("herald-player told nothing of the output".to_owned(), "herald-player probe".to_owned())
        }
        None => ("no sound server is looked for on this system".to_owned(), tools.devices().to_owned()),
    };
    match (heard.has_output(), told.and_then(|tried| tried.fault)) {
        (true, Some(Fault::Missing | Fault::Deaf)) => Verdict::ok("none; the output device is used directly"),
        (true, _) => Verdict::warn(format!("{detail}; the output device is used directly"), hint),
        (false, _) => match &heard.no_device {
            // No device was tried, by the same word.
            Some(_) if told.is_some_and(|tried| tried.from == BY_CONFIG) => Verdict::fail(detail, hint),
            Some(why) => Verdict::fail(format!("{detail}; and directly: {why}"), hint),
            None => Verdict::fail(detail, hint),
        },
    }
}

/// Where a sound server's socket lies, below the folder of a session.
const USUAL: &str = "pulse/native";

/// Why nobody listens where the configuration says so, and what to do: nearly always it is the end of a connection over
/// SSH that isn't there.
fn named_in_vain(path: &str, left: bool, tools: Tools) -> (String, String) {
    let socket = quoted(Path::new(path));
    let forward = format!("at the desk: ssh -N -R {socket}:$XDG_RUNTIME_DIR/{USUAL} HOST");
    let hint = match (path.ends_with(USUAL), left) {
        (true, _) => tools.start().to_owned(),
        // With the old one in its place sshd puts no new one there, unless it was told to.
        (false, true) => format!("rm {socket}; {forward}"),
        (false, false) => forward,
    };
    let why = if left { "whose other end is gone" } else { "where nothing is" };
    (format!("{BY_CONFIG} names {path}, {why}"), hint)
}

/// Why there is no server, and what to do.
fn unreached(tried: &Tried, heard: &Heard, tools: Tools) -> (String, String) {
    let at = format!("{} (by {})", tried.path, tried.from);
    let named = tried.from == "PULSE_SERVER";
    let why = tried.why.as_deref().unwrap_or("it broke off");
    match tried.fault {
        Some(fault @ (Fault::Missing | Fault::Deaf)) if tried.from == BY_CONFIG => {
            named_in_vain(&tried.path, fault == Fault::Deaf, tools)
        }
        Some(Fault::Missing) if named => {
            (format!("PULSE_SERVER names {}, where nothing is", tried.path), "unset PULSE_SERVER".to_owned())
        }
        Some(Fault::Missing) | None => {
            let places: Vec<&str> = heard.tried.iter().map(|tried| tried.path.as_str()).collect();
            (format!("no sound server is running: nothing is at {}", places.join(", ")), tools.start().to_owned())
        }
        Some(Fault::Deaf) => {
            let detail = format!("no sound server is running: one that is gone left its socket at {at}");
            (detail, tools.start().to_owned())
        }
        Some(Fault::Denied) => (
            format!("connecting to the sound server at {at} is not allowed: {why}"),
            format!("let the sandbox, or whatever forbids it, reach {}", quoted(Path::new(&tried.path))),
        ),
        Some(Fault::Silent) if tried.from == BY_CONFIG && !tried.path.ends_with(USUAL) => (
            format!("the sound server at {at} does not answer: it hangs, or the connection to it"),
            "at the desk: end that ssh and start it again; herald doctor".to_owned(),
        ),
        Some(Fault::Silent) => (format!("the sound server at {at} does not answer"), tools.restart().to_owned()),
        Some(Fault::Stranger) if tried.from == BY_CONFIG => (
            format!("the sound server at {at} refuses access: it is another user's, or wants its cookie"),
            "from the desk: scp ~/.config/pulse/cookie HOST:.config/pulse/".to_owned(),
        ),
        Some(Fault::Stranger) => (
            format!("the sound server at {at} refuses this user: another user's, or a wrong cookie"),
            "herald doctor, as the user who is logged in at the desktop".to_owned(),
        ),
        Some(Fault::Remote) => (why.to_owned(), "unset PULSE_SERVER".to_owned()),
        Some(Fault::Deviceless | Fault::Broken) => {
            (format!("the sound server at {at} can't be used: {why}"), tools.restart().to_owned())
        }
    }
}

/// What is played is heard: the device is there, loud enough, and takes samples.
pub(super) fn output(scene: &Scene<'_>) -> Verdict {
    if let Some(elsewhere) = scene.heard_elsewhere() {
        return elsewhere;
    }
    let heard = match scene.heard() {
        Err(why) => return Verdict::not_looked(why),
        Ok(heard) => heard,
    };
    let state = Speaker::peek(&scene.paths.run()).ok().flatten().unwrap_or_default().0;
    let past = history::past(state.cooling_until(Stamp::now()), scene.lines());
    let verdict = at_that_server(judge_output(heard, &past, Tools::of(scene)), heard);
    // What was left alone need not be any more.
    let works = heard.moved.is_some() && matches!(past, Past::Cooling { .. }) && verdict.status == Status::Warn;
    if !works {
        return verdict;
    }
    scene.mended(verdict, "it is used again", || {
        let cleared = scene.look(|critical| {
            critical.state.cooling_since = None;
            critical.commit()
        });
        cleared.map_err(|verdict| verdict.detail)
    })
}

/// What is typed into `pactl` is meant for the server that was asked, which the configuration may name.
fn at_that_server(verdict: Verdict, heard: &Heard) -> Verdict {
    let named = heard.place().filter(|place| place.from == BY_CONFIG);
    let hint = match (named, verdict.hint) {
        (Some(place), Some(hint)) if hint.starts_with("pactl ") => {
            Some(format!("PULSE_SERVER=unix:{} {hint}", quoted(Path::new(&place.path))))
        }
        (_, hint) => hint,
    };
    Verdict { hint, ..verdict }
}

fn judge_output(heard: &Heard, past: &Past, tools: Tools) -> Verdict {
    if !heard.has_output() {
        let deviceless = heard.tried.iter().any(|tried| tried.fault == Some(Fault::Deviceless));
        return if deviceless {
            Verdict::fail("the sound server has no output device", tools.devices())
        } else {
            Verdict::not_looked("see server")
        };
    }
    let sink = heard.sink.as_ref();
    let named = sink.map_or("the output device", |sink| sink.description.as_deref().unwrap_or(&sink.name));
    if let Some(sink) = sink {
        if sink.name == "auto_null" {
            let detail = format!("{named} is all there is: the sound server has found no sound card");
            return Verdict::fail(detail, tools.devices());
        }
        if sink.muted {
            return Verdict::fail(format!("{named} is muted"), tools.unmute());
        }
        if sink.volume == 0 {
            return Verdict::fail(format!("{named} is turned down to 0%"), tools.louder());
        }
    }
    let kept = "raise \"System Sounds\" in the sound settings, while: herald preview herald";
    match heard.stream {
        Some((true, _)) => return Verdict::fail("the sound server keeps event sounds muted", kept),
        Some((false, 0)) => return Verdict::fail("the sound server keeps event sounds at 0%", kept),
        _ => {}
    }
    let is_null = sink.is_some_and(|sink| sink.is_null);
    let taken = match (heard.moved, heard.stalled) {
        (Some(after), _) => format!("took silence after {after} ms"),
        // Where nobody listens such a device asks for samples every two seconds.
        (None, Some(_)) if is_null => "asks for samples rarely".to_owned(),
        (None, Some(after)) => {
            let detail = format!("{named} takes no samples: none in {after} ms");
            return Verdict::fail(detail, tools.restart());
        }
        (None, None) => {
            return Verdict::fail(format!("{named} was opened, and then nothing more was heard"), tools.restart());
        }
    };
    let loud = sink.map(|sink| format!(" at {}%", sink.volume)).unwrap_or_default();
    let swallows = if is_null { ", a null sink, heard by what records it," } else { "" };
    let now = format!("{named}{swallows}{loud} {taken}");
    match past {
        Past::Cooling { until, why } => {
            let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            Verdict::warn(format!("it works now, but is left alone until {until}{why}"), "herald doctor --fix")
        }
        Past::Failed { at, why } => Verdict::ok(format!("{now}; at {at} there was none: {why}")),
        Past::Heard { at, backend } => Verdict::ok(format!("{now}; last heard at {at} ({backend})")),
        Past::Nothing => match sink {
            Some(sink) if sink.volume < 10 => {
                Verdict::warn(format!("{named} is turned down to {}%", sink.volume), tools.louder())
            }
            _ => Verdict::ok(now),
        },
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::probe::{Sink, Told};
    use super::*;

    fn heard(told: Vec<Told>) -> Heard {
        let mut heard = Heard::default();
        told.into_iter().for_each(|told| heard.note(told));
        heard
    }

    fn tried(from: &str, fault: Option<Fault>) -> Told {
        Told::Tried { path: "/s".to_owned(), from: from.to_owned(), fault, why: None }
    }

    fn named(path: &str, fault: Option<Fault>) -> Told {
        Told::Tried { path: path.to_owned(), from: BY_CONFIG.to_owned(), fault, why: None }
    }

    fn not_tried() -> Told {
        Told::NoDevice { why: "no device is tried".to_owned() }
    }

    fn pulse() -> Told {
        Told::Server { name: "pulseaudio".to_owned(), version: "16.1".to_owned() }
    }

    fn opened() -> Told {
        Told::Opened { output: "pulse".to_owned() }
    }

    fn sink(change: impl FnOnce(&mut Sink)) -> Told {
        let mut sink = Sink { name: "card".to_owned(), volume: 70, ..Sink::default() };
        change(&mut sink);
        Told::Sink(sink)
    }

    const TOOLS: Tools = Tools { pactl: true, wpctl: true, pipewire: false, pulseaudio: true, systemctl: false };

    #[rstest]
    #[case(vec![tried("XDG_RUNTIME_DIR", None), pulse(), opened()], Status::Ok, "pulseaudio 16.1 at /s (by XDG_RUNTIME_DIR)", "")]
    #[case(vec![tried("WSLg", None), Told::Server { name: "PulseAudio (on PipeWire 1.2)".into(), version: "15.0.0".into() }, opened()], Status::Ok, "PulseAudio (on PipeWire 1.2) at /s", "")]
    #[case(vec![tried("PULSE_SERVER", Some(Fault::Missing))], Status::Fail, "names /s, where nothing is", "unset PULSE_SERVER")]
    #[case(vec![tried("XDG_RUNTIME_DIR", Some(Fault::Missing))], Status::Fail, "nothing is at /s", "pulseaudio --start")]
    #[case(vec![tried("XDG_RUNTIME_DIR", Some(Fault::Missing)), tried("WSLg", Some(Fault::Deaf))], Status::Fail, "left its socket at /s (by WSLg)", "pulseaudio --start")]
    #[case(vec![tried("x", Some(Fault::Silent))], Status::Fail, "does not answer", "pulseaudio --kill")]
    #[case(vec![tried("x", Some(Fault::Stranger))], Status::Fail, "refuses this user", "as the user")]
    #[case(vec![tried("x", Some(Fault::Denied))], Status::Fail, "is not allowed", "reach /s")]
    #[case(vec![tried("x", Some(Fault::Silent)), Told::Opened { output: "device".into() }], Status::Warn, "the output device is used", "pulseaudio")]
    #[case(vec![tried("x", Some(Fault::Missing)), Told::Opened { output: "device".into() }], Status::Ok, "directly", "")]
    #[case(vec![tried("x", Some(Fault::Missing)), Told::NoDevice { why: "no card".into() }], Status::Fail, "and directly: no card", "start")]
    #[case(vec![tried("x", None), pulse(), tried("x", Some(Fault::Silent))], Status::Fail, "opens no stream", "pulseaudio --kill")]
    #[case(vec![tried("x", None), pulse(), tried("x", Some(Fault::Silent)), Told::Opened { output: "device".into() }], Status::Warn, "opens no stream; the output device", "pulseaudio --kill")]
    #[case(vec![tried("x", None), pulse(), tried("x", Some(Fault::Deviceless))], Status::Ok, "pulseaudio 16.1 at /s", "")]
    #[case(vec![named("/f", Some(Fault::Missing)), not_tried()], Status::Fail, "[output] server names /f, where nothing is", "ssh -N -R /f:$XDG_RUNTIME_DIR/pulse/native HOST")]
    #[case(vec![named("/f", Some(Fault::Deaf)), not_tried()], Status::Fail, "whose other end is gone", "rm /f; at the desk: ssh")]
    #[case(vec![named("/run/pulse/native", Some(Fault::Missing)), not_tried()], Status::Fail, "where nothing is", "pulseaudio --start")]
    #[case(vec![named("/f", Some(Fault::Silent)), not_tried()], Status::Fail, "or the connection to it", "end that ssh")]
    #[case(vec![named("/f", Some(Fault::Stranger)), not_tried()], Status::Fail, "wants its cookie", "scp ~/.config/pulse/cookie")]
    #[case(vec![], Status::Fail, "told nothing", "herald-player probe")]
    fn the_server_is_named_or_what_keeps_it_away(
        #[case] told: Vec<Told>,
        #[case] status: Status,
        #[case] part: &str,
        #[case] typed: &str,
    ) {
        let verdict = judge_server(&heard(told), TOOLS);
        assert_eq!(verdict.status, status, "{verdict:?}");
        assert!(verdict.detail.contains(part), "{verdict:?}");
        assert!(verdict.hint.as_deref().unwrap_or_default().contains(typed), "{verdict:?}");
    }

    #[rstest]
    #[case(vec![opened(), sink(|_| ()), Told::Moved { after_ms: 5 }], Past::Nothing, Status::Ok, "card at 70% took silence after 5 ms")]
    #[case(vec![opened(), sink(|it| it.muted = true), Told::Moved { after_ms: 5 }], Past::Nothing, Status::Fail, "card is muted")]
    #[case(vec![opened(), sink(|it| it.volume = 0), Told::Moved { after_ms: 5 }], Past::Nothing, Status::Fail, "0%")]
    #[case(vec![opened(), sink(|it| it.volume = 4), Told::Moved { after_ms: 5 }], Past::Nothing, Status::Warn, "4%")]
    #[case(vec![opened(), sink(|it| it.name = "auto_null".into())], Past::Nothing, Status::Fail, "no sound card")]
    #[case(vec![opened(), sink(|it| it.is_null = true), Told::Stalled { after_ms: 2500 }], Past::Nothing, Status::Ok, "a null sink")]
    #[case(vec![opened(), sink(|_| ()), Told::Stalled { after_ms: 2500 }], Past::Nothing, Status::Fail, "takes no samples")]
    #[case(vec![opened(), sink(|_| ())], Past::Nothing, Status::Fail, "nothing more")]
    #[case(vec![opened(), sink(|_| ()), Told::Stream { muted: true, volume: 100 }], Past::Nothing, Status::Fail, "event sounds muted")]
    #[case(vec![tried("x", Some(Fault::Deviceless))], Past::Nothing, Status::Fail, "no output device")]
    #[case(vec![tried("x", Some(Fault::Silent))], Past::Nothing, Status::Warn, "see server")]
    #[case(vec![opened(), Told::Moved { after_ms: 5 }], Past::Heard { at: "10:00".into(), backend: "pulse".into() }, Status::Ok, "last heard at 10:00")]
    #[case(vec![opened(), Told::Moved { after_ms: 5 }], Past::Failed { at: "10:00".into(), why: "refused".into() }, Status::Ok, "there was none: refused")]
    #[case(vec![opened(), Told::Moved { after_ms: 5 }], Past::Cooling { until: "10:00".into(), why: Some("refused".into()) }, Status::Warn, "left alone until 10:00: refused")]
    fn what_is_played_is_heard_or_it_is_said_why_not(
        #[case] told: Vec<Told>,
        #[case] past: Past,
        #[case] status: Status,
        #[case] part: &str,
    ) {
        let verdict = judge_output(&heard(told), &past, TOOLS);
        assert_eq!(verdict.status, status, "{verdict:?}");
        assert!(verdict.detail.contains(part), "{verdict:?}");
    }

    #[rstest]
    #[case(named("/f g", None), "PULSE_SERVER=unix:'/f g' pactl set-sink-mute @DEFAULT_SINK@ 0")]
    #[case(tried("XDG_RUNTIME_DIR", None), "pactl set-sink-mute @DEFAULT_SINK@ 0")]
    fn what_is_typed_goes_to_the_server_that_was_asked(#[case] place: Told, #[case] typed: &str) {
        let heard = heard(vec![place, opened(), sink(|it| it.muted = true), Told::Moved { after_ms: 5 }]);
        let verdict = at_that_server(judge_output(&heard, &Past::Nothing, TOOLS), &heard);
        assert_eq!(verdict.hint.as_deref(), Some(typed));
    }
}
