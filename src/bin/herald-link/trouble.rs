//! Why there is no connection, in words for a journal and a terminal.

use std::time::Duration;

use rumqttc::tokio_rustls::rustls::{self, CertificateError};
use rumqttc::{ConnectReturnCode, ConnectionError, DisconnectReasonCode, StateError, TlsError};

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// In words.
    pub(crate) why: String,
    /// Trying again soon helps nobody: the other side said no, or something here must be changed first.
    pub(crate) is_refusal: bool,
}

impl Trouble {
    fn passing(why: impl Into<String>) -> Self {
        Self { why: why.into(), is_refusal: false }
    }

    fn lasting(why: impl Into<String>) -> Self {
        Self { why: why.into(), is_refusal: true }
    }

    /// Something of this machine's is wrong: a file that can't be read.
    pub(crate) fn of_ours(error: &anyhow::Error) -> Self {
        Self::lasting(format!("{error:#}"))
    }

    /// No answer.
    pub(crate) fn silent(after: Duration) -> Self {
        Self::passing(format!("no answer within {} s", after.as_secs()))
    }

    /// More was given out than the connection takes.
    pub(crate) fn clogged() -> Self {
        Self::passing("the connection takes nothing more")
    }

    /// It ended without a reason.
    pub(crate) fn closed() -> Self {
        Self::passing("the connection was closed")
    }

    /// The broker doesn't allow something.
    pub(crate) fn refused(why: &str) -> Self {
        Self::lasting(format!("the broker refuses it: {why}"))
    }

    /// What the library says, as people say it.
    pub(crate) fn of(error: &ConnectionError) -> Self {
        match error {
            ConnectionError::Io(error) => Self::of_io(error),
            ConnectionError::MqttState(StateError::Io(error)) => Self::of_io(error),
            ConnectionError::MqttState(StateError::Deserialization(rumqttc::Error::Io(error))) => Self::of_io(error),
            ConnectionError::MqttState(StateError::Deserialization(error)) => {
                Self::passing(format!("what the broker says is no MQTT: {error}"))
            }
            ConnectionError::Tls(TlsError::Io(error)) => Self::of_io(error),
            ConnectionError::Tls(TlsError::TLS(error)) => Self::of_tls(error),
            ConnectionError::ConnectionRefused(code)
            | ConnectionError::MqttState(StateError::ConnFail { reason: code }) => Self::of_code(*code),
            ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, reason_string }) => {
                let more = reason_string.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
                match reason_code {
                    DisconnectReasonCode::SessionTakenOver => {
                        Self::lasting("another one took its place: two listen under one name")
                    }
                    DisconnectReasonCode::ServerShuttingDown => Self::passing("the broker shuts down"),
                    DisconnectReasonCode::NotAuthorized => Self::lasting(format!("the broker refuses it{more}")),
                    code => Self::passing(format!("the broker ended it: {code:?}{more}")),
                }
            }
            ConnectionError::MqttState(StateError::ConnectionAborted) => Self::closed(),
            ConnectionError::MqttState(StateError::AwaitPingResp) => Self::passing("no answer any more"),
            ConnectionError::Timeout(_) => Self::passing("no answer in time"),
            ConnectionError::RequestsDone => Self::closed(),
            other => Self::passing(other.to_string()),
        }
    }

    fn of_io(error: &std::io::Error) -> Self {
        // TLS travels inside an error of reading or writing.
        if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Self::of_tls(inner);
        }
        match error.kind() {
            std::io::ErrorKind::ConnectionRefused => Self::passing("nobody answers there"),
            std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::ConnectionAborted => {
                Self::passing("the connection was broken")
            }
            std::io::ErrorKind::UnexpectedEof => Self::closed(),
            _ => Self::passing(error.to_string()),
        }
    }

    fn of_tls(error: &rustls::Error) -> Self {
        let why = match error {
            rustls::Error::InvalidCertificate(why) => match why {
                // Of an authority that has the name of a known one the signature is wrong.
                CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                    "nobody known vouches for the broker's certificate".to_owned()
                }
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    "the broker's certificate is for another name".to_owned()
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    "the broker's certificate has expired".to_owned()
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    "the broker's certificate is not valid yet".to_owned()
                }
                other => format!("the broker's certificate is not accepted: {other}"),
            },
            rustls::Error::AlertReceived(alert) => format!("the broker refuses the encrypted connection: {alert:?}"),
            rustls::Error::InvalidMessage(_) => "what answers there doesn't speak TLS".to_owned(),
            other => format!("no encrypted connection: {other}"),
        };
        Self::lasting(why)
    }

    fn of_code(code: ConnectReturnCode) -> Self {
        use ConnectReturnCode as Code;
        match code {
            Code::BadUserNamePassword | Code::NotAuthorized | Code::BadAuthenticationMethod => {
                Self::lasting("the broker refuses the user or the password")
            }
            Code::Banned => Self::lasting("the broker has banned this client"),
            Code::ClientIdentifierNotValid | Code::BadClientId => Self::lasting("the broker refuses the client's name"),
            Code::UnsupportedProtocolVersion | Code::RefusedProtocolVersion => {
                Self::lasting("the broker doesn't speak MQTT 5")
            }
            Code::ServerUnavailable | Code::ServiceUnavailable | Code::ServerBusy | Code::ConnectionRateExceeded => {
                Self::passing("the broker is busy")
            }
            other => Self::lasting(format!("the broker refuses the connection: {other:?}")),
        }
    }
}
