//! Whom a broker must be, and who this user is to it.
//!
//! Invariant: a broker that can't prove its name is never spoken to, and there is no way to ask for that.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use herald::config::Link;
use rumqttc::Transport;
use rumqttc::tokio_rustls::rustls::crypto::ring;
use rumqttc::tokio_rustls::rustls::pki_types::pem::PemObject as _;
use rumqttc::tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rumqttc::tokio_rustls::rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;

use super::secret;

/// An encrypted way to the broker, by the files that the configuration names.
pub(crate) fn transport(link: &Link) -> anyhow::Result<Transport> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .context("could not prepare an encrypted connection")?;
    let builder = match &link.ca_file {
        Some(file) => builder.with_root_certificates(authorities(file)?),
        None => builder
            .with_platform_verifier()
            .context("could not read this system's list of authorities\n  hint: name a file of your own: ca_file")?,
    };
    let config = match (&link.cert_file, &link.key_file) {
        (Some(cert), Some(key)) => {
            let chain = certificates(cert)?;
            let pair = format!("{} and {} make no pair", cert.display(), key.display());
            builder.with_client_auth_cert(chain, private_key(key)?).context(pair)?
        }
        _ => builder.with_no_client_auth(),
    };
    Ok(Transport::tls_with_config(config.into()))
}

fn authorities(file: &Path) -> anyhow::Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    let (added, _) = store.add_parsable_certificates(certificates(file)?);
    if added == 0 {
        bail!("{} holds no certificate of an authority", file.display());
    }
    Ok(store)
}

fn certificates(file: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let text = fs::read(file).with_context(|| format!("could not read {}", file.display()))?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let certificates = read.with_context(|| format!("{} is not PEM", file.display()))?;
    if certificates.is_empty() {
        bail!("{} holds no certificate\n  hint: it must be PEM: -----BEGIN CERTIFICATE-----", file.display());
    }
    Ok(certificates)
}

fn private_key(file: &Path) -> anyhow::Result<PrivateKeyDer<'static>> {
    let text = secret::private(file)?;
    // Its own words could quote the file.
    PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
        anyhow::anyhow!("{} holds no key\n  hint: it must be PEM: -----BEGIN PRIVATE KEY-----", file.display())
    })
}
