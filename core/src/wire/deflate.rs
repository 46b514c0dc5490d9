//! COMPRESS=DEFLATE (RFC 4978): raw deflate (RFC 1951) in both directions, flushed with each flight.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Compressed bytes read, and gathered for writing, at once.
const CHUNK: usize = 16 * 1024;
/// How many bytes one compressed byte may become on average. Mail stays below 30, header fields of lists included.
const MAX_RATIO: u64 = 100;
/// What may come beyond that, in bytes.
const SLACK: u64 = 16 * 1024 * 1024;

/// A deflated stream over a plain one.
pub(super) struct Deflate<S> {
    inner: S,
    inflate: Decompress,
    /// Compressed bytes, from `consumed` on not inflated yet.
    input: Vec<u8>,
    consumed: usize,
    compress: Compress,
    /// Compressed bytes, from `written` on not written yet.
    output: Vec<u8>,
    written: usize,
    /// Whether bytes went in that no flush has brought out yet.
    unflushed: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Deflate<S> {
    /// Over a connection of which `received` was read already.
    pub(super) fn new(inner: S, received: &[u8]) -> Self {
        Self {
            inner,
            inflate: Decompress::new(false),
            input: received.to_vec(),
            consumed: 0,
            compress: Compress::new(Compression::default(), false),
            output: Vec::new(),
            written: 0,
            unflushed: false,
        }
    }

    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.inflate_into(buf)? {
                return Poll::Ready(Ok(()));
            }
            self.input.resize(CHUNK, 0);
            let mut space = ReadBuf::new(&mut self.input);
            let polled = Pin::new(&mut self.inner).poll_read(cx, &mut space);
            let count = space.filled().len();
            self.input.truncate(count);
            self.consumed = 0;
            ready!(polled)?;
            if count == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Returns whether anything came out. Nothing does when all input is used up.
    fn inflate_into(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<bool> {
        let input = self.input.get(self.consumed..).unwrap_or_default();
        let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(input, buf.initialize_unfilled(), FlushDecompress::None)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not deflated"))?;
        let produced = self.inflate.total_out() - before_out;
        self.consumed += usize::try_from(self.inflate.total_in() - before_in).unwrap_or(usize::MAX);
        if self.inflate.total_out() > self.inflate.total_in().saturating_mul(MAX_RATIO).saturating_add(SLACK) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "swells beyond reason"));
        }
        if produced == 0 && status == Status::StreamEnd {
            // The server closed the compressed stream: there is no more to come.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buf.advance(usize::try_from(produced).unwrap_or_default());
        Ok(produced > 0)
    }

    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.output.len() >= CHUNK {
            ready!(self.poll_drain(cx))?;
        }
        let bytes = bytes.get(..CHUNK).unwrap_or(bytes);
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            taken += self.compress(rest, FlushCompress::None)?;
        }
        self.unflushed = true;
        Poll::Ready(Ok(taken))
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.unflushed {
            let before = self.output.len();
            self.compress(&[], FlushCompress::Sync)?;
            // Less than there was room for: all of it is out.
            self.unflushed = self.output.len() - before == CHUNK;
        }
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    /// Compresses into up to `CHUNK` bytes of output; returns how much input was used.
    fn compress(&mut self, bytes: &[u8], flush: FlushCompress) -> io::Result<usize> {
        let (before, end) = (self.compress.total_in(), self.output.len());
        let produced_before = self.compress.total_out();
        self.output.resize(end + CHUNK, 0);
        let space = self.output.get_mut(end..).unwrap_or_default();
        let outcome = self.compress.compress(bytes, space, flush);
        let produced = usize::try_from(self.compress.total_out() - produced_before).unwrap_or_default();
        self.output.truncate(end + produced);
        outcome.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "cannot be deflated"))?;
        Ok(usize::try_from(self.compress.total_in() - before).unwrap_or_default())
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.output.get(self.written..).filter(|rest| !rest.is_empty()) {
            let count = ready!(Pin::new(&mut self.inner).poll_write(cx, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count;
        }
        self.output.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
#[path = "deflate_tests.rs"]
mod tests;
