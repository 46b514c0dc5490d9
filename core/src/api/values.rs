//! The values that the API gives and takes: plain data, ready to be exported.

use serde::Serialize;

use crate::engine::Direction;
use crate::model::{AccountId, Address, Disposition, MailboxId, MailboxRole, MessageId, PlaceId, ThreadId, Timestamp};

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountInfo {
    /// Our id.
    pub id: AccountId,
    /// What it is called on this device.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// When it was last synced to the end; `None` before the first time.
    pub last_sync: Option<Timestamp>,
    /// Why the last sync failed, where it did.
    pub last_error: Option<LastError>,
    /// Whether the person must do something before it can sync.
    pub needs_user: bool,
}

/// Why a sync failed that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastError {
    /// What [`CoreError::kind`](super::CoreError::kind) said.
    pub kind: String,
    /// What happened, for people.
    pub message: String,
}

/// One mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailboxInfo {
    /// Our id: stable across renames.
    pub id: MailboxId,
    /// The account it belongs to.
    pub account: AccountId,
    /// The name as shown, `/` between levels.
    pub name: String,
    /// What it is for.
    pub role: Option<MailboxRole>,
    /// How many messages are mirrored.
    pub total: u64,
    /// How many of them are unread.
    pub unread: u64,
    /// How many the server holds, as it last told.
    pub server_total: Option<u64>,
    /// UIDVALIDITY of the mirror.
    pub uidvalidity: Option<u32>,
    /// Whether all of it is mirrored.
    pub synced: bool,
    /// Whether the person subscribed to it.
    pub subscribed: bool,
    /// Whether it can hold mail.
    pub selectable: bool,
}

/// How much of a mail's raw bytes is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyState {
    /// Nothing but the header fields.
    None,
    /// Some parts, or the beginning.
    Partial,
    /// Every byte.
    Full,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageRow {
    /// The message as it lies in this mailbox.
    pub id: PlaceId,
    /// The mailbox.
    pub mailbox_id: MailboxId,
    /// The mailbox's name as shown.
    pub mailbox: String,
    /// The UID on the server; `None` while it is not known.
    pub uid: Option<u32>,
    /// The mail, shared by all its copies.
    pub message: MessageId,
    /// The conversation.
    pub thread_id: ThreadId,
    /// Subject, decoded.
    pub subject: String,
    /// Authors.
    pub from: Vec<Address>,
    /// Main recipients.
    pub to: Vec<Address>,
    /// The mail's own date, else when the server got it.
    pub date: Timestamp,
    /// Flag names: `seen`, `flagged`, `answered`, `draft`, `deleted`, and keywords as they are.
    pub flags: Vec<String>,
    /// Size in octets.
    pub size: u64,
    /// Whether it has attachments.
    pub has_attachments: bool,
    /// The beginning of its text, where it is known.
    pub preview: String,
    /// How much of it is here.
    pub body: BodyState,
    /// Names of operations not yet on the server.
    pub pending: Vec<String>,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MessagePage {
    /// The messages, newest first.
    pub messages: Vec<MessageRow>,
    /// What to give to get the next page; `None` at the end.
    pub next: Option<String>,
}

/// One line of a list of conversations: its newest message in the mailbox, and what they sum to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ThreadRow {
    /// The newest message.
    pub newest: MessageRow,
    /// How many messages of it lie in the mailbox.
    pub count: u64,
    /// How many of them are unread.
    pub unread: u64,
}

/// A page of conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ThreadPage {
    /// The conversations, newest first.
    pub threads: Vec<ThreadRow>,
    /// What to give to get the next page; `None` at the end.
    pub next: Option<String>,
}

/// What a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Only unread ones.
    pub unread: bool,
    /// Only flagged ones.
    pub flagged: bool,
}

/// One message in full, as far as it is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageDetail {
    /// What a list shows of it.
    pub row: MessageRow,
    /// Recipients of copies.
    pub cc: Vec<Address>,
    /// Blind copies.
    pub bcc: Vec<Address>,
    /// Where answers go.
    pub reply_to: Vec<Address>,
    /// Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// Whether it is unclear who wrote it: no or several From fields, or a name that poses as an address.
    pub sender_unclear: bool,
    /// Its parts in the order in which they stand in the mail, each before those within it; `None` where they are not known.
    pub structure: Option<Vec<PartInfo>>,
}

/// One part of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartInfo {
    /// How deep it lies: 0 for the mail itself. It lies within the last part before it that is one less deep.
    pub depth: u32,
    /// The part specifier, as IMAP counts; empty for a multipart at the root.
    pub section: String,
    /// Media type in lower case.
    pub media_type: String,
    /// The charset parameter, in lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// File name as the mail gives it, decoded. Display text only, never a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Content-ID without angle brackets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// How the part asks to be presented.
    pub disposition: Disposition,
    /// Content-Transfer-Encoding in lower case; `7bit` where there is none.
    pub encoding: String,
    /// Size in octets as encoded in the mail.
    pub octets: u64,
    /// Whether the part only holds others.
    #[serde(skip)]
    pub is_multipart: bool,
}

/// An attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttachmentInfo {
    /// The part specifier, as IMAP counts.
    pub part: String,
    /// A file name safe to create in any folder.
    pub name: String,
    /// Media type in lower case.
    pub media_type: String,
    /// Size in octets as encoded in the mail.
    pub size: u64,
    /// Whether its bytes are here.
    pub here: bool,
}

/// What a sync shall do.
#[derive(Clone, Debug, Default)]
pub struct SyncOptions {
    /// Only these mailboxes; all where empty.
    pub mailboxes: Vec<MailboxId>,
    /// Another policy than the account's, for this time.
    pub bodies: Option<crate::account::BodyPolicy>,
    /// Stop after this time; what is done stays done.
    pub max_time: Option<std::time::Duration>,
    /// Stop after about this many bytes in and out.
    pub max_bytes: Option<u64>,
    /// Whether each byte costs: no body is fetched ahead then.
    pub metered: bool,
    /// Which way.
    pub direction: Direction,
    /// Whether a person asked for it: what was refused for now, and waits for its time, is tried at once.
    pub now: bool,
}

/// What a sync did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SyncSummary {
    /// The account's name.
    pub account: String,
    /// Whether all is done that there was to do.
    pub complete: bool,
    /// Mailboxes that the server told about.
    pub mailboxes_checked: u64,
    /// Mailboxes in which something had changed.
    pub mailboxes_changed: u64,
    /// New messages.
    pub messages_new: u64,
    /// Messages whose flags changed.
    pub flags_changed: u64,
    /// Messages that went.
    pub messages_removed: u64,
    /// Bodies fetched.
    pub bodies_fetched: u64,
    /// Operations that reached the server.
    pub operations_done: u64,
    /// Operations that wait.
    pub operations_left: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Times that we had to wait for the server: flights of ours.
    pub round_trips: u64,
    /// Connections made.
    pub connections: u64,
    /// Time taken, in milliseconds.
    pub elapsed_ms: u64,
}

/// What happens during a sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SyncEvent {
    /// How far a mailbox is.
    Progress {
        /// The account's name.
        account: String,
        /// The mailbox's name as shown; empty while the mailboxes are listed.
        mailbox: String,
        /// What is being done.
        stage: SyncStage,
        /// Messages done in this mailbox.
        done: u64,
        /// Messages to do in this mailbox; 0 where that is not known, as with bodies.
        total: u64,
    },
    /// Something the person may want to know. The sync goes on.
    Notice {
        /// The account's name.
        account: String,
        /// The mailbox's name as shown; empty where it concerns the account.
        mailbox: String,
        /// What.
        kind: NoticeKind,
        /// How many messages it concerns, where it does.
        #[serde(skip_serializing_if = "Option::is_none")]
        messages: Option<u64>,
        /// The same in English words.
        text: String,
    },
}

/// What a sync is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncStage {
    /// Header fields, flags and structures are fetched.
    Headers,
    /// Bodies are fetched.
    Bodies,
}

/// What the person may want to know of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The server does not show a mailbox now.
    MailboxRefused,
    /// The server renumbered a mailbox; known mail is recognised and kept.
    Renumbered,
    /// Most of a mailbox went at once; what was read here stays for 30 days.
    MassRemoval,
    /// The server lists messages that it never gives.
    NeverGiven,
    /// The server shows an older state than before; it is asked again later.
    OlderState,
    /// The server contradicts itself; nothing was removed, the next sync looks again.
    Contradiction,
}

/// What a login showed of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerReport {
    /// The server's URL.
    pub server: String,
    /// What it can do once logged in.
    pub capabilities: Vec<String>,
    /// Whether the connection was protected by TLS.
    pub secure: bool,
    /// Time taken from the first packet to the login, in milliseconds.
    pub elapsed_ms: u64,
}
