//! The providers.

use std::collections::BTreeSet;

use super::extension::Extension as E;
use super::{Layout, Mechanism, Profile, Quirks, StringForm};
use crate::world::Style;

impl Profile {
    /// Names of all presets.
    pub const PRESETS: [&str; 7] = ["bare", "dovecot", "cyrus", "gmail", "exchange", "courier", "full"];

    /// The preset of that name.
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "bare" => Some(Self::bare()),
            "dovecot" => Some(Self::dovecot()),
            "cyrus" => Some(Self::cyrus()),
            "gmail" => Some(Self::gmail()),
            "exchange" => Some(Self::exchange()),
            "courier" => Some(Self::courier()),
            "full" => Some(Self::full()),
            _ => None,
        }
    }

    /// RFC 3501 and nothing more.
    pub fn bare() -> Self {
        Self {
            name: "bare".to_owned(),
            extensions: BTreeSet::new(),
            mechanisms: BTreeSet::from([Mechanism::Plain]),
            login_disabled_without_tls: false,
            append_limit: None,
            layout: Layout::new(b'/', "", &[("Drafts", ""), ("Sent", ""), ("Trash", "")]),
            quirks: Quirks { recent: true, bare_greeting: true, bare_login: true, ..Quirks::default() },
        }
    }

    /// Every extension the model knows.
    pub fn full() -> Self {
        Self {
            extensions: E::ALL.iter().copied().filter(|known| *known != E::LiteralMinus).collect(),
            mechanisms: BTreeSet::from(Mechanism::ALL),
            append_limit: Some(64 << 20),
            layout: usual_layout(b'/'),
            quirks: Quirks::default(),
            ..Self::named("full")
        }
    }

    /// Dovecot 2.3 as distributions ship it.
    pub fn dovecot() -> Self {
        let lacks = [E::ObjectId, E::Replace, E::Utf8Accept, E::CreateSpecialUse, E::AppendLimit, E::Quota, E::GmExt];
        let mut profile = Self { layout: usual_layout(b'/'), ..Self::full() };
        profile.extensions.retain(|extension| !lacks.contains(extension));
        profile.layout.shells = true;
        profile.quirks = Quirks {
            recent: true,
            names: StringForm::Atom,
            short_before_login: true,
            empty_parts: true,
            capital_fields: true,
            utc_dates: true,
            ignores_store_when_read_only: true,
            ..Quirks::default()
        };
        Self { name: "dovecot".to_owned(), append_limit: None, mechanisms: plain_login(), ..profile }
    }

    /// Cyrus 3.8 with the alternative name space.
    pub fn cyrus() -> Self {
        let mut profile = Self::full();
        profile.extensions.retain(|extension| ![E::GmExt, E::Notify].contains(extension));
        profile.quirks = Quirks { recent: true, names: StringForm::Atom, ..Quirks::default() };
        Self { name: "cyrus".to_owned(), mechanisms: plain_login(), ..profile }
    }

    /// Gmail: labels, All Mail, no QRESYNC.
    pub fn gmail() -> Self {
        let mailboxes = [
            ("[Gmail]", "\\Noselect"),
            ("[Gmail]/All Mail", "\\All"),
            ("[Gmail]/Drafts", "\\Drafts"),
            ("[Gmail]/Important", "\\Important"),
            ("[Gmail]/Sent Mail", "\\Sent"),
            ("[Gmail]/Spam", "\\Junk"),
            ("[Gmail]/Starred", "\\Flagged"),
            ("[Gmail]/Trash", "\\Trash"),
        ];
        let extensions = [
            E::SaslIr,
            E::Id,
            E::Enable,
            E::Idle,
            E::Namespace,
            E::Children,
            E::Unselect,
            E::UidPlus,
            E::Move,
            E::Condstore,
            E::Esearch,
            E::ListExtended,
            E::ListStatus,
            E::SpecialUse,
            E::LiteralMinus,
            E::Compress,
            E::AppendLimit,
            E::Utf8Accept,
            E::Quota,
            E::GmExt,
        ];
        Self {
            extensions: BTreeSet::from(extensions),
            mechanisms: BTreeSet::from([Mechanism::Plain, Mechanism::XOAuth2, Mechanism::OAuthBearer]),
            append_limit: Some(35_651_584),
            layout: Layout { style: Style::Labels, ..Layout::new(b'/', "", &mailboxes) },
            quirks: Quirks { max_sessions: Some(15), short_before_login: true, ..Quirks::default() },
            ..Self::named("gmail")
        }
    }

    /// Exchange Online: few extensions, no CONDSTORE, no special uses.
    pub fn exchange() -> Self {
        let mailboxes =
            ["Archive", "Deleted Items", "Drafts", "Junk Email", "Outbox", "Sent Items"].map(|name| (name, ""));
        let extensions =
            [E::SaslIr, E::Id, E::Idle, E::Namespace, E::Children, E::Unselect, E::UidPlus, E::Move, E::LiteralPlus];
        Self {
            extensions: BTreeSet::from(extensions),
            mechanisms: BTreeSet::from([Mechanism::Plain, Mechanism::XOAuth2]),
            layout: Layout::new(b'/', "", &mailboxes),
            quirks: Quirks { bare_greeting: true, bare_login: true, no_keywords: true, ..Quirks::default() },
            ..Self::named("exchange")
        }
    }

    /// Courier: every mailbox below INBOX, RFC 3501 and little more.
    pub fn courier() -> Self {
        let mailboxes = [("INBOX.Drafts", ""), ("INBOX.Sent", ""), ("INBOX.Trash", "")];
        Self {
            extensions: BTreeSet::from([E::Idle, E::Namespace, E::Children, E::UidPlus, E::Quota]),
            mechanisms: plain_login(),
            layout: Layout::new(b'.', "INBOX.", &mailboxes),
            quirks: Quirks { recent: true, no_uidnext_at_select: true, bare_login: true, ..Quirks::default() },
            ..Self::named("courier")
        }
    }

    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::bare() }
    }
}

fn plain_login() -> BTreeSet<Mechanism> {
    BTreeSet::from([Mechanism::Plain, Mechanism::Login])
}

fn usual_layout(delimiter: u8) -> Layout {
    let mailboxes = [
        ("Archive", "\\Archive"),
        ("Drafts", "\\Drafts"),
        ("Junk", "\\Junk"),
        ("Sent", "\\Sent"),
        ("Trash", "\\Trash"),
    ];
    Layout::new(delimiter, "", &mailboxes)
}
