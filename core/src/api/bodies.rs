//! Bytes of mails: raw, as text, and what is attached to them.

use std::io::{Read, Write};

use super::{AttachmentInfo, Core, CoreError, parts};
use crate::mime;
use crate::model::{MessageId, Part, PlaceId};
use crate::store::{Body, BodyState, StoreError};
use crate::sync::Control;

/// Mails larger than this, in octets, are given as bytes only.
const PARSED: u64 = 64 * 1024 * 1024;

/// Octets in which a header ends, or is cut.
const MAX_HEADER: u64 = 1024 * 1024;

/// The raw bytes of a mail, exactly as the server holds them.
#[derive(Clone, Debug)]
pub struct RawMail {
    body: Body,
}

impl RawMail {
    /// How many bytes.
    pub fn size(&self) -> u64 {
        self.body.size()
    }

    /// Writes them out, piece by piece.
    ///
    /// # Errors
    /// Where they cannot be read or written.
    pub fn write_to(&self, out: &mut dyn Write) -> Result<(), CoreError> {
        let mut from = self.body.open()?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = from.read(&mut buffer).map_err(StoreError::from)?;
            if count == 0 {
                return Ok(());
            }
            out.write_all(&buffer[..count]).map_err(StoreError::from)?;
        }
    }

    /// All of them in memory.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn read_all(self) -> Result<Vec<u8>, CoreError> {
        Ok(self.body.into_bytes()?)
    }

    pub(super) fn into_body(self) -> Body {
        self.body
    }
}

pub(super) struct Located {
    account: crate::model::AccountId,
    pub(super) message: MessageId,
    pub(super) body: BodyState,
    pub(super) structure: Option<Part>,
}

impl Core {
    /// Makes sure that every byte of a mail is here: fetched where it is not, from where it stopped.
    ///
    /// # Errors
    /// [`CoreError::NotFound`] where the server has it no more, and what a conversation may meet.
    pub async fn fetch_body(&self, id: PlaceId) -> Result<(), CoreError> {
        let located = self.located(id).await?;
        if located.body == BodyState::Full {
            return Ok(());
        }
        self.fetch(&located, id, String::new()).await
    }

    /// The raw bytes of a mail.
    ///
    /// # Errors
    /// [`CoreError::NotFound`] where they are not here: see [`Core::fetch_body`].
    pub async fn raw(&self, id: PlaceId) -> Result<RawMail, CoreError> {
        let body = self
            .read(move |view| {
                let detail = view.message(id)?.ok_or(StoreError::NotFound("message"))?;
                view.body(detail.row.message, "")
            })
            .await?;
        body.map(|body| RawMail { body }).ok_or_else(|| CoreError::not_found("the body is not here yet"))
    }

    /// The text of a mail as people read it.
    ///
    /// # Errors
    /// As [`Core::raw`].
    pub async fn text(&self, id: PlaceId) -> Result<String, CoreError> {
        Ok(mime::display_text(&self.parsed(id).await?))
    }

    /// The HTML of a mail, where it has any. As it stands: not safe to show without a sandbox.
    ///
    /// # Errors
    /// As [`Core::raw`].
    pub async fn html(&self, id: PlaceId) -> Result<Option<String>, CoreError> {
        Ok(Some(self.parsed(id).await?.html).filter(|html| !html.is_empty()))
    }

    /// The header of a mail, up to the empty line; no more than a megabyte of it.
    ///
    /// # Errors
    /// As [`Core::raw`].
    pub async fn headers(&self, id: PlaceId) -> Result<Vec<u8>, CoreError> {
        let raw = self.raw(id).await?;
        let read = move || {
            let mut bytes = Vec::new();
            raw.body.open()?.take(MAX_HEADER).read_to_end(&mut bytes).map_err(StoreError::from)?;
            let end = mime::header_end(&bytes);
            bytes.truncate(end);
            Ok::<_, StoreError>(bytes)
        };
        Ok(tokio::task::spawn_blocking(read).await.map_err(|_| CoreError::internal("reading panicked"))??)
    }

    /// The attachments of a mail.
    ///
    /// # Errors
    /// [`CoreError::NotFound`], also where the structure of the mail is not known yet.
    pub async fn attachments(&self, id: PlaceId) -> Result<Vec<AttachmentInfo>, CoreError> {
        let located = self.locate(id).await?;
        let message = located.message;
        let here = self.read(move |view| view.sections(message)).await?;
        let structure = located.structure.ok_or_else(|| CoreError::not_found("the structure is not known yet"))?;
        let describe = |(part, name): (&Part, String)| AttachmentInfo {
            part: part.section.clone(),
            name,
            media_type: part.media_type.clone(),
            size: part.octets,
            here: here.iter().any(|section| section.is_empty() || *section == part.section),
        };
        let attachments = structure.attachments();
        let names = mime::attachment_names(&attachments);
        Ok(attachments.into_iter().zip(names).map(describe).collect())
    }

    pub(super) async fn fetch(&self, located: &Located, id: PlaceId, section: String) -> Result<(), CoreError> {
        let control = Control::default();
        // Dropping this future cancels what it waits for.
        let _guard = control.cancel_on_drop();
        Ok(self.engine().fetch_section(located.account, id, located.message, section, control.clone()).await?)
    }

    async fn locate(&self, id: PlaceId) -> Result<Located, CoreError> {
        let mut located = self.located(id).await?;
        if located.structure.is_none() && located.body == BodyState::Full {
            // The server could not tell it, and the mail came only now: it is not read yet.
            located.structure = Some(parts::structure_of(self.raw(id).await?.body).await?);
        }
        Ok(located)
    }

    pub(super) async fn located(&self, id: PlaceId) -> Result<Located, CoreError> {
        self.read(move |view| {
            let detail = view.message(id)?.ok_or(StoreError::NotFound("message"))?;
            let mailbox = view.mailbox(detail.row.mailbox)?.ok_or(StoreError::NotFound("mailbox"))?;
            Ok(Located {
                account: mailbox.account,
                message: detail.row.message,
                body: detail.row.body,
                structure: detail.structure,
            })
        })
        .await
    }

    async fn parsed(&self, id: PlaceId) -> Result<mime::Parsed, CoreError> {
        let raw = self.raw(id).await?;
        if raw.size() > PARSED {
            return Err(CoreError::invalid_input("the mail is too large to be shown as text"));
        }
        let parse = move || raw.read_all().map(|bytes| mime::parse(&bytes));
        tokio::task::spawn_blocking(parse).await.map_err(|_| CoreError::internal("parsing panicked"))?
    }
}

#[cfg(test)]
#[path = "bodies_tests.rs"]
mod tests;
