//! Addresses: a server in the test's own process, which answers as it is told.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use rstest::rstest;

use crate::bench::{add, left, ok, pack, packs, refused, whole};
use crate::raw::{Tar, gz};
use crate::support::process::{Process, bound_to_us};
use crate::support::{TestEnv, find_program, or_skip};

fn archive() -> Vec<u8> {
    gz(&pack("glass", "1.0.0", 1).iter().fold(Tar::default(), |tar, (name, content)| tar.file(name, content)).end())
}

/// A server on this machine; `answer` is given the path and writes what it likes. Returns its address.
fn serve(answer: impl Fn(&str, &mut TcpStream) -> std::io::Result<()> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
            let request = lines.next().and_then(Result::ok).unwrap_or_default();
            while lines.next().and_then(Result::ok).is_some_and(|line| !line.is_empty()) {}
            // Whoever has heard enough hangs up.
            let _ = answer(request.split(' ').nth(1).unwrap_or_default(), &mut stream);
        }
    });
    address
}

fn reply(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    stream.write_all(format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n").as_bytes())?;
    stream.write_all(body)
}

fn whole_reply(stream: &mut TcpStream, body: &[u8]) -> std::io::Result<()> {
    reply(stream, "200 OK", &format!("Content-Length: {}\r\n", body.len()), body)
}

fn chunks(stream: &mut TcpStream, body: &[u8]) -> std::io::Result<()> {
    body.chunks(1000).try_for_each(|chunk| {
        stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes())?;
        stream.write_all(chunk)?;
        stream.write_all(b"\r\n")
    })
}

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

#[test]
fn a_pack_is_fetched_whichever_way_its_length_is_told() {
    let address = serve(|path, stream| match path {
        "/length.tar.gz" => whole_reply(stream, &archive()),
        "/chunks.tar.gz" => {
            reply(stream, "200 OK", CHUNKED, b"")?;
            chunks(stream, &archive())?;
            stream.write_all(b"0\r\n\r\n")
        }
        "/end.tar.gz" => reply(stream, "200 OK", "", &archive()),
        "/a/sent-on.tar.gz" => {
            reply(stream, "302 Found", "Location: ../a/further.tar.gz\r\nContent-Length: 0\r\n", b"")
        }
        _ => reply(stream, "301 Moved", "Location: /length.tar.gz\r\nContent-Length: 0\r\n", b""),
    });
    for path in ["length", "chunks", "end", "a/sent-on"] {
        let env = TestEnv::new();
        let output = add(&env, &[&format!("{address}/{path}.tar.gz")]);
        ok(&output);
        // Bars are for terminals.
        assert!(!String::from_utf8_lossy(&output.stderr).contains('['), "{output:?}");
        assert_eq!(whole(&packs(&env).join("glass")), pack("glass", "1.0.0", 1), "{path}");
        assert!(left(&env).iter().all(|name| name.starts_with("glass")), "{:?}", left(&env));
    }
}

#[rstest]
#[case::cut_off("/cut", "connection ended")]
#[case::cut_off_in_chunks("/cut-chunks", "connection ended")]
#[case::cut_off_without_length("/cut-end", "incomplete")]
#[case::said_to_be_shorter("/shorter", "damaged")]
#[case::said_to_be_larger_than_allowed("/announced", "larger than 100 MiB")]
#[case::without_end("/endless", "larger than 100 MiB")]
#[case::without_end_in_chunks("/endless-chunks", "larger than 100 MiB")]
#[case::not_there("/missing", "404")]
#[case::refused("/forbidden", "403")]
#[case::a_web_page("/page", "web page")]
#[case::empty("/empty", "empty")]
#[case::to_a_file("/to?file:///etc/passwd", "only https")]
#[case::to_plain_http("/to?http://example.org/x.zip", "only https")]
#[case::to_another_scheme("/to?ftp://example.org/x.zip", "only https")]
#[case::to_data("/to?data:application/zip;base64,UEsDBBQ=", "only https")]
#[case::to_somebody("/to?http://user:pass@127.0.0.1/x.zip", "password")]
#[case::to_nowhere("/to?", "does not say where")]
#[case::round_and_round("/to?/to?/", "on and on")]
#[case::no_http("/garbage", "could not fetch")]
#[case::endless_headers("/headers", "could not fetch")]
fn what_a_bad_server_says_is_refused(#[case] path: &str, #[case] why: &str) {
    let address = serve(|path, stream| {
        let archive = archive();
        let half = &archive[..archive.len() / 2];
        match path {
            "/cut" => reply(stream, "200 OK", &format!("Content-Length: {}\r\n", archive.len()), half),
            "/cut-chunks" => reply(stream, "200 OK", CHUNKED, b"").and_then(|()| chunks(stream, half)),
            "/cut-end" => reply(stream, "200 OK", "", half),
            "/shorter" => reply(stream, "200 OK", "Content-Length: 20\r\n", &archive),
            "/announced" => reply(stream, "200 OK", "Content-Length: 104857601\r\n", &archive),
            "/endless" => {
                reply(stream, "200 OK", "", b"\x1f\x8b")?;
                loop {
                    stream.write_all(&[0; 64 << 10])?;
                }
            }
            "/endless-chunks" => {
                reply(stream, "200 OK", CHUNKED, b"")?;
                loop {
                    stream.write_all(b"10000\r\n")?;
                    stream.write_all(&[0; 64 << 10])?;
                    stream.write_all(b"\r\n")?;
                }
            }
            "/missing" => reply(stream, "404 Not Found", "", b"no"),
            "/forbidden" => reply(stream, "403 Forbidden", "", b"no"),
            "/page" => whole_reply(stream, b"<!doctype html><p>Sign in"),
            "/empty" => whole_reply(stream, b""),
            "/garbage" => stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
            "/headers" => {
                stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
                loop {
                    stream.write_all(b"X: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n")?;
                }
            }
            path => {
                let target = path.strip_prefix("/to?").unwrap_or_default();
                // Round and round: wherever it leads, it leads there again.
                let target = if target == "/to?/" || target == "/" { "/to?/" } else { target };
                reply(stream, "302 Found", &format!("Location: {target}\r\nContent-Length: 0\r\n"), b"")
            }
        }
    });
    let env = TestEnv::new();
    refused(&env, &add(&env, &[&format!("{address}{path}"), "--force"]), why);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let env = TestEnv::new();
    // Nobody listens there any more.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    refused(&env, &add(&env, &[&format!("https://127.0.0.1:{port}/x.zip")]), "could not fetch 127.0.0.1");
}

#[test]
fn the_environment_s_proxy_is_asked_for_what_is_far_and_not_for_what_is_near() {
    let proxy = serve(|path, stream| reply(stream, "418 I'm a teapot", &format!("X: {path}\r\n"), b""));
    let near = serve(|_, stream| whole_reply(stream, &archive()));
    let mut env = TestEnv::new();
    env.set("HTTPS_PROXY", &proxy);
    env.set("HTTP_PROXY", &proxy);
    env.set("ALL_PROXY", &proxy);
    refused(&env, &add(&env, &["https://herald.invalid/x.zip"]), "418");
    ok(&add(&env, &[&format!("{near}/x.tgz")]));
}

/// A certificate for this machine, and the authority that signed it, in `folder`.
fn certificates(openssl: &Path, folder: &Path) {
    let run = |args: &str| {
        let output = Command::new(openssl).args(args.split(' ')).current_dir(folder).output().expect("openssl");
        assert!(output.status.success(), "{args}: {output:?}");
    };
    fs::write(folder.join("san"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n").expect("a file");
    let new = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    run(&format!("{new} -x509 -days 2 -subj /CN=authority -keyout ca.key -out ca.pem"));
    run(&format!("{new} -subj /CN=server -keyout server.key -out server.csr"));
    run("x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile san -out server.pem");
}

#[test]
fn only_a_server_with_a_known_certificate_is_believed() {
    let Some(openssl) = or_skip(find_program("openssl")) else { return };
    let mut env = TestEnv::new();
    let folder = env.work_dir();
    certificates(&openssl, &folder);
    fs::write(folder.join("x.tar.gz"), archive()).expect("a file");
    let mut command = bound_to_us(openssl.to_str().expect("text"));
    command.args("s_server -accept 127.0.0.1:0 -cert server.pem -key server.key -WWW".split(' '));
    command.current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Process::start("openssl", command).expect("a server");
    let mut said = BufReader::new(server.take_stdout().expect("its output"));
    let mut line = String::new();
    let port = loop {
        line.clear();
        assert!(said.read_line(&mut line).is_ok_and(|read| read > 0), "the server says no port");
        if let Some((_, port)) = line.trim().strip_prefix("ACCEPT").and_then(|rest| rest.rsplit_once(':')) {
            break port.to_owned();
        }
    };
    // Else it would stop when nobody listens.
    thread::spawn(move || said.read_to_end(&mut Vec::new()));
    let address = format!("https://127.0.0.1:{port}/x.tar.gz");
    refused(&env, &add(&env, &[&address, "--force"]), "certificate");
    env.set("SSL_CERT_FILE", folder.join("ca.pem"));
    ok(&add(&env, &[&address]));
    assert_eq!(whole(&packs(&env).join("glass")), pack("glass", "1.0.0", 1));
}
