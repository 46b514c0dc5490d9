//! Headers of a mailbox of a million mails, synced by the command line: how long it takes, and the most memory it holds, which
//! must be no more than 64 MB. A number as argument stands for the million. The server is in this process, and not measured.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "it measures, and tells")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::Instant;

use common::{Machine, Server};
use postrider_model::profile::Profile;
use postrider_model::world::Newsletter;

const MOST: u64 = 64 * 1024;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // As a test it would take too long: `tests/cli/large_mailbox.rs` is one.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let count = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    for profile in [Profile::full(), Profile::bare()] {
        let name = profile.name.clone();
        let (machine, server) = (Machine::new(), Server::of(profile).await);
        server.person.generate("INBOX", count, 10, Newsletter::default()).unwrap();
        machine.add_account(&server);
        for what in ["first sync", "nothing new"] {
            let begun = Instant::now();
            let (ran, peak) = machine.measure(&["sync", "--bodies", "none", "--json"]);
            let (took, summary) = (begun.elapsed(), ran.objects().pop().unwrap());
            println!("{name}, {what} of {count}: {took:.1?}, {} new, {peak} KiB", summary["messages_new"]);
            assert!(summary["complete"] == true && (1..=MOST).contains(&peak), "{summary}");
        }
    }
}
