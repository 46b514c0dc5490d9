//! Connections on which bytes come in pieces of odd sizes, as they do on a bad line: for trying how a client puts them
//! together. The same seed gives the same pieces.

use std::io;
use std::net::SocketAddr;

use postrider_model::ModelServer;
use postrider_model::fault::{Chunks, Flow, Link};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A listening server; it and its connections end when this is dropped.
pub(super) struct InPieces {
    pub(super) address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Drop for InPieces {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl InPieces {
    pub(super) async fn listen(server: &ModelServer, address: SocketAddr, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, server.clone(), seed));
        Ok(Self { address, accepting })
    }
}

async fn accept(listener: TcpListener, server: ModelServer, seed: u64) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                connections.spawn(carry(stream, server.clone(), seed));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn carry(mut stream: TcpStream, server: ModelServer, seed: u64) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let flow = Flow { chunks: Chunks::Seeded(seed), ..Flow::default() };
    let (mut inner, _control) = server.connect_over(Link { to_server: flow, to_client: flow });
    // A connection that breaks is what it is: the next one is another.
    let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
}
