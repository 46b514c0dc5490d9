//! One script of another client's deeds, on each real server in each way of naming mailboxes: all end with the same account.
#![allow(clippy::unwrap_used)]

use postrider_model::profile::{Layout, Profile};
use postrider_model::world::World;
use postrider_model::{ModelServer, Security};
use postrider_tests::phone::{PASSWORD, USER};
use postrider_tests::servers::{
    Access, Cyrus, CyrusOptions, Dovecot, DovecotOptions, FlagChange, ImapPeer, LaunchError, Mail, Peer, RawClient,
    RawError, Snapshot, Storage,
};

fn up<S>(started: Result<S, LaunchError>) -> S {
    started.unwrap_or_else(|error| panic!("{error}"))
}

fn mail(id: &str) -> Vec<u8> {
    format!("From: ann@postrider.example\r\nmessage-id: <{id}>\r\nSubject: about {id}\r\n\r\nText of {id}.\r\n")
        .into_bytes()
}

/// Every deed once, and the awkward ones: ids that are not there, a mail that has none, a mailbox below a renamed one.
fn script(peer: &mut dyn Peer) -> Result<Snapshot, RawError> {
    peer.create("Work")?;
    peer.create("Work/2026")?;
    peer.create("Passing")?;
    for id in ["one", "two", "three", "four"] {
        peer.deliver("INBOX", &[], &mail(id))?;
    }
    peer.deliver("Work/2026", &["\\Seen", "$Todo"], b"Subject: nameless\r\n\r\nNo id.\r\n")?;
    peer.set_flags("INBOX", &["<one>", "<two>"], FlagChange::Add, &["\\Seen", "\\Flagged"])?;
    peer.set_flags("INBOX", &["<two>"], FlagChange::Remove, &["\\Flagged"])?;
    peer.set_flags("INBOX", &["<one>"], FlagChange::Replace, &["\\Answered"])?;
    peer.set_flags("INBOX", &["<absent>"], FlagChange::Add, &["\\Deleted"])?;
    peer.copy("INBOX", &["<one>"], "Work")?;
    peer.move_to("INBOX", &["<two>"], "Work/2026")?;
    peer.expunge("INBOX", &["<three>", "<absent>"])?;
    peer.rename("Work", "Projects")?;
    peer.delete("Passing")?;
    peer.snapshot()
}

/// What the script leaves.
fn outcome() -> Snapshot {
    let mail = |id: &str, flags: &[&str]| Mail {
        id: id.to_owned(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
    };
    let mut expected: Snapshot =
        ["Archive", "Drafts", "Junk", "Sent", "Trash"].map(|name| (name.to_owned(), Vec::new())).into();
    expected.insert("INBOX".to_owned(), vec![mail("<four>", &[]), mail("<one>", &["\\Answered"])]);
    expected.insert("Projects".to_owned(), vec![mail("<one>", &["\\Answered"])]);
    let nameless = mail("content:96e8e995751ec022", &["$Todo", "\\Seen"]);
    expected.insert("Projects/2026".to_owned(), vec![mail("<two>", &["\\Seen"]), nameless]);
    expected
}

fn agrees(server: &Access) {
    let found = script(&mut server.peer(server.user(0)).unwrap()).unwrap();
    assert_eq!(found, outcome());
    // Another user's account has seen nothing of it.
    let other = server.peer(server.user(1)).unwrap().snapshot().unwrap();
    assert!(other.values().all(Vec::is_empty));
}

fn dovecot_agrees(options: &DovecotOptions) {
    let server = up(Dovecot::start(options));
    agrees(&server);
}

fn cyrus_agrees(options: &CyrusOptions) {
    let server = up(Cyrus::start(options));
    agrees(&server);
}

#[test]
fn the_script_ends_the_same_on_dovecot_with_maildir() {
    dovecot_agrees(&DovecotOptions::default());
}

#[test]
fn the_script_ends_the_same_on_dovecot_with_mdbox() {
    dovecot_agrees(&DovecotOptions { storage: Storage::Mdbox, ..DovecotOptions::default() });
}

#[test]
fn the_script_ends_the_same_on_dovecot_below_a_prefix() {
    dovecot_agrees(&DovecotOptions { delimiter: '.', prefix: "INBOX.".to_owned(), ..DovecotOptions::default() });
}

#[test]
fn the_script_ends_the_same_on_dovecot_as_a_server_of_rfc_3501_alone() {
    dovecot_agrees(&DovecotOptions::announcing(DovecotOptions::RFC_3501));
}

#[test]
fn the_script_ends_the_same_on_cyrus_as_it_comes() {
    cyrus_agrees(&CyrusOptions::default());
}

#[test]
fn the_script_ends_the_same_on_cyrus_with_plain_names() {
    cyrus_agrees(&CyrusOptions::plain_names());
}

#[test]
fn the_script_ends_the_same_on_cyrus_with_slashes_below_a_prefix() {
    cyrus_agrees(&CyrusOptions { unixhierarchysep: true, ..CyrusOptions::default() });
}

#[test]
fn the_script_ends_the_same_on_cyrus_with_dots_and_no_prefix() {
    cyrus_agrees(&CyrusOptions { altnamespace: true, ..CyrusOptions::default() });
}

/// The model server behind a socket, as if it were a real one.
async fn model_agrees(mut profile: Profile) {
    let uses = ["Archive", "Drafts", "Junk", "Sent", "Trash"].map(|name| (name, format!("\\{name}")));
    let uses: Vec<(&str, &str)> = uses.iter().map(|(name, special_use)| (*name, special_use.as_str())).collect();
    let (delimiter, prefix) = (profile.layout.delimiter.unwrap_or(b'/'), profile.layout.prefix.clone());
    let prefix = String::from_utf8(prefix).unwrap();
    let names: Vec<(String, &str)> =
        uses.iter().map(|(name, special_use)| (format!("{prefix}{name}"), *special_use)).collect();
    let names: Vec<(&str, &str)> = names.iter().map(|(name, special_use)| (name.as_str(), *special_use)).collect();
    profile.layout = Layout::new(delimiter, &prefix, &names);
    let world = World::new();
    profile.layout.furnish(&world, USER, PASSWORD).unwrap();
    let listening = ModelServer::new(world, profile).listen("127.0.0.1:0", Security::Plain).await.unwrap();
    let port = listening.address().port();
    let found = tokio::task::spawn_blocking(move || {
        let client = RawClient::log_in(port, USER, PASSWORD)?;
        script(&mut ImapPeer::new(client)?)
    });
    assert_eq!(found.await.unwrap().unwrap(), outcome());
}

#[tokio::test]
async fn the_script_ends_the_same_on_the_model_server_with_everything_it_can() {
    model_agrees(Profile::full()).await;
}

#[tokio::test]
async fn the_script_ends_the_same_on_the_model_server_of_rfc_3501_alone() {
    model_agrees(Profile::bare()).await;
}

#[tokio::test]
async fn the_script_ends_the_same_on_the_model_server_as_dovecot() {
    model_agrees(Profile::dovecot()).await;
}

#[tokio::test]
async fn the_script_ends_the_same_on_the_model_server_as_cyrus() {
    model_agrees(Profile::cyrus()).await;
}
