//! SEARCH.

use postrider_model::profile::Profile;
use postrider_model::world::{FlagChange, InternalDate, NewMessage};

use crate::client::{Client, server};

async fn searched() -> (Client, postrider_model::ModelServer) {
    let (server, rival) = server(Profile::full());
    let day = 86_400;
    for (number, subject) in [(1, "apples"), (2, "Pears"), (3, "apples and pears"), (4, "none")] {
        let text = format!(
            "From: f{number}@x.example\r\nSubject: {subject}\r\nDate: {number} Feb 2020 00:00:00 +0000\r\n\r\n{}",
            "word ".repeat(number * 100)
        );
        let message = NewMessage::new(text).date(InternalDate::utc(1_600_000_000 + number as i64 * day));
        rival.deliver("INBOX", message).unwrap();
    }
    rival.set_flags("INBOX", &[2, 3], FlagChange::Add, &["\\Seen", "Work"]).unwrap();
    rival.expunge("INBOX", &[1]).unwrap();
    let mut client = Client::login(&server).await;
    client.ok("SELECT INBOX (CONDSTORE)").await;
    (client, server)
}

#[tokio::test]
async fn keys_find_what_they_name() {
    let (mut client, _) = searched().await;
    for (keys, found) in [
        ("ALL", " 2 3 4"),
        ("UID 1:3", " 2 3"),
        ("1,3", " 2 4"),
        ("SEEN", " 2 3"),
        ("UNSEEN", " 4"),
        ("KEYWORD work", " 2 3"),
        ("UNKEYWORD Work", " 4"),
        ("SUBJECT PEARS", " 2 3"),
        ("SUBJECT pears NOT SUBJECT apples", " 2"),
        ("OR SUBJECT none FROM f2", " 2 4"),
        ("(SEEN SUBJECT apples)", " 3"),
        ("HEADER Date \"\"", " 2 3 4"),
        ("HEADER X-None \"\"", ""),
        ("BODY word TEXT none", " 4"),
        ("LARGER 1400", " 3 4"),
        ("SMALLER 1400", " 2"),
        ("SENTSINCE 3-Feb-2020", " 3 4"),
        ("SENTON 4-Feb-2020", " 4"),
        ("BEFORE 16-Sep-2020", " 2"),
        ("ON 16-Sep-2020", " 3"),
        ("SINCE 16-Sep-2020", " 3 4"),
        ("CHARSET UTF-8 SUBJECT {4+}\r\nnone", " 4"),
        ("MODSEQ 6", " 2 3 (MODSEQ 6)"),
    ] {
        let answer = client.ok(format!("UID SEARCH {keys}")).await;
        assert_eq!(answer.untagged, [format!("* SEARCH{found}")], "{keys}");
    }
    assert_eq!(client.ok("SEARCH SUBJECT none").await.untagged, ["* SEARCH 3"]);
    assert!(client.run("SEARCH CHARSET KOI8-R ALL").await.tagged.starts_with("NO [BADCHARSET"));
    assert!(client.run("SEARCH BANANAS").await.tagged.starts_with("BAD"));
}

#[tokio::test]
async fn esearch_returns_what_is_asked() {
    let (mut client, _) = searched().await;
    for (command, answer) in [
        ("UID SEARCH RETURN () ALL", "* ESEARCH (TAG \"a3\") UID ALL 2:4"),
        ("SEARCH RETURN (MIN MAX COUNT) ALL", "* ESEARCH (TAG \"a4\") MIN 1 MAX 3 COUNT 3"),
        ("UID SEARCH RETURN (COUNT ALL) SUBJECT x", "* ESEARCH (TAG \"a5\") UID COUNT 0"),
        ("UID SEARCH RETURN (ALL) MODSEQ 6", "* ESEARCH (TAG \"a6\") UID ALL 2:3 MODSEQ 6"),
    ] {
        assert_eq!(client.ok(command).await.untagged, [answer]);
    }
}
