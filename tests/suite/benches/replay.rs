//! A thousand operations that were done with no network, brought to ten mailboxes of a server 100 ms away: the core against the
//! least that a client could say, both over the same link, by turns, each on messages of its own. "Raw" logs in, then sends for
//! each mailbox SELECT and the commands that change anything in one write, and waits for their answers before the next mailbox.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "it measures, and tells")]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use postrider::api::{
    BoxStream, Direction, FlagChange, ListFilter, MailboxId, Network, PlaceId, SyncOptions, TcpNetwork, WireError,
};
use postrider_model::ModelServer;
use postrider_model::fault::Link;
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::{Newsletter, World};
use postrider_tests::phone::{PASSWORD, Phone, USER};
use postrider_tests::servers::{Dovecot, DovecotOptions, RawClient};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::Instant;

const ROUND_TRIP: Duration = Duration::from_millis(100);
const MAILBOXES: usize = 10;
/// How many operations a mailbox gets in a round, each on a message of its own.
const EACH: usize = 100;
const ROUNDS: usize = 3;
/// Of a hundred: seen, flagged, moved; the others are deleted for ever.
const SHARES: [usize; 3] = [45, 30, 20];

/// Where the server is.
enum Place {
    Port(u16),
    Model(ModelServer),
}

/// A network on which the server is as far away as `is_far` has it.
#[derive(Clone)]
struct Distance {
    place: Arc<Place>,
    is_far: Arc<AtomicBool>,
}

impl Distance {
    async fn stream(&self) -> Result<BoxStream, WireError> {
        let link = if self.is_far.load(Ordering::Relaxed) { Link::round_trip(ROUND_TRIP) } else { Link::default() };
        Ok(match &*self.place {
            Place::Port(port) => Box::new(link.lay(TcpNetwork.connect("127.0.0.1", *port).await?).0),
            Place::Model(server) => Box::new(server.connect_over(link).0),
        })
    }
}

impl Network for Distance {
    fn connect<'a>(
        &'a self,
        _host: &'a str,
        _port: u16,
    ) -> Pin<Box<dyn Future<Output = Result<BoxStream, WireError>> + Send + 'a>> {
        Box::pin(self.stream())
    }
}

/// What is done to messages of one mailbox, by share.
fn shares<T: Copy>(messages: &[T]) -> [Vec<T>; 4] {
    let (seen, rest) = messages.split_at(SHARES[0]);
    let (flagged, rest) = rest.split_at(SHARES[1]);
    let (moved, deleted) = rest.split_at(SHARES[2]);
    [seen, flagged, moved, deleted].map(<[T]>::to_vec)
}

fn name(number: usize) -> String {
    format!("Box {number}")
}

/// A client that says the least. Gives the time of it all, and how much of it came after the login.
async fn raw(distance: &Distance, from: usize, can_move: bool) -> (Duration, Duration) {
    let begun = Instant::now();
    let mut stream = BufReader::new(distance.stream().await.unwrap());
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    say(&mut stream, &[format!("LOGIN {USER} {PASSWORD}")]).await;
    let logged_in = begun.elapsed();
    for number in 0..MAILBOXES {
        let uids: Vec<usize> = (from + 1..=from + EACH).collect();
        let [seen, flagged, moved, deleted] = shares(&uids).map(|uids| format!("{}:{}", uids[0], uids[uids.len() - 1]));
        let mut commands = vec![
            format!("SELECT \"{}\"", name(number)),
            format!("UID STORE {seen} +FLAGS (\\Seen)"),
            format!("UID STORE {flagged} +FLAGS (\\Flagged)"),
        ];
        if can_move {
            commands.push(format!("UID MOVE {moved} Done"));
        } else {
            commands.push(format!("UID COPY {moved} Done"));
            commands.push(format!("UID STORE {moved} +FLAGS (\\Deleted)"));
            commands.push(format!("UID EXPUNGE {moved}"));
        }
        commands.push(format!("UID STORE {deleted} +FLAGS (\\Deleted)"));
        commands.push(format!("UID EXPUNGE {deleted}"));
        say(&mut stream, &commands).await;
    }
    (begun.elapsed(), begun.elapsed() - logged_in)
}

/// Sends commands in one write and waits until all are done.
async fn say(stream: &mut BufReader<BoxStream>, commands: &[String]) {
    let lines: String = commands.iter().map(|command| format!("t {command}\r\n")).collect();
    stream.write_all(lines.as_bytes()).await.unwrap();
    let (mut done, mut line) = (0, String::new());
    while done < commands.len() {
        line.clear();
        assert!(stream.read_line(&mut line).await.unwrap() > 0, "the connection ended");
        if let Some(status) = line.strip_prefix("t ") {
            assert!(status.starts_with("OK"), "{line}");
            done += 1;
        }
    }
}

/// The messages of a mailbox by UID.
async fn ids(phone: &Phone, mailbox: MailboxId) -> Vec<(u32, PlaceId)> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = phone.core.messages(mailbox, ListFilter::default(), after, 500).await.unwrap();
        ids.extend(page.messages.into_iter().filter_map(|row| Some((row.uid?, row.id))));
        after = page.next;
        if after.is_none() {
            ids.sort_unstable();
            return ids;
        }
    }
}

/// A thousand operations, each on one message, while there is no network.
async fn act(phone: &Phone, from: usize) {
    let listed = phone.core.mailboxes(phone.account).await.unwrap();
    let id_of = |name: &str| listed.iter().find(|mailbox| mailbox.name == name).unwrap().id;
    let done = id_of("Done");
    let word = |word: &str| FlagChange { add: vec![word.to_owned()], remove: Vec::new() };
    let wanted = from as u32 + 1..=(from + EACH) as u32;
    for number in 0..MAILBOXES {
        let mut messages = ids(phone, id_of(&name(number))).await;
        messages.retain(|(uid, _)| wanted.contains(uid));
        assert_eq!(messages.len(), EACH);
        let [seen, flagged, moved, deleted] = shares(&messages);
        for (_, id) in seen {
            phone.core.flag(vec![id], word("seen")).await.unwrap();
        }
        for (_, id) in flagged {
            phone.core.flag(vec![id], word("flagged")).await.unwrap();
        }
        for (_, id) in moved {
            phone.core.move_to(vec![id], done).await.unwrap();
        }
        for (_, id) in deleted {
            phone.core.delete_forever(vec![id]).await.unwrap();
        }
    }
}

async fn measure(what: &str, place: Place, can_move: bool) {
    let distance = Distance { place: Arc::new(place), is_far: Arc::default() };
    let mut phone = Phone::new(Arc::new(distance.clone())).await.unwrap();
    phone.sync().await.unwrap();
    let push = || SyncOptions { direction: Direction::Push, ..SyncOptions::default() };
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        act(&phone, round * 2 * EACH).await;
        // No connection is kept: it is made anew, as after a time without a network.
        phone.restart().await.unwrap();
        distance.is_far.store(true, Ordering::Relaxed);
        let (all, after_login) = raw(&distance, (round * 2 + 1) * EACH, can_move).await;
        let begun = Instant::now();
        let (summary, _) = phone.sync_with(push()).await.unwrap();
        let took = begun.elapsed();
        distance.is_far.store(false, Ordering::Relaxed);
        assert_eq!((summary.operations_done, summary.operations_left), ((MAILBOXES * EACH) as u64, 0), "{what}");
        println!(
            "{what}: raw {all:.3?} ({after_login:.3?} after its login), core {took:.3?}, {:.2}x; {} turn-arounds",
            took.as_secs_f64() / all.as_secs_f64(),
            summary.round_trips,
        );
        rounds.push((took, all));
        phone.restart().await.unwrap();
        assert!(phone.sync().await.unwrap().0.complete, "{what}");
    }
    rounds.sort_by_key(|round| round.0);
    let (took, all) = rounds[ROUNDS / 2];
    println!("{what}, median: core {took:.3?}, raw {all:.3?}, {:.2}x", took.as_secs_f64() / all.as_secs_f64());
}

/// As many messages as all rounds need.
const MESSAGES: usize = 2 * EACH * ROUNDS;

fn dovecot(options: &DovecotOptions) -> Dovecot {
    let server = Dovecot::start(options).unwrap_or_else(|error| panic!("{error}"));
    let mut client = RawClient::log_in(server.imap_port(), USER, PASSWORD).unwrap();
    client.run("CREATE Done").unwrap();
    for number in 0..MAILBOXES {
        client.run(&format!("CREATE \"{}\"", name(number))).unwrap();
        if number > 0 {
            client.run(&format!("UID COPY 1:* \"{}\"", name(number))).unwrap();
            continue;
        }
        for message in 0..MESSAGES {
            let mail =
                format!("Subject: Mail {message}\r\nMessage-ID: <m{message}@example.org>\r\n\r\nNothing new.\r\n");
            client.append(&name(number), "", mail.as_bytes()).unwrap();
        }
        client.select(&name(number)).unwrap();
    }
    server
}

fn model(profile: Profile) -> ModelServer {
    let world = World::new();
    let rival = profile.layout.furnish(&world, USER, PASSWORD).unwrap();
    rival.create("Done", &[]).unwrap();
    for number in 0..MAILBOXES {
        rival.create(name(number), &[]).unwrap();
        rival.generate(name(number), MESSAGES as u32, MESSAGES as u32, Newsletter::default()).unwrap();
    }
    ModelServer::new(world, profile)
}

#[tokio::main]
async fn main() {
    // As a test it would take too long.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let server = dovecot(&DovecotOptions::default());
    measure("Dovecot", Place::Port(server.imap_port()), true).await;
    let server = dovecot(&DovecotOptions::announcing(DovecotOptions::WITHOUT_QRESYNC));
    measure("Dovecot without QRESYNC", Place::Port(server.imap_port()), true).await;
    measure("model of Dovecot", Place::Model(model(Profile::dovecot())), true).await;
    let without = Profile::dovecot().without(Extension::Move);
    measure("model of Dovecot without MOVE", Place::Model(model(without)), false).await;
}
