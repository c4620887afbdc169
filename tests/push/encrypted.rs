//! TLS with an authority of the user's own.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use rumqttc::tokio_rustls::rustls::pki_types::pem::PemObject as _;
use rumqttc::tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rumqttc::tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::ntfy::Ntfy;
use crate::support::mosquitto::{Authority, Pair};
use crate::support::{TestEnv, or_skip};
use crate::{TOKEN, TOPIC, assert_hidden, assert_known, trial, world};

/// A server with this certificate, and a world that pushes to it.
fn serve(pair: &Pair) -> (Ntfy, TestEnv) {
    let chain = CertificateDer::pem_file_iter(&pair.certificate).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(&pair.key).unwrap();
    let config = Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap());
    let ntfy = Ntfy::start_with(0, TOKEN, [], move |stream: TcpStream| {
        let connection = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        Ok(Box::new(StreamOwned::new(connection, stream)))
    });
    let env = world(&format!("https://127.0.0.1:{}", ntfy.port), "");
    (ntfy, env)
}

#[test]
fn an_own_authority_is_trusted_where_the_system_trusts_it_and_nowhere_else() {
    let Some(authority) = or_skip(Authority::new()) else { return };
    let (ntfy, mut env) = serve(&authority.issue("push", "IP:127.0.0.1"));
    let output = trial(&env, &[]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("certificate") && told.contains("authority"), "{told}");
    assert!(ntfy.requests().is_empty(), "it was told something all the same");
    assert_hidden(&env, Some(&output));

    env.set("SSL_CERT_FILE", authority.certificate());
    let output = trial(&env, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(ntfy.requests()[0].notice()["topic"], TOPIC);
    assert_known(&ntfy);
}

#[test]
fn a_certificate_of_another_machine_is_refused() {
    let Some(authority) = or_skip(Authority::new()) else { return };
    let (ntfy, mut env) = serve(&authority.issue("other", "IP:127.0.0.9"));
    env.set("SSL_CERT_FILE", authority.certificate());
    let output = trial(&env, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("certificate"), "{output:?}");
    assert!(ntfy.requests().is_empty());
}

#[test]
fn what_hooks_start_trusts_the_same() {
    let Some(authority) = or_skip(Authority::new()) else { return };
    let (ntfy, mut env) = serve(&authority.issue("push", "IP:127.0.0.1"));
    env.set("SSL_CERT_FILE", authority.certificate());
    crate::delivery::asks(&env, "a");
    assert_eq!(ntfy.wait_for(1)[0].notice()["title"], "Claude Code needs your permission");
    assert_eq!(crate::delivery::ended(&env)["what"], "pushed");
}
