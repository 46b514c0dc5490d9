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
    rival.set_flags("INBOX", &[1], FlagChange::Add, &["\\Flagged"]).unwrap();
    let stored = client.ok("STORE 1 +FLAGS.SILENT (\\Seen)").await;
    assert_eq!(stored.untagged, ["* 1 FETCH (FLAGS (\\Flagged))"]);
    rival.set_flags("INBOX", &[2], FlagChange::Add, &["\\Flagged"]).unwrap();
    let stored = client.ok("STORE 1 +FLAGS.SILENT (\\Seen)").await;
    assert_eq!(stored.untagged, ["* 2 FETCH (FLAGS (\\Flagged))"]);
}

#[tokio::test]
async fn the_greeting_can_be_a_goodbye_and_answers_can_fail_to_come() {
    let (server, _) = with_mail(Profile::full(), 1);
    server.script().add(Rule::once("GREETING", Act::Bye("too many connections".to_owned())));
    let client = Client::over(server.connect_in_memory()).await;
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
    let mut client = Client::over(server.connect_in_memory()).await;
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

#[tokio::test]
async fn what_is_gone_can_come_as_nothing() {
    let mut profile = Profile::full();
    profile.quirks.nil_fetch = true;
    let (server, rival) = with_mail(profile, 2);
    let mut client = Client::inbox(&server).await;
    rival.expunge("INBOX", &[1]).unwrap();
    let answer = client.ok("FETCH 1 (RFC822.SIZE ENVELOPE BODY.PEEK[])").await;
    assert_eq!(
        answer.untagged[0],
        "* 1 FETCH (RFC822.SIZE 0 ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) BODY[] {0}\r\n)"
    );
}

#[tokio::test]
async fn no_octets_from_a_client_make_the_server_panic() {
    let seeds: [&[u8]; 8] = [
        b"a SELECT INBOX (QRESYNC (1 1 1:* (1:9 1:9)))\r\n",
        b"a UID FETCH 1:* (FLAGS BODY.PEEK[1.2.HEADER.FIELDS (\"a\")]<0.9> ENVELOPE BODYSTRUCTURE PREVIEW BINARY[1])\r\n",
        b"a UID SEARCH RETURN (MIN) OR (1:* NOT SUBJECT {1+}\r\nx) BEFORE 1-Feb-2000 MODSEQ 1\r\n",
        b"a STORE 1:* (UNCHANGEDSINCE 0) +FLAGS.SILENT (\\Seen x)\r\na UID MOVE 1 Trash\r\na EXPUNGE\r\n",
        b"a APPEND INBOX (\\Seen) \" 1-Jan-2000 00:00:00 +0000\" {3+}\r\nabc\r\na UID REPLACE 1 INBOX {1+}\r\nx\r\n",
        b"a LIST (SUBSCRIBED) \"\" (% \"*\") RETURN (STATUS (MESSAGES SIZE))\r\na RENAME INBOX x\r\na DELETE x\r\n",
        b"a NOTIFY SET STATUS (personal (MessageNew (UID) MessageExpunge))\r\na IDLE\r\nDONE\r\n",
        b"a CREATE &AGE-/&&- (USE (\\Sent))\r\na ENABLE UTF8=ACCEPT QRESYNC\r\na GETQUOTAROOT \"\\\"\"\r\n",
    ];
    let mut state = 7_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let (server, _) = with_mail(Profile::full(), 5);
    for _ in 0..2000 {
        let mut octets = b"l LOGIN jo secret\r\ns SELECT INBOX\r\n".to_vec();
        for _ in 0..4 {
            let mut line = seeds[random(seeds.len())].to_vec();
            for _ in 0..random(4) {
                let at = random(line.len());
                match random(3) {
                    0 => line[at] = b" (){}\"\\*:,.<>\r\n0129\xff\x00a"[random(22)],
                    1 => drop(line.remove(at)),
                    _ => line.insert(at, b" ()*:0\""[random(7)]),
                }
            }
            octets.extend(line);
        }
        let (mut near, far) = tokio::io::duplex(1 << 20);
        let serving = tokio::spawn(server.serve(far, None));
        tokio::io::AsyncWriteExt::write_all(&mut near, &octets).await.unwrap();
        tokio::io::AsyncWriteExt::shutdown(&mut near).await.unwrap();
        let mut answers = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut near, &mut answers).await.unwrap();
        serving.await.expect("the session must end without a panic");
        assert!(answers.starts_with(b"* OK "));
    }
}
