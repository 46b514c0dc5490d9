//! APPEND, STORE, COPY, MOVE, EXPUNGE, REPLACE.

use postrider_model::profile::{Extension, Profile};
use postrider_model::world::{Actor, Change, FlagChange};

use crate::client::{Client, server, with_mail};

fn validity(server: &postrider_model::ModelServer, mailbox: &str) -> u32 {
    server.world().with(|state| state.mailbox("jo", mailbox.as_bytes()).unwrap().uidvalidity)
}

#[tokio::test]
async fn append_keeps_flags_and_date_and_tells_the_uid() {
    let (server, _) = server(Profile::full());
    let mut client = Client::login(&server).await;
    let tag = client.begin("APPEND Drafts (\\Draft $Mine) \" 5-Feb-2021 23:30:01 -0730\" {20}").await;
    assert!(client.response().await.unwrap().starts_with('+'));
    client.send("Subject: a\r\n\r\nbody\r\n\r\n").await;
    let answer = client.finish(&tag).await;
    assert!(answer.tagged.starts_with(&format!("OK [APPENDUID {} 1]", validity(&server, "Drafts"))), "{answer:?}");
    client.ok("SELECT Drafts").await;
    let fetched = client.ok("FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE)").await;
    assert_eq!(
        fetched.untagged,
        ["* 1 FETCH (FLAGS ($Mine \\Draft) INTERNALDATE \" 5-Feb-2021 23:30:01 -0730\" RFC822.SIZE 20)"]
    );
    assert!(client.run("APPEND Nowhere {1+}\r\nx").await.tagged.starts_with("NO [TRYCREATE]"));
    let effect = server.world().effects().into_iter().rfind(|effect| effect.by != Actor::Rival).unwrap();
    assert_eq!(effect.by, Actor::Session { connection: 1, tag: "a2".to_owned() });
    assert_eq!(effect.change, Change::Appended { mailbox: b"Drafts".to_vec(), uid: 1, message_id: None });
}

#[tokio::test]
async fn several_messages_are_appended_at_once() {
    let (server, _) = server(Profile::full());
    let mut client = Client::login(&server).await;
    let answer = client.ok("APPEND Sent {3+}\r\nabc (\\Seen) {2+}\r\nde").await;
    assert!(answer.tagged.contains(" 1:2]"), "{answer:?}");
}

#[tokio::test]
async fn literals_obey_what_is_offered() {
    let (plus, _) = server(Profile::full());
    let mut client = Client::login(&plus).await;
    client.ok("CREATE {5000+}\r\n".to_owned() + &"x".repeat(5000)).await;
    let (minus, _) = server(Profile::full().without(Extension::LiteralPlus).with(Extension::LiteralMinus));
    let mut client = Client::login(&minus).await;
    client.ok("CREATE {3+}\r\nabc").await;
    let too_long = client.run("CREATE {4097+}\r\n".to_owned() + &"x".repeat(4097)).await;
    assert!(too_long.has("* BYE"), "{too_long:?}");
    let (bare, _) = server(Profile::bare());
    let mut client = Client::login(&bare).await;
    assert!(client.run("CREATE {3+}\r\nabc").await.has("* BYE"));
    assert_eq!(bare.world().violations().len(), 1);
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_before_it_is_sent() {
    let mut profile = Profile::gmail();
    profile.append_limit = Some(1000);
    let (server, _) = server(profile);
    let mut client = Client::login(&server).await;
    assert!(client.ok("CAPABILITY").await.has("APPENDLIMIT=1000"));
    assert!(client.run("APPEND INBOX {1001}").await.tagged.starts_with("NO [TOOBIG]"));
    client.ok("NOOP").await;
}

#[tokio::test]
async fn store_answers_with_the_flags_unless_silent() {
    let (server, _) = with_mail(Profile::bare(), 3);
    let mut client = Client::inbox(&server).await;
    client.ok("SELECT INBOX").await;
    let stored = client.ok("STORE 1:2 +FLAGS (\\Seen Work)").await;
    assert_eq!(
        stored.untagged,
        [
            "* FLAGS (\\Answered \\Deleted \\Draft \\Flagged \\Seen Work)",
            "* OK [PERMANENTFLAGS (\\Answered \\Deleted \\Draft \\Flagged \\Seen Work \\*)] kept",
            "* 1 FETCH (FLAGS (\\Seen Work))",
            "* 2 FETCH (FLAGS (\\Seen Work))"
        ]
    );
    assert!(client.ok("STORE 1 -FLAGS.SILENT \\Seen").await.untagged.is_empty());
    let stored = client.ok("UID STORE 1 FLAGS ()").await;
    assert_eq!(stored.untagged, ["* 1 FETCH (UID 1 FLAGS ())"]);
    assert!(client.run("STORE 4 +FLAGS \\Seen").await.tagged.starts_with("BAD"));
    client.ok("UID STORE 400 +FLAGS \\Seen").await;
    client.ok("EXAMINE INBOX").await;
    assert!(client.run("STORE 1 +FLAGS \\Seen").await.tagged.starts_with("NO [READ-ONLY]"));
}

#[tokio::test]
async fn unchangedsince_leaves_what_another_changed() {
    let (server, rival) = with_mail(Profile::full(), 3);
    let mut client = Client::inbox(&server).await;
    let fetched = client.ok("FETCH 1:3 (MODSEQ)").await;
    assert_eq!(fetched.line("3 FETCH"), "* 3 FETCH (MODSEQ (4))");
    let changed = rival.set_flags("INBOX", &[2], FlagChange::Add, &["\\Flagged"]).unwrap();
    assert_eq!(changed, 5);
    let stored = client.ok("UID STORE 1:3 (UNCHANGEDSINCE 4) +FLAGS.SILENT (\\Seen)").await;
    assert!(stored.tagged.starts_with("OK [MODIFIED 2]"), "{stored:?}");
    assert_eq!(stored.line("UID 1 "), "* 1 FETCH (UID 1 MODSEQ (6))");
    assert_eq!(stored.line("2 FETCH"), "* 2 FETCH (FLAGS (\\Flagged) MODSEQ (5))");
}

#[tokio::test]
async fn copy_and_move_tell_where_messages_went() {
    let (server, _) = with_mail(Profile::full(), 4);
    let mut client = Client::inbox(&server).await;
    let archive = validity(&server, "Archive");
    let copied = client.ok("COPY 2:3 Archive").await;
    assert!(copied.tagged.starts_with(&format!("OK [COPYUID {archive} 2:3 1:2]")), "{copied:?}");
    let moved = client.ok("UID MOVE 1,4 Archive").await;
    assert_eq!(
        moved.untagged,
        [format!("* OK [COPYUID {archive} 1,4 3:4] moved"), "* 4 EXPUNGE".to_owned(), "* 1 EXPUNGE".to_owned()]
    );
    assert!(client.run("UID COPY 2 Nowhere").await.tagged.starts_with("NO [TRYCREATE]"));
    let snapshot = server.world().snapshot();
    let mailboxes = &snapshot.accounts["jo"].mailboxes;
    assert_eq!(mailboxes[&b"INBOX"[..]].messages.keys().copied().collect::<Vec<_>>(), [2, 3]);
    let ids: Vec<_> = mailboxes[&b"Archive"[..]].messages.values().map(|message| &message.email_id).collect();
    assert_eq!(ids.len(), 4);
    assert_eq!(&mailboxes[&b"INBOX"[..]].messages[&2].email_id, ids[0]);
}

#[tokio::test]
async fn expunge_takes_the_flagged_and_uid_expunge_the_named() {
    let (server, rival) = with_mail(Profile::dovecot(), 5);
    rival.set_flags("INBOX", &[1, 3, 4], FlagChange::Add, &["\\Deleted"]).unwrap();
    let mut client = Client::inbox(&server).await;
    assert_eq!(client.ok("UID EXPUNGE 1:3").await.untagged, ["* 3 EXPUNGE", "* 1 EXPUNGE"]);
    assert_eq!(client.ok("EXPUNGE").await.untagged, ["* 2 EXPUNGE"]);
    rival.set_flags("INBOX", &[2], FlagChange::Add, &["\\Deleted"]).unwrap();
    client.ok("UNSELECT").await;
    assert!(client.ok("STATUS INBOX (MESSAGES)").await.has("MESSAGES 2"));
    client.ok("SELECT INBOX").await;
    assert!(client.ok("CLOSE").await.untagged.is_empty());
    assert!(client.ok("STATUS INBOX (MESSAGES)").await.has("MESSAGES 1"));
}

#[tokio::test]
async fn replace_puts_the_new_revision_and_removes_the_old() {
    let (server, _) = with_mail(Profile::full(), 2);
    let mut client = Client::inbox(&server).await;
    let replaced = client.ok("UID REPLACE 1 Drafts (\\Draft) {3+}\r\nnew").await;
    assert!(replaced.untagged[0].starts_with("* OK [APPENDUID "), "{replaced:?}");
    assert_eq!(replaced.untagged[1], "* 1 EXPUNGE");
    assert!(client.run("UID REPLACE 77 Drafts {3+}\r\nnew").await.tagged.starts_with("NO"));
}

#[tokio::test]
async fn a_read_only_mailbox_and_a_full_account_refuse_changes() {
    let (server, _) = with_mail(Profile::full(), 1);
    server.world().with(|state| {
        let account = state.account_mut("jo").unwrap();
        account.mailbox_mut(b"Archive").unwrap().read_only = true;
        account.quota = Some(150);
    });
    let mut client = Client::inbox(&server).await;
    assert!(client.run("MOVE 1 Archive").await.tagged.starts_with("NO [NOPERM]"));
    assert!(client.run("COPY 1 Sent").await.tagged.starts_with("NO [OVERQUOTA]"));
    assert!(client.ok("SELECT Archive").await.tagged.starts_with("OK [READ-ONLY]"));
}
