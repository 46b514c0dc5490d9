//! Who a mail is from, where it was made so that readers disagree or people are deceived: the address is always shown, never
//! made from encoded words, and where there is doubt it is marked.

use super::super::envelope;

/// A From field (or several fields), the display name, the address, and whether it is unclear.
const TABLE: &[(&str, &str, &str, bool)] = &[
    // What is as it should be.
    ("From: ann@x.example", "", "ann@x.example", false),
    ("From: Ann <ann@x.example>", "Ann", "ann@x.example", false),
    ("From: \"Doe, Ann\" <ann@x.example>", "Doe, Ann", "ann@x.example", false),
    ("From: ann@x.example (Ann Doe)", "Ann Doe", "ann@x.example", false),
    ("From: =?utf-8?Q?M=C3=BCller,_Ann?= <ann@x.example>", "Müller, Ann", "ann@x.example", false),
    ("From: \"=?utf-8?Q?M=C3=BCller?=\" <ann@x.example>", "Müller", "ann@x.example", false),
    ("From: =?utf-8?Q?M=C3?= =?utf-8?Q?=BCller?= <ann@x.example>", "Müller", "ann@x.example", false),
    ("From: \"Ann \\\"the\\\" Doe\" <ann@x.example>", "Ann \"the\" Doe", "ann@x.example", false),
    ("From: Ann Doe ann@x.example", "Ann Doe", "ann@x.example", false),
    ("From: ann @ x.example", "", "ann@x.example", false),
    ("From: ann@x  . example", "", "ann@x.example", false),
    ("From: ann@x .example (Ann)", "Ann", "ann@x.example", false),
    ("From: \"a b\"@x.example", "", "\"a b\"@x.example", false),
    ("From: Ann <\"a>b\"@x.example>", "Ann", "\"a>b\"@x.example", false),
    ("From: Ann <@relay.example,@b.example:ann@x.example>", "Ann", "ann@x.example", false),
    ("From: Ann <<ann@x.example>>", "Ann", "ann@x.example", false),
    ("From: Ann\r\n Doe\r\n\t<ann@x.example>", "Ann Doe", "ann@x.example", false),
    ("from : Ann <ann@x.example>", "Ann", "ann@x.example", false),
    ("From: <ann@x.example>, ", "", "ann@x.example", false),
    ("From: (a (nested) remark) Ann <ann@x.example>", "Ann", "ann@x.example", false),
    ("From: \"ann@x.example\" <ann@x.example>", "ann@x.example", "ann@x.example", false),
    ("From: ann@x.example <ANN@X.example>", "ann@x.example", "ANN@X.example", false),
    ("From: a\u{e9}@x.example", "", "a\u{e9}@x.example", false),
    ("From: Pete(A nice \\) chap) <pete(his account)@x.example(his host)>", "Pete", "pete@x.example", false),
    ("From: ann@x.example>", "", "ann@x.example", false),
    // Nobody, or several.
    ("Subject: no sender", "", "", true),
    ("From:", "", "", true),
    ("From: <>", "", "", true),
    ("From: Ann", "Ann", "", true),
    ("From: undisclosed:;", "", "", true),
    ("From: ann@x.example\r\nFrom: boss@bank.example", "", "ann@x.example", true),
    ("From: boss@bank.example\r\nfrom : ann@x.example", "", "boss@bank.example", true),
    // A name that poses as an address.
    ("From: \"boss@bank.example\" <ann@x.example>", "boss@bank.example", "ann@x.example", true),
    ("From: boss@bank.example <ann@x.example>", "boss@bank.example", "ann@x.example", true),
    ("From: =?utf-8?Q?boss=40bank.example?= <ann@x.example>", "boss@bank.example", "ann@x.example", true),
    ("From: =?utf-8?Q?=3Cboss=40bank.example=3E?= <ann@x.example>", "<boss@bank.example>", "ann@x.example", true),
    ("From: \"Boss <boss@bank.example>\" <ann@x.example>", "Boss <boss@bank.example>", "ann@x.example", true),
    ("From: boss@bank.example (Boss) <ann@x.example>", "boss@bank.example", "ann@x.example", true),
    ("From: =?utf-8?B?Ym9zc0BiYW5rLmV4YW1wbGUA?= <ann@x.example>", "boss@bank.example", "ann@x.example", true),
    ("From: boss\u{ff20}bank.example <ann@x.example>", "boss\u{ff20}bank.example", "ann@x.example", true),
    ("From: \"boss@bank.example\u{200b}\" <ann@x.example>", "boss@bank.example", "ann@x.example", true),
    // Encoded words where an address stands are no address.
    ("From: <=?utf-8?Q?boss=40bank.example=00?=@x.example>", "", "=?utf-8?Q?boss=40bank.example=00?=@x.example", true),
    ("From: =?utf-8?Q?boss=40bank.example?=@x.example", "", "=?utf-8?Q?boss=40bank.example?=@x.example", true),
    ("From: =?utf-8?Q?boss=40bank.example?=", "boss@bank.example", "", true),
    // Two addresses in one.
    ("From: <boss@bank.example>:<ann@x.example>", "", "boss@bank.example", true),
    ("From: <boss@bank.example> <ann@x.example>", "", "boss@bank.example", true),
    ("From: <boss@bank.example, ann@x.example>", "", "boss@bank.example,ann@x.example", true),
    ("From: boss@bank.example:ann@x.example", "", "ann@x.example", true),
    ("From: <boss@bank.example@x.example>", "", "boss@bank.example@x.example", true),
    ("From: <boss@bank.example", "", "boss@bank.example", false),
    ("From: <@x.example>", "", "@x.example", true),
    ("From: <ann@>", "", "ann@", true),
    // What is not seen.
    ("From: A\u{200b}n\u{2060}n <ann@x.example>", "Ann", "ann@x.example", false),
    ("From: \u{202e}nnA\u{202c} <ann@x.example>", "nnA", "ann@x.example", false),
    ("From: =?utf-8?Q?A=00n=0D=0An?= <ann@x.example>", "An n", "ann@x.example", false),
    ("From: =?utf-8?Q?Ann=E2=80=AEgnp?= <ann@x.example>", "Anngnp", "ann@x.example", false),
    ("From: Ann <ann\u{200b}@x.example>", "Ann", "ann@x.example", false),
    // Cut off or torn.
    ("From: \"Ann <ann@x.example>", "Ann <ann@x.example>", "", true),
    ("From: Ann (remark <ann@x.example>", "remark <ann@x.example>", "Ann", true),
    ("From: Ann <ann@x.example> trailing", "Ann trailing", "ann@x.example", false),
    ("From: Ann;ann@x.example", "Ann", "", true),
    ("From: ,,, ann@x.example", "", "ann@x.example", false),
    ("From: Team: ann@x.example;", "", "ann@x.example", false),
];

#[test]
fn case_114_senders_are_who_the_address_says() {
    let mut wrong = Vec::new();
    for (field, name, email, unclear) in TABLE {
        let read = envelope(format!("To: b@x.example\r\n{field}\r\nX-Other: x\r\n\r\n").as_bytes());
        let first = read.from.first().cloned().unwrap_or_default();
        if (first.name.as_str(), first.email.as_str(), read.sender_unclear) != (*name, *email, *unclear) {
            wrong.push((field, first.name, first.email, read.sender_unclear));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn groups_are_their_members() {
    let of = |value: &str| {
        let to = envelope(format!("To: {value}\r\n\r\n").as_bytes()).to;
        to.into_iter().map(|to| to.email).collect::<Vec<_>>()
    };
    assert_eq!(
        of("Friends: a@x.example, Bob <b@x.example>; c@x.example"),
        ["a@x.example", "b@x.example", "c@x.example"]
    );
    assert_eq!(of("undisclosed-recipients:;"), [""; 0]);
    assert_eq!(of("\"A group\":a@x.example;,Other:;"), ["a@x.example"]);
    assert_eq!(of("open: a@x.example"), ["a@x.example"]);
    assert_eq!(of("a@x.example; b@x.example"), ["a@x.example", "b@x.example"]);
}
