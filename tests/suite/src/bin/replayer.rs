//! `replayer FOLDER PORT` brings what a person did to the server on this port, through every error, until nothing is left. It is there to
//! be killed in the middle of it.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use postrider_tests::phone::{Loopback, Phone};

/// Seconds after which whatever was refused for now is due again.
const LATER: i64 = 16 * 60;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, port] = arguments.as_slice() else { panic!("replayer FOLDER PORT") };
    let network = Arc::new(Loopback(port.parse().unwrap()));
    let phone = Phone::at(Path::new(folder), network, None).await.unwrap();
    loop {
        match phone.sync().await {
            Ok((summary, _)) if summary.complete && summary.operations_left == 0 => break,
            _ => phone.clock.forward(LATER),
        }
    }
    phone.core.close().await.unwrap();
}
