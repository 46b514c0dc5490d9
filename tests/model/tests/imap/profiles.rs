//! Provider profiles and quirks.

use postrider_model::profile::{Extension, Profile};

use crate::client::{Client, with_mail};

#[tokio::test]
async fn every_profile_serves_a_session_with_what_it_offers() {
    for name in Profile::PRESETS {
        let profile = Profile::preset(name).unwrap();
        let (server, _) = with_mail(profile.clone(), 3);
        let mut client = Client::login(&server).await;
        let capabilities = client.ok("CAPABILITY").await;
        for extension in Extension::ALL {
            let shown = capabilities.untagged[0].split(' ').any(|word| {
                word == extension.capability() || word.starts_with(&format!("{}=", extension.capability()))
            });
            assert_eq!(shown, profile.has(*extension), "{name} {extension:?}");
        }
        assert!(client.ok("SELECT INBOX").await.has("* 3 EXISTS"), "{name}");
        let listed = client.ok("LIST \"\" *").await;
        assert_eq!(listed.untagged.len(), profile.layout.mailboxes.len() + 1, "{name}");
        assert_eq!(client.ok("UID FETCH 1:* (UID FLAGS ENVELOPE BODYSTRUCTURE)").await.untagged.len(), 3, "{name}");
        assert_eq!(client.ok("LOGOUT").await.untagged.len(), 1);
        assert!(server.world().violations().is_empty(), "{name}");
    }
    assert!(Profile::preset("nobody").is_none());
}

#[tokio::test]
async fn profiles_differ_as_providers_do() {
    let has = |profile: Profile, extension| profile.has(extension);
    assert!(!has(Profile::gmail(), Extension::Qresync) && has(Profile::gmail(), Extension::Condstore));
    assert!(!has(Profile::exchange(), Extension::Condstore) && !has(Profile::exchange(), Extension::Esearch));
    assert!(has(Profile::dovecot(), Extension::Qresync) && !has(Profile::dovecot(), Extension::ObjectId));
    assert!(has(Profile::cyrus(), Extension::ObjectId) && Profile::bare().extensions.is_empty());
}

#[tokio::test]
async fn quirks_show_at_select() {
    let mut profile = Profile::full();
    profile.quirks.no_uidnext_at_select = true;
    profile.quirks.no_permanent_flags = true;
    profile.quirks.uid_not_sticky = true;
    profile.quirks.noise = vec!["* OK still here".to_owned(), "* 3 EXISTS".to_owned()];
    let (server, _) = with_mail(profile, 3);
    let mut client = Client::login(&server).await;
    let selected = client.ok("SELECT INBOX").await;
    assert!(!selected.has("UIDNEXT") && !selected.has("PERMANENTFLAGS") && selected.has("* NO [UIDNOTSTICKY]"));
    assert_eq!(client.ok("NOOP").await.untagged, ["* OK still here", "* 3 EXISTS"]);
}

#[tokio::test]
async fn new_keywords_are_dropped_where_they_are_not_kept() {
    let (server, _) = with_mail(Profile::exchange(), 1);
    let mut client = Client::login(&server).await;
    assert!(!client.ok("SELECT INBOX").await.line("PERMANENTFLAGS").contains("\\*"));
    assert_eq!(client.ok("STORE 1 +FLAGS (Work \\Seen)").await.untagged, ["* 1 FETCH (FLAGS (\\Seen))"]);
}

#[tokio::test]
async fn preauth_needs_no_login() {
    let mut profile = Profile::full();
    profile.quirks.preauth = Some("jo".to_owned());
    let (server, _) = with_mail(profile, 1);
    let mut client = Client::over(server.connect_in_memory()).await;
    assert!(client.greeting.starts_with("* PREAUTH"));
    client.ok("SELECT INBOX").await;
}

#[tokio::test]
async fn the_wire_log_holds_commands_and_no_secrets() {
    let (server, _) = with_mail(Profile::full(), 1);
    server.world().with(|state| state.record_commands(true));
    let mut client = Client::login(&server).await;
    client.ok("APPEND Sent {5+}\r\nhello").await;
    let lines: Vec<String> =
        server.world().received().into_iter().map(|received| String::from_utf8(received.line).unwrap()).collect();
    assert_eq!(lines, ["a1 LOGIN ...", "a2 APPEND Sent {5+}"]);
}

#[tokio::test]
async fn dovecots_ways_are_kept() {
    let (server, rival) = with_mail(Profile::dovecot(), 1);
    rival.create("above/below", &[]).unwrap();
    let mut client = Client::over(server.connect_in_memory()).await;
    assert!(!client.greeting.contains("CONDSTORE") && client.greeting.contains("SASL-IR"));
    assert!(client.ok("LOGIN jo secret").await.tagged.contains("CONDSTORE"));
    assert!(client.ok("LIST \"\" above").await.has("\\Noselect"));
    assert!(client.ok("LIST \"\" above RETURN (CHILDREN)").await.has("\\NonExistent"));
    client.ok("DELETE above/below").await;
    assert!(client.ok("LIST \"\" above*").await.untagged.is_empty());
    client.ok("EXAMINE INBOX").await;
    assert!(client.ok("STORE 1 +FLAGS (\\Seen)").await.untagged.is_empty());
    let fetched = client.ok("FETCH 1 (BODY.PEEK[5] BODY.PEEK[HEADER.FIELDS (Subject)])").await;
    assert!(fetched.untagged[0].starts_with("* 1 FETCH (BODY[5] {0}\r\n BODY[HEADER.FIELDS (SUBJECT)] {"));
}

#[tokio::test]
async fn dates_can_come_in_utc() {
    let mut profile = Profile::full();
    for (utc, shown) in [(false, "\" 1-Jan-2021 00:30:00 +0100\""), (true, "\"31-Dec-2020 23:30:00 +0000\"")] {
        profile.quirks.utc_dates = utc;
        let (server, _) = with_mail(profile.clone(), 0);
        let mut client = Client::inbox(&server).await;
        client.ok("APPEND INBOX \" 1-Jan-2021 00:30:00 +0100\" {1+}\r\nx").await;
        assert!(client.ok("FETCH 1 INTERNALDATE").await.has(shown));
    }
}
