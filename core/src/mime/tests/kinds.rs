//! The kinds of mail that people and their programs send.

use super::*;

#[test]
fn a_plain_mail() {
    let parsed = parsed(&["From: Ann <ann@x.example>", "Subject: Lunch", "", "Today?", "", "Ann"]);
    assert_eq!(shape(&parsed), [("1".into(), "text/plain".into())]);
    assert_eq!(parsed.plain, "Today?\r\n\r\nAnn\r\n");
    assert_eq!((parsed.structure.octets, parsed.structure.encoding.as_str()), (15, "7bit"));
    assert!(parsed.structure.attachments().is_empty() && parsed.html.is_empty() && !parsed.ambiguous);
}

#[test]
fn quoted_printable_and_base64_texts() {
    let head = ["From: a@x.example", "Content-Type: text/plain; charset=utf-8"];
    let quoted =
        read(&[head[0], head[1], "Content-Transfer-Encoding: Quoted-Printable", "", "Gr=C3=BC=", "=C3=9Fe =3D)  "]);
    assert_eq!(quoted, "Grüße =)");
    let base64 = read(&[head[0], head[1], "Content-Transfer-Encoding: BASE64", "", "R3LDvMOf", "ZQ=="]);
    assert_eq!(base64, "Grüße");
}

#[test]
fn flowed_text_is_whole_again() {
    let lines = [
        "From: a@x.example",
        "Content-Type: text/plain; format=flowed; delsp=yes; charset=utf-8",
        "",
        "日本 ",
        "語です",
        "",
        "> quoted ",
        "> on",
    ];
    assert_eq!(read(&lines), "日本語です\n\n> quotedon");
    let lines = ["From: a@x.example", "Content-Type: text/plain; Format=Flowed", "", "one ", "two", "-- ", "Ann"];
    assert_eq!(read(&lines), "one two\n-- \nAnn");
}

#[test]
fn html_only_reads_well() {
    let lines = [
        "From: shop@x.example",
        "Content-Type: text/html; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "<html><head><title>Shop</title><style>.x { color: red }</style></head><body>",
        "<div style=3D\"display:none;max-height:0\">View in browser &zwnj;&nbsp;&zwnj;&nbsp;</div>",
        "<h1>Your order</h1><table><tr><th>Item</th><th>Price</th></tr><tr><td>Tea &amp; milk</td><td>5&nbsp;&euro;</td></tr></table>",
        "<ul><li>fast<li>safe</ul><script>track()</script>",
        "<p>See <a href=3D\"https://x.example/o/1\">your order</a>.</p><img src=3D\"https://t.example/p.gif\" width=3D1></body></html>",
    ];
    assert_eq!(
        read(&lines),
        "Your order\n\nItem Price\nTea & milk 5 €\n• fast\n• safe\n\nSee your order <https://x.example/o/1>."
    );
    let parsed = parsed(&lines);
    assert!(parsed.plain.is_empty());
    assert_eq!(preview(&display_text(&parsed)), "Your order Item Price Tea & milk 5 € fast safe See your order");
}

const ALTERNATIVE: &[&str] = &[
    "--A",
    "Content-Type: text/plain",
    "",
    "plain words",
    "--A",
    "Content-Type: text/html",
    "",
    "<p>html words",
    "--A--",
    "",
];

#[test]
fn an_alternative_is_read_once() {
    let head = ["From: a@x.example", "Content-Type: multipart/alternative; boundary=\"A\"", ""];
    let parsed = parsed(&[&head[..], ALTERNATIVE].concat());
    assert_eq!((parsed.plain.as_str(), parsed.html.as_str()), ("plain words", "<p>html words"));
    assert_eq!(attachments(&parsed), [""; 0]);
}

#[test]
fn a_newsletter_of_related_parts_in_an_alternative() {
    let parsed = parsed(&[
        "From: a@x.example",
        "Content-Type: multipart/mixed; boundary=M",
        "",
        "--M",
        "Content-Type: multipart/alternative; boundary=A",
        "",
        "--A",
        "",
        "plain words",
        "--A",
        "Content-Type: multipart/related; boundary=R",
        "",
        "--R",
        "Content-Type: text/html",
        "",
        "<img src='cid:logo@x'>html words",
        "--R",
        "Content-Type: image/png; name=logo.png",
        "Content-ID: <logo@x>",
        "Content-Disposition: inline; filename=logo.png",
        "Content-Transfer-Encoding: base64",
        "",
        "iVBORw0KGgo=",
        "--R--",
        "--A--",
        "--M",
        "Content-Type: application/pdf",
        "Content-Disposition: attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.pdf",
        "Content-ID: <all-have-one@x>",
        "Content-Transfer-Encoding: base64",
        "",
        "JVBERi0=",
        "--M--",
    ]);
    assert_eq!(parsed.plain, "plain words");
    assert_eq!(parsed.html, "<img src='cid:logo@x'>html words");
    assert_eq!(attachments(&parsed), ["Grüße.pdf"], "pictures of the HTML are none");
    assert_eq!(parsed.structure.find("1.2.2").unwrap().content_id.as_deref(), Some("logo@x"));
}

#[test]
fn only_pictures_of_the_html_are_no_attachments() {
    let of = |outer: &str, disposition: &str| {
        let head = format!("Content-Type: multipart/{outer}; boundary=R");
        attachments(&parsed(&[
            "From: a@x.example",
            &head,
            "",
            "--R",
            "Content-Type: text/html",
            "",
            "<img src=cid:1>",
            "--R",
            "Content-Type: image/png; name=i.png",
            "Content-ID: <1>",
            disposition,
            "",
            "x",
            "--R--",
        ]))
    };
    assert_eq!(of("related", "X-No: disposition"), [""; 0]);
    assert_eq!(of("related", "Content-Disposition: inline"), [""; 0]);
    assert_eq!(of("related", "Content-Disposition: attachment"), ["i.png"]);
    assert_eq!(of("mixed", "X-No: disposition"), ["i.png"]);
}

#[test]
fn an_invitation_is_read_as_its_words_and_attached() {
    let parsed = parsed(&[
        "From: a@x.example",
        "Content-Type: multipart/alternative; boundary=A",
        "",
        "--A",
        "Content-Type: text/plain",
        "",
        "Meeting at nine",
        "--A",
        "Content-Type: text/calendar; method=REQUEST; charset=utf-8",
        "",
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "--A--",
    ]);
    assert_eq!(parsed.plain, "Meeting at nine");
    assert_eq!(attachments(&parsed), ["attachment.ics"]);
}

#[test]
fn a_forwarded_mail_is_an_attachment_named_by_its_subject() {
    let lines = [
        "From: a@x.example",
        "Content-Type: multipart/mixed; boundary=M",
        "",
        "--M",
        "",
        "see below",
        "--M",
        "Content-Type: message/rfc822",
        "",
        "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= 1/2",
        "Content-Type: multipart/mixed; boundary=N",
        "",
        "--N",
        "",
        "inner words",
        "--N",
        "Content-Type: text/csv; name=t.csv",
        "",
        "a;b",
        "--N--",
        "--M--",
    ];
    let parsed = parsed(&lines);
    assert_eq!(parsed.plain, "see below");
    assert_eq!(attachments(&parsed), ["Grüße 1_2.eml"]);
    assert_eq!(
        shape(&parsed).into_iter().map(|(section, _)| section).collect::<Vec<_>>(),
        ["", "1", "2", "2", "2.1", "2.2"]
    );
    assert_eq!(super::super::content_of(&mail(&lines), "2.2").as_deref(), Some(&b"a;b"[..]));
}

#[test]
fn a_digest_is_made_of_mails() {
    let parsed = parsed(&[
        "From: a@x.example",
        "Content-Type: multipart/digest; boundary=D",
        "",
        "--D",
        "",
        "Subject: one",
        "",
        "first",
        "--D",
        "",
        "Subject: two",
        "",
        "second",
        "--D--",
    ]);
    assert_eq!(attachments(&parsed), ["one.eml", "two.eml"]);
    assert_eq!(parsed.structure.find("1.1").unwrap().media_type, "text/plain");
}

#[test]
fn the_parts_of_a_report_are_named_by_what_they_say_and_found() {
    let lines = [
        "From: a@x.example",
        "Content-Type: multipart/report; boundary=R; report-type=delivery-status",
        "",
        "--R",
        "",
        "It came back.",
        "--R",
        "Content-Type: message/delivery-status",
        "",
        "Final-Recipient: rfc822; bob@x.example",
        "--R",
        "Content-Type: text/rfc822-headers",
        "",
        "Subject: lost",
        "--R--",
    ];
    assert_eq!(attachments(&parsed(&lines)), ["delivery-status.txt", "headers.txt"]);
    assert_eq!(parsed(&lines).plain, "It came back.");
    let found = crate::mime::digest(&mail(&lines)).text;
    assert!(found.contains("bob@x.example") && found.contains("Subject: lost"), "{found}");
    let alone = ["Content-Type: message/delivery-status", "", "Final-Recipient: rfc822; bob@x.example"];
    assert_eq!(read(&alone), "Final-Recipient: rfc822; bob@x.example");
    assert_eq!(attachments(&parsed(&["Content-Type: text/x-patch", "", "+"])), ["attachment.txt"]);
}

#[test]
fn a_signature_is_no_attachment() {
    let parsed = parsed(&[
        "From: a@x.example",
        "Content-Type: multipart/signed; boundary=S; protocol=\"application/pgp-signature\"",
        "",
        "--S",
        "",
        "signed words",
        "--S",
        "Content-Type: application/pgp-signature; name=signature.asc",
        "",
        "-----BEGIN PGP SIGNATURE-----",
        "--S--",
    ]);
    assert_eq!(parsed.plain, "signed words");
    assert_eq!(attachments(&parsed), [""; 0]);
}

#[test]
fn text_around_attachments_is_read_in_its_order() {
    let parsed = parsed(&[
        "From: a@x.example",
        "Content-Type: multipart/mixed; boundary=M",
        "",
        "--M",
        "",
        "before",
        "--M",
        "Content-Type: image/png; name=p.png",
        "",
        "x",
        "--M",
        "Content-Type: text/html",
        "",
        "<b>between</b>",
        "--M",
        "Content-Type: text/plain",
        "",
        "after",
        "--M",
        "Content-Type: text/plain; name=notes.txt",
        "Content-Disposition: attachment",
        "",
        "not read",
        "--M--",
    ]);
    assert_eq!(parsed.plain, "before\n\nbetween\n\nafter");
    assert_eq!(attachments(&parsed), ["p.png", "notes.txt"]);
}

#[test]
fn file_names_in_every_spelling() {
    let named = |field: &str| {
        attachments(&parsed(&["From: a@x.example", "Content-Type: application/pdf", field, "", "x"])).pop().unwrap()
    };
    for (field, name) in [
        ("Content-Disposition: attachment; filename=plain.pdf", "plain.pdf"),
        ("Content-Disposition: attachment; filename=\"two words.pdf\"", "two words.pdf"),
        ("Content-Disposition: attachment; filename=two words.pdf", "two words.pdf"),
        ("Content-Disposition: attachment; filename*0=\"a very\"; filename*1=\" long.pdf\"", "a very long.pdf"),
        (
            "Content-Disposition: attachment; filename*0*=iso-8859-1''Gr%FC; filename*1*=%DFe; filename*2=.pdf",
            "Grüße.pdf",
        ),
        ("Content-Disposition: attachment; filename=\"=?utf-8?B?R3LDvMOf?=\r\n =?utf-8?B?ZS5wZGY=?=\"", "Grüße.pdf"),
        ("Content-Disposition: attachment; filename*=utf-8''%E6%97%A5%E6%9C%AC.pdf; filename=fallback.pdf", "日本.pdf"),
        ("Content-Disposition: attachment; filename=\"../../etc/passwd\"", "passwd"),
        ("Content-Disposition: attachment; filename=\"\"", "attachment.pdf"),
        ("Content-Disposition: attachment", "attachment.pdf"),
    ] {
        assert_eq!(named(field), name, "{field}");
    }
}
