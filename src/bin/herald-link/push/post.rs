//! One try to hand a notice to the server.
//!
//! Bounded in time and in what is read. Nothing is followed: the token goes to the address in the configuration, or
//! nowhere. The topic is in the body, so that no log of a proxy has it.

use std::borrow::Cow;
use std::io::{self, Read as _};
use std::time::Duration;

use herald::config::Push;
use jiff::Timestamp;
use serde::Serialize;
use ureq::Agent;
use ureq::http::{HeaderMap, HeaderValue, Uri, header};
use ureq::tls::{RootCerts, TlsConfig};

use super::answer::{self, Answer, Asked, Failure, MOST_BODY};
use super::queue::Again;
use crate::secret::{NoSecret, Secret};

/// A try takes no longer, from the name of the server to the last byte of its answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A topic shorter than this is no secret, and would be found in any sentence.
const SHORTEST_SECRET: usize = 8;

/// A notice as ntfy reads it.
#[derive(Debug, Serialize)]
pub(super) struct Notice<'a> {
    pub(super) topic: &'a str,
    pub(super) title: &'a str,
    pub(super) message: &'a str,
    pub(super) priority: u8,
    pub(super) tags: &'a [&'a str],
    /// Phones show what has the same one in one place: a try that got through unnoticed is not seen twice.
    pub(super) sequence_id: &'a str,
}

/// Hands `notice` over.
///
/// # Errors
/// Why it didn't get through.
pub(super) fn post(push: &Push, notice: &Notice<'_>, patience: Duration) -> Result<(), Failure> {
    let token = push.token_file.as_deref().map(Secret::read).transpose();
    let token = token.map_err(|NoSecret { why, hint }| Failure {
        why: format!("no token: {why}"),
        hint: Some(hint.into()),
        again: Again::Never,
        status: None,
    })?;
    let mut secrets: Vec<&str> = token.iter().map(Secret::reveal).collect();
    secrets.extend(Some(push.topic.as_str()).filter(|topic| topic.len() >= SHORTEST_SECRET));
    let answer = ask(push, notice, token.as_ref(), patience).map_err(|error| unreached(&error, patience, &secrets))?;
    answer::read(&answer, Asked { secrets: &secrets, with_token: token.is_some(), now: Timestamp::now() })
}

fn header_of(token: &Secret) -> Result<HeaderValue, ureq::http::Error> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.reveal()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn ask(push: &Push, notice: &Notice<'_>, token: Option<&Secret>, patience: Duration) -> Result<Answer, ureq::Error> {
    let uri: Uri = format!("{}/", push.server).parse().map_err(ureq::http::Error::from)?;
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .https_only(uri.scheme_str() == Some("https"))
        .user_agent(concat!("herald/", env!("CARGO_PKG_VERSION")))
        .timeout_global(Some(patience))
        .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build());
    if uri.host().is_some_and(is_near) {
        // Nobody stands between.
        config = config.proxy(None);
    }
    let mut request = config.build().new_agent().post(&uri).header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, header_of(token)?);
    }
    let body = serde_json::to_vec(notice).map_err(io::Error::from)?;
    let mut response = request.send(&body[..])?;
    let (status, headers) = (response.status().as_u16(), response.headers());
    let field = |name| text(headers, &name);
    let (wait, date, place) = (field(header::RETRY_AFTER), field(header::DATE), field(header::LOCATION));
    let mut body = Vec::new();
    let read = response.body_mut().as_reader().take(MOST_BODY + 1).read_to_end(&mut body);
    let body = match read {
        // Nothing of ntfy's is as long.
        Ok(_) if body.len() as u64 > MOST_BODY => Some(Vec::new()),
        Ok(_) => Some(body),
        Err(_) => None,
    };
    Ok(Answer { status, wait, date, place, body })
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// Whether it is this machine.
fn is_near(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Why there is no answer. All of it may be over in a moment.
fn unreached(error: &ureq::Error, patience: Duration, secrets: &[&str]) -> Failure {
    let (why, hint) = match error {
        ureq::Error::Timeout(_) => (format!("no answer within {} s", patience.as_secs()), None),
        ureq::Error::HostNotFound => ("no server of this name is known".to_owned(), None),
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => ("nobody listens there".to_owned(), None),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                ("the server hung up".to_owned(), None)
            }
            _ => {
                (format!("no connection: {}", answer::shown(&error.to_string(), secrets)), hint_of(&error.to_string()))
            }
        },
        other => {
            let text = other.to_string();
            (answer::shown(&text, secrets), hint_of(&text))
        }
    };
    Failure { why, hint, again: Again::Soon, status: None }
}

fn hint_of(text: &str) -> Option<Cow<'static, str>> {
    let is_about_trust = text.contains("certificate") || text.contains("UnknownIssuer");
    is_about_trust.then_some("let this system trust the server's authority, or name it in SSL_CERT_FILE".into())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("localhost", true)]
    #[case("127.0.0.1", true)]
    #[case("[::1]", true)]
    #[case("ntfy.sh", false)]
    #[case("127.0.0.1.example.org", false)]
    #[case("192.168.1.2", false)]
    fn this_machine_is_asked_without_a_proxy(#[case] host: &str, #[case] near: bool) {
        assert_eq!(is_near(host), near);
    }

    #[test]
    fn a_notice_is_what_ntfy_reads() {
        let notice = Notice {
            topic: "t",
            title: "Codex is done",
            message: "on büro",
            priority: 5,
            tags: &["bell", "task.complete"],
            sequence_id: "herald-1",
        };
        let expected = serde_json::json!({
            "topic": "t", "title": "Codex is done", "message": "on büro", "priority": 5,
            "tags": ["bell", "task.complete"], "sequence_id": "herald-1",
        });
        assert_eq!(serde_json::to_value(&notice).unwrap(), expected);
    }
}
