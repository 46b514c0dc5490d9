use super::*;
use crate::model::Timestamp;

#[test]
fn fields_are_decoded() {
    let header = b"From: =?utf-8?q?Ann_M=C3=BCller?= <ann@example.org>\r\nTo: Friends: bob@example.org, Eve <eve@example.org>;\r\n\
        Subject: =?iso-8859-1?Q?Gr=FC=DFe?=\r\n =?utf-8?B?IOKAlCBoaQ==?=\r\nDate: Tue, 24 Nov 2026 10:30:00 +0100\r\n\
        Message-ID: <a@x>\r\nReferences: <r1@x>\r\n\t<r2@x>\r\nIn-Reply-To: <r2@x>\r\n\r\n";
    let envelope = envelope(header);
    assert_eq!(envelope.subject, "Grüße — hi");
    assert_eq!(envelope.from, [Address { name: "Ann Müller".into(), email: "ann@example.org".into() }]);
    assert_eq!(
        envelope.to.iter().map(|to| to.email.as_str()).collect::<Vec<_>>(),
        ["bob@example.org", "eve@example.org"]
    );
    assert_eq!(envelope.date, Some(Timestamp(1_795_512_600)));
    assert_eq!(envelope.message_id.as_deref(), Some("a@x"));
    assert_eq!((envelope.references, envelope.in_reply_to), (vec!["r1@x".into(), "r2@x".into()], vec!["r2@x".into()]));
    assert!(!envelope.sender_unclear);
}
