//! The private servers themselves: they start, know their users, keep mail byte for byte, and leave nothing behind.
#![allow(clippy::unwrap_used)]

use std::fs;

use postrider_tests::servers::{
    Access, Cyrus, CyrusOptions, Dovecot, DovecotOptions, ImapPeer, LaunchError, RawError, Storage, User,
};

/// A mail with what transports like to spoil: bare dots, trailing spaces, eight-bit bytes, a line of 900 characters.
fn awkward_mail() -> Vec<u8> {
    let head = b"Message-ID: <awkward@postrider.example>\r\nSubject: dots\r\n\r\n.\r\n..\r\nspaces  \t \r\nGr\xc3\xbc\xc3\x9fe \xff\r\n";
    [head.as_slice(), &[b'x'; 900], b"\r\nFrom here\r\n"].concat()
}

fn up<S>(started: Result<S, LaunchError>) -> S {
    started.unwrap_or_else(|error| panic!("{error}"))
}

/// The numbers of the processes that belong to a group, dead ones that nobody has reaped left out.
fn processes_of(group: u32) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        // The process may be gone by now.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        if fields.get(2) == Some(&group.to_string().as_str()) && fields.first() != Some(&"Z") {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

fn assert_keeps_mail_byte_for_byte(server: &Access) {
    let mut client = server.client(server.user(0)).unwrap();
    client.append("INBOX", "\\Seen $Work", &awkward_mail()).unwrap();
    let messages = client.full_messages("INBOX").unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].body, awkward_mail());
    assert_eq!(messages[0].size, awkward_mail().len() as u64);
    assert_eq!(messages[0].flags, ["$Work", "\\Seen"]);
}

fn assert_knows_its_users(server: &Access) {
    let (first, second) = (server.user(0), server.user(1));
    assert!(server.client(second).is_ok());
    let wrong = server.client(&User::new(&first.name, &second.password));
    assert!(matches!(wrong, Err(RawError::Refused { .. })));
}

/// The mailbox marked for sent mail, by its name on the server.
fn sent(mut peer: ImapPeer) -> Option<String> {
    let list = peer.client().list().unwrap();
    list.into_iter().find(|mailbox| mailbox.is("\\Sent")).map(|mailbox| mailbox.name)
}

#[test]
fn dovecot_keeps_mail_byte_for_byte() {
    let server = up(Dovecot::start(&DovecotOptions::default()));
    assert_keeps_mail_byte_for_byte(&server);
}

#[test]
fn dovecot_with_mdbox_keeps_mail_byte_for_byte() {
    let server = up(Dovecot::start(&DovecotOptions { storage: Storage::Mdbox, ..DovecotOptions::default() }));
    assert_keeps_mail_byte_for_byte(&server);
}

#[test]
fn cyrus_keeps_mail_byte_for_byte() {
    let server = up(Cyrus::start(&CyrusOptions::default()));
    assert_keeps_mail_byte_for_byte(&server);
}

#[test]
fn dovecot_knows_its_users_by_their_passwords() {
    let server = up(Dovecot::start(&DovecotOptions::default()));
    assert_knows_its_users(&server);
}

#[test]
fn cyrus_knows_its_users_by_their_passwords() {
    let server = up(Cyrus::start(&CyrusOptions::default()));
    assert_knows_its_users(&server);
}

#[test]
fn dovecot_leaves_no_process_behind() {
    let server = up(Dovecot::start(&DovecotOptions { pop3: true, ..DovecotOptions::default() }));
    // A session that is still open must not keep a worker alive.
    let _open = server.client(server.user(0)).unwrap();
    let group = server.process_group();
    assert!(processes_of(group).len() > 3);
    drop(server);
    assert_eq!(processes_of(group), Vec::<String>::new());
}

#[test]
fn cyrus_leaves_no_process_behind() {
    let server = up(Cyrus::start(&CyrusOptions::default()));
    let _open = server.client(server.user(0)).unwrap();
    let group = server.process_group();
    assert!(processes_of(group).len() > 2);
    drop(server);
    assert_eq!(processes_of(group), Vec::<String>::new());
}

#[test]
fn dovecot_announces_what_it_is_told_to() {
    let all = up(Dovecot::start(&DovecotOptions::default()));
    let client = all.client(all.user(0)).unwrap();
    for capability in ["QRESYNC", "NOTIFY", "COMPRESS=DEFLATE", "METADATA", "QUOTA", "UIDPLUS", "MOVE", "PREVIEW=FUZZY"]
    {
        assert!(client.can(capability), "{capability}");
    }
    let few = up(Dovecot::start(&DovecotOptions::announcing(DovecotOptions::WITHOUT_QRESYNC)));
    let client = few.client(few.user(0)).unwrap();
    assert!(client.can("CONDSTORE") && !client.can("QRESYNC") && !client.can("NOTIFY"));
    let bare = up(Dovecot::start(&DovecotOptions::announcing(DovecotOptions::RFC_3501)));
    let client = bare.client(bare.user(0)).unwrap();
    assert!(client.can("IMAP4REV1") && !client.can("UIDPLUS") && !client.can("CONDSTORE"));
}

#[test]
fn cyrus_announces_what_it_is_told_to() {
    let all = up(Cyrus::start(&CyrusOptions::default()));
    let client = all.client(all.user(0)).unwrap();
    for capability in ["QRESYNC", "OBJECTID", "COMPRESS=DEFLATE", "SPECIAL-USE", "UIDPLUS", "MOVE", "IDLE"] {
        assert!(client.can(capability), "{capability}");
    }
    let options =
        CyrusOptions { suppressed: vec!["QRESYNC".to_owned(), "OBJECTID".to_owned()], ..CyrusOptions::default() };
    let fewer = up(Cyrus::start(&options));
    let client = fewer.client(fewer.user(0)).unwrap();
    assert!(client.can("CONDSTORE") && !client.can("QRESYNC") && !client.can("OBJECTID"));
}

#[test]
fn mailboxes_are_named_as_the_options_say() {
    let dovecot = up(Dovecot::start(&DovecotOptions::default()));
    assert_eq!(sent(dovecot.peer(dovecot.user(0)).unwrap()).as_deref(), Some("Sent"));
    let options = DovecotOptions { delimiter: '.', prefix: "INBOX.".to_owned(), ..DovecotOptions::default() };
    let prefixed = up(Dovecot::start(&options));
    let peer = prefixed.peer(prefixed.user(0)).unwrap();
    assert_eq!(peer.server_name("Work/2026"), "INBOX.Work.2026");
    assert_eq!(sent(peer).as_deref(), Some("INBOX.Sent"));
    let cyrus = up(Cyrus::start(&CyrusOptions::default()));
    assert_eq!(sent(cyrus.peer(cyrus.user(0)).unwrap()).as_deref(), Some("INBOX.Sent"));
    let plain = up(Cyrus::start(&CyrusOptions::plain_names()));
    let peer = plain.peer(plain.user(0)).unwrap();
    assert_eq!(peer.server_name("Work/2026"), "Work/2026");
    assert_eq!(sent(peer).as_deref(), Some("Sent"));
}

#[test]
fn a_dovecot_that_does_not_start_says_why() {
    let broken =
        DovecotOptions { special_use: vec![("Sent".to_owned(), "Sent".to_owned())], ..DovecotOptions::default() };
    let Err(LaunchError::NotUp(log)) = Dovecot::start(&broken) else { panic!("it started") };
    assert!(log.contains("special_use"), "{log}");
}
