//! The doctor: the store in itself, and the mirror against each server.

use postrider::api::{AccountInfo, Core, CoreError, ServerCheck, SyncOptions};
use serde_json::{Value, json};

use crate::args::DoctorArgs;
use crate::exit::{Exit, Failure};
use crate::session::Session;
use crate::terminal::{count, one_line};

pub(super) async fn run(session: &Session<'_>, args: DoctorArgs) -> Result<Exit, Failure> {
    let core = session.core().await?;
    let mut health = core.check(args.repair).await?;
    let mut servers = Vec::new();
    for account in core.accounts().await? {
        let compared = compare(core, &account, args.repair).await;
        if let Ok((check, repaired)) = &compared {
            let named = |problem: &String| format!("{}: {problem}", account.name);
            health.problems.extend(check.problems.iter().map(named));
            health.repaired.extend(repaired.iter().map(named));
        }
        servers.push((account, compared));
    }
    let well = health.problems.is_empty();
    if session.out.is_json() {
        let servers: Vec<Value> = servers.iter().map(|(account, compared)| object(account, compared)).collect();
        session.out.object(
            &json!({"ok": well, "problems": health.problems, "repaired": health.repaired, "servers": servers}),
        )?;
        return Ok(exit(well));
    }
    for (account, compared) in &servers {
        session.out.words(&one_line(&format!("{}: {}", account.name, in_words(compared))))?;
    }
    for repaired in &health.repaired {
        session.out.words(&format!("Put right: {}", one_line(repaired)))?;
    }
    for problem in &health.problems {
        session.out.words(&format!("Wrong: {}", one_line(problem)))?;
    }
    if well {
        let all = servers.iter().all(|(_, compared)| compared.is_ok());
        session.out.line(if all {
            "All is well."
        } else {
            "The store is well; see above for what was not compared."
        })?;
    } else if !args.repair {
        session.out.hint("Next: postrider doctor --repair");
    }
    Ok(exit(well))
}

/// What a comparison with a server came to, and what it put right.
type Compared = Result<(ServerCheck, Vec<String>), CoreError>;

/// Compares after a sync: what changed since the last one is no fault. Mail that comes in between is seen by the second look.
async fn compare(core: &Core, account: &AccountInfo, repair: bool) -> Compared {
    let sync =
        async || core.sync(account.id, SyncOptions { metered: true, ..SyncOptions::default() }).await?.wait().await;
    sync().await?;
    let first = core.check_against_server(account.id, repair).await?;
    if first.problems.is_empty() {
        return Ok((first, Vec::new()));
    }
    sync().await?;
    let second = core.check_against_server(account.id, false).await?;
    let mut repaired = first.problems;
    repaired.retain(|problem| repair && !second.problems.contains(problem));
    Ok((second, repaired))
}

fn exit(well: bool) -> Exit {
    if well { Exit::Done } else { Exit::Failed }
}

fn object(account: &AccountInfo, compared: &Compared) -> Value {
    match compared {
        Ok((check, _)) => json!({
            "account": account.name,
            "compared": true,
            "mailboxes": check.mailboxes,
            "messages": check.messages,
        }),
        Err(error) => json!({
            "account": account.name,
            "compared": false,
            "error": error.kind(),
            "message": error.to_string(),
        }),
    }
}

fn in_words(compared: &Compared) -> String {
    match compared {
        Ok((check, _)) => {
            let agreeing = count(check.messages, "message");
            format!(
                "compared with the server: {agreeing} in {} agree, UID by UID and flag by flag.",
                count(check.mailboxes, "mailbox")
            )
        }
        Err(error) if error.retryable() => {
            format!("not compared with the server, which cannot be reached now: {error}.")
        }
        Err(error) => format!("not compared with the server: {error}."),
    }
}
