//! Where each target begins: what the repository holds already, brought into the form the target takes.

use std::fs;
use std::path::Path;

use herald::agents::AGENTS;
use herald::config::starter;
use serde_json::Value;

use crate::raw::{Member, Tar, gz, zip};
use crate::support::{TestEnv, formats};

/// A target's name and its inputs.
pub(crate) fn all() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    vec![
        ("answer", answers()),
        ("archive", archives()),
        ("config", configs()),
        ("decoder", sounds()),
        ("install", settings()),
        ("journal", journals()),
        ("kept", kept()),
        ("letter", letters()),
        ("pack", packs()),
        ("payload", payloads()),
        ("project", projects()),
        ("state", states()),
        ("words", words()),
    ]
}

/// Those of one target.
pub(crate) fn of(target: &str) -> Vec<Vec<u8>> {
    all().into_iter().find(|(name, _)| *name == target).expect("a target").1
}

fn fixture(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn rows(name: &str) -> Vec<Value> {
    fixture(name).lines().map(|line| serde_json::from_str(line).expect("a row")).collect()
}

fn with(first: usize, rest: impl AsRef<[u8]>) -> Vec<u8> {
    [&[first as u8], rest.as_ref()].concat()
}

fn payloads() -> Vec<Vec<u8>> {
    let of = |row: &Value| {
        let agent = AGENTS.iter().position(|agent| row["agent"] == agent.id).unwrap_or(0);
        with(agent, with(0, row["payload"].to_string()))
    };
    rows("payloads.jsonl").iter().map(of).collect()
}

fn configs() -> Vec<Vec<u8>> {
    const TYPED: &[&str] = &[
        "volume 50",
        "speaker.overlap replace",
        "events.task.complete.volume 9",
        "pack quiet",
        "quiet.hours 22:00-08:00",
        "rules[0].volume 3",
        "events.bell.sound ~/a.wav",
        "link.send_to mqtt://host/herald",
        "quiet[1].days sat",
        "rules[0].match { agent = \"codex\" }",
    ];
    let texts = rows("config/faults.jsonl").into_iter().filter_map(|row| row["text"].as_str().map(str::to_owned));
    let good = [
        starter(),
        starter().replace("\n# ", "\n").replace("\n#", "\n"),
        "volume = 70   # not too loud\r\n\r\n[speaker] # s\r\noverlap = 'queue'\r\n".to_owned(),
        "[events.\"deploy.done\"]\nsound = [\n  \"builtin:bell\", # one\n]\n[[rules]]\nmatch = { cwd = \"~/w/**\" }\nvolume = 3\n".to_owned(),
        "[[quiet]]\nhours = [\"22:00-08:00\"]\ndays = [\"sat\"]\nallow = [\"input.*\"]\n[[quiet]]\nhours = \"12:00-13:00\"\n".to_owned(),
    ];
    let texts = good.into_iter().chain(texts);
    texts.enumerate().map(|(n, text)| [text.as_bytes(), b"\0", TYPED[n % TYPED.len()].as_bytes()].concat()).collect()
}

fn projects() -> Vec<Vec<u8>> {
    const OWN: &[&str] = &[
        "",
        "volume = 40\npack = [\"a\", \"b\"]\n[events.bell]\nenabled = false\n",
        "[[rules]]\nmatch = {}\npack = \"mine\"\nthrottle = \"1m\"\n[events.\"task.complete\"]\nsound = \"builtin:bell\"\n",
    ];
    const THEIRS: &[&str] = &[
        "enabled = false\n",
        "volume = 50\nthrottle = \"10s\"\npack = [\"quiet\", \"glass\"]\n",
        "[events.\"task.complete\"]\nsound = [\"builtin:bell\", \"pack:a/b\"]\nvolume = 9\n",
        "[events.bell]\nenabled = false\n[events.\"deploy.done\"]\nthrottle = \"1h\"\nsound = \"xdg:freedesktop/bell\"\n",
        "[events.\"task.complete\"]\nsound = \"../../x.wav\"\n",
    ];
    OWN.iter()
        .flat_map(|own| THEIRS.iter().map(move |theirs| [own.as_bytes(), b"\0", theirs.as_bytes()].concat()))
        .collect()
}

fn states() -> Vec<Vec<u8>> {
    let env = TestEnv::new();
    let run = env.path().join("run");
    let speaker = herald::speaker::Speaker::open(&run).expect("the run directory");
    let mut critical = speaker.enter(std::time::Duration::from_secs(9)).expect("the lock");
    let payload = herald::sound::request::Request::of(herald::sound_ref::SoundRef::Builtin("bell".to_owned())).encode();
    let wish = herald::speaker::Wish {
        rank: 2,
        lifetime: std::time::Duration::from_secs(3),
        notice: std::time::Duration::ZERO,
        asked: herald::platform::clock::Stamp::now(),
        payload: payload.clone(),
    };
    critical.place(wish, herald::speaker::Overlap::Queue, vec![7; 48]).expect("the state");
    drop(critical);
    let state = fs::read(run.join("state")).expect("the state");
    let slot: Vec<u8> = state[..256].to_vec();
    let body: Vec<u8> = slot[32..].to_vec();
    let config = env.write("config.toml", starter().replace("\n# ", "\n"));
    let loaded = herald::config::load(&config, &env.path().join("none"), None);
    let image = env.path().join("image");
    let kept = loaded.fresh.map(|fresh| herald::config::store(&image, &fresh).and_then(|()| fs::read(&image)));
    let image = kept.and_then(Result::ok).unwrap_or_default();
    vec![
        with(0, &image),
        with(1, image.get(96..).unwrap_or_default()),
        with(2, &slot),
        with(2, &state[..4096]),
        with(3, with(0, &slot)),
        with(4, with(0, &body)),
        with(4, with(255, &body)),
        with(5, 7_u64.to_le_bytes()),
        with(5, u64::MAX.to_le_bytes()),
        with(5, payload),
        with(5, [1; 48]),
    ]
}

fn kept() -> Vec<Vec<u8>> {
    const TEXTS: &[(usize, &str)] = &[
        (0, r#"[{"session":null,"until":null}]"#),
        (0, r#"[{"session":"0123abcd","also":"89abcdef","until":"2027-01-01T00:00:00Z"}]"#),
        (1, r#"[{"session":"0123abcd","packs":["glass","quiet"],"since":1700000000}]"#),
        (
            2,
            r#"[{"file":"/p/.herald.toml","also":null,"sha256":"00","stamp":[0,0,0,0],"project":{"all":{"off":false,"volume":50,"throttle":null,"packs":null,"sounds":null},"events":[]}}]"#,
        ),
        (
            3,
            r#"{"listener":[1,2],"silenced":null,"hosts":[{"id":"a","present":true,"last_event":"bell","last_event_at":null,"last_at":"2027-01-01T00:00:00Z"}]}"#,
        ),
        (
            4,
            r#"{"kind":"muted","id":"00000000000000000000000000000007","at":{"wall_ms":1,"boot_us":2},"muted":true,"left_s":7}"#,
        ),
        (
            4,
            r#"{"kind":"pushed","id":"00000000000000000000000000000007","at":{"wall_ms":1,"boot_us":2},"event":"bell","agent":"codex","host":"h","priority":"urgent"}"#,
        ),
        (5, r#"{"time":"t","version":"0","pid":1,"request":null,"broke":"x","stages":[],"speaker":null}"#),
    ];
    TEXTS.iter().map(|(which, text)| with(*which, text)).collect()
}

fn journals() -> Vec<Vec<u8>> {
    const LINES: &[&str] = &[
        r#"{"time":"2026-03-29T10:00:00.123Z","kind":"occurrence","agent":"codex","agent_event":"Stop","event":"task.complete","session":"0123abcd","decision":"play","reason":"ok","request":17,"took_us":900,"lock_us":20}"#,
        r#"{"time":"2026-03-29T10:00:01.123Z","kind":"playback","request":17,"event":"task.complete","sound":"builtin:task.complete","outcome":"finished","reason":"ok","first_sample_ms":12.5,"played_ms":700,"backend":"pulse"}"#,
        r#"{"time":"2026-03-29T10:00:02.123Z","kind":"occurrence","agent":"shell","agent_event":null,"event":"command.failure","session":"0123abcd","decision":"skip","reason":"throttled","request":null,"took_us":12000,"lock_us":1,"host":"h"}"#,
        r#"{"time":"2026-03-29T10:00:03.123Z","kind":"speaker","request":17,"what":"called-off","detail":"a \"b\" \\ c\u001b"}"#,
        r#"{"time":"2026-03-29T10:00:03.123Z","kind":"link","what":"sent","sent_to":"h","id":"00","age_ms":7}"#,
    ];
    let all = LINES.join("\n");
    vec![
        [all.as_bytes(), b"\n\0", all.as_bytes(), b"\n"].concat(),
        [b"{\"kind\":\0", all.as_bytes()].concat(),
        [b"\0", LINES[0].as_bytes(), b"\n"].concat(),
        [b"\0", LINES[1].as_bytes(), b"\r\n\n", LINES[2].as_bytes()].concat(),
        b"\0hello\n{}\n{\"request\":1e3}\n".to_vec(),
    ]
}

fn packs() -> Vec<Vec<u8>> {
    const NAMES: &[&str] = &["done.wav", "task.complete.ogg", "bell.mp3", "x"];
    let manifest = |patch: &Value| {
        let mut whole = serde_json::json!({
            "cesp_version": "1.0", "name": "strange", "display_name": "Strange", "version": "1.0.0",
            "categories": {"task.complete": {"sounds": [{"file": "sounds/a.wav", "label": "A"}]},
                           "input.required": {"sounds": [{"file": "sounds/b.ogg", "label": "B"}]}}});
        if let (Some(whole), Some(patch)) = (whole.as_object_mut(), patch.as_object()) {
            whole.extend(patch.clone());
        }
        whole.to_string()
    };
    let rows = rows("packs/manifests.jsonl");
    let modern = rows.iter().map(|row| with(0, manifest(&row["patch"])));
    let legacy = r#"{"name":"old","categories":{"greeting":{"sounds":[{"file":"a.wav"}]},"complete":{"sounds":[{"file":"../outside.wav"},{"file":"link.wav"},{"file":"up/outside.wav"}]}},"category_aliases":{"a":"greeting"}}"#;
    let theme = "[Sound Theme]\nName=Strange\nName[de]=Fremd\nDirectories=stereo sounds ../../.. up\nInherits=freedesktop,strange,a,b\n[stereo]\nOutputProfile=stereo\n[sounds]\nOutputProfile=stereo\n";
    let all = modern.chain([with(1, legacy), with(2, theme), with(2, "[Sound Theme]\nInherits=../x\n")]);
    all.enumerate().map(|(n, pack)| [&pack, &b"\0"[..], NAMES[n % NAMES.len()].as_bytes()].concat()).collect()
}

fn words() -> Vec<Vec<u8>> {
    const WORDS: &[&[&str]] = &[
        &[
            "10s",
            "1m30s",
            "0.5s",
            "7d",
            "today",
            "yesterday",
            "18:00",
            "2026-03-01",
            "2026-03-01T18:00",
            "130,141",
            "1h 2m",
            "until tomorrow 9:30",
            "until fri 6pm",
            "until 2026-12-24T18:00",
            "for 2 hours",
        ],
        &["builtin:bell", "pack:glass/done", "xdg:freedesktop/bell", "~/a.wav", "../x.ogg", "done.wav", "00a1ff"],
        &[
            "cd a && git -C x push --force | tee out",
            "sudo -u me env A=1 timeout 5 make -j4 test",
            "bash -lc 'if true; then cargo build; fi'",
            "$(curl x) `y` \"a b\" 'c' <<EOF\nz\nEOF",
            "xargs -n1 sh -c 'exec vi'",
        ],
        &["~/work/**\0/home/u/work/a/b", "/srv/{a,b}/*\0/srv/a/x", "**/[!a-c]?/**\0/x/d1/y"],
        &["input.*\0input.idle", "{task,tool}.*\0task.complete", "[it]*\0info", "!bell\0bell"],
        &["22:00-08:00", "sat", "weekdays", "mon-fri", "24:00-00:00"],
        &[
            "events.\"task.complete\".volume\x0050",
            "rules[0].match.agent\0[cx]*",
            "quiet.hours\x0022:00-08:00",
            "pack\x002024",
        ],
        &["task.complete", "com1.wav", "0123abcd", "a\u{202e}b\u{1b}[2J", "-x", ".."],
    ];
    WORDS.iter().enumerate().flat_map(|(which, words)| words.iter().map(move |word| with(which, word))).collect()
}

fn settings() -> Vec<Vec<u8>> {
    const JSON: &[&str] = &["factory-droid.json", "gemini-cli.json", "cursor.json", "windsurf.json"];
    let mut all = Vec::new();
    for (which, name) in JSON.iter().chain(&["kimi-code.toml", "rovodev.yml", "aider.yml"]).enumerate() {
        all.push(with(which, fixture(&format!("install/{name}"))));
    }
    for which in 0..4 {
        for text in
            ["", "{}", "// c\n{\n  \"a\": [1, 2,], // d\n  \"hooks\": {}\n}\n", "\u{feff}{\"hooks\":{\"Stop\":[]}}\r\n"]
        {
            all.push(with(which, text));
        }
    }
    for which in [4, 7] {
        for text in [
            "",
            "# c\n",
            "a = 1\r\n[[hooks]]\nevent = \"Stop\"\ncommand = \"x\"\n",
            "[hooks]\nStop = []\n[z]\nb = '''\nx\n'''",
        ] {
            all.push(with(which, text));
        }
    }
    for which in [5, 6] {
        for text in [
            "",
            "# c\n",
            "a: 1\neventHooks:\n  events:\n  - name: x\n    commands:\n    - command: y\n",
            "notifications: true # z\n",
            "---\na: {b: [c]}\n...\n",
        ] {
            all.push(with(which, text));
        }
    }
    all
}

fn letters() -> Vec<Vec<u8>> {
    let id = "0123456789abcdef0123456789abcdef";
    let occurred = format!(
        r#"{{"v":1,"id":"{id}","event":"task.complete","agent":"codex","host":"build-7","session":"0123abcd","priority":"normal","age_ms":7,"wall_ms":1700000000000,"boot_ms":5000}}"#
    );
    vec![
        with(0, occurred),
        with(1, r#"{"v":1,"host":"build-7","here":true}"#),
        with(1, format!(r#"{{"v":1,"id":"{id}","host":"h","muted":true,"left_s":60}}"#)),
        with(2, "herald/build-7/event"),
        with(2, "herald/a.b/here"),
        with(2, "herald/mute"),
        with(3, [0x41; 90]),
        with(3, (0..=255).collect::<Vec<u8>>()),
    ]
}

fn answers() -> Vec<Vec<u8>> {
    let of = |status: u16, kind: u8, fields: &str| [&status.to_le_bytes()[..], &[kind], fields.as_bytes()].concat();
    let date = "Sun, 06 Nov 1994 08:50:30 GMT";
    vec![
        of(200, 1, "\0\0\0{\"id\":\"x\",\"time\":1,\"event\":\"message\",\"topic\":\"t\",\"message\":\"m\"}"),
        of(200, 0, ""),
        of(308, 1, "\0\0https://elsewhere.example/my-topic-1?auth=tk_0123456789\0"),
        of(401, 3, "\0\0\0{\"code\":40101,\"http\":401,\"error\":\"unauthorized: tk_0123456789\"}"),
        of(429, 3, &format!("60\0{date}\0\0{{\"code\":42908,\"error\":\"daily\"}}")),
        of(429, 3, &format!("Sun, 06 Nov 1994 08:51:30 GMT\0{date}\0\0{{\"code\":42901,\"error\":\"slow\"}}")),
        of(503, 3, "18446744073709551615\0\0\0<html>"),
    ]
}

fn archives() -> Vec<Vec<u8>> {
    let wav = [&b"RIFF\x24\0\0\0WAVEfmt "[..], &[0; 40]].concat();
    let manifest = br#"{"cesp_version":"1.0","name":"a","categories":{}}"#;
    let tar = || Tar::default().file("p/openpeon.json", manifest).file("p/sounds/a.wav", &wav);
    let zipped = zip(&[Member::file("p/openpeon.json", manifest), Member::file("p/sounds/a.wav", &wav)]);
    vec![
        tar().end(),
        gz(&tar().end()),
        tar().entry(b"p/link", b'2', b"../../x", b"").end(),
        tar().entry(b"p/../../x", b'0', b"", b"out").end(),
        tar().lying_pax(b'g', &[(b"comment", b"x")]).pax(&[(b"path", b"p/long")]).entry(b"x", b'0', b"", b"y").end(),
        gz(&tar().cut()),
        zipped,
        zip(&[Member::file("../x.wav", b"x"), Member::file("a//b", b"y")]),
    ]
}

/// Each format and codec, very short.
fn sounds() -> Vec<Vec<u8>> {
    let env = TestEnv::new();
    formats::all(env.path(), 30.0).into_iter().map(|file| file.bytes).filter(|bytes| bytes.len() <= 24_000).collect()
}
