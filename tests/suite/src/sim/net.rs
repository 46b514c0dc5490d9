//! The phone's network: byte streams to the model server that are slow, come in pieces, stop, break, or take the phone with them.

use std::collections::BTreeSet;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use postrider::api::{BoxStream, Network, WireError};
use postrider_model::ModelServer;
use postrider_model::fault::{Chunks, Flow, Link, LinkControl};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use super::doom::Doom;
use super::tape::{Fault, Schedule, Then};

/// Leads to the model server; clones are the same network.
#[derive(Clone)]
pub(super) struct SimNetwork {
    shared: Arc<Shared>,
    life: u64,
}

struct Shared {
    server: ModelServer,
    doom: Doom,
    faults: Vec<Fault>,
    schedule: Schedule,
    made: AtomicUsize,
    /// The server's numbers of the connections made.
    numbers: Mutex<BTreeSet<u64>>,
    calm: AtomicBool,
    broken: AtomicUsize,
}

impl SimNetwork {
    pub(super) fn new(server: ModelServer, doom: Doom, faults: Vec<Fault>, schedule: Schedule) -> Self {
        let shared = Shared {
            server,
            doom,
            faults,
            schedule,
            made: AtomicUsize::new(0),
            numbers: Mutex::default(),
            calm: AtomicBool::new(false),
            broken: AtomicUsize::new(0),
        };
        Self { shared: Arc::new(shared), life: 0 }
    }

    /// The same network for the phone's present life.
    pub(super) fn for_this_life(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), life: self.shared.doom.life() }
    }

    /// From now on nothing breaks.
    pub(super) fn calm(&self) {
        self.shared.calm.store(true, Ordering::Relaxed);
    }

    /// How many connections broke.
    pub(super) fn broken(&self) -> usize {
        self.shared.broken.load(Ordering::Relaxed)
    }

    /// Whether this phone made a connection, by the server's number of it.
    pub(super) fn made(&self, connection: u64) -> bool {
        self.shared.numbers.lock().unwrap_or_else(PoisonError::into_inner).contains(&connection)
    }

    fn open(&self) -> Result<SimStream, WireError> {
        if self.shared.doom.life() != self.life {
            return Err(WireError::Refused);
        }
        let index = self.shared.made.fetch_add(1, Ordering::Relaxed);
        let (latency, pieces) = self.shared.schedule.links.get(index).copied().unwrap_or_default();
        let chunks = if pieces == 0 { Chunks::Whole } else { Chunks::Seeded(u64::from(pieces)) };
        let flow = Flow { delay: Duration::from_millis(u64::from(latency)), chunks, ..Flow::default() };
        let (stream, control) = self.shared.server.connect_over(Link { to_server: flow, to_client: flow });
        let number = self.shared.server.connections();
        self.shared.numbers.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
        let mut ends = [None, None];
        if !self.shared.calm.load(Ordering::Relaxed) {
            for fault in &self.shared.faults {
                if let Fault::Link { connection, up, after, then } = fault
                    && usize::from(*connection) == index
                {
                    ends[usize::from(*up)] = Some((u64::from(*after), *then));
                }
            }
        }
        let [down, up] = ends;
        Ok(SimStream { stream, control, network: self.clone(), down, up, received: 0, sent: 0, end: None })
    }
}

impl Network for SimNetwork {
    fn connect<'a>(
        &'a self,
        _host: &'a str,
        _port: u16,
    ) -> Pin<Box<dyn Future<Output = Result<BoxStream, WireError>> + Send + 'a>> {
        Box::pin(async { Ok(Box::new(self.open()?) as BoxStream) })
    }
}

type End = Option<(u64, Then)>;

struct SimStream {
    stream: DuplexStream,
    control: LinkControl,
    network: SimNetwork,
    down: End,
    up: End,
    received: u64,
    sent: u64,
    end: Option<Then>,
}

impl SimStream {
    /// What is left of the way in one direction.
    fn room(end: End, passed: u64) -> usize {
        end.map_or(usize::MAX, |(at, _)| usize::try_from(at.saturating_sub(passed)).unwrap_or(usize::MAX))
    }

    /// Comes to its end where that is reached. Tells how it is with the stream: it goes on, it is silent, or it is broken.
    fn look(&mut self) -> Option<Poll<io::Error>> {
        let reached = |end: End, passed: u64| end.filter(|(at, _)| passed >= *at).map(|(_, then)| then);
        if self.end.is_none()
            && let Some(then) = reached(self.down, self.received).or(reached(self.up, self.sent))
        {
            self.end = Some(then);
            self.network.shared.broken.fetch_add(1, Ordering::Relaxed);
            match then {
                Then::Cut => self.control.cut(),
                Then::Die { power } => self.network.shared.doom.strike(power),
                Then::HalfCut | Then::Stall => {}
            }
        }
        let dead = self.network.shared.doom.life() != self.network.life;
        match self.end {
            _ if dead => Some(Poll::Ready(io::ErrorKind::ConnectionReset.into())),
            None => None,
            Some(Then::Stall) => Some(Poll::Pending),
            Some(_) => Some(Poll::Ready(io::ErrorKind::ConnectionReset.into())),
        }
    }
}

impl AsyncRead for SimStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(state) = self.look() {
            return state.map(Err);
        }
        let mut piece = [0; 4096];
        let room = buf.remaining().min(piece.len()).min(Self::room(self.down, self.received));
        let mut piece = ReadBuf::new(piece.get_mut(..room).unwrap_or_default());
        match Pin::new(&mut self.stream).poll_read(cx, &mut piece) {
            Poll::Ready(Ok(())) => {
                self.received += piece.filled().len() as u64;
                buf.put_slice(piece.filled());
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

impl AsyncWrite for SimStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(state) = self.look() {
            return state.map(Err);
        }
        let room = Self::room(self.up, self.sent).min(bytes.len());
        match Pin::new(&mut self.stream).poll_write(cx, bytes.get(..room).unwrap_or_default()) {
            Poll::Ready(Ok(count)) => {
                self.sent += count as u64;
                // At once: what follows these octets on the phone happens no more.
                let _ = self.look();
                Poll::Ready(Ok(count))
            }
            other => other,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(Poll::Ready(error)) = self.look() {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
