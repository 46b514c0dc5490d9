//! The server: connections in memory and over TCP, each with a session on the current runtime.

mod shared;
mod tcp;

use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};

pub(crate) use shared::{Seat, Shared, Tls};
pub use tcp::{Listening, Security};

use crate::fault::{Link, LinkControl, Script};
use crate::imap::Session;
use crate::profile::Profile;
use crate::world::World;

/// Octets that a connection in memory holds in each direction before its writer must wait.
const BUFFER: usize = 64 << 10;

/// An IMAP server over a world; clones are the same server.
#[derive(Debug, Clone)]
pub struct ModelServer {
    shared: Arc<Shared>,
}

impl ModelServer {
    /// A server that shows this world in these ways.
    pub fn new(world: World, profile: Profile) -> Self {
        Self { shared: Arc::new(Shared::new(world, profile)) }
    }

    /// The world it shows.
    pub fn world(&self) -> &World {
        &self.shared.world
    }

    /// The faults in its responses.
    pub fn script(&self) -> &Script {
        &self.shared.script
    }

    /// How many connections were accepted: the number of the last.
    pub fn connections(&self) -> u64 {
        self.shared.connections()
    }

    /// Changes its ways for connections made from now on.
    pub fn set_profile(&self, profile: Profile) {
        self.shared.set_profile(profile);
    }

    /// Connects in memory; the session runs as a task of the current tokio runtime until the stream is dropped.
    pub fn connect_in_memory(&self) -> DuplexStream {
        let (client, server) = tokio::io::duplex(BUFFER);
        tokio::spawn(self.serve(server, None));
        client
    }

    /// Connects in memory over a link with faults.
    pub fn connect_over(&self, link: Link) -> (DuplexStream, LinkControl) {
        link.lay(self.connect_in_memory())
    }

    /// Serves one connection of any kind to its end. With a certificate STARTTLS is offered.
    pub fn serve<S>(&self, stream: S, starttls: Option<Arc<ServerConfig>>) -> impl Future<Output = ()> + use<S>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let connection = self.shared.next_connection();
        let tls = Tls { secure: false, starttls };
        Session::new(Box::new(stream), Arc::clone(&self.shared), connection, tls).run()
    }
}
