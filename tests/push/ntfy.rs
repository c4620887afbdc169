//! A server in the test's own process that speaks as ntfy does: the same address, words, checks and answers. Or that
//! fails as it is told.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{PATIENCE, wait_for};

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) at: Instant,
    /// Method, path and version.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The notice in it.
    #[track_caller]
    pub(crate) fn notice(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// All of it, to be searched.
    pub(crate) fn text(&self) -> String {
        format!("{}\n{:?}\n{}", self.line, self.headers, String::from_utf8_lossy(&self.body))
    }
}

/// How one request is answered.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// As ntfy does.
    Ntfy,
    /// With these bytes, and no more.
    Raw(Vec<u8>),
    /// Not at all, and the connection is closed.
    HangUp,
    /// Not at all, and the connection stays.
    Silence,
    /// A status and headers at once, then one byte of a body now and then, for ever.
    Drip,
    /// A body of a thousand million bytes.
    Huge,
}

impl Answer {
    /// A status, more headers, and a body.
    pub(crate) fn of(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let text = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}");
        Self::Raw(text.into_bytes())
    }

    /// An error in ntfy's words.
    pub(crate) fn error(http: u16, code: u32, error: &str, headers: &str) -> Self {
        let body = json!({ "code": code, "http": http, "error": error }).to_string();
        Self::of(&format!("{http} Some Reason"), &format!("Content-Type: application/json\r\n{headers}"), &body)
    }
}

/// A connection, encrypted or not.
pub(crate) trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// How a connection that came is made readable.
type Open = dyn Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + Sync;

struct Shared {
    /// Whom it lets write; everybody where it is empty.
    token: String,
    script: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<Request>>,
    open: Box<Open>,
}

/// The server.
pub(crate) struct Ntfy {
    shared: Arc<Shared>,
    pub(crate) port: u16,
}

impl Ntfy {
    /// Lets those write who have `token`, or everybody where it is empty. The first requests are answered by `script`,
    /// all others as ntfy does.
    pub(crate) fn start(token: &str, script: impl IntoIterator<Item = Answer>) -> Self {
        Self::start_at(0, token, script)
    }

    /// At a port of this machine.
    pub(crate) fn start_at(port: u16, token: &str, script: impl IntoIterator<Item = Answer>) -> Self {
        Self::start_with(port, token, script, |stream| Ok(Box::new(stream)))
    }

    /// Where connections are opened so.
    pub(crate) fn start_with(
        port: u16,
        token: &str,
        script: impl IntoIterator<Item = Answer>,
        open: impl Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            token: token.to_owned(),
            script: Mutex::new(script.into_iter().collect()),
            requests: Mutex::default(),
            open: Box::new(open),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let serving = Arc::clone(&serving);
                // Whoever has heard enough hangs up.
                thread::spawn(move || drop(serving.serve(stream)));
            }
        });
        Self { shared, port }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().expect("requests").clone()
    }

    /// The requests, as soon as there are so many.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Request> {
        let what = format!("{count} requests");
        wait_for(&what, PATIENCE * 3, || Some(self.requests()).filter(|requests| requests.len() >= count))
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut stream = (self.open)(stream)?;
        let request = read(&mut *stream)?;
        let answer = self.script.lock().expect("a script").pop_front().unwrap_or(Answer::Ntfy);
        let own = matches!(answer, Answer::Ntfy).then(|| self.ntfy(&request));
        self.requests.lock().expect("requests").push(request);
        match own.unwrap_or(answer) {
            Answer::Ntfy | Answer::HangUp => Ok(()),
            Answer::Raw(bytes) => stream.write_all(&bytes).and_then(|()| stream.flush()),
            Answer::Silence => stream.read(&mut [0]).map(drop),
            Answer::Drip => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")?;
                loop {
                    stream.write_all(b" ")?;
                    stream.flush()?;
                    thread::sleep(Duration::from_millis(100));
                }
            }
            Answer::Huge => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")?;
                let piece = vec![b' '; 1 << 20];
                (0..954).try_for_each(|_| stream.write_all(&piece))
            }
        }
    }

    /// What ntfy says to it: first whether it is a request, then whether it may.
    fn ntfy(&self, request: &Request) -> Answer {
        let is_post = request.line.starts_with("POST / HTTP/1.1") || request.line.starts_with("PUT / HTTP/1.1");
        if !is_post {
            return Answer::error(404, 40401, "page not found", "");
        }
        let Ok(notice) = serde_json::from_slice::<Value>(&request.body) else {
            return Answer::error(400, 40024, "invalid request: request body must be valid JSON", "");
        };
        let is_topic = |topic: &str| {
            matches!(topic.len(), 1..=64)
                && topic.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let topic = notice["topic"].as_str().unwrap_or_default();
        let is_level = notice["priority"].is_null() || notice["priority"].as_u64().is_some_and(|level| level <= 5);
        let are_tags = notice["tags"].as_array().is_none_or(|tags| tags.iter().all(Value::is_string));
        if !is_topic(topic) {
            return Answer::error(400, 40009, "invalid request: topic invalid", "");
        }
        if !is_level || !are_tags {
            return Answer::error(400, 40017, "invalid request: request body must be message JSON", "");
        }
        match request.header("authorization") {
            _ if self.token.is_empty() => {}
            None => return Answer::error(403, 40301, "forbidden", ""),
            Some(told) if told == format!("Bearer {}", self.token) => {}
            Some(_) => return Answer::error(401, 40101, "unauthorized", ""),
        }
        let taken = json!({
            "id": "sPs71M8A2T", "time": 1_735_000_000, "expires": 1_735_043_200, "event": "message", "topic": topic,
            "title": notice["title"], "message": notice["message"], "priority": notice["priority"], "tags": notice["tags"],
        });
        Answer::of("200 OK", "Content-Type: application/json\r\n", &format!("{taken}\n"))
    }
}

fn read(stream: &mut dyn Stream) -> io::Result<Request> {
    let at = Instant::now();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    if line.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        match header.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.to_owned())),
            None => break,
        }
    }
    let mut request = Request { at, line: line.trim_end().to_owned(), headers, body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    reader.take(length).read_to_end(&mut request.body)?;
    Ok(request)
}
