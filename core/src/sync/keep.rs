//! From the bytes of a mail to what the mirror keeps of them: the bytes themselves, structure, searchable text, preview.

use crate::mime;
use crate::model::MessageId;
use crate::store::{BodySource, IncomingFile, Store, StoreError};

/// Mails up to this size, in octets, are parsed for text and structure; larger ones are kept as bytes only.
const PARSED: u64 = 32 * 1024 * 1024;

/// Opens the file for a section that is about to arrive, or of which a beginning is here.
pub(super) async fn begin(store: &Store, message: MessageId, section: &str) -> Result<IncomingFile, StoreError> {
    let section = section.to_owned();
    let incoming = store.mirror(move |tx| tx.begin_incoming(message, &section)).await?;
    store.incoming_file(incoming)
}

/// Keeps a whole mail. Returns whether it was kept: it is not where the mail was removed meanwhile.
pub(super) async fn whole(store: &Store, message: MessageId, source: BodySource) -> Result<bool, StoreError> {
    let raw = match &source {
        BodySource::Bytes(bytes) => Some(bytes.clone()),
        BodySource::Incoming(file) if file.offset() <= PARSED => Some(file.read_back()?),
        BodySource::Incoming(_) => None,
    };
    let understood = raw.map(|raw| understand(&raw));
    let body = store.prepare_body(source).await?;
    let kept = store
        .mirror(move |tx| {
            tx.store_body(message, "", body)?;
            if let Some(understood) = &understood {
                tx.set_structure(message, &understood.structure)?;
                tx.set_message_text(message, &understood.text, understood.preview.as_deref())?;
            }
            Ok(())
        })
        .await;
    match kept {
        Err(StoreError::NotFound(_)) => Ok(false),
        outcome => outcome.map(|()| true),
    }
}

/// Keeps many whole mails in one transaction: a commit for each would cost more than the mails. Returns how many were kept.
pub(super) async fn batch(store: &Store, bodies: Vec<(MessageId, Vec<u8>)>) -> Result<u64, StoreError> {
    let prepared = store.prepare_bodies(bodies, understand).await?;
    store
        .mirror(move |tx| {
            let mut kept = 0;
            for (message, body, understood) in prepared {
                match tx.store_body(message, "", body) {
                    // Removed meanwhile.
                    Err(StoreError::NotFound(_)) => continue,
                    outcome => outcome?,
                }
                tx.set_structure(message, &understood.structure)?;
                tx.set_message_text(message, &understood.text, understood.preview.as_deref())?;
                kept += 1;
            }
            Ok(kept)
        })
        .await
}

struct Understood {
    text: String,
    preview: Option<String>,
    structure: crate::model::Part,
}

fn understand(raw: &[u8]) -> Understood {
    let parsed = mime::parse(raw);
    let text = mime::display_text(&parsed);
    let preview = mime::preview(&text);
    Understood { preview: (!preview.is_empty()).then_some(preview), structure: parsed.structure, text }
}

/// Keeps one section of a mail, or the whole of it where `section` is empty.
pub(super) async fn section(
    store: &Store,
    message: MessageId,
    section: &str,
    source: BodySource,
) -> Result<(), StoreError> {
    if section.is_empty() {
        return whole(store, message, source).await.map(|_| ());
    }
    let (section, body) = (section.to_owned(), store.prepare_body(source).await?);
    store.mirror(move |tx| tx.store_body(message, &section, body)).await
}
