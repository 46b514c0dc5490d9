//! Certificates, and the server's side of TLS.

use std::sync::Arc;

use postrider::wire::Trust;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio_rustls::TlsAcceptor;

use super::Peer;

/// The name that the tests connect to.
pub const HOST: &str = "mail.example.org";

/// A certificate with its key.
pub struct Identity {
    pub certificate: CertificateDer<'static>,
    key: KeyPair,
}

/// An authority that the tests may trust.
pub struct Authority {
    pub certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    pub fn trust(&self) -> Trust {
        Trust::ExtraCa(vec![self.certificate.clone()])
    }

    /// A certificate for the host, changed as the test wants it.
    pub fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = params(change);
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Identity { certificate, key }
    }
}

/// A certificate signed by its own key.
pub fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = params(change).self_signed(&key).unwrap().der().clone();
    Identity { certificate, key }
}

fn params(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = CertificateParams::new(vec![HOST.to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    change(&mut params);
    params
}

pub fn expired(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
}

pub fn for_another_host(params: &mut CertificateParams) {
    *params = CertificateParams::new(vec!["other.example.net".to_owned()]).unwrap();
}

pub fn for_clients(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
}

pub fn as_authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

impl Identity {
    pub fn pin(&self) -> Trust {
        Trust::Pinned(Trust::fingerprint(&self.certificate).unwrap())
    }

    pub fn acceptor(&self, versions: &[&'static SupportedProtocolVersion]) -> TlsAcceptor {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

impl Peer {
    /// Puts TLS over the connection. Returns whether the client agreed.
    pub async fn tls(&mut self, identity: &Identity) -> bool {
        self.tls_of(identity, rustls::ALL_VERSIONS).await
    }

    /// The same with these versions.
    pub async fn tls_of(&mut self, identity: &Identity, versions: &[&'static SupportedProtocolVersion]) -> bool {
        assert!(self.unread.is_empty(), "the client spoke on before TLS");
        let stream = self.stream.take().unwrap();
        match identity.acceptor(versions).accept(stream).await {
            Ok(stream) => {
                self.stream = Some(Box::new(stream));
                true
            }
            Err(_) => false,
        }
    }
}
