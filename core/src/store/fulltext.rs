//! The full-text index: what of a mail can be searched, and how it is cut into words.

use std::borrow::Cow;

use rusqlite::{Connection, params};

use super::StoreError;
use crate::model::{Address, MessageId, Part};
use crate::search::is_cjk;

/// What of one mail can be searched.
pub(super) struct Searchable<'a> {
    pub(super) subject: &'a str,
    pub(super) from: &'a [Address],
    pub(super) recipients: [&'a [Address]; 3],
    pub(super) body: &'a str,
    pub(super) structure: Option<&'a Part>,
}

/// Adds a mail to the index.
pub(super) fn insert(conn: &Connection, message: MessageId, text: &Searchable<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO fulltext (rowid, subject, sender, recipients, body, attachments)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut sender = String::new();
    add_addresses(&mut sender, text.from);
    let mut recipients = String::new();
    text.recipients.iter().for_each(|list| add_addresses(&mut recipients, list));
    let mut attachments = String::new();
    for name in text.structure.iter().flat_map(|part| part.attachments()).filter_map(|part| part.name.as_deref()) {
        add_word(&mut attachments, name);
    }
    conn.prepare_cached(sql)?.execute(params![
        message.0,
        index_text(text.subject),
        index_text(&sender),
        index_text(&recipients),
        index_text(text.body),
        index_text(&attachments),
    ])?;
    Ok(())
}

/// Takes a mail out of the index.
pub(super) fn remove(conn: &Connection, message: MessageId) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM fulltext WHERE rowid = ?1")?.execute([message.0])?;
    Ok(())
}

fn add_addresses(text: &mut String, addresses: &[Address]) {
    for address in addresses {
        add_word(text, &address.name);
        add_word(text, &address.email);
    }
}

fn add_word(text: &mut String, word: &str) {
    text.push_str(word);
    text.push(' ');
}

/// Cuts runs of Chinese, Japanese and Korean, which have no spaces, into pairs of characters: `日本語` becomes
/// `日本 本語`, so that any two of them that follow each other can be found.
fn index_text(text: &str) -> Cow<'_, str> {
    // No byte below 0xE1 begins a character of these scripts.
    if text.bytes().all(|byte| byte < 0xe1) {
        return Cow::Borrowed(text);
    }
    let mut cut = String::with_capacity(2 * text.len());
    let mut run = Vec::new();
    for c in text.chars() {
        if is_cjk(c) {
            run.push(c);
        } else {
            end_run(&mut cut, &mut run);
            cut.push(c);
        }
    }
    end_run(&mut cut, &mut run);
    Cow::Owned(cut)
}

fn end_run(cut: &mut String, run: &mut Vec<char>) {
    match run.as_slice() {
        [] => return,
        [alone] => cut.extend([' ', *alone]),
        several => several.windows(2).for_each(|pair| cut.extend([' ', pair[0], pair[1]])),
    }
    cut.push(' ');
    run.clear();
}

#[cfg(test)]
#[path = "fulltext_tests.rs"]
mod tests;
