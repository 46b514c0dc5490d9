//! The guided tour: an embedded server, a folder that goes away again, and the very commands that people type.

mod changes;
mod narrator;
mod tour;

use self::tour::Tour;
use crate::exit::{Exit, Failure};
use crate::session::Session;
use crate::terminal::Out;

pub(crate) async fn run(outer: &Session<'_>) -> Result<Exit, Failure> {
    let folder = tempfile::Builder::new().prefix("postrider-demo-").tempdir();
    let folder = folder.map_err(|error| Failure::io("a folder for the tour", &error))?;
    // Hints for what to type next would only stand in the way of the tour's own.
    outer.out.flush()?;
    let out = Out::new(outer.out.is_json(), true);
    let mut tour = Tour::begin(folder.path().join("data"), &out, outer.interrupt.clone()).await?;
    let walked = tokio::select! {
        walked = tour.walk() => walked,
        () = outer.interrupt.wait() => Err(Failure::cancelled()),
    };
    // Nobody may write into the folder while it is removed.
    let closed = tour.end().await;
    let removed = folder.close().map_err(|error| Failure::io("the tour's folder", &error));
    let told = out.flush();
    walked.and(told).and(closed).and(removed).map(|()| Exit::Done)
}
