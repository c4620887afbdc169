//! Payloads that nobody would send on purpose.

use herald::agents::{self, AGENTS};
use herald::event::{self, Quiet, Session};
use proptest::prelude::*;
use serde_json::Value;

use crate::tables::{heard, read, rows};

#[test]
fn what_is_no_object_is_a_bad_payload_unless_the_argument_tells_the_event() {
    let cut = r#"{"hook_event_name":"Stop""#;
    for payload in ["null", "[]", "\"Stop\"", "42", "{", cut, "<html>", "\0", "hook_event_name=Stop", "{]}"] {
        let occurrence = read(payload, "claude-code", None);
        assert_eq!((occurrence.event, occurrence.quiet), (None, Some(Quiet::BadPayload)), "{payload}");
        assert_eq!(heard(&read(payload, "claude-code", Some("Stop"))), Some("task.complete"), "{payload}");
        assert_eq!(agents::read(Some(payload.as_bytes()), None, None).quiet, Some(Quiet::BadPayload), "{payload}");
    }
    for nothing in ["", " ", "\r\n"] {
        let occurrence = agents::read(Some(nothing.as_bytes()), Some("claude-code"), None);
        assert_eq!((occurrence.event, occurrence.quiet), (None, None));
    }
}

#[test]
fn a_payload_in_odd_clothes_is_read_all_the_same() {
    let stop = r#"{"hook_event_name":"Stop","session_id":"s"}"#;
    let wide = |mark: bool, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.then_some(0xFEFF).into_iter().chain(stop.encode_utf16()).flat_map(unit).collect()
    };
    let with = |rest: &str| format!(r#"{{"hook_event_name":"Stop","session_id":"s",{rest}}}"#).into_bytes();
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let digits = "9".repeat(100_000);
    let keys: String = (0..20_000).map(|n| format!(",\"k{n}\":[{n}]")).collect();
    let twice = br#"{"hook_event_name":7,"hook_event_name":"Stop","session_id":"x","session_id":"s"}"#;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("byte order mark", [b"\xEF\xBB\xBF", stop.as_bytes()].concat()),
        ("CRLF", stop.replace(',', ",\r\n").into_bytes()),
        ("trailing bytes", [stop.as_bytes(), b"\n{\"a\":1}\0\xFF"].concat()),
        ("UTF-16, little end first, with mark", wide(true, u16::to_le_bytes)),
        ("UTF-16, big end first, with mark", wide(true, u16::to_be_bytes)),
        ("UTF-16, little end first", wide(false, u16::to_le_bytes)),
        ("UTF-16, big end first", wide(false, u16::to_be_bytes)),
        ("lone surrogates", with(r#""prompt":"\ud800","\udfff":1"#)),
        ("invalid UTF-8", [&stop.as_bytes()[..stop.len() - 1], b",\"cwd\":\"/\xFF\xC0\"}"].concat()),
        ("bad escapes", with(r#""cwd":"C:\Users\me""#)),
        ("raw newlines", with("\"cwd\":\"a\nb\"")),
        ("deep nesting", with(&format!("\"tool_input\":{deep},\"background_tasks\":{deep}"))),
        ("long numbers", with(&format!("\"timestamp\":{digits},\"exit_code\":-{digits}e{digits}"))),
        ("many keys", with(&keys[1..])),
        ("duplicate keys", twice.to_vec()),
        ("escaped key", stop.replace("hook_", "hook\\u005f").into_bytes()),
    ];
    for (name, payload) in cases {
        let occurrence = agents::read(Some(&payload), Some("claude-code"), None);
        let seen = (heard(&occurrence), occurrence.session);
        assert_eq!(seen, (Some("task.complete"), Some(Session::of("s"))), "{name}");
    }
}

#[test]
fn a_field_of_the_wrong_type_never_makes_the_payload_unreadable() {
    let values = ["null", "true", "0", "-1.5e300", "\"\"", "\"x\"", "[]", "[null]", "[[1]]", "{}", "{\"type\":[]}"];
    for row in rows() {
        let Some(payload) = &row.payload else { continue };
        let payload: Value = serde_json::from_slice(payload).expect("the collection's payloads are JSON");
        for key in payload.as_object().expect("the collection's payloads are objects").keys() {
            for value in values {
                let mut changed = payload.clone();
                changed[key] = serde_json::from_str(value).expect("the values are JSON");
                let bytes = changed.to_string().into_bytes();
                let occurrence = agents::read(Some(&bytes), Some(&row.agent), Some(&row.event));
                assert_ne!(occurrence.quiet, Some(Quiet::BadPayload), "line {} {key}: {value}", row.line);
            }
        }
    }
}

#[test]
fn a_payload_cut_anywhere_is_bad() {
    for row in rows().iter().step_by(7) {
        let Some(payload) = &row.payload else { continue };
        for end in 1..payload.len() {
            let occurrence = agents::read(Some(&payload[..end]), Some("claude-code"), None);
            assert_eq!(occurrence.quiet, Some(Quiet::BadPayload), "line {} cut at {end}", row.line);
        }
    }
}

/// Text that is likely to get past the first look: keys that are read, with values of every kind.
fn payloads() -> impl Strategy<Value = String> {
    let key = "hook_event_name hookEventName hookName event type category event_type agent_action_name notification_type \
               message error status tool_name tool_input tool_response properties background_tasks cwd session_id trigger \
               recoverable toolCall postToolUse exit_code fullyIdle transcript_path";
    let word = "Stop Notification PostToolUse StopFailure session.error session.idle errorOccurred AfterTool stop auto \
                task.complete deploy.done 429 \\ud800 \\x é";
    let key = prop::sample::select(key.split(' ').filter(|key| !key.is_empty()).collect::<Vec<_>>());
    let word = prop::sample::select(word.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>());
    let odd =
        prop::sample::select(vec!["null", "true", "false", "[]", "{}", "1e999", "\"\n\"", "{\"type\":\"retry\"}"]);
    let leaf = prop_oneof![
        word.prop_map(|word| format!("\"{word}\"")),
        any::<i64>().prop_map(|n| n.to_string()),
        odd.prop_map(str::to_owned),
        ".{0,12}",
    ];
    let object = move |value: BoxedStrategy<String>| {
        prop::collection::vec((key.clone(), value), 0..6).prop_map(|fields| {
            let fields: Vec<String> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            format!("{{{}}}", fields.join(","))
        })
    };
    let inner = object(leaf.clone().boxed());
    let list = prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(",")));
    object(prop_oneof![4 => leaf, 1 => inner, 1 => list].boxed())
}

fn assert_sane(bytes: &[u8], agent: Option<&str>, event: Option<&str>) {
    let occurrence = agents::read(Some(bytes), agent, event);
    assert!(occurrence.agent_event.is_none_or(|name| name.len() <= 64 && name.is_ascii()));
    assert!(event::is_event_name(&occurrence.agent));
    assert!(occurrence.command.is_none_or(|command| command.len() <= 4096));
    assert!(occurrence.tool.is_none_or(|tool| !tool.contains('\u{1b}')));
}

/// What a careless caller may do to a payload.
#[derive(Clone, Debug)]
enum Change {
    Nothing(usize),
    Upper(usize),
    Twice(usize),
    Nested(usize, usize),
    Cut(usize),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let which = 0..64usize;
    let change = prop_oneof![
        which.clone().prop_map(Change::Nothing),
        which.clone().prop_map(Change::Upper),
        which.clone().prop_map(Change::Twice),
        (which, 1..300usize).prop_map(|(at, depth)| Change::Nested(at, depth)),
        (0..4096usize).prop_map(Change::Cut),
    ];
    prop::collection::vec(change, 1..5)
}

/// The payload as text, changed. Keys may come twice, so that it is put together by hand.
fn changed(payload: &Value, changes: &[Change]) -> String {
    let fields = payload.as_object().into_iter().flatten();
    let mut fields: Vec<(String, String)> = fields.map(|(key, value)| (key.clone(), value.to_string())).collect();
    let mut cut = usize::MAX;
    for change in changes {
        let count = fields.len().max(1);
        let field = |at: usize| at % count;
        match *change {
            Change::Cut(at) => cut = cut.min(at),
            _ if fields.is_empty() => {}
            Change::Nothing(at) => fields[field(at)].1 = "null".to_owned(),
            Change::Upper(at) => fields[field(at)].0.make_ascii_uppercase(),
            Change::Twice(at) => fields.push(fields[field(at)].clone()),
            Change::Nested(at, depth) => {
                let value = &mut fields[field(at)].1;
                *value = format!("{}{value}{}", "[{\"a\":".repeat(depth), "}]".repeat(depth));
            }
        }
    }
    let fields: Vec<String> =
        fields.iter().map(|(key, value)| format!("{}:{value}", Value::from(key.as_str()))).collect();
    let mut text = format!("{{{}}}", fields.join(","));
    text.truncate(text.floor_char_boundary(cut));
    text
}

proptest! {
    #[test]
    fn no_bytes_can_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        at in 0..AGENTS.len(),
        event in prop::option::of(".{0,20}"),
    ) {
        assert_sane(&bytes, Some(AGENTS[at].id), event.as_deref());
        assert_sane(&bytes, None, event.as_deref());
    }

    #[test]
    fn no_payload_can_make_it_panic(payload in payloads(), at in 0..AGENTS.len(), event in prop::option::of(".{0,20}")) {
        assert_sane(payload.as_bytes(), Some(AGENTS[at].id), event.as_deref());
        assert_sane(payload.as_bytes(), None, event.as_deref());
    }

    #[test]
    fn what_json_allows_is_never_a_bad_payload(payload in payloads()) {
        if serde_json::from_str::<Value>(&payload).is_ok() {
            prop_assert_ne!(agents::read(Some(payload.as_bytes()), None, None).quiet, Some(Quiet::BadPayload));
        }
    }

    #[test]
    fn nothing_done_to_a_collected_payload_can_make_it_panic(at in any::<prop::sample::Index>(), changes in changes()) {
        let rows = rows();
        let row = &rows[at.index(rows.len())];
        let payload = row.payload.as_deref().unwrap_or(b"{}");
        let payload = changed(&serde_json::from_slice(payload).expect("the payloads are JSON"), &changes);
        assert_sane(payload.as_bytes(), Some(&row.agent), Some(&row.event));
        assert_sane(payload.as_bytes(), None, None);
    }

    #[test]
    fn fields_that_nobody_knows_change_nothing(
        at in any::<prop::sample::Index>(),
        unknown in prop::collection::vec(("x_[a-z_]{1,12}", payloads()), 1..8),
    ) {
        let rows = rows();
        let row = &rows[at.index(rows.len())];
        let Some(payload) = row.payload.as_deref().filter(|payload| payload.len() > 2) else { return Ok(()) };
        let known = String::from_utf8_lossy(payload);
        let unknown: Vec<String> = unknown
            .iter()
            .filter(|(_, value)| serde_json::from_str::<Value>(value).is_ok())
            .map(|(key, value)| format!("\"{key}\":{value},"))
            .collect();
        let more = format!("{{{}{}", unknown.concat(), &known[1..]);
        for agent in [Some(row.agent.as_str()), None] {
            let told = agents::read(Some(payload), agent, Some(&row.event));
            prop_assert_eq!(agents::read(Some(more.as_bytes()), agent, Some(&row.event)), told, "{}", more);
        }
    }
}
