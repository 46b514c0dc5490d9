//! From what the modules below say to what the API says.

use std::collections::BTreeMap;

use super::{BodyState, CoreError, MailboxInfo, MessageRow, PartInfo};
use crate::account::{CredentialError, InvalidServer, InvalidSetting};
use crate::engine::Failure;
use crate::imap::ImapError;
use crate::model::{MailboxId, Part};
use crate::store::{self, CountsChange, Mailbox, StoreError};
use crate::wire::WireError;

impl From<StoreError> for CoreError {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        let server_code = None;
        match error {
            StoreError::InUse { .. } => Self::InUse { text, server_code },
            StoreError::Full => Self::StorageFull { text, server_code },
            StoreError::ReadOnly => Self::StorageReadOnly { text, server_code },
            StoreError::Damaged => Self::StorageDamaged { text, server_code },
            StoreError::TooNew { .. } => Self::StorageTooNew { text, server_code },
            StoreError::Io(_) => Self::Storage { text, server_code },
            StoreError::Closed => Self::Closed { text, server_code },
            StoreError::NotFound(_) => Self::NotFound { text, server_code },
            StoreError::Exists(_) => Self::AlreadyExists { text, server_code },
            StoreError::Internal(_) => Self::Internal { text, server_code },
        }
    }
}

impl From<InvalidServer> for CoreError {
    fn from(error: InvalidServer) -> Self {
        Self::invalid_input(error.to_string())
    }
}

impl From<InvalidSetting> for CoreError {
    fn from(error: InvalidSetting) -> Self {
        Self::invalid_input(error.to_string())
    }
}

impl From<Failure> for CoreError {
    fn from(failure: Failure) -> Self {
        let text = failure.to_string();
        match failure {
            Failure::Imap(error) => error.into(),
            Failure::Store(error) => error.into(),
            Failure::Credential(CredentialError::Missing) => Self::CredentialMissing { text, server_code: None },
            Failure::Credential(CredentialError::Unavailable) => Self::ServerUnavailable { text, server_code: None },
            Failure::Settings(_) => Self::InvalidInput { text, server_code: None },
            Failure::Refused { code, .. } => Self::ServerRefused { text, server_code: code },
            Failure::Gone => Self::NotFound { text, server_code: None },
            Failure::Cancelled => Self::Cancelled { text, server_code: None },
            Failure::Closed => Self::Closed { text, server_code: None },
        }
    }
}

impl From<ImapError> for CoreError {
    fn from(error: ImapError) -> Self {
        let text = error.to_string();
        match error {
            ImapError::Wire(error) => error.into(),
            ImapError::Protocol(_) => Self::Protocol { text, server_code: None },
            ImapError::Bye { .. } | ImapError::Ended => Self::ServerUnavailable { text, server_code: None },
            ImapError::NoTls | ImapError::PreAuthWithoutTls => Self::TlsUnavailable { text, server_code: None },
            ImapError::Authentication { code } => Self::Authentication { text, server_code: code },
            ImapError::Unavailable { code } => Self::ServerUnavailable { text, server_code: code },
            ImapError::NoMechanism => Self::Authentication { text, server_code: None },
            ImapError::Argument(_) => Self::InvalidInput { text, server_code: None },
        }
    }
}

impl From<WireError> for CoreError {
    fn from(error: WireError) -> Self {
        let text = error.to_string();
        let server_code = None;
        match error {
            WireError::UnknownHost => Self::UnknownHost { text, server_code },
            WireError::Refused => Self::ConnectionRefused { text, server_code },
            WireError::TimedOut => Self::Timeout { text, server_code },
            WireError::Io(_) | WireError::Closed => Self::Network { text, server_code },
            WireError::Certificate(_) => Self::Certificate { text, server_code },
            WireError::TlsPolicy => Self::TlsUnavailable { text, server_code },
            WireError::LineTooLong | WireError::LiteralTooLarge(_) | WireError::Protocol(_) => {
                Self::Protocol { text, server_code }
            }
            WireError::Spool(_) => Self::Storage { text, server_code },
        }
    }
}

pub(super) fn mailbox(mailbox: Mailbox, changes: &BTreeMap<MailboxId, CountsChange>) -> MailboxInfo {
    let (total, unread) = changes.get(&mailbox.id).copied().unwrap_or_default().apply(&mailbox);
    MailboxInfo {
        id: mailbox.id,
        account: mailbox.account,
        synced: mailbox.state.is_complete(),
        uidvalidity: mailbox.state.uid_validity.map(|validity| validity.get()),
        name: mailbox.naming.name,
        role: mailbox.naming.role,
        total,
        unread,
        server_total: mailbox.server_total.map(u64::from),
        subscribed: mailbox.naming.subscribed,
        selectable: mailbox.naming.selectable,
    }
}

/// The tree of parts as a list.
pub(super) fn parts(root: &Part) -> Vec<PartInfo> {
    let mut list = Vec::new();
    let mut waiting = vec![(0, root)];
    while let Some((depth, part)) = waiting.pop() {
        list.push(PartInfo {
            depth,
            section: part.section.clone(),
            media_type: part.media_type.clone(),
            charset: part.charset.clone(),
            name: part.name.clone(),
            content_id: part.content_id.clone(),
            disposition: part.disposition,
            encoding: part.encoding.clone(),
            octets: part.octets,
            is_multipart: part.is_multipart(),
        });
        waiting.extend(part.children.iter().rev().map(|child| (depth + 1, child)));
    }
    list
}

pub(super) fn row(row: store::MessageRow, mailbox: &str, pending: Vec<String>) -> MessageRow {
    MessageRow {
        id: row.id,
        mailbox_id: row.mailbox,
        mailbox: mailbox.to_owned(),
        uid: row.uid.filter(|_| row.at == Some(row.mailbox)).map(|uid| uid.get()),
        message: row.message,
        thread_id: row.thread,
        subject: row.subject,
        from: row.from,
        to: row.to,
        date: row.date.unwrap_or(row.sort_date),
        flags: row.flags.names(),
        size: row.size.unwrap_or(0),
        has_attachments: row.has_attachments,
        preview: row.preview.unwrap_or_default(),
        body: match row.body {
            store::BodyState::None => BodyState::None,
            store::BodyState::Partial => BodyState::Partial,
            store::BodyState::Full => BodyState::Full,
        },
        pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imap::InvalidArgument;
    use crate::wire::CertificateFault;

    #[test]
    fn parts_come_in_the_order_of_the_mail_with_their_depth() {
        let part = |section: &str, media_type: &str, children| Part {
            section: section.to_owned(),
            media_type: media_type.to_owned(),
            children,
            ..Part::default()
        };
        let text = vec![part("1.1", "text/plain", Vec::new()), part("1.2", "text/html", Vec::new())];
        let inner = vec![part("1", "multipart/alternative", text), part("2", "image/png", Vec::new())];
        let list = parts(&part("", "multipart/mixed", inner));
        let shown: Vec<_> = list.iter().map(|part| (part.depth, part.section.as_str(), part.is_multipart)).collect();
        assert_eq!(shown, [(0, "", true), (1, "1", true), (2, "1.1", false), (2, "1.2", false), (1, "2", false)]);
    }

    #[test]
    fn a_failure_that_was_written_down_has_the_kind_of_one_that_is_met() {
        let wire = [
            WireError::UnknownHost,
            WireError::Refused,
            WireError::TimedOut,
            WireError::Io(std::io::ErrorKind::Other),
            WireError::Closed,
            WireError::Certificate(CertificateFault::Expired),
            WireError::TlsPolicy,
            WireError::LineTooLong,
            WireError::LiteralTooLarge(1),
            WireError::Protocol(""),
            WireError::Spool(std::io::ErrorKind::Other),
        ];
        let imap = [
            ImapError::Protocol(""),
            ImapError::Bye { unavailable: false },
            ImapError::NoTls,
            ImapError::PreAuthWithoutTls,
            ImapError::Authentication { code: None },
            ImapError::Unavailable { code: None },
            ImapError::NoMechanism,
            ImapError::Argument(InvalidArgument::Nul),
            ImapError::Ended,
        ];
        let others = [
            Failure::Credential(CredentialError::Missing),
            Failure::Credential(CredentialError::Unavailable),
            Failure::Settings(""),
            Failure::Refused { command: "LIST", code: None },
            Failure::Gone,
            Failure::Cancelled,
            Failure::Closed,
        ];
        let imap = wire.into_iter().map(ImapError::from).chain(imap).map(Failure::from);
        for failure in imap.chain(others) {
            let written = failure.kind();
            let met = CoreError::from(failure);
            assert_eq!((written, CoreError::kind_needs_user(written)), (met.kind(), met.needs_user()));
        }
    }
}
