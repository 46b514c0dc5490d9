//! FETCH items.

use postrider_model::profile::{Profile, StringForm};
use postrider_model::world::{NewMessage, Rival};

use crate::client::{Client, server, with_mail};

const MIXED: &str = "From: \"Doe, Jo\" <jo@a.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nContent-Type: \
    multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Transfer-Encoding: base64\r\nContent-Language: de\r\n\r\nR3LDvMOfZQ==\r\n--x\r\n\
    Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner text\r\nmore\r\n--x\r\n\
    Content-Type: application/pdf; name=\"a \\\"b\\\".pdf\"\r\nContent-Disposition: attachment; filename=a.pdf\r\n\
    Content-ID: <c@x>\r\n\r\n%PDF\r\n--x--\r\n";

async fn with_mixed(profile: Profile) -> (Client, Rival) {
    let (server, rival) = server(profile);
    rival.deliver("INBOX", NewMessage::new(MIXED)).unwrap();
    (Client::inbox(&server).await, rival)
}

#[tokio::test]
async fn body_structure_tells_every_part() {
    let (mut client, _) = with_mixed(Profile::full()).await;
    let short = client.ok("FETCH 1 BODY").await;
    assert_eq!(
        short.untagged,
        [
            "* 1 FETCH (BODY ((\"text\" \"plain\" (\"CHARSET\" \"utf-8\") NIL NIL \"base64\" 12 0)(\"message\" \"rfc822\" \
          NIL NIL NIL \"7bit\" 34 (NIL \"inner\" NIL NIL NIL NIL NIL NIL NIL NIL) (\"text\" \"plain\" (\"CHARSET\" \
          \"us-ascii\") NIL NIL \"7bit\" 16 1) 3)(\"application\" \"pdf\" (\"NAME\" \"a \\\"b\\\".pdf\") \"<c@x>\" NIL \
          \"7bit\" 4) \"mixed\"))"
        ]
    );
    let long = client.ok("FETCH 1 BODYSTRUCTURE").await;
    let long = &long.untagged[0];
    assert!(long.contains("\"base64\" 12 0 NIL NIL \"de\" NIL)"), "{long}");
    assert!(long.contains("4 NIL (\"attachment\" (\"FILENAME\" \"a.pdf\")) NIL NIL)"), "{long}");
    assert!(long.ends_with(" \"mixed\" (\"BOUNDARY\" \"x\") NIL NIL NIL))"), "{long}");
}

#[tokio::test]
async fn sections_give_the_parts_octets() {
    let (mut client, _) = with_mixed(Profile::full()).await;
    for (section, octets) in [
        ("1", "R3LDvMOfZQ=="),
        ("2.HEADER", "Subject: inner\r\n\r\n"),
        ("2.TEXT", "inner text\r\nmore"),
        ("2.1", "inner text\r\nmore"),
        ("2.MIME", "Content-Type: message/rfc822\r\n\r\n"),
        ("2.HEADER.FIELDS (SUBJECT)", "Subject: inner\r\n\r\n"),
        ("HEADER.FIELDS.NOT (FROM CONTENT-TYPE)", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n"),
        ("3", "%PDF"),
    ] {
        let answer = client.ok(format!("FETCH 1 BODY.PEEK[{section}]")).await;
        assert_eq!(answer.untagged, [format!("* 1 FETCH (BODY[{section}] {{{}}}\r\n{octets})", octets.len())]);
    }
    assert_eq!(client.ok("FETCH 1 BODY.PEEK[9]").await.untagged, ["* 1 FETCH (BODY[9] NIL)"]);
    let whole = client.ok("UID FETCH 1 RFC822").await;
    assert!(whole.untagged[0].contains(&format!("RFC822 {{{}}}\r\n{MIXED} FLAGS (\\Seen)", MIXED.len())));
}

#[tokio::test]
async fn partial_fetches_resume_at_any_octet() {
    let (mut client, _) = with_mixed(Profile::full()).await;
    let mut whole = String::new();
    loop {
        let answer = client.ok(format!("UID FETCH 1 BODY.PEEK[]<{}.100>", whole.len())).await;
        let line = &answer.untagged[0];
        assert!(line.contains(&format!("BODY[]<{}> {{", whole.len())), "{line}");
        let piece = line.split_once("}\r\n").unwrap().1.strip_suffix(')').unwrap();
        if piece.is_empty() {
            break;
        }
        whole.push_str(piece);
    }
    assert_eq!(whole, MIXED);
}

#[tokio::test]
async fn binary_preview_and_object_ids() {
    let (mut client, rival) = with_mixed(Profile::full()).await;
    let binary = client.ok("FETCH 1 (BINARY.SIZE[1] BINARY.PEEK[1] PREVIEW)").await;
    assert_eq!(binary.untagged, ["* 1 FETCH (BINARY.SIZE[1] 7 BINARY[1] ~{7}\r\nGrüße PREVIEW {7}\r\nGrüße)"]);
    rival.copy("INBOX", &[1], "Archive").unwrap();
    rival
        .deliver("INBOX", NewMessage::new("Message-ID: <r@x>\r\n\r\n"))
        .and_then(|_| rival.deliver("INBOX", NewMessage::new("Message-ID: <s@x>\r\nReferences: <q@x> <r@x>\r\n\r\n")))
        .unwrap();
    client.ok("NOOP").await;
    let ids = client.ok("UID FETCH 1:* (EMAILID THREADID)").await;
    let copy = {
        client.ok("SELECT Archive").await;
        client.ok("FETCH 1 (EMAILID THREADID)").await
    };
    let of = |line: &str| line[line.find("EMAILID").unwrap()..].to_owned();
    assert_eq!(of(ids.line("UID 1 ")), of(copy.line("EMAILID")));
    let thread = |line: &str| line[line.find("THREADID").unwrap()..].to_owned();
    assert_eq!(thread(ids.line("UID 2 ")), thread(ids.line("UID 3 ")));
    assert_ne!(thread(ids.line("UID 1 ")), thread(ids.line("UID 2 ")));
}

#[tokio::test]
async fn strings_and_names_can_come_as_literals() {
    let mut profile = Profile::full();
    profile.quirks.strings = StringForm::Literal;
    profile.quirks.names = StringForm::Literal;
    let (mut client, _) = with_mixed(profile).await;
    assert!(client.ok("LIST \"\" INBOX").await.has("{5}\r\nINBOX"));
    assert!(client.ok("FETCH 1 ENVELOPE").await.has("({7}\r\nDoe, Jo NIL {2}\r\njo {9}\r\na.example)"));
}

#[tokio::test]
async fn the_last_message_answers_for_a_range_beyond_the_end() {
    let (server, _) = with_mail(Profile::full(), 3);
    let mut client = Client::inbox(&server).await;
    assert_eq!(client.ok("UID FETCH 10:* FLAGS").await.untagged, ["* 3 FETCH (UID 3 FLAGS ())"]);
    let mut profile = Profile::full();
    profile.quirks.no_star_echo = true;
    server.set_profile(profile);
    let mut client = Client::inbox(&server).await;
    assert!(client.ok("UID FETCH 10:* FLAGS").await.untagged.is_empty());
}

#[tokio::test]
async fn fetching_text_sets_seen_but_peeking_and_examining_do_not() {
    let (server, _) = with_mail(Profile::full(), 2);
    let mut client = Client::inbox(&server).await;
    assert!(!client.ok("FETCH 1 BODY.PEEK[TEXT]").await.has("Seen"));
    let seen = client.ok("FETCH 1 BODY[TEXT]").await;
    assert!(seen.untagged[0].ends_with(" FLAGS (\\Seen))"), "{seen:?}");
    assert!(!client.ok("NOOP").await.has("FETCH"));
    client.ok("EXAMINE INBOX").await;
    assert!(!client.ok("FETCH 2 BODY[TEXT]").await.has("Seen"));
}
