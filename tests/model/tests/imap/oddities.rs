//! What servers do that they should not, and what clients must not do.

use std::time::Duration;

use postrider_model::ModelServer;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{BrokenMove, Profile};
use postrider_model::world::{FlagChange, World};

use crate::client::{Answer, Client, mail, with_mail};

async fn with_broken_move(broken: BrokenMove) -> (Answer, Vec<u32>, usize) {
    let mut profile = Profile::full();
    profile.quirks.broken_move = Some(broken);
    let (server, _) = with_mail(profile, 5);
    let mut client = Client::inbox(&server).await;
    let answer = client.run("UID MOVE 1:5 Archive").await;
    let count = |name: &[u8]| server.world().with(|state| state.mailbox("jo", name).unwrap().uids());
    (answer, count(b"INBOX"), count(b"Archive").len())
}

#[tokio::test]
async fn move_can_stop_halfway_double_or_lose_mail() {
    let (answer, inbox, archived) = with_broken_move(BrokenMove::StopsAfter(2)).await;
    assert!(answer.tagged.starts_with("NO [LIMIT]") && answer.has("COPYUID"), "{answer:?}");
    assert_eq!((inbox, archived), (vec![3, 4, 5], 2));
    let (answer, inbox, archived) = with_broken_move(BrokenMove::KeepsSource).await;
    assert!(answer.tagged.starts_with("OK") && !answer.has("EXPUNGE"));
    assert_eq!((inbox.len(), archived), (5, 5));
    let (answer, inbox, archived) = with_broken_move(BrokenMove::LosesTarget).await;
    assert!(answer.tagged.starts_with("OK") && answer.has("EXPUNGE"));
    assert_eq!((inbox.len(), archived), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_session_in_idle_too() {
    let mut profile = Profile::full();
    profile.quirks.autologout = Some(Duration::from_secs(1800));
    let (server, _) = with_mail(profile, 1);
    let mut client = Client::inbox(&server).await;
    let start = tokio::time::Instant::now();
    let tag = client.begin("IDLE").await;
    assert!(client.finish(&tag).await.has("* BYE"));
    assert_eq!(start.elapsed().as_secs(), 1800);
}

#[tokio::test]
async fn a_fork_of_the_world_lags_behind() {
    let (server, rival) = with_mail(Profile::full(), 2);
    let stale = ModelServer::new(server.world().fork(), Profile::full());
    rival.expunge("INBOX", &[1]).unwrap();
    let (mut new, mut old) = (Client::login(&server).await, Client::login(&stale).await);
    assert!(new.ok("SELECT INBOX").await.has("* 1 EXISTS"));
    assert!(old.ok("SELECT INBOX").await.has("* 2 EXISTS"));
    old.ok("UID STORE 1 +FLAGS (\\Seen)").await;
    assert!(server.world().with(|state| state.mailbox("jo", b"INBOX").unwrap().place(1)).is_none());
}

#[tokio::test]
async fn a_messages_octets_change_under_its_uid() {
    let (server, rival) = with_mail(Profile::full(), 1);
    let mut client = Client::inbox(&server).await;
    rival.alter("INBOX", 1, "Subject: other\r\n\r\n").unwrap();
    assert!(client.ok("UID FETCH 1 BODY.PEEK[]").await.has("Subject: other"));
    assert!(client.ok("NOOP").await.untagged.is_empty());
}

#[tokio::test]
async fn a_uid_is_given_again() {
    let (server, rival) = with_mail(Profile::full(), 2);
    rival.expunge("INBOX", &[2]).unwrap();
    server.world().with(|state| state.account_mut("jo").unwrap().mailbox_mut(b"INBOX").unwrap().uidnext = 2);
    assert_eq!(rival.deliver("INBOX", mail(3)).unwrap(), 2);
    let mut client = Client::inbox(&server).await;
    assert!(client.ok("UID FETCH 2 ENVELOPE").await.has("number 3"));
}

#[tokio::test]
async fn nothing_is_done_to_a_mailbox_that_is_not_the_selected_one_any_more() {
    let (server, rival) = with_mail(Profile::full(), 2);
    let mut client = Client::inbox(&server).await;
    rival.change_uidvalidity("INBOX").unwrap();
    let effects = server.world().effects().len();
    let answer = client.run("UID STORE 1 +FLAGS (\\Deleted)").await;
    assert!(answer.has("* BYE") && answer.tagged == "the connection ended", "{answer:?}");
    assert_eq!(server.world().effects().len(), effects);
}

#[tokio::test]
async fn a_silent_store_does_not_hide_what_another_client_did() {
    let (server, rival) = with_mail(Profile::full(), 2);
    let mut client = Client::inbox(&server).await;
    rival.flag("INBOX", &[1], FlagChange::Add, &["\\Flagged"]).unwrap();
    let stored = client.ok("STORE 1 +FLAGS.SILENT (\\Seen)").await;
    assert_eq!(stored.untagged, ["* 1 FETCH (FLAGS (\\Flagged))"]);
    rival.flag("INBOX", &[2], FlagChange::Add, &["\\Flagged"]).unwrap();
    let stored = client.ok("STORE 1 +FLAGS.SILENT (\\Seen)").await;
    assert_eq!(stored.untagged, ["* 2 FETCH (FLAGS (\\Flagged))"]);
}

#[tokio::test]
async fn the_greeting_can_be_a_goodbye_and_answers_can_fail_to_come() {
    let (server, _) = with_mail(Profile::full(), 1);
    server.script().add(Rule::once("GREETING", Act::Bye("too many connections".to_owned())));
    let client = Client::over(server.connect()).await;
    assert_eq!(client.greeting, "* BYE too many connections");
    let mut client = Client::inbox(&server).await;
    server.script().add(Rule::once("UID STORE", Act::Silence));
    client.begin("UID STORE 1 +FLAGS (\\Seen)").await;
    let waited = tokio::time::timeout(Duration::from_millis(50), client.response()).await;
    assert!(waited.is_err());
    assert_eq!(server.world().with(|state| state.mailbox("jo", b"INBOX").unwrap().unseen()), 0);
}

#[tokio::test]
async fn a_client_that_breaks_the_protocol_is_noted() {
    let (server, _) = with_mail(Profile::full(), 1);
    let mut client = Client::login(&server).await;
    for command in ["FETCH 1 FLAGS", "NONSENSE", "LOGIN jo secret", "STARTTLS", "SEARCH", "CREATE a b"] {
        assert!(client.run(command).await.tagged.starts_with("BAD"), "{command}");
    }
    let noted: Vec<String> = server.world().violations().into_iter().map(|violation| violation.tag).collect();
    assert_eq!(noted, ["a2", "a3", "a4", "a5", "a6", "a7"]);
    assert!(client.run("CREATE &garbage").await.tagged.starts_with("NO [CANNOT]"));
}

#[tokio::test]
async fn pipelined_commands_are_answered_in_order() {
    let (server, _) = with_mail(Profile::full(), 1);
    let mut client = Client::over(server.connect()).await;
    client.send("x1 LOGIN jo {6+}\r\nsecret\r\nx2 SELECT INBOX\r\nx3 NOOP\r\nx4 FETCH 1 UID\r\n").await;
    for tag in ["x1", "x2", "x3", "x4"] {
        let answer = client.finish(tag).await;
        assert!(answer.tagged.starts_with("OK") && !answer.has(" OK done"), "{answer:?}");
    }
}

#[tokio::test]
async fn the_same_doings_make_the_same_world() {
    async fn doings() -> World {
        let (server, rival) = with_mail(Profile::gmail(), 20);
        let (mut one, mut two) = (Client::inbox(&server).await, Client::inbox(&server).await);
        one.ok("UID MOVE 1:5 [Gmail]/Trash").await;
        two.ok("UID STORE 3:9 +FLAGS (\\Flagged)").await;
        rival.rename("[Gmail]/Sent Mail", "Posted").unwrap();
        server.world().clone()
    }
    let (one, two) = (doings().await, doings().await);
    assert_eq!(one.snapshot(), two.snapshot());
    assert_eq!(one.effects(), two.effects());
}
