//! What the guard reads from and writes to: a connection whose bytes are counted, deflated or not.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::deflate::Deflate;
use super::{BoxStream, Traffic};

/// Counts what goes over a connection.
pub(super) struct Counted {
    inner: BoxStream,
    traffic: Arc<Traffic>,
}

impl Counted {
    pub(super) fn new(inner: BoxStream, traffic: Arc<Traffic>) -> Self {
        Self { inner, traffic }
    }
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        self.traffic.received(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes))?;
        self.traffic.sent(count);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// A connection as the guard has it.
pub(super) enum Transport {
    Plain(Counted),
    Deflated(Box<Deflate<Counted>>),
}

impl Transport {
    pub(super) fn new(stream: BoxStream, traffic: Arc<Traffic>) -> Self {
        Self::Plain(Counted::new(stream, traffic))
    }

    /// The connection itself, where nothing lies between.
    pub(super) fn into_stream(self) -> Option<BoxStream> {
        match self {
            Self::Plain(counted) => Some(counted.inner),
            Self::Deflated(_) => None,
        }
    }

    /// Deflates from here on. `received` came already, and is deflated too.
    pub(super) fn deflated(self, received: &[u8]) -> Self {
        match self {
            Self::Plain(counted) => Self::Deflated(Box::new(Deflate::new(counted, received))),
            deflated @ Self::Deflated(_) => deflated,
        }
    }

    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(counted) => Pin::new(counted).poll_write(cx, bytes),
            Self::Deflated(deflate) => deflate.poll_write(cx, bytes),
        }
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(counted) => Pin::new(counted).poll_flush(cx),
            Self::Deflated(deflate) => deflate.poll_flush(cx),
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(counted) => Pin::new(counted).poll_read(cx, buf),
            Self::Deflated(deflate) => deflate.poll_read(cx, buf),
        }
    }
}
