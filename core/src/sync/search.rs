//! Letting the server search, mailbox by mailbox.

use super::conductor::ok;
use super::talk::Talk;
use super::{Control, SyncError};
use crate::imap::Session;
use crate::imap::command::{self, SearchKey, SearchProgram};
use crate::model::{MailboxId, PlaceId};
use crate::search::{Field, Query, Term, Terms};
use crate::store::Store;

/// What the server found in these mailboxes and the mirror holds, newest UID first.
///
/// # Errors
/// [`SyncError`]; [`SyncError::Refused`] where the server will not search. A mailbox that it does not open finds nothing.
pub async fn search(
    session: &mut Session,
    store: &Store,
    control: &Control,
    mailboxes: &[MailboxId],
    query: &Query,
) -> Result<Vec<PlaceId>, SyncError> {
    let program = program(query);
    let mut talk = Talk { session, control };
    let mut places = Vec::new();
    for id in mailboxes.iter().copied() {
        let Some(mailbox) = store.read(move |view| view.mailbox(id)).await? else { continue };
        let (opened, validity) = talk.run(command::examine(&mailbox.naming.raw_name, None)?, |_| Ok(())).await?;
        if !ok(&opened) || validity.is_none() || validity != mailbox.state.uid_validity {
            continue;
        }
        let found = talk.search(&program).await?;
        let mirrored = store.read(move |view| {
            let (Some(first), Some(last)) = (found.first(), found.last()) else { return Ok(Vec::new()) };
            // A server may name every UID there can be: only those that are here are looked up.
            let here = found.intersection(&view.known_uids(id, first, last)?);
            here.iter().rev().map(|uid| view.place_by_uid(id, uid)).collect::<Result<Vec<_>, _>>()
        });
        places.extend(mirrored.await?.into_iter().flatten());
    }
    Ok(places)
}

/// What the server is asked: all that can be of what is looked for, so that at most too much is found.
fn program(query: &Query) -> SearchProgram {
    let keys = |terms: &Terms| terms.iter().filter_map(|(negated, term)| key(*negated, term)).collect::<Vec<_>>();
    match query.alternatives.as_slice() {
        [only] => SearchProgram { keys: keys(only) },
        several => SearchProgram {
            keys: any(several.iter().map(|terms| SearchKey::And(keys(terms))).collect()).into_iter().collect(),
        },
    }
}

/// Any of these. Halves of halves: side by side, they would be nested as deep as they are many.
fn any(mut keys: Vec<SearchKey>) -> Option<SearchKey> {
    if keys.len() < 2 {
        return keys.pop();
    }
    let rest = keys.split_off(keys.len() / 2);
    match (any(keys), any(rest)) {
        (Some(one), Some(other)) => Some(SearchKey::Or(Box::new(one), Box::new(other))),
        (one, other) => one.or(other),
    }
}

/// What the server is asked for one term; `None` for what it cannot be: which mailbox.
fn key(negated: bool, term: &Term) -> Option<SearchKey> {
    let key = match term {
        Term::Text(texts) => any(texts.iter().map(|(field, text)| text_key(*field, text)).collect())?,
        Term::Flag(flag) if negated => return Some(SearchKey::NotFlag(*flag)),
        Term::Flag(flag) => SearchKey::Flag(*flag),
        Term::Keyword(keyword) if negated => return Some(SearchKey::NotKeyword(keyword.clone())),
        Term::Keyword(keyword) => SearchKey::Keyword(keyword.clone()),
        // The nearest that every server knows.
        Term::HasAttachment => SearchKey::Header("Content-Type".to_owned(), "multipart/mixed".to_owned()),
        Term::Since(day) => SearchKey::SentSince(*day),
        Term::Before(day) => SearchKey::SentBefore(*day),
        Term::Larger(octets) => SearchKey::Larger(small(*octets)),
        Term::Smaller(octets) => SearchKey::Smaller(small(*octets)),
        Term::In(_) => return None,
    };
    Some(if negated { SearchKey::Not(Box::new(key)) } else { key })
}

fn text_key(field: Field, text: &str) -> SearchKey {
    let text = text.to_owned();
    match field {
        // Names of attachments stand in the header of their part, which is the body of the mail.
        Field::Any | Field::FileName => SearchKey::Text(text),
        Field::From => SearchKey::From(text),
        Field::To => SearchKey::Or(Box::new(SearchKey::To(text.clone())), Box::new(SearchKey::Cc(text))),
        Field::Cc => SearchKey::Cc(text),
        Field::Bcc => SearchKey::Bcc(text),
        Field::Subject => SearchKey::Subject(text),
        Field::Body => SearchKey::Body(text),
    }
}

/// RFC 3501 has 32 bits for a size; no message is larger.
fn small(octets: u64) -> u32 {
    u32::try_from(octets).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
