//! What a sync changed: the mailboxes before and after, message by message.

use std::collections::BTreeMap;

use console::Style;
use postrider::api::{AccountId, Core, ListFilter, MessageRow, PlaceId};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::json;
use crate::terminal::{Out, one_line, people, shorten};

const PAGE: u32 = 1_000;

/// Columns of a line beside the subject and the details.
const FRAME: usize = 22;

/// No subject is cut shorter than this.
const NARROWEST: usize = 16;

/// Every message of an account, by its id.
pub(super) struct Mail(BTreeMap<PlaceId, MessageRow>);

/// What became of a message.
enum Change<'a> {
    New(&'a MessageRow),
    Moved { from: &'a str, row: &'a MessageRow },
    Flags { added: Vec<&'a str>, taken: Vec<&'a str>, row: &'a MessageRow },
    Removed(&'a MessageRow),
}

impl Mail {
    pub(super) async fn of(core: &Core, account: AccountId) -> Result<Self, Failure> {
        let mut mail = BTreeMap::new();
        for mailbox in core.mailboxes(account).await? {
            let mut after = None;
            loop {
                let page = core.messages(mailbox.id, ListFilter::default(), after, PAGE).await?;
                mail.extend(page.messages.into_iter().map(|row| (row.id, row)));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(Self(mail))
    }

    /// Prints what is different now.
    pub(super) fn print_changes(&self, now: &Self, out: &Out) -> Result<(), Failure> {
        self.changes(now).iter().try_for_each(|change| change.print(out))
    }

    fn changes<'a>(&'a self, now: &'a Self) -> Vec<Change<'a>> {
        let mut changes = Vec::new();
        for (id, row) in &now.0 {
            // The same mail in another mailbox went there; it is known by its mail, whatever the server calls it.
            let Some(old) = self.0.get(id).or_else(|| self.missing_from(now).find(|old| old.message == row.message))
            else {
                changes.push(Change::New(row));
                continue;
            };
            if old.mailbox_id != row.mailbox_id {
                changes.push(Change::Moved { from: &old.mailbox, row });
            }
            let (added, taken) = (only_in(&row.flags, &old.flags), only_in(&old.flags, &row.flags));
            if !added.is_empty() || !taken.is_empty() {
                changes.push(Change::Flags { added, taken, row });
            }
        }
        let stays = |gone: &MessageRow| now.missing_from(self).any(|row| row.message == gone.message);
        changes.extend(self.missing_from(now).filter(|row| !stays(row)).map(Change::Removed));
        changes
    }

    /// What is here and not there.
    fn missing_from<'a>(&'a self, there: &'a Self) -> impl Iterator<Item = &'a MessageRow> {
        self.0.iter().filter(|(id, _)| !there.0.contains_key(id)).map(|(_, row)| row)
    }
}

fn only_in<'a>(these: &'a [String], those: &[String]) -> Vec<&'a str> {
    these.iter().filter(|flag| !those.contains(flag)).map(String::as_str).collect()
}

impl Change<'_> {
    fn print(&self, out: &Out) -> Result<(), Failure> {
        let (word, row, style, details, more) = match self {
            Self::New(row) => {
                let details = format!("in {}, from {}", one_line(&row.mailbox), people(&row.from));
                ("new", row, Style::new().green(), details, json!({}))
            }
            Self::Moved { from, row } => {
                let details = format!("{} → {}, body was here", one_line(from), one_line(&row.mailbox));
                ("moved", row, Style::new().cyan(), details, json!({"moved_from": from}))
            }
            Self::Flags { added, taken, row } => {
                let signed = |sign: &'static str, flags: &[&str]| -> Vec<String> {
                    flags.iter().map(|flag| format!("{sign}{}", one_line(flag))).collect()
                };
                let details = [signed("+", added), signed("-", taken)].concat().join(" ");
                ("flags", row, Style::new().yellow(), details, json!({"added": added, "taken": taken}))
            }
            Self::Removed(row) => {
                ("removed", row, Style::new().red(), format!("from {}", one_line(&row.mailbox)), json!({}))
            }
        };
        if out.is_json() {
            return out.object(&self.object(word, row, more));
        }
        let room = out.width().map_or(usize::MAX, |width| width.saturating_sub(FRAME + details.chars().count()));
        let subject = shorten(&one_line(&row.subject), room.max(NARROWEST));
        out.line(format!("  {} {:>5}  {subject}  ({details})", style.apply_to(format!("{word:<8}")), row.id))
    }

    fn object(&self, word: &str, row: &MessageRow, more: Value) -> Value {
        json::with(json::message(row), json::with(json!({"event": "change", "change": word}), more))
    }
}
