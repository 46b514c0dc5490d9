//! Everything an account is set to.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Protocol, Server};

/// How to prove who the user is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// A password, by the safest mechanism that both sides know.
    #[default]
    Password,
    /// An OAuth 2 access token (OAUTHBEARER, RFC 7628, or XOAUTH2).
    #[serde(rename = "xoauth2")]
    Token,
}

/// Which bodies are fetched before anybody asks for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyPolicy {
    /// None: each when it is opened.
    None,
    /// Of mail younger than [`AccountSettings::recent_days`] and smaller than [`AccountSettings::recent_bytes`].
    #[default]
    Recent,
    /// All.
    All,
}

impl FromStr for BodyPolicy {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::None),
            "recent" => Ok(Self::Recent),
            "all" => Ok(Self::All),
            _ => Err(InvalidSetting::Value("none, recent or all")),
        }
    }
}

/// The settings of one account. Kept in the store; never holds a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountSettings {
    /// What the account is called on this device: unique.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// Login name; the address where empty.
    pub user: String,
    /// How to log in.
    pub auth: Auth,
    /// The IMAP server, where mail comes from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imap: Option<Server>,
    /// The POP3 server, where mail comes from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pop: Option<Server>,
    /// The submission server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp: Option<Server>,
    /// Further certificate authorities to trust, in PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// The one public key to trust: SHA-256 of the certificate's SubjectPublicKeyInfo, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// Which bodies are fetched ahead.
    pub bodies: BodyPolicy,
    /// For [`BodyPolicy::Recent`]: how many days back.
    pub recent_days: u32,
    /// For [`BodyPolicy::Recent`]: up to how many octets.
    pub recent_bytes: u64,
    /// What the application keeps with the account for itself. The core never reads it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub host: BTreeMap<String, String>,
}

/// One setting as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its dotted name.
    pub key: String,
    /// Its value; empty where it is not set.
    pub value: String,
}

/// A setting cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSetting {
    /// There is no setting of that name.
    #[error("there is no setting of that name")]
    Key,
    /// The value does not fit; what would is told.
    #[error("the value must be {0}")]
    Value(&'static str),
}

impl AccountSettings {
    /// Settings with the usual policies.
    pub fn new(name: &str, email: &str) -> Self {
        Self {
            name: name.to_owned(),
            email: email.to_owned(),
            recent_days: 30,
            recent_bytes: 256 * 1024,
            ..Self::default()
        }
    }

    /// The name to log in with.
    pub fn login_user(&self) -> &str {
        if self.user.is_empty() { &self.email } else { &self.user }
    }

    /// Every setting by its dotted name, as `account show` lists them.
    pub fn list(&self) -> Vec<Setting> {
        let server = |server: &Option<Server>| server.as_ref().map(Server::to_string).unwrap_or_default();
        let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let fixed = [
            ("name", self.name.clone()),
            ("email", self.email.clone()),
            ("user", self.login_user().to_owned()),
            ("auth", word(serde_json::to_value(self.auth).unwrap_or_default())),
            ("imap.server", server(&self.imap)),
            ("pop.server", server(&self.pop)),
            ("smtp.server", server(&self.smtp)),
            ("tls.ca", if self.ca.is_some() { "given".to_owned() } else { String::new() }),
            ("tls.pin", self.pin.as_ref().map(|pin| format!("sha256:{pin}")).unwrap_or_default()),
            ("bodies.policy", word(serde_json::to_value(self.bodies).unwrap_or_default())),
            ("bodies.recent_days", self.recent_days.to_string()),
            ("bodies.recent_bytes", self.recent_bytes.to_string()),
        ];
        let host = self.host.iter().map(|(key, value)| (format!("host.{key}"), value.clone()));
        let fixed = fixed.into_iter().map(|(key, value)| (key.to_owned(), value));
        fixed.chain(host).map(|(key, value)| Setting { key, value }).collect()
    }

    /// Sets one setting by its dotted name. An empty value takes a server, a pin or a CA away.
    ///
    /// # Errors
    /// [`InvalidSetting`] where the name is unknown or the value does not fit; nothing is changed then.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), InvalidSetting> {
        match key {
            "name" => self.name = non_empty(value)?,
            "email" => self.email = non_empty(value)?,
            "user" => value.clone_into(&mut self.user),
            "auth" => {
                self.auth = match value {
                    "password" => Auth::Password,
                    "xoauth2" => Auth::Token,
                    _ => return Err(InvalidSetting::Value("password or xoauth2")),
                }
            }
            "imap.server" => self.imap = server(value, Protocol::Imap)?,
            "pop.server" => self.pop = server(value, Protocol::Pop)?,
            "smtp.server" => self.smtp = server(value, Protocol::Smtp)?,
            "tls.ca" => self.ca = (!value.is_empty()).then(|| value.to_owned()),
            "tls.pin" => self.pin = pin(value)?,
            "bodies.policy" => self.bodies = value.parse()?,
            "bodies.recent_days" => self.recent_days = number(value)?,
            "bodies.recent_bytes" => self.recent_bytes = number(value)?,
            _ => match key.strip_prefix("host.") {
                Some(own) if value.is_empty() => drop(self.host.remove(own)),
                Some(own) => drop(self.host.insert(own.to_owned(), value.to_owned())),
                None => return Err(InvalidSetting::Key),
            },
        }
        Ok(())
    }
}

fn non_empty(value: &str) -> Result<String, InvalidSetting> {
    if value.trim().is_empty() { Err(InvalidSetting::Value("not empty")) } else { Ok(value.trim().to_owned()) }
}

fn number<T: FromStr>(value: &str) -> Result<T, InvalidSetting> {
    value.parse().map_err(|_| InvalidSetting::Value("a number"))
}

fn server(value: &str, protocol: Protocol) -> Result<Option<Server>, InvalidSetting> {
    if value.is_empty() {
        return Ok(None);
    }
    let server: Server = value.parse().map_err(|_| InvalidSetting::Value("a server URL such as imaps://host:993"))?;
    if server.protocol != protocol {
        return Err(InvalidSetting::Value("a URL of this protocol"));
    }
    Ok(Some(server))
}

fn pin(value: &str) -> Result<Option<String>, InvalidSetting> {
    let digits = value.strip_prefix("sha256:").unwrap_or(value);
    match digits.len() {
        0 => Ok(None),
        64 if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok(Some(digits.to_ascii_lowercase())),
        _ => Err(InvalidSetting::Value("sha256: and 64 hexadecimal digits")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn settings_are_kept_as_json_and_read_again() {
        let mut settings = AccountSettings::new("home", "mara@postrider.example");
        settings.set("imap.server", "imap+plain://127.0.0.1:1143").unwrap();
        settings.set("tls.pin", &format!("sha256:{}", "AB".repeat(32))).unwrap();
        settings.set("host.password_command", "pass show mail").unwrap();
        settings.set("auth", "xoauth2").unwrap();
        let text = serde_json::to_string(&settings).unwrap();
        assert!(text.contains(r#""auth":"xoauth2""#), "{text}");
        assert_eq!(serde_json::from_str::<AccountSettings>(&text).unwrap(), settings);
    }

    #[test]
    fn a_setting_that_does_not_fit_changes_nothing() {
        let mut settings = AccountSettings::new("home", "mara@postrider.example");
        let before = settings.clone();
        for (key, value) in [
            ("nonsense", "1"),
            ("name", " "),
            ("imap.server", "pops://mail.example"),
            ("imap.server", "mail.example"),
            ("tls.pin", "sha256:12"),
            ("bodies.policy", "some"),
            ("bodies.recent_days", "-1"),
        ] {
            assert!(settings.set(key, value).is_err(), "{key}={value}");
            assert_eq!(settings, before);
        }
    }
}
