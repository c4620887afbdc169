//! A client of MQTT 5 that says what it is told to, right or wrong: the other side of what the product says by a library.
//!
//! One connection, blocking, in the clear. It acknowledges what it gets as soon as it is asked for it.

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use super::PATIENCE;

/// A client that was let in.
pub(crate) struct Client {
    stream: TcpStream,
    last_id: u16,
    inbox: VecDeque<Message>,
}

/// How it comes in.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Caller<'a> {
    pub(crate) id: &'a str,
    pub(crate) user: Option<(&'a str, &'a str)>,
    /// So long, in seconds, the broker keeps what comes for it while it is away.
    pub(crate) session: u32,
}

/// A message, as it is sent or came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) retain: bool,
    /// What is left of its life, in seconds.
    pub(crate) expiry: Option<u32>,
}

impl Message {
    pub(crate) fn new(topic: impl Into<String>, payload: impl Into<Vec<u8>>) -> Self {
        Self { topic: topic.into(), payload: payload.into(), ..Self::default() }
    }

    pub(crate) fn expires(self, seconds: u32) -> Self {
        Self { expiry: Some(seconds), ..self }
    }

    pub(crate) fn retained(self) -> Self {
        Self { retain: true, ..self }
    }
}

impl Client {
    /// Comes in under this name, for the time of the connection.
    ///
    /// # Panics
    /// Where it isn't let in.
    #[track_caller]
    pub(crate) fn connect(port: u16, id: &str) -> Self {
        Self::connect_as(port, Caller { id, ..Caller::default() }).expect("a broker that lets everybody in")
    }

    /// Comes in as told; the error is the broker's reason, or the network's.
    pub(crate) fn connect_as(port: u16, caller: Caller<'_>) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut body = text("MQTT");
        let clean = u8::from(caller.session == 0) << 1;
        body.extend([5, clean | if caller.user.is_some() { 0xC0 } else { 0 }, 0, 0, 5, 0x11]);
        body.extend(caller.session.to_be_bytes());
        body.extend(text(caller.id));
        for part in caller.user.into_iter().flat_map(|(user, password)| [user, password]) {
            body.extend(text(part));
        }
        let mut client = Self { stream, last_id: 0, inbox: VecDeque::new() };
        client.send(&packet(0x10, &body))?;
        let (kind, body) = client.read(PATIENCE)?.ok_or(io::ErrorKind::TimedOut)?;
        match (kind >> 4, body.get(1)) {
            (2, Some(0)) => Ok(client),
            (2, Some(code)) => Err(io::Error::other(format!("refused: {code:#04x}"))),
            _ => Err(io::Error::other(format!("no CONNACK: {kind:#04x} {body:?}"))),
        }
    }

    /// Bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends a message, and nobody has to say that it came.
    pub(crate) fn throw(&mut self, message: &Message) -> io::Result<()> {
        self.send(&publish(message, None))
    }

    /// Sends a message, and waits until the broker has it.
    ///
    /// # Panics
    /// Where the broker doesn't say so.
    #[track_caller]
    pub(crate) fn publish(&mut self, message: &Message) {
        let id = self.give(message).expect("a broker that takes it");
        self.wait_for_answer(4, id);
    }

    /// Sends a message that the broker has to acknowledge, and doesn't wait for that.
    pub(crate) fn give(&mut self, message: &Message) -> io::Result<u16> {
        let id = self.next_id();
        self.send(&publish(message, Some(id)))?;
        Ok(id)
    }

    /// Waits until the broker has the last message that was given to it.
    ///
    /// # Panics
    /// Where the broker doesn't say so.
    #[track_caller]
    pub(crate) fn settle(&mut self) {
        self.wait_for_answer(4, self.last_id);
    }

    /// Reads what came, without waiting for more, so that the broker can go on writing.
    pub(crate) fn drain(&mut self) -> io::Result<()> {
        while self.has_some()? {
            if let Some((kind, body)) = self.read(PATIENCE)? {
                self.sort(kind, &body);
            }
        }
        Ok(())
    }

    /// Whether something came. A read with a short time limit would wait for a tick of the kernel's clock.
    fn has_some(&self) -> io::Result<bool> {
        self.stream.set_nonblocking(true)?;
        let peeked = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false)?;
        match peeked {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Asks for topics.
    ///
    /// # Panics
    /// Where the broker doesn't agree.
    #[track_caller]
    pub(crate) fn subscribe(&mut self, filter: &str) {
        let id = self.next_id();
        let mut body = id.to_be_bytes().to_vec();
        body.push(0);
        body.extend(text(filter));
        body.push(1);
        self.send(&packet(0x82, &body)).expect("a broker that listens");
        let answer = self.wait_for_answer(9, id);
        assert!(answer.last().is_some_and(|code| *code < 0x80), "{filter}: refused: {answer:?}");
    }

    /// The next message, if one comes in time.
    ///
    /// # Panics
    /// Where the connection ended.
    #[track_caller]
    pub(crate) fn next(&mut self, within: Duration) -> Option<Message> {
        let end = Instant::now() + within;
        while self.inbox.is_empty() {
            let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            match self.read(left).expect("a connection") {
                Some((kind, body)) => self.sort(kind, &body),
                None if Instant::now() >= end => return None,
                None => {}
            }
        }
        self.inbox.pop_front()
    }

    #[track_caller]
    fn wait_for_answer(&mut self, wanted: u8, id: u16) -> Vec<u8> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some((kind, body)) = self.read(PATIENCE).expect("a connection") {
                if kind >> 4 == wanted && body.starts_with(&id.to_be_bytes()) {
                    return body;
                }
                self.sort(kind, &body);
            }
            assert!(Instant::now() < end, "the broker didn't answer");
        }
    }

    fn next_id(&mut self) -> u16 {
        self.last_id = self.last_id % u16::MAX + 1;
        self.last_id
    }

    fn sort(&mut self, kind: u8, body: &[u8]) {
        if kind >> 4 == 3
            && let Some((message, id)) = received(kind, body)
        {
            if let Some(id) = id {
                // A broker that is gone needs no acknowledgement.
                let _ = self.send(&packet(0x40, &id.to_be_bytes()));
            }
            self.inbox.push_back(message);
        }
    }

    /// One packet; `None` where none began in time.
    fn read(&mut self, within: Duration) -> io::Result<Option<(u8, Vec<u8>)>> {
        self.stream.set_read_timeout(Some(within))?;
        let mut byte = [0];
        match self.stream.read_exact(&mut byte) {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                return Ok(None);
            }
            read => read?,
        }
        self.stream.set_read_timeout(Some(PATIENCE))?;
        let kind = byte[0];
        let (mut length, mut shift) = (0_usize, 0);
        loop {
            self.stream.read_exact(&mut byte)?;
            length |= usize::from(byte[0] & 0x7F) << shift;
            shift += 7;
            if byte[0] & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Some((kind, body)))
    }
}

/// A packet that claims to be as long as it is.
pub(crate) fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = header(kind, body.len());
    bytes.extend(body);
    bytes
}

/// The beginning of a packet that claims to be so long.
pub(crate) fn header(kind: u8, length: usize) -> Vec<u8> {
    let mut bytes = vec![kind];
    number(&mut bytes, length);
    bytes
}

fn publish(message: &Message, id: Option<u16>) -> Vec<u8> {
    let mut body = text(&message.topic);
    body.extend(id.iter().flat_map(|id| id.to_be_bytes()));
    match message.expiry {
        Some(seconds) => {
            body.extend([5, 2]);
            body.extend(seconds.to_be_bytes());
        }
        None => body.push(0),
    }
    body.extend(&message.payload);
    packet(0x30 | if id.is_some() { 2 } else { 0 } | u8::from(message.retain), &body)
}

fn received(kind: u8, body: &[u8]) -> Option<(Message, Option<u16>)> {
    let (topic, rest) = body
        .split_at_checked(2)
        .and_then(|(length, rest)| rest.split_at_checked(usize::from(u16::from_be_bytes([length[0], length[1]]))))?;
    let (id, rest) = if kind & 6 == 0 {
        (None, rest)
    } else {
        let (id, rest) = rest.split_at_checked(2)?;
        (Some(u16::from_be_bytes([id[0], id[1]])), rest)
    };
    // No broker gives out more than 127 bytes of properties unasked.
    let (properties, payload) =
        rest.split_first().and_then(|(length, rest)| rest.split_at_checked((*length).into()))?;
    let expiry = match properties {
        [2, a, b, c, d, ..] => Some(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => None,
    };
    let topic = String::from_utf8_lossy(topic).into_owned();
    Some((Message { topic, payload: payload.to_vec(), retain: kind & 1 == 1, expiry }, id))
}

fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short text");
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

fn number(bytes: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = u8::try_from(number % 128).expect("seven bits");
        number /= 128;
        bytes.push(if number > 0 { low | 0x80 } else { low });
        if number == 0 {
            return;
        }
    }
}
