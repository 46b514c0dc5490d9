//! TLS by rustls, with ring given explicitly, so that no other crate's choice of provider can make it panic.

use rustls::CertificateError;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::trust::PinMismatch;
use super::{BoxStream, CertificateFault, Trust, WireError};

/// Makes a connection a TLS one.
///
/// # Errors
/// [`WireError::Certificate`], [`WireError::TlsPolicy`], and what the connection may meet.
pub async fn connect_tls(stream: BoxStream, host: &str, trust: &Trust) -> Result<BoxStream, WireError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| WireError::UnknownHost)?;
    let connector = TlsConnector::from(trust.config().await?);
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
        CertificateError::UnknownIssuer | CertificateError::BadSignature | CertificateError::Revoked => {
            CertificateFault::Untrusted
        }
        CertificateError::Other(other) if other.0.is::<PinMismatch>() => CertificateFault::NotPinned,
        // webpki's word for a self-signed certificate that calls itself an authority: nobody trusted signed it.
        CertificateError::Other(_) => CertificateFault::Untrusted,
        _ => CertificateFault::Unfit,
    }
}
