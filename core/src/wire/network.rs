//! Where connections come from. A simulation brings its own.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::WireError;

/// A connection's bytes.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Sync {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Stream for T {}

/// Any [`Stream`].
pub type BoxStream = Box<dyn Stream>;

/// How long the next address waits for the one before it (RFC 8305 section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// Opens connections.
pub trait Network: Send + Sync {
    /// Connects to a host. Deadlines are the caller's.
    fn connect<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> Pin<Box<dyn Future<Output = Result<BoxStream, WireError>> + Send + 'a>>;
}

/// The machine's own network.
#[derive(Clone, Copy, Debug, Default)]
pub struct TcpNetwork;

impl Network for TcpNetwork {
    fn connect<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> Pin<Box<dyn Future<Output = Result<BoxStream, WireError>> + Send + 'a>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, port)).await.map_err(|_| WireError::UnknownHost)?;
            let stream = first_of(interleaved(found.collect())).await?;
            // Commands leave in one write: waiting for more would only delay them.
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as BoxStream)
        })
    }
}

/// IPv6 and IPv4 by turns, in the order the resolver prefers (RFC 8305 section 4).
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut order = Vec::new();
    loop {
        match (first.next(), second.next()) {
            (None, None) => return order,
            (a, b) => order.extend(a.into_iter().chain(b)),
        }
    }
}

/// Connects to all of them, each a little after the one before; the first that answers wins.
async fn first_of(addresses: Vec<SocketAddr>) -> Result<TcpStream, WireError> {
    let mut attempts = JoinSet::new();
    let mut failure = WireError::UnknownHost;
    let mut addresses = addresses.into_iter();
    loop {
        let next = addresses.next();
        let last = next.is_none();
        if let Some(address) = next {
            attempts.spawn(TcpStream::connect(address));
        } else if attempts.is_empty() {
            return Err(failure);
        }
        let wait = if last { Duration::MAX } else { STAGGER };
        match tokio::time::timeout(wait, attempts.join_next()).await {
            Ok(Some(Ok(Ok(stream)))) => return Ok(stream),
            Ok(Some(Ok(Err(error)))) => failure = error.into(),
            Ok(Some(Err(_)) | None) | Err(_) => {}
        }
    }
}
