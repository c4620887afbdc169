//! TLS with an authority of the user's own.

use std::fs;
use std::io;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rumqttc::tokio_rustls::rustls::pki_types::pem::PemObject as _;
use rumqttc::tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rumqttc::tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::ntfy::Ntfy;
use crate::support::{TestEnv, find_program, or_skip};
use crate::{TOKEN, TOPIC, assert_hidden, assert_known, trial, world};

/// An authority, and a server's certificate by it for `name`, as files in `folder`: `ca.pem`, `server.pem`, `server.key`.
fn certify(env: &TestEnv, openssl: &Path, name: &str) {
    let folder = env.path();
    let run = |args: &str| {
        let mut command = env.command(openssl);
        command.args(args.split(' ')).current_dir(folder);
        let output = env.finish(command, b"");
        assert!(output.status.success(), "openssl {args}: {}", String::from_utf8_lossy(&output.stderr));
    };
    fs::write(folder.join("names"), format!("subjectAltName=IP:{name}\nextendedKeyUsage=serverAuth\n")).unwrap();
    run(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=Own -days 2",
    );
    run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr -subj /CN=push");
    run("x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile names");
}

fn serve(folder: &Path) -> Ntfy {
    let chain =
        CertificateDer::pem_file_iter(folder.join("server.pem")).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let config = Arc::new(config);
    Ntfy::start_with(0, TOKEN, [], move |stream: TcpStream| {
        let connection = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        Ok(Box::new(StreamOwned::new(connection, stream)))
    })
}

#[test]
fn an_own_authority_is_trusted_where_the_system_trusts_it_and_nowhere_else() {
    let Some(openssl) = or_skip(find_program("openssl")) else { return };
    let mut env = world("https://127.0.0.1", "");
    certify(&env, &openssl, "127.0.0.1");
    let ntfy = serve(env.path());
    let address = format!("https://127.0.0.1:{}", ntfy.port);
    let config = fs::read_to_string(env.config_file()).unwrap().replace("https://127.0.0.1", &address);
    env.config(&config);

    let output = trial(&env, &[]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("certificate") && told.contains("authority"), "{told}");
    assert!(ntfy.requests().is_empty(), "it was told something all the same");
    assert_hidden(&env, Some(&output));

    env.set("SSL_CERT_FILE", env.path().join("ca.pem"));
    let output = trial(&env, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(ntfy.requests()[0].notice()["topic"], TOPIC);
    assert_known(&ntfy);
}

#[test]
fn a_certificate_of_another_machine_is_refused() {
    let Some(openssl) = or_skip(find_program("openssl")) else { return };
    let mut env = world("https://127.0.0.1", "");
    certify(&env, &openssl, "127.0.0.9");
    let ntfy = serve(env.path());
    let config = fs::read_to_string(env.config_file()).unwrap();
    env.config(&config.replace("https://127.0.0.1", &format!("https://127.0.0.1:{}", ntfy.port)));
    env.set("SSL_CERT_FILE", env.path().join("ca.pem"));
    assert_eq!(trial(&env, &[]).status.code(), Some(1));
    assert!(ntfy.requests().is_empty());
}
