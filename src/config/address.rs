//! Where far machines meet: a broker of MQTT, or a socket of this machine's; and the address of a web server.
//!
//! Owns their spelling. No name is looked up and no file is touched here.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where occurrences are sent to, or come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Address {
    /// A stream socket in the file system: of this machine, or forwarded to it.
    Unix(PathBuf),
    /// A broker of MQTT.
    Broker(Broker),
}

/// A broker of MQTT, and where in it this user's topics begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broker {
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Whom the broker knows.
    pub user: Option<String>,
    /// Its name, or its number; one of IPv6 without the brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The levels before the name of a machine, without a slash at either end; never empty.
    pub base: String,
}

/// The longest path a socket can have on every system, in bytes.
const SOCKET_BYTES: usize = 103;

/// What somebody may write.
pub(super) const ADDRESSES: &str = "\"mqtts://USER@HOST\", \"mqtt://HOST:PORT/TOPIC\", or \"unix:/PATH\"";

/// Why a text is no address, and what was probably meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadAddress {
    /// In words that follow the text.
    pub(super) why: &'static str,
    /// In place of it.
    pub(super) meant: Option<String>,
}

fn bad(why: &'static str) -> BadAddress {
    BadAddress { why, meant: None }
}

impl Address {
    /// Reads an address; `~/` in a path is taken from `home`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str, home: Option<&Path>) -> Result<Self, BadAddress> {
        if let Some(path) = text.strip_prefix("unix:") {
            return socket(path, home).map(Self::Unix);
        }
        let (tls, rest) = match text.split_once("://") {
            Some(("mqtt", rest)) => (false, rest),
            Some(("mqtts", rest)) => (true, rest),
            Some(("tcp", rest)) => return Err(BadAddress { why: SCHEME, meant: Some(format!("mqtt://{rest}")) }),
            Some(("ssl" | "tls", rest)) => {
                return Err(BadAddress { why: SCHEME, meant: Some(format!("mqtts://{rest}")) });
            }
            Some(_) => return Err(bad(SCHEME)),
            None if text.starts_with(['/', '~']) => {
                return Err(BadAddress { why: SCHEME, meant: Some(format!("unix:{text}")) });
            }
            None => {
                let meant = (!text.is_empty() && !text.contains(' ')).then(|| format!("mqtts://{text}"));
                return Err(BadAddress { why: SCHEME, meant });
            }
        };
        Broker::parse(tls, rest).map(Self::Broker)
    }
}

const SCHEME: &str = "does not say how to get there";

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Broker(broker) => broker.fmt(f),
        }
    }
}

/// A socket's path, absolute.
///
/// # Errors
/// Where it can't be one.
pub(super) fn socket(path: &str, home: Option<&Path>) -> Result<PathBuf, BadAddress> {
    let path = path.strip_prefix("//").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    let path = match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_), None) => return Err(bad("begins with ~/, and no home directory is known")),
        (None, _) => PathBuf::from(path),
    };
    if !path.has_root() {
        return Err(bad("has no whole path"));
    }
    match path.as_os_str().len() {
        ..=SOCKET_BYTES => Ok(path),
        _ => Err(bad("is longer than the path of a socket can be (103 bytes)")),
    }
}

impl Broker {
    fn parse(tls: bool, rest: &str) -> Result<Self, BadAddress> {
        let (place, topic) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, server) = match place.rsplit_once('@') {
            Some((user, _)) if user.contains(':') => {
                return Err(bad("holds a password; its place is a file that only you can read: password_file"));
            }
            Some((user, server)) if is_topic_level(user) => (Some(user.to_owned()), server),
            Some(_) => return Err(bad("names a user that can't be one")),
            None => (None, place),
        };
        let (host, port) = split_port(server)?;
        let topic = topic.trim_end_matches('/');
        let base = match (topic, &user) {
            ("", Some(user)) => format!("herald/{user}"),
            ("", None) => "herald".to_owned(),
            _ => topic.to_owned(),
        };
        if base.len() > 128 || !base.split('/').all(is_topic_level) {
            return Err(bad("names a topic that can't be one: levels of letters, digits, '.', '_', '-', '~', '$'"));
        }
        let port = port.unwrap_or(if tls { 8883 } else { 1883 });
        Ok(Self { tls, user, host: host.to_owned(), port, base })
    }
}

/// A host and the port behind it.
fn split_port(server: &str) -> Result<(&str, Option<u16>), BadAddress> {
    let (host, port) = match server.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or_else(|| bad("has a bracket that never closes"))?;
            if host.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(bad("has brackets around what is no address of IPv6"));
            }
            (host, after.strip_prefix(':'))
        }
        None => match server.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (server, None),
        },
    };
    if !is_server(host) {
        return Err(bad("names no host"));
    }
    match port.map(str::parse::<u16>) {
        None => Ok((host, None)),
        Some(Ok(port)) if port > 0 => Ok((host, Some(port))),
        Some(_) => Err(bad("has a port that is no number from 1 to 65535")),
    }
}

impl fmt::Display for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mqtt{}://", if self.tls { "s" } else { "" })?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match self.host.contains(':') {
            true => write!(f, "[{}]", self.host)?,
            false => f.write_str(&self.host)?,
        }
        write!(f, ":{}/{}", self.port, self.base)
    }
}

/// Whether it can be the name of a server or its number.
fn is_server(text: &str) -> bool {
    matches!(text.len(), 1..=253)
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b':'))
}

/// Whether it can be one level of a topic: none of the broker's wildcards, nothing a terminal would mind.
fn is_topic_level(text: &str) -> bool {
    matches!(text.len(), 1..=64)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'~' | b'$'))
}

/// Whether `text` can be the name of a machine: one level of a topic, safe in a file's name and on a terminal.
pub fn is_machine(text: &str) -> bool {
    matches!(text.len(), 1..=63)
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Whether it is the address of a web server, whose path may be more than `/`; neither a user nor a question in it.
///
/// # Errors
/// What is wrong with it.
pub(super) fn web(text: &str) -> Result<(), BadAddress> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let rest = rest.ok_or_else(|| BadAddress {
        why: "is no address of a web server",
        meant: (!text.contains("://") && split_port(text).is_ok()).then(|| format!("https://{text}")),
    })?;
    let (server, path) = rest.split_once('/').unwrap_or((rest, ""));
    if server.contains('@') {
        return Err(bad("holds a user or a password; its place is a file that only you can read: token_file"));
    }
    split_port(server)?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'~' | b'/');
    if path.bytes().all(is_plain) {
        Ok(())
    } else {
        Err(bad("has a path with more than letters, digits, '.', '_', '-'"))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("mqtt://desk", "mqtt://desk:1883/herald")]
    #[case("mqtts://anna@broker.example.org", "mqtts://anna@broker.example.org:8883/herald/anna")]
    #[case("mqtts://anna@broker:1234/teams/blue/", "mqtts://anna@broker:1234/teams/blue")]
    #[case("mqtt://[::1]:77", "mqtt://[::1]:77/herald")]
    #[case("mqtt://10.0.0.1", "mqtt://10.0.0.1:1883/herald")]
    #[case("unix:/run/herald.sock", "unix:/run/herald.sock")]
    #[case("unix:///run/herald.sock", "unix:/run/herald.sock")]
    #[case("unix:~/h.sock", "unix:/home/u/h.sock")]
    fn an_address_is_read_and_written_alike(#[case] text: &str, #[case] shown: &str) {
        let read = |text: &str| Address::parse(text, Some(Path::new("/home/u"))).unwrap();
        assert_eq!(read(text).to_string(), shown);
        assert_eq!(read(shown), read(text));
    }

    #[rstest]
    #[case("", None)]
    #[case("broker", Some("mqtts://broker"))]
    #[case("tcp://broker:1883", Some("mqtt://broker:1883"))]
    #[case("ssl://broker", Some("mqtts://broker"))]
    #[case("/run/h.sock", Some("unix:/run/h.sock"))]
    #[case("https://broker", None)]
    #[case("mqtt://", None)]
    #[case("mqtt://a b", None)]
    #[case("mqtt://anna:secret@broker", None)]
    #[case("mqtt://broker:0", None)]
    #[case("mqtt://broker:x", None)]
    #[case("mqtt://broker/a/+/b", None)]
    #[case("mqtt://broker/#", None)]
    #[case("mqtt://broker//a", None)]
    #[case("mqtt://[::1", None)]
    #[case("mqtt://[x]", None)]
    #[case("unix:", None)]
    #[case("unix:relative.sock", None)]
    fn what_is_none_is_refused_with_what_was_meant(#[case] text: &str, #[case] meant: Option<&str>) {
        let refused = Address::parse(text, None).unwrap_err();
        assert_eq!(refused.meant.as_deref(), meant, "{}", refused.why);
    }

    #[test]
    fn a_path_that_no_socket_can_have_is_refused() {
        assert!(socket(&format!("/{}", "x".repeat(102)), None).is_ok());
        assert!(socket(&format!("/{}", "x".repeat(103)), None).is_err());
        assert!(socket("~/x", None).is_err());
    }

    #[rstest]
    #[case("https://ntfy.sh", true)]
    #[case("http://localhost:8080/push", true)]
    #[case("ntfy.sh", false)]
    #[case("https://a:b@ntfy.sh", false)]
    #[case("https://ntfy.sh/?x", false)]
    #[case("ftp://ntfy.sh", false)]
    fn web_servers(#[case] text: &str, #[case] good: bool) {
        assert_eq!(web(text).is_ok(), good);
    }
}
