//! How the accounts are.

use console::Style;
use postrider::api::{OperationInfo, OperationState};
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::json;
use crate::session::Session;
use crate::terminal::{Column, Dates, Table, count, one_line};

pub(super) async fn run(session: &Session<'_>) -> Result<Exit, Failure> {
    let core = session.core().await?;
    let dates = Dates::new();
    let mut table = Table::new(&[
        Column::text("ACCOUNT"),
        Column::text("LAST SYNC"),
        Column::number("UNREAD"),
        Column::number("TOTAL"),
        Column::number("PENDING"),
        Column::shrinking("STATE"),
    ]);
    for account in core.accounts().await? {
        let mailboxes = core.mailboxes(account.id).await?;
        let unread: u64 = mailboxes.iter().map(|mailbox| mailbox.unread).sum();
        let total: u64 = mailboxes.iter().map(|mailbox| mailbox.total).sum();
        let operations = core.operations(account.id, false).await?;
        let waits = |one: &&OperationInfo| matches!(one.state, OperationState::Parked | OperationState::NeedsUser);
        let parked = operations.iter().filter(waits).count();
        if session.out.is_json() {
            let sums = json!({
                "mailboxes": mailboxes.len(),
                "unread": unread,
                "total": total,
                "pending": operations.len(),
                "parked": parked,
            });
            session.out.object(&json::with(json::account(&account), sums))?;
            continue;
        }
        let state = match (&account.last_error, account.needs_user) {
            (Some(error), true) => format!("needs you: {}", one_line(&error.message)),
            (Some(error), false) => format!("failed: {}", one_line(&error.message)),
            (None, true) => "needs you".to_owned(),
            (None, false) if parked > 0 => format!("{} refused: postrider journal", count(parked as u64, "operation")),
            (None, false) if account.last_sync.is_none() => "not synced yet".to_owned(),
            (None, false) => "ok".to_owned(),
        };
        let style = match &account.last_error {
            Some(_) => Style::new().yellow(),
            None => Style::new(),
        };
        let last_sync = account.last_sync.map_or_else(|| "never".to_owned(), |time| dates.short(time));
        table.styled(
            style,
            [account.name, last_sync, unread.to_string(), total.to_string(), operations.len().to_string(), state],
        );
    }
    if table.is_empty() {
        if !session.out.is_json() {
            session.out.hint("No account yet. Next: postrider account add, or postrider demo");
        }
    } else {
        table.print(session.out)?;
    }
    Ok(Exit::Done)
}
