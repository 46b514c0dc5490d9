//! TLS by rustls, with ring given explicitly, so that no other crate's choice of provider can make it panic.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;
use tokio_rustls::TlsConnector;

use super::{BoxStream, CertificateFault, WireError};

/// Whose certificates are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those that the operating system trusts.
    Platform,
    /// Those, and those signed by these authorities.
    ExtraCa(Vec<CertificateDer<'static>>),
    /// Only the key with this SHA-256 of its SubjectPublicKeyInfo (RFC 7469 section 2.4), whatever the certificate says.
    Pinned([u8; 32]),
}

/// The text gives no certificate, or no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a certificate or fingerprint")]
pub struct InvalidTrust;

impl Trust {
    /// Trust in further authorities, from PEM.
    ///
    /// # Errors
    /// Where the text holds no certificate.
    pub fn extra_ca_pem(pem: &str) -> Result<Self, InvalidTrust> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        match found {
            Ok(found) if !found.is_empty() => Ok(Self::ExtraCa(found)),
            _ => Err(InvalidTrust),
        }
    }

    /// Trust in one key, from 64 hexadecimal digits.
    ///
    /// # Errors
    /// Where the text is something else.
    pub fn pinned_hex(hex: &str) -> Result<Self, InvalidTrust> {
        let mut hash = [0; 32];
        if hex.len() != 64 || !hex.is_ascii() {
            return Err(InvalidTrust);
        }
        for (index, byte) in hash.iter_mut().enumerate() {
            let digits = hex.get(2 * index..2 * index + 2).ok_or(InvalidTrust)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| InvalidTrust)?;
        }
        Ok(Self::Pinned(hash))
    }

    fn config(&self) -> Result<ClientConfig, WireError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|_| WireError::TlsPolicy)?;
        let unfit = |_| WireError::Certificate(CertificateFault::Unfit);
        let verifier: Arc<dyn ServerCertVerifier> = match self {
            Self::Platform => Arc::new(Verifier::new(provider).map_err(unfit)?),
            #[cfg(not(target_os = "android"))]
            Self::ExtraCa(roots) => {
                Arc::new(Verifier::new_with_extra_roots(roots.iter().cloned(), provider).map_err(unfit)?)
            }
            // Android's verifier takes no further roots: there they are the only ones.
            #[cfg(target_os = "android")]
            Self::ExtraCa(roots) => only(roots, provider)?,
            Self::Pinned(hash) => Arc::new(PinnedKey { hash: *hash, provider }),
        };
        Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
    }
}

/// Verification against these roots alone.
#[cfg_attr(not(target_os = "android"), expect(dead_code, reason = "only where the platform takes no further roots"))]
fn only(
    roots: &[CertificateDer<'static>],
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, WireError> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots.iter().cloned());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider);
    Ok(verifier.build().map_err(|_| WireError::Certificate(CertificateFault::Unfit))?)
}

/// Makes a connection a TLS one.
///
/// # Errors
/// [`WireError::Certificate`], [`WireError::TlsPolicy`], and what the connection may meet.
pub async fn connect_tls(stream: BoxStream, host: &str, trust: &Trust) -> Result<BoxStream, WireError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| WireError::UnknownHost)?;
    let connector = TlsConnector::from(Arc::new(trust.config()?));
    match connector.connect(name, stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(handshake_error(error)),
    }
}

fn handshake_error(error: std::io::Error) -> WireError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(fault)) => WireError::Certificate(certificate_fault(fault)),
        Some(_) => WireError::TlsPolicy,
        None => error.into(),
    }
}

fn certificate_fault(fault: &CertificateError) -> CertificateFault {
    match fault {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => CertificateFault::Expired,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFault::WrongHost
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => CertificateFault::Untrusted,
        CertificateError::ApplicationVerificationFailure => CertificateFault::NotPinned,
        // webpki's word for a self-signed certificate that calls itself an authority: nobody trusted signed it.
        CertificateError::Other(_) => CertificateFault::Untrusted,
        _ => CertificateFault::Unfit,
    }
}

/// Believes one key. The chain does not matter; the signature of the handshake does.
#[derive(Debug)]
struct PinnedKey {
    hash: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedKey {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let spki = rustls::server::ParsedCertificate::try_from(end_entity)?.subject_public_key_info();
        let hash = ring::digest::digest(&ring::digest::SHA256, &spki);
        if hash.as_ref() == self.hash {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
