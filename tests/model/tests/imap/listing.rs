//! Mailboxes: LIST with its extensions, STATUS, CREATE and the others.

use postrider_model::profile::{Extension, Profile, StatusItem};
use postrider_model::world::Change;

use crate::client::{Client, server, with_mail};

#[tokio::test]
async fn list_gives_levels_children_and_special_uses() {
    let (server, rival) = server(Profile::full());
    rival.create("Archive/2023/Q1", &[]).unwrap();
    let mut client = Client::login(&server).await;
    assert_eq!(client.ok("LIST \"\" \"\"").await.untagged, ["* LIST (\\Noselect) \"/\" \"\""]);
    let top = client.ok("LIST \"\" %").await;
    assert_eq!(top.line("Archive"), "* LIST (\\Archive \\HasChildren) \"/\" \"Archive\"");
    assert_eq!(top.line("INBOX"), "* LIST (\\HasNoChildren) \"/\" \"INBOX\"");
    assert!(!top.has("2023"));
    let below = client.ok("LIST Archive/ *").await;
    assert_eq!(below.untagged.len(), 2);
    assert!(below.has("\"Archive/2023/Q1\""));
    assert_eq!(client.ok("LIST \"\" inbox").await.untagged.len(), 1);
}

#[tokio::test]
async fn list_extended_selects_subscribed_special_and_many_patterns() {
    let (server, rival) = server(Profile::full());
    rival.create("Plain/Deep", &[]).unwrap();
    rival.subscribe("Plain/Deep", true).unwrap();
    rival.subscribe("Gone", true).unwrap();
    let mut client = Client::login(&server).await;
    let subscribed = client.ok("LIST (SUBSCRIBED) \"\" *").await;
    assert_eq!(subscribed.line("Gone"), "* LIST (\\HasNoChildren \\NonExistent \\Subscribed) \"/\" \"Gone\"");
    assert!(!subscribed.has("\"Plain\""));
    let recursive = client.ok("LIST (SUBSCRIBED RECURSIVEMATCH) \"\" %").await;
    assert_eq!(recursive.line("Plain"), "* LIST (\\HasChildren) \"/\" \"Plain\" (\"CHILDINFO\" (\"SUBSCRIBED\"))");
    let special = client.ok("LIST (SPECIAL-USE) \"\" *").await;
    assert_eq!(special.untagged.len(), 5);
    let several = client.ok("LIST \"\" (INBOX \"Plain/*\") RETURN (SUBSCRIBED CHILDREN)").await;
    assert_eq!(several.untagged.len(), 2);
    assert!(several.line("INBOX").contains("\\Subscribed"));
    let lsub = client.ok("LSUB \"\" %").await;
    assert_eq!(lsub.line("Plain"), "* LSUB (\\Noselect) \"/\" \"Plain\"");
    assert!(client.run("LIST (RECURSIVEMATCH) \"\" *").await.tagged.starts_with("BAD"));
}

#[tokio::test]
async fn one_question_lists_every_mailbox_with_its_status() {
    let (server, rival) = with_mail(Profile::full(), 3);
    rival.set_flags("INBOX", &[1], postrider_model::world::FlagChange::Add, &["\\Seen", "\\Deleted"]).unwrap();
    let mut client = Client::login(&server).await;
    let items = "MESSAGES UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ MAILBOXID APPENDLIMIT RECENT";
    let answer = client.ok(format!("LIST \"\" * RETURN (STATUS ({items}))")).await;
    let inbox = server.world().snapshot().accounts["jo"].mailboxes[&b"INBOX"[..]].clone();
    let size: u64 = inbox.messages.values().map(|message| message.size).sum();
    assert_eq!(
        answer.line("STATUS \"INBOX\""),
        format!(
            "* STATUS \"INBOX\" (MESSAGES 3 UIDNEXT 4 UIDVALIDITY {} UNSEEN 2 DELETED 1 SIZE {size} HIGHESTMODSEQ 5 \
             MAILBOXID (F{}) APPENDLIMIT 67108864 RECENT 0)",
            inbox.uidvalidity, inbox.id
        )
    );
    assert_eq!(answer.untagged.iter().filter(|line| line.starts_with("* STATUS")).count(), 6);
    assert!(client.run("STATUS Nowhere (MESSAGES)").await.tagged.starts_with("NO [NONEXISTENT]"));
}

#[tokio::test]
async fn mailboxes_are_made_renamed_and_deleted() {
    let (server, _) = server(Profile::full());
    let mut client = Client::login(&server).await;
    assert!(client.ok("CREATE a/b/c").await.tagged.starts_with("OK [MAILBOXID (F"));
    assert!(client.run("CREATE a/b/c").await.tagged.starts_with("NO [ALREADYEXISTS]"));
    let before = server.world().snapshot().accounts["jo"].mailboxes[&b"a/b/c"[..]].clone();
    client.ok("RENAME a/b x/y").await;
    assert_eq!(server.world().snapshot().accounts["jo"].mailboxes[&b"x/y/c"[..]], before);
    client.ok("DELETE x").await;
    assert!(client.ok("LIST \"\" x").await.line("\"x\"").contains("\\Noselect"));
    assert!(client.run("SELECT x").await.tagged.starts_with("NO [NONEXISTENT]"));
    assert!(client.run("DELETE INBOX").await.tagged.starts_with("NO [CANNOT]"));
    assert!(client.run("DELETE nowhere").await.tagged.starts_with("NO [NONEXISTENT]"));
    client.ok("CREATE Mine (USE (\\Sent))").await;
    assert!(client.ok("LIST \"\" Mine").await.line("Mine").contains("\\Sent"));
    assert!(client.run("CREATE Odd (USE (\\Odd))").await.tagged.starts_with("NO [USEATTR]"));
    client.ok("UNSUBSCRIBE Trash").await;
    assert!(!client.ok("LSUB \"\" *").await.has("Trash"));
    let last = server.world().effects().pop().unwrap();
    assert_eq!(last.change, Change::Unsubscribed(b"Trash".to_vec()));
}

#[tokio::test]
async fn renaming_inbox_moves_its_mail_and_keeps_it() {
    let (server, _) = with_mail(Profile::bare(), 2);
    let mut client = Client::login(&server).await;
    client.ok("RENAME INBOX Old").await;
    assert!(client.ok("STATUS Old (MESSAGES)").await.has("MESSAGES 2"));
    assert!(client.ok("STATUS INBOX (MESSAGES)").await.has("MESSAGES 0"));
}

#[tokio::test]
async fn names_are_utf7_until_utf8_is_enabled() {
    let (server, rival) = server(Profile::full());
    rival.create("Gel&APY-scht", &[]).unwrap();
    let mut client = Client::login(&server).await;
    assert!(client.ok("LIST \"\" Gel*").await.has("\"Gel&APY-scht\""));
    assert_eq!(client.ok("ENABLE UTF8=ACCEPT").await.untagged, ["* ENABLED UTF8=ACCEPT"]);
    assert!(client.ok("LIST \"\" Gel*").await.has("\"Gelöscht\""));
    client.ok("SELECT \"Gelöscht\"").await;
    client.ok("CREATE \"R&D\"").await;
    assert!(server.world().with(|state| state.mailbox("jo", b"R&-D").is_some()));
}

#[tokio::test]
async fn namespace_quota_and_limits_are_told() {
    let (server, _) = with_mail(Profile::courier(), 1);
    server.world().with(|state| state.account_mut("jo").unwrap().quota = Some(10 << 10));
    let mut client = Client::login(&server).await;
    assert_eq!(client.ok("NAMESPACE").await.untagged, ["* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL"]);
    assert!(client.run("CREATE Other").await.tagged.starts_with("NO [CANNOT]"));
    let quota = client.ok("GETQUOTAROOT INBOX").await;
    assert_eq!(quota.untagged, ["* QUOTAROOT \"INBOX\" \"\"", "* QUOTA \"\" (STORAGE 1 10)"]);
    let body = "x".repeat(11 << 10);
    let answer = client.begin(format!("APPEND INBOX {{{}}}", body.len())).await;
    assert!(client.response().await.unwrap().starts_with('+'));
    client.send(format!("{body}\r\n")).await;
    assert!(client.finish(&answer).await.tagged.starts_with("NO [OVERQUOTA]"));
}

#[tokio::test]
async fn status_can_lie_be_late_or_leave_out() {
    let mut profile = Profile::full();
    profile.quirks.stale_status = true;
    profile.quirks.status_lies.insert((b"Sent".to_vec(), StatusItem::Messages), 99);
    profile.quirks.status_omits.push(StatusItem::UidNext);
    let (server, rival) = with_mail(profile, 1);
    let mut client = Client::login(&server).await;
    rival.deliver("INBOX", crate::client::mail(2)).unwrap();
    assert_eq!(client.ok("STATUS INBOX (MESSAGES UIDNEXT)").await.untagged, ["* STATUS \"INBOX\" (MESSAGES 1)"]);
    assert_eq!(client.ok("STATUS Sent (MESSAGES)").await.untagged, ["* STATUS \"Sent\" (MESSAGES 99)"]);
    assert!(client.ok("SELECT INBOX").await.has("* 2 EXISTS"));
}

#[tokio::test]
async fn syntax_of_an_extension_that_is_off_is_refused() {
    let profile = Profile::full().without(Extension::ListStatus).without(Extension::CreateSpecialUse);
    let (server, _) = server(profile);
    let mut client = Client::login(&server).await;
    assert!(client.run("LIST \"\" * RETURN (STATUS (MESSAGES))").await.tagged.starts_with("BAD"));
    assert!(client.run("CREATE x (USE (\\Sent))").await.tagged.starts_with("BAD"));
    assert_eq!(server.world().violations().len(), 2);
}
