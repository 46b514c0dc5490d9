//! What is not on the server yet, and what became of what was done.

use postrider::api::{OperationInfo, OperationState};

use crate::args::{JournalArgs, JournalCommand, JournalListArgs};
use crate::exit::{Exit, Failure};
use crate::json;
use crate::session::Session;
use crate::terminal::{Column, Dates, Table, one_line};

pub(super) async fn run(session: &Session<'_>, args: JournalArgs) -> Result<Exit, Failure> {
    let core = session.core().await?;
    match args.command.unwrap_or(JournalCommand::List(JournalListArgs::default())) {
        JournalCommand::List(args) => list(session, args).await,
        JournalCommand::Show(args) => {
            let operation = core.operation(args.operation).await?;
            let steps = core.operation_steps(args.operation).await?;
            if session.out.is_json() {
                session.out.object(&json::with(json::operation(&operation), json::steps(&steps)))?;
                return Ok(Exit::Done);
            }
            print(session, &[operation])?;
            for step in steps {
                let message = step.message_id.map_or_else(String::new, |id| format!("message {id}: "));
                let reason = step.reason.map(|reason| format!(", {}", one_line(&reason))).unwrap_or_default();
                session.out.line(format!("  {message}{}{reason}", step.state.as_str()))?;
            }
            Ok(Exit::Done)
        }
        JournalCommand::Cancel(args) => one(session, &core.cancel_operation(args.operation).await?),
        JournalCommand::Retry(args) => one(session, &core.retry_operation(args.operation).await?),
    }
}

async fn list(session: &Session<'_>, args: JournalListArgs) -> Result<Exit, Failure> {
    let core = session.core().await?;
    let accounts = match args.account.as_deref() {
        Some(name) => vec![core.find_account(Some(name)).await?],
        None => core.accounts().await?,
    };
    let mut operations = Vec::new();
    for account in accounts {
        operations.extend(core.operations(account.id, args.all).await?);
    }
    if session.out.is_json() {
        for operation in &operations {
            session.out.object(&json::operation(operation))?;
        }
    } else if operations.is_empty() {
        session.out.words(if args.all { "Nothing was done yet." } else { "All that was done is on the server." })?;
    } else {
        print(session, &operations)?;
    }
    Ok(Exit::Done)
}

fn one(session: &Session<'_>, operation: &OperationInfo) -> Result<Exit, Failure> {
    if session.out.is_json() {
        session.out.object(&json::operation(operation))?;
    } else {
        print(session, std::slice::from_ref(operation))?;
    }
    Ok(Exit::Done)
}

fn print(session: &Session<'_>, operations: &[OperationInfo]) -> Result<(), Failure> {
    let dates = Dates::new();
    let mut table = Table::new(&[
        Column::number("OP"),
        Column::text("WHEN"),
        Column::text("WHAT"),
        Column::text("STATE"),
        Column::text("MESSAGES"),
        Column::shrinking("MAILBOX"),
        Column::shrinking("REASON"),
    ]);
    for operation in operations {
        table.row([
            operation.id.to_string(),
            dates.short(operation.created),
            operation.kind.clone(),
            state(operation.state),
            messages(operation),
            one_line(operation.mailbox.as_deref().unwrap_or_default()),
            one_line(operation.reason.as_deref().unwrap_or_default()),
        ]);
    }
    table.print(session.out)
}

fn state(state: OperationState) -> String {
    state.as_str().replace('_', " ")
}

fn messages(operation: &OperationInfo) -> String {
    match operation.message_ids.as_slice() {
        [] => String::new(),
        ids if ids.len() <= 3 => ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        ids => format!("{} of them", ids.len()),
    }
}
