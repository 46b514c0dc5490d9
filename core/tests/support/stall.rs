//! A connection on which bytes get lost without anybody noticing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use postrider::wire::BoxStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Lets so many bytes out and drops the rest.
pub struct Stalling {
    inner: BoxStream,
    left: usize,
}

impl Stalling {
    pub fn new(inner: BoxStream, left: usize) -> Self {
        Self { inner, left }
    }
}

impl AsyncRead for Stalling {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stalling {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let through = bytes.len().min(self.left);
        if through == 0 {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.inner).poll_write(cx, &bytes[..through]);
        if let Poll::Ready(Ok(count)) = written {
            self.left -= count;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
