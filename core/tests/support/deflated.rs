//! The server's side of COMPRESS=DEFLATE.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Peer;

impl Peer {
    /// Deflates from here on. `plain` is said before, in the same write as the first deflated bytes: an empty line.
    pub async fn deflate(&mut self, plain: String) {
        assert!(self.unread.is_empty());
        let stream = self.stream.take().unwrap();
        let (near, far) = tokio::io::duplex(64 * 1024);
        self.stream = Some(Box::new(near));
        let (mut from_peer, mut to_peer) = tokio::io::split(far);
        let (mut from_client, mut to_client) = tokio::io::split(stream);
        tokio::spawn(async move {
            let mut compress = Compress::new(Compression::default(), false);
            let mut first = plain.into_bytes();
            first.reserve(100);
            compress.compress_vec(b"\r\n", &mut first, FlushCompress::Sync).unwrap();
            to_client.write_all(&first).await.unwrap();
            let mut buffer = vec![0; 32 * 1024];
            while let Ok(count) = from_peer.read(&mut buffer).await {
                let mut out = Vec::with_capacity(128 * 1024);
                compress.compress_vec(&buffer[..count], &mut out, FlushCompress::Sync).unwrap();
                if count == 0 || to_client.write_all(&out).await.is_err() {
                    break;
                }
            }
        });
        tokio::spawn(async move {
            let mut inflate = Decompress::new(false);
            let mut buffer = vec![0; 32 * 1024];
            while let Ok(count) = from_client.read(&mut buffer).await {
                let mut out = Vec::with_capacity(1024 * 1024);
                inflate.decompress_vec(&buffer[..count], &mut out, FlushDecompress::Sync).unwrap();
                if count == 0 || to_peer.write_all(&out).await.is_err() {
                    break;
                }
            }
            let _ = to_peer.shutdown().await;
        });
    }
}
