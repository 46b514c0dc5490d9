//! A network whose connections can be held up and cut one by one, while the others go on.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postrider::api::{BoxStream, Network, WireError};
use postrider_model::ModelServer;
use postrider_model::fault::{Flow, Link, LinkControl};

/// Leads to a model server; clones share its gates.
#[derive(Clone)]
pub struct Gates {
    server: ModelServer,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    links: VecDeque<Link>,
    controls: Vec<LinkControl>,
}

impl Gates {
    /// All open.
    pub fn new(server: ModelServer) -> Self {
        Self { server, inner: Arc::default() }
    }

    /// Of the next connection that has no link yet, nothing more comes to the phone after so many octets.
    pub fn hold_after(&self, octets: u64) {
        self.add(Link { to_client: Flow { stall: Some(octets), ..Flow::default() }, ..Link::default() });
    }

    /// The next connection that has no link yet goes over this one.
    pub fn add(&self, link: Link) {
        self.lock().links.push_back(link);
    }

    /// How many connections were made.
    pub fn made(&self) -> usize {
        self.lock().controls.len()
    }

    /// The control of a connection, counted from 0, once it is made.
    pub async fn connection(&self, index: usize) -> LinkControl {
        loop {
            if let Some(control) = self.lock().controls.get(index) {
                return control.clone();
            }
            tokio::task::yield_now().await;
        }
    }

    /// Waits until so many octets have come to the phone over a connection.
    pub async fn reached(&self, index: usize, octets: u64) -> LinkControl {
        let control = self.connection(index).await;
        while control.to_client() < octets {
            tokio::task::yield_now().await;
        }
        control
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Network for Gates {
    fn connect<'a>(
        &'a self,
        _host: &'a str,
        _port: u16,
    ) -> Pin<Box<dyn Future<Output = Result<BoxStream, WireError>> + Send + 'a>> {
        Box::pin(async {
            let mut inner = self.lock();
            let link = inner.links.pop_front().unwrap_or_default();
            let (stream, control) = self.server.connect_over(link);
            inner.controls.push(control);
            Ok(Box::new(stream) as BoxStream)
        })
    }
}
