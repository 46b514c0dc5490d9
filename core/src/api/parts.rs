//! Parts of mails: their decoded content, read piece by piece.

use std::io::Write;
use std::path::Path;

use super::{Core, CoreError};
use crate::mime;
use crate::model::{Part, PlaceId};
use crate::store::{Body, BodyState, StoreError, save_file};

/// The content of one part of a mail, which is here. It is decoded when it is read, a piece at a time.
#[derive(Clone, Debug)]
pub struct PartContent {
    body: Body,
    stored: Stored,
}

/// What the stored bytes are.
#[derive(Clone, Debug)]
enum Stored {
    /// The whole mail that has this part.
    Mail { section: String },
    /// The part alone, in this transfer encoding.
    Part { encoding: String },
}

impl PartContent {
    /// Writes it out, piece by piece. Returns its size in bytes.
    ///
    /// # Errors
    /// [`CoreError::NotFound`] where the mail has no such part; where it cannot be read or written.
    pub fn write_to(&self, out: &mut dyn Write) -> Result<u64, CoreError> {
        Ok(self.pour(out)?)
    }

    fn pour(&self, out: &mut dyn Write) -> Result<u64, StoreError> {
        let from = self.body.open()?;
        match &self.stored {
            Stored::Mail { section } => mime::write_part(from, section, out)?.ok_or(StoreError::NotFound("part")),
            Stored::Part { encoding } => Ok(mime::write_decoded(from, encoding, out)?),
        }
    }
}

/// The structure of a stored mail.
pub(super) async fn structure_of(body: Body) -> Result<Part, CoreError> {
    blocking(move || Ok(mime::structure(body.open()?)?)).await
}

impl Core {
    /// Saves the content of one part to a file, fetched where it is not here. Returns its size in bytes. The file has the
    /// content whole or is as it was before.
    ///
    /// # Errors
    /// [`CoreError::NotFound`] where there is no such part, and what a conversation or a disk may meet.
    pub async fn save_attachment(&self, id: PlaceId, part: &str, to: &Path) -> Result<u64, CoreError> {
        let content = self.part(id, part).await?;
        let to = to.to_owned();
        blocking(move || save_file(&to, |out| content.pour(out))).await
    }

    /// The decoded content of one part in memory, fetched where it is not here.
    ///
    /// # Errors
    /// As [`Core::save_attachment`].
    pub async fn part_content(&self, id: PlaceId, part: &str) -> Result<Vec<u8>, CoreError> {
        let content = self.part(id, part).await?;
        blocking(move || {
            let mut bytes = Vec::new();
            content.pour(&mut bytes).map(|_| bytes)
        })
        .await
    }

    /// One part of a mail, fetched where it is not here.
    ///
    /// # Errors
    /// As [`Core::save_attachment`]; that a mail which is here has no such part is told when it is read.
    pub async fn part(&self, id: PlaceId, part: &str) -> Result<PartContent, CoreError> {
        let located = self.located(id).await?;
        if located.body != BodyState::Full {
            let found = located.structure.as_ref().and_then(|structure| structure.find(part));
            let encoding = found.ok_or_else(|| CoreError::not_found("there is no such part"))?.encoding.clone();
            let (message, section) = (located.message, part.to_owned());
            let read = move |view: &crate::store::Snapshot<'_>| view.body(message, &section);
            let mut body = self.read(read.clone()).await?;
            if body.is_none() {
                self.fetch(&located, id, part.to_owned()).await?;
                body = self.read(read).await?;
            }
            if let Some(body) = body {
                return Ok(PartContent { body, stored: Stored::Part { encoding } });
            }
            // The whole mail came meanwhile, or neither did.
        }
        let body = self.raw(id).await?.into_body();
        Ok(PartContent { body, stored: Stored::Mail { section: part.to_owned() } })
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, CoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| CoreError::internal("reading or writing a part panicked"))??)
}
