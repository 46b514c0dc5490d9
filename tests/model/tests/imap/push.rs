//! IDLE and NOTIFY.

use postrider_model::profile::{Extension, Profile};
use postrider_model::world::FlagChange;

use crate::client::{Client, mail, with_mail};

#[tokio::test]
async fn idle_tells_news_as_they_happen() {
    let (server, rival) = with_mail(Profile::full(), 2);
    let mut client = Client::inbox(&server).await;
    let tag = client.begin("IDLE").await;
    assert_eq!(client.response().await.unwrap(), "+ idling");
    rival.deliver("INBOX", mail(3)).unwrap();
    assert_eq!(client.response().await.unwrap(), "* 3 EXISTS");
    assert_eq!(client.response().await.unwrap(), "* 0 RECENT");
    rival.expunge("INBOX", &[1]).unwrap();
    assert_eq!(client.response().await.unwrap(), "* 1 EXPUNGE");
    rival.set_flags("INBOX", &[3], FlagChange::Add, &["\\Seen"]).unwrap();
    assert_eq!(client.response().await.unwrap(), "* 2 FETCH (FLAGS (\\Seen))");
    client.send("DONE\r\n").await;
    assert!(client.finish(&tag).await.tagged.starts_with("OK"));
    let tag = client.begin("IDLE").await;
    client.response().await.unwrap();
    client.send("a9 NOOP\r\n").await;
    assert!(client.finish(&tag).await.tagged.starts_with("BAD"));
}

#[tokio::test]
async fn idle_with_qresync_tells_vanished_and_modseqs() {
    let (server, rival) = with_mail(Profile::full(), 3);
    let mut client = Client::login(&server).await;
    client.ok("ENABLE QRESYNC").await;
    client.ok("SELECT INBOX").await;
    client.begin("IDLE").await;
    client.response().await.unwrap();
    rival.expunge("INBOX", &[1, 2]).unwrap();
    assert_eq!(client.response().await.unwrap(), "* VANISHED 1:2");
    rival.set_flags("INBOX", &[3], FlagChange::Add, &["\\Seen"]).unwrap();
    assert_eq!(client.response().await.unwrap(), "* 1 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (6))");
}

#[tokio::test]
async fn notify_tells_news_of_other_mailboxes_at_any_time() {
    let (server, rival) = with_mail(Profile::full(), 1);
    let mut client = Client::inbox(&server).await;
    let set = client
        .ok("NOTIFY SET STATUS (selected (MessageNew MessageExpunge FlagChange)) \
             (subscribed (MessageNew MessageExpunge MailboxName))")
        .await;
    assert!(set.has("* STATUS \"Sent\" (MESSAGES 0"), "{set:?}");
    rival.deliver("Archive", mail(2)).unwrap();
    assert!(client.response().await.unwrap().starts_with("* STATUS \"Archive\" (MESSAGES 1 UIDNEXT 2"));
    rival.deliver("INBOX", mail(3)).unwrap();
    assert_eq!(client.response().await.unwrap(), "* 2 EXISTS");
    assert_eq!(client.response().await.unwrap(), "* 0 RECENT");
    rival.rename("Sent", "Posted").unwrap();
    assert_eq!(client.response().await.unwrap(), "* LIST () \"/\" \"Posted\" (\"OLDNAME\" (\"Sent\"))");
    rival.delete("Junk").unwrap();
    assert_eq!(client.response().await.unwrap(), "* LIST (\\NonExistent) \"/\" \"Junk\"");
    client.ok("NOTIFY NONE").await;
    rival.deliver("Archive", mail(4)).unwrap();
    assert!(client.ok("NOOP").await.untagged.is_empty());
    assert!(client.run("NOTIFY SET (selected (MessageExpunge))").await.tagged.starts_with("BAD"));
}

#[tokio::test]
async fn a_server_without_push_refuses_it() {
    let (server, _) = with_mail(Profile::full().without(Extension::Idle).without(Extension::Notify), 1);
    let mut client = Client::inbox(&server).await;
    assert!(client.run("IDLE").await.tagged.starts_with("BAD"));
    assert!(client.run("NOTIFY NONE").await.tagged.starts_with("BAD"));
}
