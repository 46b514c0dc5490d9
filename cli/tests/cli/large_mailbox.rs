//! Memory does not follow the size of a mailbox: headers of a hundred thousand mails are synced by a program that holds little
//! more than for a fifth of them. The bench `million` does the same with a million.
#![allow(clippy::unwrap_used)]

use crate::common::{Machine, Server};
use postrider_model::profile::Profile;
use postrider_model::world::Newsletter;
use serde_json::json;

/// The most memory that a sync may take, whatever the mailbox, in KiB.
const MOST: u64 = 64 * 1024;
/// And how much more of it for 80,000 mails more, in KiB: lists of UIDs, which some servers give one by one. Beside other tests on two
/// busy cores 10.2 MiB were seen; a thousand octets held for each mail would be 78.
const GROWTH: u64 = 12 * 1024;

/// The peaks of memory, in KiB, of a first sync of so many headers and of one that finds nothing new. The server is in this
/// process, and not measured.
async fn peaks(profile: Profile, count: u32) -> [u64; 2] {
    let (machine, server) = (Machine::new(), Server::of(profile).await);
    server.person.generate("INBOX", count, 10, Newsletter::default()).unwrap();
    machine.add_account(&server);
    [count, 0].map(|new| {
        let (ran, peak) = machine.measure(&["sync", "--bodies", "none", "--json"]);
        let summary = ran.objects().pop().unwrap();
        assert_eq!((&summary["complete"], &summary["messages_new"]), (&json!(true), &json!(new)), "{summary}");
        assert!(peak > 0, "this system does not tell how much memory a process holds");
        peak
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn hard_problem_19_memory_does_not_follow_the_size_of_a_mailbox() {
    for profile in [Profile::full(), Profile::bare()] {
        let name = profile.name.clone();
        let few = peaks(profile.clone(), 20_000).await;
        let many = peaks(profile, 100_000).await;
        for (few, many) in few.into_iter().zip(many) {
            assert!(many <= MOST && many <= few + GROWTH, "{name}: {few} KiB for 20,000 mails, {many} for 100,000");
        }
    }
}
