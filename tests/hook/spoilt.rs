//! Payloads that nobody should send.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::bench::Chance;

/// The payloads of the collection.
pub(crate) fn real_payloads() -> Vec<Vec<u8>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/payloads.jsonl");
    let text = fs::read_to_string(file).expect("the payloads");
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a row"));
    rows.map(|row| row["payload"].to_string().into_bytes()).collect()
}

/// One payload; which of the ways it is spoilt is chance, but each way comes as often.
pub(crate) fn malformed(index: usize, chance: &mut Chance, real: &[Vec<u8>]) -> Vec<u8> {
    let mut payload = chance.pick(real).clone();
    let length = payload.len();
    match index % 16 {
        0 => payload.truncate(chance.below(length + 1)),
        1 => payload = (0..chance.below(4096)).map(|_| chance.next() as u8).collect(),
        2 => {
            let depth = 1 + chance.below(100_000);
            let open = *chance.pick(&[&b"["[..], &b"{\"a\":"[..], &b"[{\"a\":"[..]]);
            payload = open.repeat(depth);
        }
        3 => {
            let text = "x".repeat(chance.below(300_000));
            payload = format!("{{\"hook_event_name\":\"Stop\",\"message\":\"{text}\"}}").into_bytes();
        }
        4 => {
            payload.splice(0..0, *b"\xef\xbb\xbf");
        }
        5 => {
            let lone = *chance.pick(&[r#"\ud800"#, r#"\udfff\ud800"#, r#"\ud83d x"#, r#"\u00"#, r#"\x"#]);
            payload =
                format!("{{\"hook_event_name\":\"Stop\",\"session_id\":\"{lone}\",\"cwd\":\"{lone}\"}}").into_bytes();
        }
        6 => (0..1 + chance.below(8)).for_each(|_| payload[chance.below(length)] = chance.next() as u8),
        7 => {
            let at = chance.below(length);
            let cut = chance.below(length - at + 1);
            payload.drain(at..at + cut);
        }
        8 => {
            let piece = chance.pick(real).clone();
            let at = chance.below(length);
            payload.splice(at..at, piece);
        }
        9 => payload = [payload.clone(), payload].concat(),
        10 => payload = payload.iter().flat_map(|byte| [*byte, 0]).collect(),
        11 => {
            let odd =
                ["null", "true", "-", "1e999", "\"\"", "[]", "{}", "[[]]", "{\"\":{}}", "NaN", "\"", "}", "\u{0}"];
            payload = chance.pick(&odd).as_bytes().to_vec();
        }
        12 => {
            let wrong = ["null", "[]", "{}", "7", "-1e308", "true", "\"\\u0000\"", "[[[[]]]]", "18446744073709551616"];
            let keys = ["hook_event_name", "session_id", "cwd", "type", "event", "tool_name", "message"];
            let pairs: Vec<_> = keys.iter().map(|key| format!("\"{key}\":{}", chance.pick(&wrong))).collect();
            payload = format!("{{{}}}", pairs.join(",")).into_bytes();
        }
        13 => {
            let many: Vec<_> = (0..chance.below(20_000)).map(|n| format!("\"k{n}\":{n}")).collect();
            payload = format!("{{{},\"hook_event_name\":\"Stop\"}}", many.join(",")).into_bytes();
        }
        14 => payload.retain(|byte| *byte != b'"'),
        _ => {
            let name = "Stop\u{1b}]0;x\u{7}\u{202e}\r\n".repeat(1 + chance.below(50));
            payload =
                serde_json::json!({ "hook_event_name": name, "session_id": name, "cwd": name }).to_string().into();
        }
    }
    payload
}
