//! CONDSTORE, QRESYNC, and when which news may be told.

use postrider_model::profile::Profile;
use postrider_model::world::FlagChange;

use crate::client::{Client, mail, with_mail};

#[tokio::test]
async fn changedsince_gives_what_changed_and_vanished() {
    let (server, rival) = with_mail(Profile::full(), 5);
    let mut client = Client::login(&server).await;
    assert_eq!(client.ok("ENABLE QRESYNC X-UNKNOWN").await.untagged, ["* ENABLED QRESYNC"]);
    assert_eq!(client.ok("SELECT INBOX").await.line("HIGHESTMODSEQ"), "* OK [HIGHESTMODSEQ 6] highest");
    rival.set_flags("INBOX", &[2], FlagChange::Add, &["\\Seen"]).unwrap();
    rival.expunge("INBOX", &[1, 4]).unwrap();
    let answer = client.ok("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 6 VANISHED)").await;
    assert_eq!(
        answer.untagged,
        [
            "* VANISHED (EARLIER) 1,4",
            "* 2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (7))",
            "* VANISHED 1,4",
            "* 1 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (7))"
        ]
    );
    let narrow = client.ok("UID FETCH 3:4 (FLAGS) (CHANGEDSINCE 6 VANISHED)").await;
    assert_eq!(narrow.untagged, ["* VANISHED (EARLIER) 4"]);
}

#[tokio::test]
async fn select_with_qresync_brings_the_delta() {
    let (server, rival) = with_mail(Profile::full(), 6);
    let mut client = Client::login(&server).await;
    client.ok("ENABLE QRESYNC").await;
    let validity = server.world().with(|state| state.mailbox("jo", b"INBOX").unwrap().uidvalidity);
    rival.set_flags("INBOX", &[5], FlagChange::Add, &["\\Flagged"]).unwrap();
    rival.expunge("INBOX", &[2, 3]).unwrap();
    rival.deliver("INBOX", mail(7)).unwrap();
    let delta = client.ok(format!("SELECT INBOX (QRESYNC ({validity} 7))")).await;
    let news: Vec<&str> = delta
        .untagged
        .iter()
        .map(String::as_str)
        .filter(|line| line.contains("UID ") || line.contains("VAN"))
        .collect();
    assert_eq!(
        news,
        [
            "* VANISHED (EARLIER) 2:3",
            "* 3 FETCH (UID 5 FLAGS (\\Flagged) MODSEQ (8))",
            "* 5 FETCH (UID 7 FLAGS () MODSEQ (10))"
        ]
    );
    let known = client.ok(format!("SELECT INBOX (QRESYNC ({validity} 7 3:5))")).await;
    assert!(known.has("[CLOSED]") && known.has("VANISHED (EARLIER) 3") && !known.has("UID 7"));
    let other = client.ok("SELECT INBOX (QRESYNC (77 7 1:10))").await;
    assert!(!other.has("VANISHED") && !other.has("FETCH"));
}

#[tokio::test]
async fn forgotten_removals_are_told_from_what_is_missing() {
    let (server, rival) = with_mail(Profile::full(), 6);
    let mut client = Client::login(&server).await;
    client.ok("ENABLE QRESYNC").await;
    let validity = server.world().with(|state| state.mailbox("jo", b"INBOX").unwrap().uidvalidity);
    rival.expunge("INBOX", &[2, 5]).unwrap();
    server.world().with(|state| state.account_mut("jo").unwrap().mailbox_mut(b"INBOX").unwrap().forget_vanished());
    let all = client.ok(format!("SELECT INBOX (QRESYNC ({validity} 3 1:6))")).await;
    assert!(all.has("VANISHED (EARLIER) 2,5"), "{all:?}");
    let matched = client.ok(format!("SELECT INBOX (QRESYNC ({validity} 3 1:6 (1,3 1,4)))")).await;
    assert!(matched.has("VANISHED (EARLIER) 5"), "{matched:?}");
}

#[tokio::test]
async fn qresync_must_be_enabled_first() {
    let (server, _) = with_mail(Profile::full(), 1);
    let mut client = Client::login(&server).await;
    assert!(client.run("SELECT INBOX (QRESYNC (1 1))").await.tagged.starts_with("BAD"));
    client.ok("SELECT INBOX (CONDSTORE)").await;
    assert!(client.run("UID FETCH 1:* FLAGS (CHANGEDSINCE 1 VANISHED)").await.tagged.starts_with("BAD"));
}

#[tokio::test]
async fn a_mailbox_without_modseqs_says_so() {
    let (server, _) = with_mail(Profile::full(), 1);
    server.world().with(|state| state.account_mut("jo").unwrap().mailbox_mut(b"INBOX").unwrap().nomodseq = true);
    let mut client = Client::login(&server).await;
    assert!(client.ok("SELECT INBOX (CONDSTORE)").await.has("[NOMODSEQ]"));
    assert!(client.run("FETCH 1 MODSEQ").await.tagged.starts_with("BAD"));
    assert!(client.ok("STATUS INBOX (HIGHESTMODSEQ)").await.has("HIGHESTMODSEQ 0"));
}

#[tokio::test]
async fn expunges_wait_until_numbers_may_shift() {
    let (server, rival) = with_mail(Profile::dovecot(), 4);
    let mut client = Client::inbox(&server).await;
    rival.expunge("INBOX", &[2]).unwrap();
    rival.deliver("INBOX", mail(5)).unwrap();
    let fetched = client.run("FETCH 1:4 (UID)").await;
    assert!(fetched.tagged.starts_with("NO [EXPUNGEISSUED]"), "{fetched:?}");
    assert!(fetched.has("* 5 EXISTS") && fetched.has("* 4 FETCH (UID 4)") && !fetched.has("EXPUNGE"));
    assert!(!client.ok("SEARCH ALL").await.has("EXPUNGE"));
    assert!(!client.run("STORE 1 +FLAGS (\\Seen)").await.has("EXPUNGE"));
    assert_eq!(client.ok("NOOP").await.untagged, ["* 2 EXPUNGE"]);
    assert!(client.ok("FETCH 4 (UID)").await.has("* 4 FETCH (UID 5)"));
}

#[tokio::test]
async fn another_clients_flags_are_told_and_ones_own_are_not_told_again() {
    let (server, _) = with_mail(Profile::dovecot(), 2);
    let mut one = Client::inbox(&server).await;
    let mut two = Client::inbox(&server).await;
    one.ok("STORE 1 +FLAGS.SILENT (\\Answered)").await;
    assert!(one.ok("NOOP").await.untagged.is_empty());
    assert_eq!(two.ok("NOOP").await.untagged, ["* 1 FETCH (FLAGS (\\Answered))"]);
    assert!(two.ok("NOOP").await.untagged.is_empty());
}

#[tokio::test]
async fn a_mailbox_that_is_replaced_ends_the_session() {
    let (server, rival) = with_mail(Profile::full(), 3);
    let mut client = Client::inbox(&server).await;
    let before = server.world().snapshot();
    let fresh = rival.change_uidvalidity("INBOX").unwrap();
    let ended = client.run("NOOP").await;
    assert!(ended.has("* BYE"), "{ended:?}");
    let after = server.world().snapshot();
    let (old, new) = (&before.accounts["jo"].mailboxes[&b"INBOX"[..]], &after.accounts["jo"].mailboxes[&b"INBOX"[..]]);
    assert_eq!(new.uidvalidity, fresh);
    let hashes = |mailbox: &postrider_model::world::MailboxSnapshot| {
        mailbox.messages.values().map(|message| message.hash).collect::<Vec<_>>()
    };
    assert_eq!(hashes(old), hashes(new));
    let mut client = Client::inbox(&server).await;
    rival.create("Doomed", &[]).unwrap();
    client.ok("SELECT Doomed").await;
    rival.delete("Doomed").unwrap();
    assert!(client.run("NOOP").await.has("* BYE"));
}

#[tokio::test]
async fn recent_is_told_to_the_first_session_only() {
    let (server, rival) = with_mail(Profile::dovecot(), 2);
    let mut one = Client::login(&server).await;
    assert!(one.ok("EXAMINE INBOX").await.has("* 2 RECENT"));
    assert!(one.ok("SELECT INBOX").await.has("* 2 RECENT"));
    let mut two = Client::login(&server).await;
    assert!(two.ok("SELECT INBOX").await.has("* 0 RECENT"));
    rival.deliver("INBOX", mail(3)).unwrap();
    assert_eq!(one.ok("NOOP").await.untagged, ["* 3 EXISTS", "* 3 RECENT"]);
    assert_eq!(one.ok("FETCH 3 FLAGS").await.untagged, ["* 3 FETCH (FLAGS (\\Recent))"]);
    assert_eq!(two.ok("NOOP").await.untagged, ["* 3 EXISTS", "* 0 RECENT"]);
    assert_eq!(two.ok("SEARCH RECENT").await.untagged, ["* SEARCH"]);
}

#[tokio::test]
async fn asking_for_modseqs_tells_the_highest_first() {
    let (server, _) = with_mail(Profile::full(), 2);
    let mut client = Client::inbox(&server).await;
    let first = client.ok("FETCH 1 (MODSEQ)").await;
    assert_eq!(first.untagged, ["* OK [HIGHESTMODSEQ 3] highest", "* 1 FETCH (MODSEQ (2))"]);
    assert_eq!(client.ok("FETCH 1 (FLAGS)").await.untagged, ["* 1 FETCH (FLAGS ())"]);
    assert_eq!(client.ok("STORE 1 +FLAGS (\\Seen)").await.untagged, ["* 1 FETCH (FLAGS (\\Seen) MODSEQ (4))"]);
    assert!(client.ok("UID MOVE 1 Trash").await.tagged.starts_with("OK [HIGHESTMODSEQ 5]"));
}
