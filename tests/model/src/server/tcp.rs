//! TCP, with TLS from the start, by STARTTLS or not at all.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::ModelServer;
use super::shared::{Shared, Tls};
use crate::imap::{Session, Stream};

/// How connections over TCP are protected.
#[derive(Debug, Clone)]
pub enum Security {
    /// Not at all.
    Plain,
    /// TLS on request.
    StartTls(Arc<ServerConfig>),
    /// TLS from the first octet.
    Tls(Arc<ServerConfig>),
}

/// A listening server; it and its sessions end when this is dropped.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Listening {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl ModelServer {
    /// Listens on a TCP address (`127.0.0.1:0` for any free port) until the answer is dropped.
    ///
    /// # Errors
    /// If the address cannot be had.
    pub async fn listen(&self, address: &str, security: Security) -> io::Result<Listening> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, Arc::clone(&self.shared), security));
        Ok(Listening { address, accepting })
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, security: Security) {
    let mut sessions = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            biased;
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                sessions.spawn(serve(stream, Arc::clone(&shared), security.clone()));
            }
            Some(_) = sessions.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>, security: Security) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let connection = shared.next_connection();
    let mut stream: Box<dyn Stream> = Box::new(stream);
    let tls = match security {
        Security::Plain => Tls { secure: false, starttls: None },
        Security::StartTls(config) => Tls { secure: false, starttls: Some(config) },
        Security::Tls(config) => {
            match Tls::accept(config, stream).await {
                Ok(secured) => stream = secured,
                Err(error) => {
                    tracing::debug!(connection, kind = ?error.kind(), "no TLS");
                    return;
                }
            }
            Tls { secure: true, starttls: None }
        }
    };
    Session::new(stream, shared, connection, tls).run().await;
}
