//! What an answer of the server means: taken, to be tried again, or given up. Pure.
//!
//! Whatever the server wrote is cleaned and short before anybody sees it.

use std::borrow::Cow;
use std::time::Duration;

use herald::text::clean;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Deserialize;

use super::queue::Again;

/// As much of an answer as is read.
pub(super) const MOST_BODY: u64 = 64 << 10;

/// As much of the server's words as is shown, in characters.
const MOST_WORDS: usize = 120;

/// ntfy's own numbers for limits that last: of messages a day, and of refused tokens.
const LASTING_LIMITS: [u32; 2] = [42908, 42909];

/// An answer as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// `Retry-After`.
    pub(super) wait: Option<String>,
    /// `Date`.
    pub(super) date: Option<String>,
    /// `Location`.
    pub(super) place: Option<String>,
    /// Whole, or `None` where it ended too early, too late or not at all.
    pub(super) body: Option<Vec<u8>>,
}

/// What is known beside the answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// What must never be shown, wherever it comes from.
    pub(super) secrets: &'a [&'a str],
    /// Whether a token was sent.
    pub(super) with_token: bool,
    /// Now, by this machine's clock.
    pub(super) now: Timestamp,
}

/// Why a notice didn't get through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// In words.
    pub(super) why: String,
    /// What would be right, where something is known.
    pub(super) hint: Option<Cow<'static, str>>,
    /// Whether to try again.
    pub(super) again: Again,
    /// The answer's number, where there was one.
    pub(super) status: Option<u16>,
}

/// What an ntfy server writes.
#[derive(Debug, Default, Deserialize)]
struct Words {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    code: Option<u32>,
}

/// Reads an answer.
///
/// # Errors
/// Why the notice didn't get through.
pub(super) fn read(answer: &Answer, asked: Asked<'_>) -> Result<(), Failure> {
    let words: Words = answer.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    let status = answer.status;
    let wait = || answer.wait.as_deref().and_then(|wait| pause(wait, answer.date.as_deref(), asked.now));
    let (why, hint, again) = match status {
        200..=299 if words.id.is_some() => return Ok(()),
        // It may have been taken; phones show a repeated one once.
        200..=299 if answer.body.is_none() => ("the answer did not end".to_owned(), None, Again::Soon),
        200..=299 => ("the answer is not one of ntfy's".to_owned(), Some(WHERE), Again::Never),
        300..=399 => {
            let place = answer.place.as_deref().map_or("elsewhere".to_owned(), |place| shown(place, asked.secrets));
            (format!("the server sends us on to {place}, which is not followed"), Some(WHERE), Again::Never)
        }
        401 | 403 if !asked.with_token => {
            ("the server wants to know who writes there".to_owned(), Some(NO_TOKEN), Again::Never)
        }
        401 => ("the token was refused".to_owned(), Some(TOKEN), Again::Never),
        403 => ("the token may not write to this topic".to_owned(), Some(TOPIC), Again::Never),
        404 | 405 => ("there is no ntfy at this address".to_owned(), Some(WHERE), Again::Never),
        413 => ("it is too large for the server".to_owned(), None, Again::Never),
        429 if words.code.is_some_and(|code| LASTING_LIMITS.contains(&code)) => {
            ("the server's limit is reached for today".to_owned(), Some(LIMIT), Again::Never)
        }
        429 => ("the server was asked too often".to_owned(), Some(LIMIT), wait().map_or(Again::Soon, Again::After)),
        500..=599 => ("the server failed".to_owned(), None, wait().map_or(Again::Soon, Again::After)),
        400..=499 => ("the server refused it".to_owned(), None, Again::Never),
        _ => ("the answer is not one of ntfy's".to_owned(), Some(WHERE), Again::Never),
    };
    let said = words.error.map(|error| shown(&error, asked.secrets)).filter(|said| !said.is_empty());
    let said = said.map_or_else(String::new, |said| format!(": \"{said}\""));
    Err(Failure { why: format!("{why} ({status}{said})"), hint: hint.map(Cow::Borrowed), again, status: Some(status) })
}

const WHERE: &str = "push.server is where ntfy's web page is, as in \"https://ntfy.sh\"";
const NO_TOKEN: &str = "a token of this server goes into a file, its name into push.token_file";
const TOKEN: &str = "a token of this server (ntfy token add USER) goes into push.token_file";
const TOPIC: &str = "let its user write there: ntfy access USER TOPIC write-only";
const LIMIT: &str = "push less: herald config set push.priority urgent";

/// How long a server wants to be left alone: seconds, or a date by its own clock.
fn pause(wait: &str, date: Option<&str>, now: Timestamp) -> Option<Duration> {
    let wait = wait.trim();
    if let Ok(seconds) = wait.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let read = |text: &str| rfc2822::parse(text.trim()).ok().map(|zoned| zoned.timestamp());
    let from = date.and_then(read).unwrap_or(now);
    Some(Duration::try_from(read(wait)?.duration_since(from)).unwrap_or_default())
}

/// Words of a stranger: clean, short, and without what must not be shown.
pub(super) fn shown(text: &str, secrets: &[&str]) -> String {
    let hidden = secrets.iter().filter(|secret| !secret.is_empty());
    let text = hidden.fold(text.to_owned(), |text, secret| text.replace(secret, "(hidden)"));
    let mut short: String = clean(&text).chars().take(MOST_WORDS + 1).collect();
    if let Some((at, _)) = short.char_indices().nth(MOST_WORDS) {
        short.replace_range(at.., "…");
    }
    short
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn asked(with_token: bool) -> Asked<'static> {
        let now = Timestamp::from_second(784_111_777).unwrap();
        Asked { secrets: &["tk_secret", "my-topic"], with_token, now }
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: Some(body.as_bytes().to_vec()), ..Answer::default() }
    }

    #[rstest]
    #[case(200, r#"{"id":"x","time":1,"event":"message","topic":"t","message":"m"}"#, "", Again::Never)]
    #[case(200, "<html>", "not one of ntfy's (200)", Again::Never)]
    #[case(200, "", "not one of ntfy's (200)", Again::Never)]
    #[case(204, "", "not one of ntfy's (204)", Again::Never)]
    #[case(302, "", "sends us on to elsewhere", Again::Never)]
    #[case(400, r#"{"code":40009,"http":400,"error":"topic invalid"}"#, "(400: \"topic invalid\")", Again::Never)]
    #[case(401, r#"{"error":"unauthorized"}"#, "the token was refused (401: \"unauthorized\")", Again::Never)]
    #[case(403, "", "may not write to this topic (403)", Again::Never)]
    #[case(404, "<h1>nginx</h1>", "no ntfy at this address (404)", Again::Never)]
    #[case(413, "", "too large", Again::Never)]
    #[case(429, r#"{"code":42901,"error":"slow"}"#, "too often (429: \"slow\")", Again::Soon)]
    #[case(429, r#"{"code":42908,"error":"daily"}"#, "for today", Again::Never)]
    #[case(429, r#"{"code":42909}"#, "for today", Again::Never)]
    #[case(500, r#"{"error":"oh"}"#, "the server failed (500: \"oh\")", Again::Soon)]
    #[case(502, "<html>", "the server failed (502)", Again::Soon)]
    #[case(599, "", "the server failed (599)", Again::Soon)]
    #[case(600, "", "not one of ntfy's", Again::Never)]
    #[case(101, "", "not one of ntfy's", Again::Never)]
    fn each_status_means_something(#[case] status: u16, #[case] body: &str, #[case] why: &str, #[case] again: Again) {
        match read(&answer(status, body), asked(true)) {
            Ok(()) => assert!(why.is_empty()),
            Err(failure) => {
                assert!(!why.is_empty() && failure.why.contains(why), "{}", failure.why);
                assert_eq!((failure.again, failure.status), (again, Some(status)));
            }
        }
    }

    #[rstest]
    #[case(401)]
    #[case(403)]
    fn without_a_token_it_is_the_token_that_is_missing(#[case] status: u16) {
        let failure = read(&answer(status, ""), asked(false)).unwrap_err();
        assert!(failure.hint.as_deref().is_some_and(|hint| hint.contains("push.token_file")), "{failure:?}");
    }

    #[test]
    fn an_answer_that_does_not_end_is_asked_for_again() {
        let cut = |status| read(&Answer { status, ..Answer::default() }, asked(true)).unwrap_err().again;
        assert_eq!((cut(200), cut(500), cut(403)), (Again::Soon, Again::Soon, Again::Never));
    }

    #[rstest]
    #[case("7", None, Some(7))]
    #[case(" 7 ", None, Some(7))]
    #[case("0", None, Some(0))]
    #[case("Sun, 06 Nov 1994 08:50:37 GMT", None, Some(60))]
    #[case("Sun, 06 Nov 1994 08:50:37 GMT", Some("Sun, 06 Nov 1994 08:50:30 GMT"), Some(7))]
    #[case("Sun, 06 Nov 1994 08:00:00 GMT", None, Some(0))]
    #[case("-7", None, None)]
    #[case("soon", None, None)]
    #[case("99999999999999999999999", None, None)]
    fn a_server_says_how_long_it_wants_to_be_left_alone(
        #[case] wait: &str,
        #[case] date: Option<&str>,
        #[case] seconds: Option<u64>,
    ) {
        assert_eq!(pause(wait, date, asked(true).now), seconds.map(Duration::from_secs));
        let busy = Answer { wait: Some(wait.to_owned()), date: date.map(str::to_owned), ..answer(429, "{}") };
        let expected = seconds.map_or(Again::Soon, |seconds| Again::After(Duration::from_secs(seconds)));
        assert_eq!(read(&busy, asked(true)).unwrap_err().again, expected);
    }

    #[test]
    fn words_of_the_server_are_clean_and_short_and_hold_no_secret() {
        let told = |error: &str| {
            let body = serde_json::json!({ "error": error }).to_string();
            read(&answer(400, &body), asked(true)).unwrap_err().why
        };
        let why = told("\u{1b}[2Jtoken tk_secret may not write to my-topic\n");
        assert!(!why.contains("tk_secret") && !why.contains("my-topic") && !why.contains('\u{1b}'), "{why}");
        assert!(told(&"ä".repeat(5000)).chars().count() < 200);
        let on = Answer { place: Some("https://x/my-topic?auth=tk_secret".to_owned()), ..answer(308, "") };
        let why = read(&on, asked(true)).unwrap_err().why;
        assert!(why.contains("https://x/(hidden)?auth=(hidden)"), "{why}");
    }
}
