//! Mails of the user's own that are put into a mailbox.

use std::path::PathBuf;

use super::actions::{done, flags};
use super::{ActionDone, Core, CoreError};
use crate::mime;
use crate::model::{MailboxId, Timestamp, Uid};
use crate::store::{BodySource, NewMessage};

/// The largest mail that is put into a mailbox, in bytes: no provider takes larger ones.
const LARGEST: u64 = 200 * 1024 * 1024;

/// Where a mail comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailSource {
    /// From memory.
    Bytes {
        /// The mail.
        bytes: Vec<u8>,
    },
    /// From a file.
    File {
        /// Which.
        path: PathBuf,
    },
}

impl Core {
    /// Puts a mail into a mailbox, byte for byte but for bare LF, which become CRLF; with these flags, listed under this date
    /// or now. It is there at once, with the id that is returned, and stays on this device until the server has it.
    ///
    /// # Errors
    /// [`CoreError::NotFound`]; [`CoreError::InvalidInput`] where the file cannot be read, or the mail is none, holds a NUL,
    /// which IMAP cannot carry, or is larger than 200 MiB; those of storage.
    pub async fn append(
        &self,
        mailbox: MailboxId,
        mail: MailSource,
        flag_names: Vec<String>,
        date: Option<Timestamp>,
    ) -> Result<ActionDone, CoreError> {
        let flags = flags(&flag_names)?;
        let read = self.store().blocking(move || {
            Ok(read(mail).map(|bytes| {
                let (envelope, digest) = (mime::envelope(&bytes), mime::digest(&bytes));
                (bytes, envelope, digest)
            }))
        });
        let (bytes, envelope, digest) = read.await??;
        let size = bytes.len() as u64;
        let body = self.store().prepare_body(BodySource::Bytes(bytes)).await?;
        let acted = self.store().journal(move |tx| {
            let message = NewMessage {
                flags,
                internal_date: Some(date.unwrap_or(tx.time()).clamped()),
                size: Some(size),
                envelope,
                structure: Some(digest.structure),
                preview: digest.preview,
                ..NewMessage::new(Uid::MIN)
            };
            tx.append(mailbox, &message, body)
        });
        Ok(done(acted.await?))
    }
}

fn read(mail: MailSource) -> Result<Vec<u8>, CoreError> {
    let too_large = || CoreError::invalid_input("the mail is too large");
    let bytes = match mail {
        MailSource::Bytes { bytes } => bytes,
        MailSource::File { path } => {
            let unreadable = |_| CoreError::invalid_input("the file cannot be read");
            if std::fs::metadata(&path).map_err(unreadable)?.len() > LARGEST {
                return Err(too_large());
            }
            std::fs::read(&path).map_err(unreadable)?
        }
    };
    if bytes.len() as u64 > LARGEST {
        return Err(too_large());
    }
    if bytes.is_empty() || bytes.contains(&0) {
        return Err(CoreError::invalid_input("this is no mail that can be sent: it is empty, or holds a NUL"));
    }
    Ok(with_crlf(bytes))
}

/// Each LF that no CR precedes gets one (RFC 5322 section 2.3).
fn with_crlf(bytes: Vec<u8>) -> Vec<u8> {
    let is_bare = |at: usize| bytes[at] == b'\n' && (at == 0 || bytes[at - 1] != b'\r');
    let bare = (0..bytes.len()).filter(|at| is_bare(*at)).count();
    if bare == 0 {
        return bytes;
    }
    let mut whole = Vec::with_capacity(bytes.len() + bare);
    for (at, byte) in bytes.iter().enumerate() {
        if is_bare(at) {
            whole.push(b'\r');
        }
        whole.push(*byte);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::with_crlf;

    #[test]
    fn bare_line_feeds_get_a_carriage_return_and_everything_else_stays() {
        for (bytes, expected) in [
            (&b"a\nb\r\nc\n\n\rd"[..], &b"a\r\nb\r\nc\r\n\r\n\rd"[..]),
            (b"\n", b"\r\n"),
            (b"a\r\n", b"a\r\n"),
            (b"\xff\xfe\r", b"\xff\xfe\r"),
        ] {
            assert_eq!(with_crlf(bytes.to_vec()), expected);
        }
    }
}
