//! One connection to a broker, from CONNECT to its end. No retries: whoever wants another one opens it.
//!
//! Invariant: what is given out to be published is either acknowledged or lost with the connection; nothing is sent
//! again behind anybody's back, so that an age told in a message is never stale. A connection that is abandoned is reset:
//! the kernel drops what it still holds, and nothing follows later.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::bail;
use herald::config::{Broker, Link};
use rumqttc::mqttbytes::QoS;
use rumqttc::{
    AckMode, AsyncClient, ConnectProperties, Event, EventLoop, IncomingPacketSizeLimit, LastWill, LastWillProperties,
    ManualAck, MqttOptions, NetworkOptions, Packet, PersistedAckMode, PersistedSession, Publish, PublishNotice,
    PublishOptions, PublishProperties, RetainForwardRule, SessionStore, SessionStoreError, SessionStoreKey,
    SubscribeFilterInput,
};
use tokio::sync::mpsc::{self, error::TryRecvError};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::secret::{NoSecret, Secret};
use super::tls;
use super::trouble::Trouble;
use super::words::Wanted;

/// How long a broker may take to let us in, TLS and all.
const CONNECT: Duration = Duration::from_secs(5);

/// So often a silent connection is tried, in seconds.
const KEEP_ALIVE: u16 = 10;

/// How long the broker may take to answer that, or anything else.
pub(crate) const ANSWER: Duration = Duration::from_secs(3);

/// How long the broker keeps what came for a listener that is away, in seconds.
const SESSION: u32 = 60 * 60;

/// Messages on their way to us that we have not acknowledged.
const RECEIVE_MAXIMUM: u16 = 64;

/// Messages on their way from us that the broker has not acknowledged.
pub(crate) const IN_FLIGHT: u16 = 16;

/// Larger ones the broker keeps to itself, in bytes.
const PACKET: u32 = 8 * 1024;

/// What the client may hold of ours at once: all acknowledgements, and some more.
const QUEUE: usize = 256;

/// Who connects.
#[derive(Clone, Debug)]
pub(crate) struct Caller<'a> {
    /// The broker knows it by this, also after it was away.
    pub(crate) client: String,
    /// What came while it was away is kept for it.
    pub(crate) is_awaited: bool,
    /// What the broker tells others once it is gone without a word, if anything: a topic and a message, retained.
    pub(crate) will: Option<(String, Vec<u8>)>,
    /// Files and addresses.
    pub(crate) link: &'a Link,
}

/// What is to be published.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    pub(crate) topic: String,
    pub(crate) message: Vec<u8>,
    /// The broker keeps it for those who come later.
    pub(crate) retain: bool,
    /// How long the broker may keep it, in seconds.
    pub(crate) expiry: Option<u32>,
}

/// An open connection.
pub(crate) struct Connection {
    client: AsyncClient,
    incoming: mpsc::Receiver<Publish>,
    pump: JoinHandle<Trouble>,
    socket: Socket,
}

impl Connection {
    /// Connects; `Ok` means that the broker let us in.
    pub(crate) async fn open(broker: &Broker, caller: &Caller<'_>) -> Result<Self, Trouble> {
        let socket = Socket::default();
        let options = options(broker, caller, &socket).map_err(|error| Trouble::of_ours(&error))?;
        let (client, mut events) = AsyncClient::builder(options).capacity(QUEUE).build();
        let connected = async {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => return Ok(()),
                    Ok(_) => {}
                    Err(error) => return Err(Trouble::of(&error)),
                }
            }
        };
        let answered = timeout(CONNECT, connected).await.unwrap_or_else(|_| Err(Trouble::silent(CONNECT)));
        if let Err(trouble) = answered {
            socket.reset();
            return Err(trouble);
        }
        let (found, incoming) = mpsc::channel(usize::from(RECEIVE_MAXIMUM));
        let pump = tokio::task::spawn_local(pump(events, found));
        Ok(Self { client, incoming, pump, socket })
    }

    /// Asks for these topics. `Ok` means that the broker agreed to all of them.
    pub(crate) async fn subscribe(&mut self, topics: &[Wanted]) -> Result<(), Trouble> {
        let filters = topics.iter().map(|Wanted { topic, retained, kept }| {
            let rule = if *retained { RetainForwardRule::OnEverySubscribe } else { RetainForwardRule::Never };
            let quality = if *kept { QoS::AtLeastOnce } else { QoS::AtMostOnce };
            SubscribeFilterInput::new(topic.clone(), quality).retain_forward_rule(rule)
        });
        let notice = self.client.try_subscribe_many_tracked(filters).map_err(|_| Trouble::clogged())?;
        match timeout(ANSWER, notice.wait_completion_async()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.trouble().await.unwrap_or_else(|| Trouble::refused(&error.to_string()))),
            Err(_) => Err(Trouble::silent(ANSWER)),
        }
    }

    /// Gives a parcel out; the notice tells when the broker has it.
    pub(crate) fn publish(&self, parcel: &Parcel) -> Result<PublishNotice, Trouble> {
        let mut options = PublishOptions::new(QoS::AtLeastOnce).retain(parcel.retain);
        if let Some(expiry) = parcel.expiry {
            let expiry = PublishProperties { message_expiry_interval: Some(expiry), ..PublishProperties::default() };
            options = options.properties(expiry);
        }
        let given = self.client.try_publish_tracked(parcel.topic.clone(), parcel.message.clone(), options);
        given.map_err(|_| Trouble::clogged())
    }

    /// The next message; where there is none any more, why.
    pub(crate) async fn next(&mut self) -> Result<Publish, Trouble> {
        match self.incoming.recv().await {
            Some(publish) => Ok(publish),
            None => Err(self.trouble().await.unwrap_or_else(Trouble::closed)),
        }
    }

    /// Tells the broker that it need not keep the message any longer.
    pub(crate) fn acknowledge(&self, publish: &Publish) -> Result<(), Trouble> {
        let ack: Option<ManualAck> = self.client.prepare_ack(publish);
        ack.map_or(Ok(()), |ack| self.client.try_manual_ack(ack)).map_err(|_| Trouble::clogged())
    }

    /// What ended the connection, if it ended.
    async fn trouble(&mut self) -> Option<Trouble> {
        match self.incoming.try_recv() {
            Err(TryRecvError::Disconnected) => (&mut self.pump).await.ok(),
            _ => None,
        }
    }

    /// Says good-bye, so that the will is not told, and waits a moment until it is said.
    pub(crate) async fn leave(mut self) {
        let said = self.client.try_disconnect().is_ok();
        if !said || timeout(ANSWER, &mut self.pump).await.is_err() {
            self.abandon();
        }
    }

    /// Ends it at once, wherever it is.
    pub(crate) fn abandon(&self) {
        self.pump.abort();
        self.socket.reset();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

/// Drives the connection to its end. It has a task of its own since the library's futures must not be given up half way.
async fn pump(mut events: EventLoop, found: mpsc::Sender<Publish>) -> Trouble {
    let mut answer_by: Option<Instant> = None;
    loop {
        let event = match answer_by {
            Some(end) => timeout_at(end, events.poll()).await,
            None => Ok(events.poll().await),
        };
        match event {
            Ok(Ok(Event::Outgoing(rumqttc::Outgoing::PingReq))) => answer_by = Some(Instant::now() + ANSWER),
            Ok(Ok(Event::Incoming(packet))) => {
                answer_by = None;
                if let Packet::Publish(publish) = packet
                    && found.send(publish).await.is_err()
                {
                    return Trouble::closed();
                }
            }
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Trouble::of(&error),
            Err(_) => return Trouble::silent(ANSWER),
        }
    }
}

fn options(broker: &Broker, caller: &Caller<'_>, socket: &Socket) -> anyhow::Result<MqttOptions> {
    let mut options = MqttOptions::new(caller.client.clone(), (broker.host.clone(), broker.port));
    if broker.tls {
        options.set_transport(tls::transport(caller.link)?);
    }
    match (&broker.user, &caller.link.password_file) {
        (Some(user), Some(file)) => drop(options.set_credentials(user.clone(), password(file)?)),
        (Some(user), None) => drop(options.set_username(user.clone())),
        (None, _) => {}
    }
    let mut properties = ConnectProperties::new();
    properties.session_expiry_interval = Some(if caller.is_awaited { SESSION } else { 0 });
    properties.receive_maximum = Some(RECEIVE_MAXIMUM);
    let gone = LastWillProperties {
        delay_interval: None,
        payload_format_indicator: None,
        message_expiry_interval: None,
        content_type: None,
        response_topic: None,
        correlation_data: None,
        user_properties: Vec::new(),
    };
    options
        .set_connect_properties(properties)
        .set_incoming_packet_size_limit(IncomingPacketSizeLimit::Bytes(PACKET))
        .set_clean_start(!caller.is_awaited)
        .set_ack_mode(AckMode::Manual)
        .set_keep_alive(KEEP_ALIVE)
        .set_connect_timeout(CONNECT)
        .set_outgoing_inflight_upper_limit(IN_FLIGHT);
    if let Some((topic, message)) = caller.will.clone() {
        options.set_last_will(LastWill::new(topic, message, QoS::AtLeastOnce, true, Some(gone)));
    }
    if caller.is_awaited {
        options.set_session_store(NothingOnItsWay { client: caller.client.clone() });
    }
    let held = socket.clone();
    options.set_socket_connector(move |place, _| {
        let held = held.clone();
        async move {
            let mut network = NetworkOptions::new();
            // Each message is one small packet: the kernel must not wait for more.
            network.set_tcp_nodelay(true);
            let stream = rumqttc::default_socket_connect(place, network).await?;
            held.hold(stream.as_fd().try_clone_to_owned()?);
            Ok::<_, io::Error>(stream)
        }
    });
    Ok(options)
}

fn password(file: &Path) -> anyhow::Result<String> {
    match Secret::read(file) {
        Ok(secret) => Ok(secret.reveal().to_owned()),
        Err(NoSecret { why, hint }) => bail!("{why}; hint: {hint}"),
    }
}

/// What a session begins with here: nothing of ours is on its way.
///
/// The library goes on with the session that the broker has kept only where somebody vouches for this side of it. Whatever
/// was not acknowledged when the last connection ended is given out anew, by those who gave it out, with its age of then.
#[derive(Debug)]
struct NothingOnItsWay {
    client: String,
}

impl SessionStore for NothingOnItsWay {
    fn load<'a>(&'a self, _: &'a SessionStoreKey) -> Answer<'a, Option<PersistedSession>> {
        let session = PersistedSession {
            format_version: 1,
            client_id: self.client.clone(),
            clean_start: false,
            session_expiry_interval: Some(SESSION),
            outgoing_inflight_upper_limit: Some(IN_FLIGHT),
            ack_mode: PersistedAckMode::Manual,
            last_pkid: 0,
            last_puback: 0,
            replay: Vec::new(),
            incoming_qos2: Vec::new(),
        };
        Box::pin(async { Ok(Some(session)) })
    }

    fn save<'a>(&'a self, _: &'a SessionStoreKey, _: &'a PersistedSession) -> Answer<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn clear<'a>(&'a self, _: &'a SessionStoreKey) -> Answer<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}

type Answer<'a, T> = std::pin::Pin<Box<dyn Future<Output = Result<T, SessionStoreError>> + Send + 'a>>;

/// A second handle of the connection's socket.
#[derive(Clone, Debug, Default)]
struct Socket(Arc<Mutex<Option<OwnedFd>>>);

impl Socket {
    fn hold(&self, handle: OwnedFd) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
    }

    /// From now on the kernel neither sends what it holds nor waits for anybody: the peer sees a reset.
    fn reset(&self) {
        if let Some(handle) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = rustix::net::sockopt::set_socket_linger(&handle, Some(Duration::ZERO));
        }
    }
}
