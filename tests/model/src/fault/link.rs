//! Faults in the byte stream: a link between a client and a server that delays, splits, stalls and cuts.
//!
//! Time is tokio's, so that a paused clock passes in no time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// Octets a link holds in each direction before the writer must wait.
const BUFFER: usize = 64 << 10;
/// Pieces under way in one direction.
const UNDER_WAY: usize = 64;

/// In which pieces octets arrive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Chunks {
    /// As they were sent.
    #[default]
    Whole,
    /// At most this many at once.
    AtMost(usize),
    /// Between 1 and 64 at once, as this seed has it.
    Seeded(u64),
}

/// One direction of a link. The default passes everything on at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flow {
    /// The link is cut when so many octets have arrived: 0 cuts before the first.
    pub cut: Option<u64>,
    /// Nothing arrives any more after so many octets, until [`LinkControl::release`].
    pub stall: Option<u64>,
    /// How long each octet is under way.
    pub delay: Duration,
    /// Octets a second.
    pub bandwidth: Option<u64>,
    /// In which pieces they arrive.
    pub chunks: Chunks,
}

/// Both directions of a link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Link {
    /// From the client to the server.
    pub to_server: Flow,
    /// From the server to the client.
    pub to_client: Flow,
}

impl Link {
    /// A link on which a question and its answer take this long.
    pub fn round_trip(time: Duration) -> Self {
        let flow = Flow { delay: time / 2, ..Flow::default() };
        Self { to_server: flow, to_client: flow }
    }

    /// A link that is cut when so many octets have come to the client.
    pub fn cut_to_client(after: u64) -> Self {
        Self { to_client: Flow { cut: Some(after), ..Flow::default() }, ..Self::default() }
    }

    /// A link that is cut when so many octets have come to the server.
    pub fn cut_to_server(after: u64) -> Self {
        Self { to_server: Flow { cut: Some(after), ..Flow::default() }, ..Self::default() }
    }

    /// Lays the link to a server's end of a connection; gives the client's end. Runs as a task of the current tokio
    /// runtime until both ends are closed.
    pub fn lay<S>(self, server: S) -> (DuplexStream, LinkControl)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (client, near) = tokio::io::duplex(BUFFER);
        let control = LinkControl { state: Arc::new(State::default()) };
        tokio::spawn(run(near, server, self, Arc::clone(&control.state)));
        (client, control)
    }
}

/// Acts on a link while it is in use.
#[derive(Debug, Clone)]
pub struct LinkControl {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    cut: watch::Sender<bool>,
    halted: watch::Sender<bool>,
    released: watch::Sender<bool>,
    to_server: AtomicU64,
    to_client: AtomicU64,
}

impl LinkControl {
    /// Cuts the link now; what is under way is lost.
    pub fn cut(&self) {
        self.state.cut.send_replace(true);
    }

    /// From now on nothing arrives in either direction, until [`Self::release`].
    pub fn stall(&self) {
        self.state.halted.send_replace(true);
    }

    /// Ends every stall.
    pub fn release(&self) {
        self.state.halted.send_replace(false);
        self.state.released.send_replace(true);
    }

    /// Octets that have come to the server.
    pub fn to_server(&self) -> u64 {
        self.state.to_server.load(Ordering::Relaxed)
    }

    /// Octets that have come to the client.
    pub fn to_client(&self) -> u64 {
        self.state.to_client.load(Ordering::Relaxed)
    }
}

async fn run<S: AsyncRead + AsyncWrite + Send>(client: DuplexStream, server: S, link: Link, state: Arc<State>) {
    let (from_client, to_client) = tokio::io::split(client);
    let (from_server, to_server) = tokio::io::split(server);
    let up = pump(from_client, to_server, link.to_server, &state, &state.to_server);
    let down = pump(from_server, to_client, link.to_client, &state, &state.to_client);
    let mut cut = state.cut.subscribe();
    tokio::select! {
        biased;
        _ = cut.wait_for(|cut| *cut) => {}
        () = async { tokio::join!(up, down); } => {}
    }
}

async fn pump<R: AsyncRead, W: AsyncWrite>(
    from: ReadHalf<R>,
    to: WriteHalf<W>,
    flow: Flow,
    state: &State,
    passed: &AtomicU64,
) {
    let (under_way, arriving) = mpsc::channel(UNDER_WAY);
    tokio::join!(take_in(from, under_way, flow.delay), give_out(to, arriving, flow, state, passed));
}

async fn take_in<R: AsyncRead>(mut from: ReadHalf<R>, under_way: mpsc::Sender<(Instant, Vec<u8>)>, delay: Duration) {
    let mut buffer = vec![0_u8; 16 << 10];
    while let Ok(read) = from.read(&mut buffer).await {
        let piece = buffer.get(..read).unwrap_or_default().to_vec();
        if piece.is_empty() || under_way.send((Instant::now() + delay, piece)).await.is_err() {
            return;
        }
    }
}

async fn give_out<W: AsyncWrite>(
    mut to: WriteHalf<W>,
    mut arriving: mpsc::Receiver<(Instant, Vec<u8>)>,
    flow: Flow,
    state: &State,
    passed: &AtomicU64,
) {
    let mut sizes = Sizes::new(flow.chunks);
    while hold(flow, state, passed).await
        && let Some((due, piece)) = arriving.recv().await
    {
        tokio::time::sleep_until(due).await;
        let mut rest = piece.as_slice();
        while !rest.is_empty() {
            if !hold(flow, state, passed).await {
                return;
            }
            let size = sizes.next(rest.len()).min(allowed(flow, passed.load(Ordering::Relaxed)));
            let (now, later) = rest.split_at_checked(size).unwrap_or((rest, &[]));
            if to.write_all(now).await.is_err() || to.flush().await.is_err() {
                return;
            }
            passed.fetch_add(now.len() as u64, Ordering::Relaxed);
            rest = later;
            if let Some(bandwidth) = flow.bandwidth {
                tokio::time::sleep(Duration::from_secs_f64(now.len() as f64 / bandwidth.max(1) as f64)).await;
            } else if size < piece.len() {
                tokio::task::yield_now().await;
            }
        }
    }
    // The other end may be gone already: then there is nothing left to shut down.
    let _ = to.shutdown().await;
}

/// Waits while the flow is stalled; cuts it when it is time. False when it was cut.
async fn hold(flow: Flow, state: &State, passed: &AtomicU64) -> bool {
    let now = passed.load(Ordering::Relaxed);
    if flow.cut.is_some_and(|cut| now >= cut) {
        state.cut.send_replace(true);
        return false;
    }
    if flow.stall.is_some_and(|stall| now >= stall) {
        // The sender lives in `state`: it cannot go away meanwhile.
        let _ = state.released.subscribe().wait_for(|released| *released).await;
    }
    let _ = state.halted.subscribe().wait_for(|halted| !halted).await;
    true
}

/// How many octets may pass before the next thing happens.
fn allowed(flow: Flow, passed: u64) -> usize {
    let next = [flow.cut, flow.stall].into_iter().flatten().filter(|at| *at > passed).min();
    next.map_or(usize::MAX, |at| usize::try_from(at - passed).unwrap_or(usize::MAX))
}

/// Sizes of the pieces that arrive.
struct Sizes {
    chunks: Chunks,
    seed: u64,
}

impl Sizes {
    fn new(chunks: Chunks) -> Self {
        let seed = if let Chunks::Seeded(seed) = chunks { seed } else { 0 };
        Self { chunks, seed }
    }

    fn next(&mut self, whole: usize) -> usize {
        match self.chunks {
            Chunks::Whole => whole,
            Chunks::AtMost(size) => size.max(1),
            Chunks::Seeded(_) => {
                self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                usize::try_from(self.seed >> 58).unwrap_or(0) + 1
            }
        }
    }
}
