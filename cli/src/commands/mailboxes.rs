//! The mailboxes of an account.

use crate::args::MailboxesArgs;
use crate::exit::{Exit, Failure};
use crate::json;
use crate::session::Session;
use crate::terminal::{Column, Table, one_line};

pub(super) async fn run(session: &Session<'_>, args: MailboxesArgs) -> Result<Exit, Failure> {
    let core = session.core().await?;
    let account = core.find_account(args.account.as_deref()).await?;
    let mut table = Table::new(&[
        Column::shrinking("MAILBOX"),
        Column::text("ROLE"),
        Column::number("UNREAD"),
        Column::number("TOTAL"),
        Column::text(""),
    ]);
    for mailbox in core.mailboxes(account.id).await? {
        if session.out.is_json() {
            session.out.object(&json::mailbox(&mailbox, &account))?;
            continue;
        }
        let role = mailbox.role.map(|role| role.to_string()).unwrap_or_default();
        let state = match (mailbox.selectable, mailbox.synced) {
            (false, _) => "holds no mail",
            (true, false) => "not all here yet",
            (true, true) => "",
        };
        table.row([
            one_line(&mailbox.name),
            role,
            mailbox.unread.to_string(),
            mailbox.total.to_string(),
            state.to_owned(),
        ]);
    }
    if !session.out.is_json() {
        table.print(session.out)?;
    }
    Ok(Exit::Done)
}
