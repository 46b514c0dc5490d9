#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::imap::parse;
use crate::wire::Trust;

fn endpoint() -> Endpoint {
    Endpoint { host: "mail.example.org".to_owned(), port: 993, security: Security::Tls, trust: Trust::Platform }
}

fn chosen(server: &str, credentials: &Credentials) -> Result<String, ImapError> {
    let server = Capabilities::new(server.split(' '));
    let command = login(&server, &endpoint(), credentials)?;
    let Piece::Text(text) = &command.pieces()[0] else { panic!() };
    Ok(String::from_utf8(text.clone()).unwrap().split(' ').take(2).collect::<Vec<_>>().join(" "))
}

#[test]
fn the_safest_mechanism_that_both_know_is_taken() {
    let password = Credentials::Password { user: "tim".to_owned(), secret: Secret::new("x") };
    let token = Credentials::OAuth { user: "tim".to_owned(), token: Secret::new("x") };
    for (server, with_password, with_token) in [
        ("IMAP4rev1", Some("LOGIN tim"), None),
        ("AUTH=PLAIN AUTH=XOAUTH2", Some("AUTHENTICATE PLAIN"), Some("AUTHENTICATE XOAUTH2")),
        ("AUTH=PLAIN LOGINDISABLED", Some("AUTHENTICATE PLAIN"), None),
        ("LOGINDISABLED AUTH=XOAUTH2 AUTH=OAUTHBEARER", None, Some("AUTHENTICATE OAUTHBEARER")),
    ] {
        for (credentials, expected) in [(&password, with_password), (&token, with_token)] {
            let expected = expected.map(str::to_owned).ok_or(ImapError::NoMechanism);
            assert_eq!(chosen(server, credentials), expected, "{server}");
        }
    }
}

#[test]
fn a_secret_that_would_break_out_of_its_field_is_refused() {
    for (user, secret) in [("tim\0", "x"), ("tim", "a\x01auth=Bearer b"), ("tim", "a\r\nX"), ("a\nb", "x")] {
        let (user, secret) = (user.to_owned(), Secret::new(secret));
        let password = Credentials::Password { user: user.clone(), secret: secret.clone() };
        assert_eq!(chosen("AUTH=PLAIN", &password), Err(InvalidArgument::Nul.into()));
        assert_eq!(
            chosen("AUTH=XOAUTH2", &Credentials::OAuth { user, token: secret }),
            Err(InvalidArgument::Nul.into())
        );
    }
}

#[test]
fn a_refusal_for_now_is_told_from_a_wrong_password() {
    for (answer, busy) in [
        ("NO [AUTHENTICATIONFAILED] Authentication failed.", false),
        ("NO [AUTHENTICATIONFAILED] Temporary looking text, try again", false),
        ("NO Invalid credentials (Failure)", false),
        ("NO LOGIN failed.", false),
        ("BAD Command Argument Error. 11", false),
        ("NO [UNAVAILABLE] Temporary authentication failure.", true),
        ("NO [LIMIT] Too many connections", true),
        ("NO [INUSE] locked", true),
        ("NO [ALERT] Too many simultaneous connections. (Failure)", true),
        ("NO Maximum number of connections from user+IP exceeded", true),
        ("BAD User is authenticated but not connected.", true),
        ("NO Server unavailable, try again later", true),
    ] {
        let error = refusal(&parse::condition(answer.as_bytes()).unwrap());
        assert_eq!(matches!(error, ImapError::Unavailable { .. }), busy, "{answer}");
        assert!(!error.to_string().contains("failed."), "the server's words stay out");
    }
}
