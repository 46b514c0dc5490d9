use postrider_model::profile::Profile;

use crate::client::{Client, server, with_mail};

#[tokio::test]
async fn greets_logs_in_selects_fetches_and_leaves() {
    let (server, _) = with_mail(Profile::bare(), 2);
    let mut client = Client::over(server.connect_in_memory()).await;
    assert!(client.greeting.starts_with("* OK "), "{}", client.greeting);
    assert!(client.run("LOGIN jo wrong").await.tagged.starts_with("NO [AUTHENTICATIONFAILED]"));
    client.ok("LOGIN \"jo\" {6}\r\nsecret").await;
    let selected = client.ok("SELECT inbox").await;
    assert_eq!(selected.line("EXISTS"), "* 2 EXISTS");
    assert_eq!(selected.line("RECENT"), "* 2 RECENT");
    assert!(selected.tagged.starts_with("OK [READ-WRITE]"));
    let fetched =
        client.ok("FETCH 1 (UID FLAGS RFC822.SIZE INTERNALDATE ENVELOPE BODY.PEEK[HEADER.FIELDS (Subject)])").await;
    assert_eq!(
        fetched.untagged,
        ["* 1 FETCH (UID 1 FLAGS (\\Recent) RFC822.SIZE 140 INTERNALDATE \"14-Nov-2023 22:13:20 +0000\" ENVELOPE \
          (\"Mon, 13 Nov 2023 10:00:00 +0100\" \"number 1\" ((\"Ann\" NIL \"ann\" \"a.example\")) \
          ((\"Ann\" NIL \"ann\" \"a.example\")) ((\"Ann\" NIL \"ann\" \"a.example\")) \
          ((NIL NIL \"jo\" \"b.example\")) NIL NIL NIL \"<1@a.example>\") BODY[HEADER.FIELDS (Subject)] \
          {21}\r\nSubject: number 1\r\n\r\n)"]
    );
    let left = client.run("LOGOUT").await;
    assert!(left.has("* BYE") && left.tagged.starts_with("OK"));
    assert!(client.response().await.is_none());
}

#[tokio::test]
async fn a_bare_server_refuses_every_extension() {
    let (server, _) = server(Profile::bare());
    let mut client = Client::login(&server).await;
    assert_eq!(client.ok("CAPABILITY").await.untagged, ["* CAPABILITY IMAP4rev1"]);
    for command in ["ENABLE CONDSTORE", "ID NIL", "NAMESPACE", "IDLE", "LIST \"\" % RETURN (CHILDREN)", "UNSELECT"] {
        assert!(client.run(command).await.tagged.starts_with("BAD"), "{command}");
    }
    assert_eq!(server.world().violations().len(), 6);
}
