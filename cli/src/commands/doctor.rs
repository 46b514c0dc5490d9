//! The doctor: the store in itself, and the mirror against each server.

use postrider::api::{AccountInfo, Core, CoreError, Health, Problem, ServerCheck, SyncOptions};
use serde_json::{Value, json};

use crate::args::DoctorArgs;
use crate::exit::{Exit, Failure};
use crate::session::Session;
use crate::terminal::{count, one_line};

/// The kind of failure that a damaged store is.
const DAMAGED: &str = "storage_damaged";

/// What was found, in words.
struct Found {
    problems: Vec<String>,
    repaired: Vec<String>,
}

impl Found {
    fn new(health: &Health) -> Self {
        let words = |problems: &[Problem]| problems.iter().map(|problem| problem.text.clone()).collect();
        Self { problems: words(&health.problems), repaired: words(&health.repaired) }
    }
}

pub(super) async fn run(session: &Session<'_>, args: DoctorArgs) -> Result<Exit, Failure> {
    let (mut found, anew) = examine(session, args.repair).await?;
    let mut servers = Vec::new();
    // A store that was begun anew has nothing yet to be compared.
    let accounts = if anew { Vec::new() } else { session.core().await?.accounts().await? };
    for account in accounts {
        let core = session.core().await?;
        let compared = compare(core, &account, args.repair).await;
        if let Ok((check, repaired)) = &compared {
            let named = |problem: &Problem| format!("{}: {}", account.name, problem.text);
            found.problems.extend(check.problems.iter().map(named));
            found.repaired.extend(repaired.iter().map(named));
        }
        servers.push((account, compared));
    }
    let well = found.problems.is_empty();
    if session.out.is_json() {
        let servers: Vec<Value> = servers.iter().map(|(account, compared)| object(account, compared)).collect();
        session
            .out
            .object(&json!({"ok": well, "problems": found.problems, "repaired": found.repaired, "servers": servers}))?;
        return Ok(exit(well));
    }
    for (account, compared) in &servers {
        session.out.words(&one_line(&format!("{}: {}", account.name, in_words(compared))))?;
    }
    for repaired in &found.repaired {
        session.out.words(&format!("Put right: {}", one_line(repaired)))?;
    }
    for problem in &found.problems {
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

/// Checks the store. Returns whether it was begun anew: where it is damaged, cannot be put right, and that was asked for.
async fn examine(session: &Session<'_>, repair: bool) -> Result<(Found, bool), Failure> {
    let checked = match session.core().await {
        Ok(core) => core.check(repair).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match checked {
        Err(failure) if failure.kind == DAMAGED && repair => {}
        Err(failure) if failure.kind == DAMAGED => {
            session.out.hint("Next: postrider doctor --repair");
            return Err(failure);
        }
        checked => return Ok((Found::new(&checked?), false)),
    }
    // It may not have opened, or not close well any more.
    let _ = session.close().await;
    let salvaged = Core::salvage(&session.data()?).await?;
    let kept = format!("the damaged database was set aside and a new one begun, accounts kept: {}", salvaged.accounts);
    session.out.hint("The mail comes with the next: postrider sync");
    let lost = "some accounts may be lost: add them again".to_owned();
    let problems = salvaged.incomplete.then_some(lost).into_iter().collect();
    Ok((Found { problems, repaired: vec![kept] }, true))
}

/// What a comparison with a server came to, and what it put right.
type Compared = Result<(ServerCheck, Vec<Problem>), CoreError>;

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
