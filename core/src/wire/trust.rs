//! Whose certificates are believed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::{CertificateFault, WireError};

/// Whose certificates are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those that the operating system trusts.
    Platform,
    /// Those, and those signed by these authorities. On Android, whose verifier takes no further ones, these alone.
    ExtraCa(Vec<CertificateDer<'static>>),
    /// Only the key with this SHA-256 of its SubjectPublicKeyInfo (RFC 7469 section 2.4), whatever the certificate says
    /// of its name, its time or its signer. A certificate renewed with the same key stays believed.
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
        if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidTrust);
        }
        for (index, byte) in hash.iter_mut().enumerate() {
            let digits = hex.get(2 * index..2 * index + 2).ok_or(InvalidTrust)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| InvalidTrust)?;
        }
        Ok(Self::Pinned(hash))
    }

    /// The SHA-256 of the SubjectPublicKeyInfo of a certificate: what [`Trust::Pinned`] compares.
    ///
    /// # Errors
    /// Where the bytes are no certificate.
    pub fn fingerprint(certificate: &CertificateDer<'_>) -> Result<[u8; 32], InvalidTrust> {
        let certificate = rustls::server::ParsedCertificate::try_from(certificate).map_err(|_| InvalidTrust)?;
        let hash = ring::digest::digest(&ring::digest::SHA256, &certificate.subject_public_key_info());
        hash.as_ref().try_into().map_err(|_| InvalidTrust)
    }

    /// The configuration for this trust. Made once, on a thread that may block: the system's certificates are slow to read,
    /// and sessions of TLS are resumed within one configuration only.
    pub(super) async fn config(&self) -> Result<Arc<ClientConfig>, WireError> {
        /// How many are kept. More than that many kinds of trust are in use by nobody.
        const KEPT: usize = 8;
        static MADE: Mutex<Vec<(Trust, Arc<ClientConfig>)>> = Mutex::new(Vec::new());
        let made = || MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let known =
            |made: &[(Trust, _)]| made.iter().find(|(trust, _)| trust == self).map(|(_, config)| Arc::clone(config));
        if let Some(config) = known(&made()) {
            return Ok(config);
        }
        let trust = self.clone();
        let config = tokio::task::spawn_blocking(move || trust.make_config()).await;
        let config = Arc::new(config.unwrap_or(Err(WireError::TlsPolicy))?);
        let mut made = made();
        // Another connection may have made it meanwhile.
        if let Some(config) = known(&made) {
            return Ok(config);
        }
        if made.len() >= KEPT {
            made.remove(0);
        }
        made.push((self.clone(), Arc::clone(&config)));
        Ok(config)
    }

    fn make_config(&self) -> Result<ClientConfig, WireError> {
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
            #[cfg(target_os = "android")]
            Self::ExtraCa(roots) => {
                let mut store = rustls::RootCertStore::empty();
                store.add_parsable_certificates(roots.iter().cloned());
                let verifier =
                    rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider).build();
                verifier.map_err(|_| WireError::Certificate(CertificateFault::Unfit))?
            }
            Self::Pinned(hash) => Arc::new(PinnedKey { hash: *hash, provider }),
        };
        Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
    }
}

/// The key is another than the pinned one.
#[derive(Clone, Copy, Debug)]
pub(super) struct PinMismatch;

impl fmt::Display for PinMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another key than the pinned one")
    }
}

impl std::error::Error for PinMismatch {}

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
        match Trust::fingerprint(end_entity) {
            Ok(hash) if hash == self.hash => Ok(ServerCertVerified::assertion()),
            Ok(_) => Err(CertificateError::Other(OtherError(Arc::new(PinMismatch))).into()),
            Err(_) => Err(CertificateError::BadEncoding.into()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_configuration_is_made_beside_the_task_that_waits_for_it_and_once() {
        let trust = Trust::Pinned([7; 32]);
        let first = tokio::select! {
            biased;
            _ = trust.config() => panic!("it was made by the task itself"),
            () = std::future::ready(()) => trust.config().await.map_err(|error| error.to_string()),
        };
        let again = tokio::select! {
            biased;
            again = trust.config() => again.map_err(|error| error.to_string()),
            () = std::future::ready(()) => panic!("it was made again"),
        };
        assert!(first.is_ok_and(|first| again.is_ok_and(|again| Arc::ptr_eq(&first, &again))));
    }
}
