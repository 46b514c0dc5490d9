//! COMPRESS=DEFLATE (RFC 4978).

use std::io;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

/// Both directions of a compressed connection.
pub(crate) struct Deflate {
    out: Compress,
    into: Decompress,
}

impl Deflate {
    pub(crate) fn new() -> Self {
        Self { out: Compress::new(Compression::default(), false), into: Decompress::new(false) }
    }

    /// Packs octets so that all of them can be unpacked at once at the other end.
    pub(crate) fn deflate(&mut self, octets: &[u8]) -> io::Result<Vec<u8>> {
        let mut packed = Vec::new();
        let start = self.out.total_in();
        loop {
            packed.reserve(16 << 10);
            let done = usize::try_from(self.out.total_in() - start).unwrap_or(usize::MAX);
            let rest = octets.get(done..).unwrap_or_default();
            self.out.compress_vec(rest, &mut packed, FlushCompress::Sync)?;
            let done = usize::try_from(self.out.total_in() - start).unwrap_or(usize::MAX);
            if done >= octets.len() && packed.len() < packed.capacity() {
                return Ok(packed);
            }
        }
    }

    /// Unpacks what arrived.
    pub(crate) fn inflate(&mut self, mut packed: &[u8], target: &mut Vec<u8>) -> io::Result<()> {
        loop {
            target.reserve(16 << 10);
            let (before_in, before_out) = (self.into.total_in(), target.len());
            self.into.decompress_vec(packed, target, FlushDecompress::Sync).map_err(io::Error::other)?;
            let used = usize::try_from(self.into.total_in() - before_in).unwrap_or(usize::MAX);
            packed = packed.get(used..).unwrap_or_default();
            let full = target.len() == target.capacity();
            if packed.is_empty() && !full || used == 0 && target.len() == before_out {
                return Ok(());
            }
        }
    }
}
