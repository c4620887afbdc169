//! From an address to a file, under limits of size, time and redirects.
//!
//! Every address that is asked, also one that a server sends us to, is https, or plain http within this machine.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use ureq::http::{Response, Uri, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::limits::{LARGEST_ARCHIVE, size};
use super::source::is_loopback;

/// A release has two or three.
const MOST_REDIRECTS: usize = 5;

/// How long is waited for what.
#[derive(Clone, Copy)]
struct Patience {
    connect: Duration,
    /// For the first and for each next byte.
    silence: Duration,
    /// For all of it.
    whole: Duration,
}

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(20),
    silence: Duration::from_secs(30),
    whole: Duration::from_secs(15 * 60),
};

/// Fetches what is at `address` into a new file at `path`, and returns it at its beginning.
pub(crate) fn fetch(address: &str, path: &Path) -> anyhow::Result<File> {
    let mut uri: Uri = address.parse().with_context(|| format!("{address:?} is not an address"))?;
    let mut file = File::options().read(true).write(true).create_new(true).open(path)?;
    for _ in 0..=MOST_REDIRECTS {
        let mut response =
            ask(&uri, PATIENCE).with_context(|| format!("could not fetch {}", uri.host().unwrap_or_default()))?;
        if response.status().is_redirection() {
            let target = response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap_or_default());
            uri = next(&uri, target.unwrap_or_default()).map_err(|why| anyhow!("the server sends us on, but {why}"))?;
            continue;
        }
        if response.status() != 200 {
            bail!("the server of {uri} answered {}", response.status());
        }
        receive(&mut response, &mut file, LARGEST_ARCHIVE)?;
        file.rewind()?;
        return Ok(file);
    }
    bail!("the server sends us on and on; more than {MOST_REDIRECTS} times");
}

fn ask(uri: &Uri, patience: Patience) -> Result<Response<Body>, ureq::Error> {
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        // Each is looked at here before it is followed.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("herald/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(patience.connect))
        .timeout_recv_response(Some(patience.silence))
        .timeout_per_read(Some(patience.silence))
        .timeout_global(Some(patience.whole))
        .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build());
    if is_near(uri) {
        // Nobody stands between.
        config = config.proxy(None);
    } else {
        config = config.https_only(true);
    }
    config.build().new_agent().get(uri).call()
}

/// Writes the body into `file`, as far as `most`.
fn receive(response: &mut Response<Body>, file: &mut File, most: u64) -> anyhow::Result<()> {
    let announced = response.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|announced: u64| announced > most) {
        bail!("it is larger than {}", size(most));
    }
    let bar = progress(announced);
    let mut body = response.body_mut().as_reader();
    let mut buffer = vec![0; 64 << 10];
    let mut received = 0;
    loop {
        let read = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error).with_context(|| format!("the connection ended after {received} bytes")),
        };
        received += read as u64;
        if received > most {
            bail!("it is larger than {}", size(most));
        }
        file.write_all(&buffer[..read])?;
        bar.set_position(received);
    }
    match announced {
        Some(announced) if announced != received => bail!("the connection ended after {received} of {announced} bytes"),
        _ => Ok(()),
    }
}

/// On a terminal only, and without colours.
fn progress(announced: Option<u64>) -> ProgressBar {
    let (length, template) = match announced {
        Some(length) => (Some(length), "  {bytes:>10} of {total_bytes} [{bar:40}] {eta}"),
        None => (None, "  {bytes:>10} {spinner}"),
    };
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr()).with_finish(ProgressFinish::AndClear);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}

/// Whether it is this machine.
fn is_near(uri: &Uri) -> bool {
    uri.authority().is_some_and(|authority| is_loopback(authority.as_str()))
}

/// The address a redirect leads to.
///
/// # Errors
/// Why it is not followed, in words that follow "but".
fn next(from: &Uri, location: &str) -> Result<Uri, String> {
    let whole = if location.is_empty() {
        return Err("does not say where".to_owned());
    } else if location.contains("://") || is_other_scheme(location) {
        location.to_owned()
    } else {
        let (scheme, authority) = (from.scheme_str().unwrap_or("https"), from.authority().map_or("", |it| it.as_str()));
        match location {
            _ if location.starts_with("//") => format!("{scheme}:{location}"),
            _ if location.starts_with('/') => format!("{scheme}://{authority}{location}"),
            _ => {
                let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
                format!("{scheme}://{authority}{folder}/{location}")
            }
        }
    };
    let whole = whole.split('#').next().unwrap_or_default();
    let not_https = || format!("to {location:?}, and only https:// is followed");
    let uri: Uri = whole.parse().map_err(|_| not_https())?;
    match uri.scheme_str() {
        _ if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) => {
            Err("to an address with a name or a password in it".to_owned())
        }
        Some("https") if uri.host().is_some_and(|host| !host.is_empty()) => Ok(uri),
        Some("http") if is_near(from) && from.scheme_str() == Some("http") && is_near(&uri) => Ok(uri),
        _ => Err(not_https()),
    }
}

/// `file:/etc/passwd`, `data:…`: a colon before any slash.
fn is_other_scheme(location: &str) -> bool {
    location.split(['/', '?', '#']).next().is_some_and(|first| first.contains(':'))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Instant;

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://a.org/x/y", "https://b.org/z", Ok("https://b.org/z"))]
    #[case("https://a.org/x/y", "/z?q=1", Ok("https://a.org/z?q=1"))]
    #[case("https://a.org/x/y", "z", Ok("https://a.org/x/z"))]
    #[case("https://a.org/x/y", "//b.org/z", Ok("https://b.org/z"))]
    #[case("https://a.org/x", "https://b.org/z#part", Ok("https://b.org/z"))]
    #[case("http://127.0.0.1:1/x", "http://127.0.0.1:2/y", Ok("http://127.0.0.1:2/y"))]
    #[case("http://127.0.0.1:1/x", "https://b.org/y", Ok("https://b.org/y"))]
    #[case("http://127.0.0.1:1/x", "http://b.org/y", Err("only https"))]
    #[case("https://a.org/x", "http://a.org/x", Err("only https"))]
    #[case("https://a.org/x", "http://127.0.0.1/x", Err("only https"))]
    #[case("https://a.org/x", "file:///etc/passwd", Err("etc/passwd"))]
    #[case("https://a.org/x", "file:/etc/passwd", Err("etc/passwd"))]
    #[case("https://a.org/x", "ftp://a.org/x", Err("only https"))]
    #[case("https://a.org/x", "data:application/zip;base64,UEsDBA==", Err("data"))]
    #[case("https://a.org/x", "https://u:p@b.org/x", Err("password"))]
    #[case("https://a.org/x", "https://", Err("only https"))]
    #[case("https://a.org/x", "", Err("where"))]
    fn redirects_lead_to_https_only(#[case] from: &str, #[case] to: &str, #[case] expected: Result<&str, &str>) {
        match (next(&from.parse().unwrap(), to), expected) {
            (Ok(uri), Ok(expected)) => assert_eq!(uri.to_string(), expected),
            (Err(error), Err(why)) => assert!(error.contains(why), "{error}"),
            (outcome, _) => panic!("{outcome:?}"),
        }
    }

    #[test]
    fn a_server_that_says_nothing_is_not_waited_for() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("http://{}/a.zip", silent.local_addr().unwrap()).parse().unwrap();
        let short = Duration::from_millis(200);
        let begun = Instant::now();
        let answer = ask(&uri, Patience { connect: PATIENCE.connect, silence: short, whole: PATIENCE.whole });
        assert!(matches!(answer, Err(ureq::Error::Timeout(_))), "{answer:?}");
        assert!(begun.elapsed() < PATIENCE.silence);
    }
}
