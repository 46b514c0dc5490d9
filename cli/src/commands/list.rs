//! Lists of messages and conversations.

use std::time::Duration;

use console::Style;
use postrider::api::{Core, ListFilter, MessageRow, ThreadRow};
use serde_json::json;

use crate::args::{ListArgs, ThreadArgs};
use crate::exit::{Exit, Failure};
use crate::json;
use crate::session::Session;
use crate::terminal::{Column, Dates, Table, flag_letters, one_line, people};

/// How long a list waits for previews.
const PREVIEWS: Duration = Duration::from_secs(2);

pub(super) async fn run(session: &Session<'_>, args: ListArgs) -> Result<Exit, Failure> {
    let core = previewed(session).await?;
    let mailbox = session.mailbox(args.account.as_deref(), &args.mailbox).await?;
    let filter = ListFilter { unread: args.unread, flagged: args.flagged };
    let next = if args.threads {
        let page = core.threads(mailbox.id, filter, args.after, args.limit).await?;
        print_threads(session, &page.threads)?;
        page.next
    } else {
        let page = core.messages(mailbox.id, filter, args.after, args.limit).await?;
        print_messages(session, &page.messages, false)?;
        page.next
    };
    match next {
        Some(next) if session.out.is_json() => session.out.object(&json!({"next": next}))?,
        Some(next) => session.out.hint(format!("There is more: --after {next}")),
        None => {}
    }
    Ok(Exit::Done)
}

/// The conversation that a message belongs to.
pub(super) async fn thread(session: &Session<'_>, args: ThreadArgs) -> Result<Exit, Failure> {
    let rows = previewed(session).await?.thread(args.id).await?;
    print_messages(session, &rows, true)?;
    Ok(Exit::Done)
}

/// The core, once previews of what arrived last are there: they are read after the mail itself. Of very much mail some
/// may still be missing.
async fn previewed<'s>(session: &'s Session<'_>) -> Result<&'s Core, Failure> {
    let core = session.core().await?;
    if session.out.is_json() {
        // Without an answer in time the list is shown as it is.
        if let Ok(outcome) = tokio::time::timeout(PREVIEWS, core.finish_indexing()).await {
            outcome?;
        }
    }
    Ok(core)
}

/// One line for each message; with the mailbox where they come from several.
pub(super) fn print_messages(session: &Session<'_>, rows: &[MessageRow], with_mailbox: bool) -> Result<(), Failure> {
    if session.out.is_json() {
        return rows.iter().try_for_each(|row| session.out.object(&json::message(row)));
    }
    if rows.is_empty() {
        session.out.hint("No messages.");
        return Ok(());
    }
    let dates = Dates::new();
    let mut columns =
        vec![Column::number("ID"), Column::text("FLAGS"), Column::text("DATE"), Column::shrinking("FROM")];
    if with_mailbox {
        columns.push(Column::shrinking("MAILBOX"));
    }
    columns.push(Column::shrinking("SUBJECT"));
    let mut table = Table::new(&columns);
    for row in rows {
        let [id, flags, date, from, subject] = cells(row, &dates);
        if with_mailbox {
            table.styled(style(row), [id, flags, date, from, one_line(&row.mailbox), subject]);
        } else {
            table.styled(style(row), [id, flags, date, from, subject]);
        }
    }
    table.print(session.out)
}

fn print_threads(session: &Session<'_>, rows: &[ThreadRow]) -> Result<(), Failure> {
    if session.out.is_json() {
        return rows.iter().try_for_each(|row| session.out.object(&json::thread(row)));
    }
    if rows.is_empty() {
        session.out.hint("No conversations.");
        return Ok(());
    }
    let dates = Dates::new();
    let mut table = Table::new(&[
        Column::number("ID"),
        Column::text("FLAGS"),
        Column::text("DATE"),
        Column::number("MAILS"),
        Column::number("UNREAD"),
        Column::shrinking("FROM"),
        Column::shrinking("SUBJECT"),
    ]);
    for row in rows {
        let [id, flags, date, from, subject] = cells(&row.newest, &dates);
        let style = if row.unread > 0 { Style::new().bold() } else { Style::new() };
        table.styled(style, [id, flags, date, row.count.to_string(), row.unread.to_string(), from, subject]);
    }
    table.print(session.out)
}

fn cells(row: &MessageRow, dates: &Dates) -> [String; 5] {
    [row.id.to_string(), flag_letters(row), dates.short(row.date), people(&row.from), one_line(&row.subject)]
}

fn style(row: &MessageRow) -> Style {
    let has = |name: &str| row.flags.iter().any(|flag| flag == name);
    match (has("seen"), has("flagged"), has("deleted")) {
        (_, _, true) => Style::new().dim(),
        (false, _, _) => Style::new().bold(),
        (true, true, _) => Style::new().yellow(),
        (true, false, _) => Style::new(),
    }
}
