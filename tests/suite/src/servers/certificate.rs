//! A certificate authority of one test, and a server certificate that it signed.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// What a server shows for `localhost` and 127.0.0.1, and what a client must trust for it.
#[derive(Clone)]
pub struct Certificate {
    /// The authority that signed, in PEM.
    pub ca_pem: String,
    /// The server's certificate, in PEM.
    pub server_pem: String,
    /// The server's private key, in PEM.
    pub key_pem: String,
}

impl Certificate {
    /// Makes a new authority and one certificate.
    ///
    /// # Errors
    /// Where the keys cannot be made.
    pub fn new() -> Result<Self, rcgen::Error> {
        let ca_key = KeyPair::generate()?;
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        ca.distinguished_name.push(DnType::CommonName, "Postrider test authority");
        let ca_certificate = ca.self_signed(&ca_key)?;
        let key = KeyPair::generate()?;
        let server = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        let signed = server.signed_by(&key, &Issuer::new(ca, &ca_key))?;
        Ok(Self { ca_pem: ca_certificate.pem(), server_pem: signed.pem(), key_pem: key.serialize_pem() })
    }
}
