//! SASL mechanisms, as far as the client speaks first: the initial response is all they need.

use crate::model::Secret;

/// PLAIN (RFC 4616).
pub fn plain(user: &str, password: &Secret) -> Vec<u8> {
    [b"\0", user.as_bytes(), b"\0", password.expose().as_bytes()].concat()
}

/// XOAUTH2 (Google's and Microsoft's documents of that name).
pub fn xoauth2(user: &str, token: &Secret) -> Vec<u8> {
    format!("user={user}\x01auth=Bearer {}\x01\x01", token.expose()).into_bytes()
}

/// OAUTHBEARER (RFC 7628 section 3.1).
pub fn oauthbearer(user: &str, token: &Secret, host: &str, port: u16) -> Vec<u8> {
    // The authorization identity is escaped as in SCRAM (RFC 5801 section 4).
    let user = user.replace('=', "=3D").replace(',', "=2C");
    format!("n,a={user},\x01host={host}\x01port={port}\x01auth=Bearer {}\x01\x01", token.expose()).into_bytes()
}

/// Whether user and secret can go into these forms: none of the characters that they use between fields.
pub fn fits(user: &str, secret: &Secret) -> bool {
    let clean = |text: &str| !text.contains(['\0', '\x01', '\r', '\n']);
    clean(user) && clean(secret.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_as_the_standards_show_them() {
        let secret = Secret::new("tok=en");
        assert_eq!(plain("tim", &secret), b"\0tim\0tok=en");
        assert_eq!(xoauth2("tim@example.org", &secret), b"user=tim@example.org\x01auth=Bearer tok=en\x01\x01");
        assert_eq!(
            oauthbearer("a,b=c", &secret, "mail.example.org", 993),
            b"n,a=a=2Cb=3Dc,\x01host=mail.example.org\x01port=993\x01auth=Bearer tok=en\x01\x01"
        );
        assert!(!fits("a\x01auth=x", &secret) && !fits("a", &Secret::new("a\0b")));
    }
}
