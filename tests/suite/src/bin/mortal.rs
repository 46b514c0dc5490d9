//! A phone that dies: `mortal FOLDER PORT KIND N` syncs the account of the test's server with all bodies and makes its mail searchable,
//! and kills itself, with no chance to tidy up, at the N-th moment of a kind. Where there are fewer, it ends with success.
//!
//! - `write`: a transaction of the store begins. All before it are committed, and nothing of it is.
//! - `none`: it does not. Where the disk does not take what is to be written, that is what it says, and ends with 3.
//! - `wire`: bytes come from the network, or leave for it. The store may be in the middle of anything.
#![allow(clippy::unwrap_used)]

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};

use postrider::api::{BoxStream, Clock, CoreError, SystemClock};
use postrider::model::Timestamp;
use postrider_tests::phone::{Loopback, Over, Phone, with_bodies};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Moments until the end.
#[derive(Clone)]
struct Fate(Arc<AtomicI64>);

impl Fate {
    fn moment(&self) {
        if self.0.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::process::abort();
        }
    }
}

/// The store asks what time it is in each transaction, right after it has begun.
struct MortalClock(Fate);

impl Clock for MortalClock {
    fn now(&self) -> Timestamp {
        self.0.moment();
        SystemClock.now()
    }
}

struct MortalStream {
    stream: BoxStream,
    fate: Fate,
}

impl MortalStream {
    fn after<T>(&self, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.fate.moment();
        }
        outcome
    }
}

impl AsyncRead for MortalStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // Small pieces, so that there are many moments.
        let mut piece = [0; 512];
        let room = buf.remaining().min(piece.len());
        let mut piece = ReadBuf::new(&mut piece[..room]);
        let outcome = Pin::new(&mut self.stream).poll_read(cx, &mut piece);
        buf.put_slice(piece.filled());
        self.after(outcome)
    }
}

impl AsyncWrite for MortalStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.after(outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Syncs where there may be no room on the disk.
async fn full_disk(folder: &Path, port: u16) {
    let outcome = async {
        let phone = Phone::at(folder, Arc::new(Loopback(port)), None).await?;
        let outcome = phone.sync().await;
        let _ = phone.core.close().await;
        outcome
    };
    match outcome.await {
        Ok(_) => {}
        Err(CoreError::StorageFull { .. } | CoreError::Storage { .. }) => std::process::exit(3),
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, port, kind, moments] = arguments.as_slice() else { panic!("mortal FOLDER PORT KIND N") };
    let fate = Fate(Arc::new(AtomicI64::new(moments.parse().unwrap())));
    let never = Fate(Arc::new(AtomicI64::new(0)));
    let (of_writes, of_wire) = if kind == "write" { (fate, never) } else { (never, fate) };
    if kind == "none" {
        return full_disk(Path::new(folder), port.parse().unwrap()).await;
    }
    let network = Over::new(Loopback(port.parse().unwrap()), move |stream| {
        std::future::ready(Box::new(MortalStream { stream, fate: of_wire.clone() }) as BoxStream)
    });
    let clock: Arc<dyn Clock> = Arc::new(MortalClock(of_writes));
    let phone = Phone::at(Path::new(folder), Arc::new(network), Some(clock)).await.unwrap();
    assert!(phone.sync_with(with_bodies()).await.unwrap().0.complete);
    phone.core.finish_indexing().await.unwrap();
    phone.core.close().await.unwrap();
}
