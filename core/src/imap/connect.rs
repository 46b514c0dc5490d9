//! From a host name to a session: connection, TLS, greeting.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Event, ImapError, Session, StatusKind, Untagged, command};
use crate::wire::{Guard, Limits, Network, Security, Spool, Traffic, Trust, WireError, connect_tls};

/// Where a server is.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Whose certificates are believed.
    pub trust: Trust,
}

/// How long the steps to a session may take.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// The connection itself.
    pub connect: Duration,
    /// The handshake of TLS.
    pub tls: Duration,
    /// The greeting.
    pub greeting: Duration,
    /// All of it together, STARTTLS included.
    pub total: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            tls: Duration::from_secs(20),
            greeting: Duration::from_secs(60),
            total: Duration::from_secs(90),
        }
    }
}

impl Session {
    /// Connects, reads the greeting and protects the connection as the endpoint demands. Nothing but STARTTLS (and the
    /// question whether it is there) is sent before TLS, and nothing received before it is believed after it.
    ///
    /// # Errors
    /// [`ImapError`]. A greeting that skips the login is refused: whoever sends it may be anybody, and what we then
    /// wrote would go to them.
    pub async fn connect(
        network: &dyn Network,
        endpoint: &Endpoint,
        traffic: Arc<Traffic>,
        limits: Limits,
        spool: Box<dyn Spool>,
        deadlines: Deadlines,
    ) -> Result<Self, ImapError> {
        let steps = async {
            let began = Instant::now();
            let stream = within(deadlines.connect, network.connect(&endpoint.host, endpoint.port)).await?;
            let distance = began.elapsed();
            traffic.connected();
            let secure = endpoint.security == Security::Tls;
            let stream = if secure {
                within(deadlines.tls, connect_tls(stream, &endpoint.host, &endpoint.trust)).await?
            } else {
                stream
            };
            let mut session = Self::over(Guard::new(stream, traffic, limits, spool), secure).await?;
            session.distance = distance;
            within(deadlines.greeting, session.greeting()).await?;
            if endpoint.security == Security::StartTls {
                session.start_tls(endpoint, deadlines).await?;
            }
            Ok::<_, ImapError>(session)
        };
        within(deadlines.total, steps).await
    }

    async fn greeting(&mut self) -> Result<(), ImapError> {
        let greeting = match self.next().await {
            Ok(Event::Data(Untagged::Condition(greeting))) => greeting,
            // A portal's web page, or another protocol: nothing of it is worth telling.
            Ok(_) | Err(ImapError::Protocol(_) | ImapError::Wire(WireError::Protocol(_) | WireError::LineTooLong)) => {
                return Err(ImapError::Protocol("no greeting: this is no IMAP server"));
            }
            Err(error) => return Err(error),
        };
        match greeting.kind {
            StatusKind::Ok => Ok(()),
            StatusKind::PreAuth if self.is_secure() => Err(ImapError::Protocol("it takes us for logged in")),
            StatusKind::PreAuth => Err(ImapError::PreAuthWithoutTls),
            _ => Err(ImapError::Protocol("no greeting: this is no IMAP server")),
        }
    }

    async fn start_tls(&mut self, endpoint: &Endpoint, deadlines: Deadlines) -> Result<(), ImapError> {
        if !self.capabilities_known() {
            self.run(command::capability()).await?;
        }
        if !self.capabilities().starttls() {
            return Err(ImapError::NoTls);
        }
        self.guard().pause_after_tagged();
        if self.run(command::starttls()).await?.kind != StatusKind::Ok {
            return Err(ImapError::NoTls);
        }
        let stream = self.guard().take_stream()?;
        let stream = within(deadlines.tls, connect_tls(stream, &endpoint.host, &endpoint.trust)).await?;
        self.guard().put_stream(stream);
        self.secure = true;
        // What was said before TLS may have been said by anybody (RFC 3501 section 6.2.1).
        self.forget_capabilities();
        Ok(())
    }
}

async fn within<T, E: Into<ImapError>>(
    time: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, ImapError> {
    match timeout(time, work).await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(_) => Err(WireError::TimedOut.into()),
    }
}
