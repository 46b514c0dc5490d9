//! A network that breaks: after so many bytes in one direction the connection is gone.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use postrider::api::{BoxStream, Network};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::phone::Over;

/// Bytes that may still pass, shared by all connections. `u64::MAX` never ends.
#[derive(Clone, Debug)]
pub struct Allowed {
    received: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
}

impl Default for Allowed {
    fn default() -> Self {
        let unlimited = || Arc::new(AtomicU64::new(u64::MAX));
        Self { received: unlimited(), sent: unlimited() }
    }
}

impl Allowed {
    /// From now on so many bytes pass towards the phone, and so many from it.
    pub fn set(&self, received: u64, sent: u64) {
        self.received.store(received, Ordering::SeqCst);
        self.sent.store(sent, Ordering::SeqCst);
    }

    /// Takes up to `wanted` bytes from what may pass.
    fn take(count: &AtomicU64, wanted: usize) -> usize {
        let mut taken = 0;
        let _ = count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            taken = wanted.min(usize::try_from(left).unwrap_or(usize::MAX));
            (left != u64::MAX).then(|| left - taken as u64)
        });
        taken
    }
}

/// A network over another, cut where [`Allowed`] says.
pub fn cut(below: impl Network, allowed: Allowed) -> impl Network {
    Over::new(below, move |stream| {
        std::future::ready(Box::new(CutStream { stream, allowed: allowed.clone() }) as BoxStream)
    })
}

struct CutStream {
    stream: BoxStream,
    allowed: Allowed,
}

impl AsyncRead for CutStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let left = usize::try_from(self.allowed.received.load(Ordering::SeqCst)).unwrap_or(usize::MAX);
        if left == 0 {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let mut piece = [0; 4096];
        let room = buf.remaining().min(piece.len()).min(left);
        let mut piece = ReadBuf::new(piece.get_mut(..room).unwrap_or_default());
        match Pin::new(&mut self.stream).poll_read(cx, &mut piece) {
            Poll::Ready(Ok(())) => {
                Allowed::take(&self.allowed.received, piece.filled().len());
                buf.put_slice(piece.filled());
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

impl AsyncWrite for CutStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let left = usize::try_from(self.allowed.sent.load(Ordering::SeqCst)).unwrap_or(usize::MAX);
        if left == 0 {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let bytes = &bytes[..bytes.len().min(left)];
        match Pin::new(&mut self.stream).poll_write(cx, bytes) {
            Poll::Ready(Ok(count)) => {
                Allowed::take(&self.allowed.sent, count);
                Poll::Ready(Ok(count))
            }
            other => other,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
