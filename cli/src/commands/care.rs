//! Looking after the store.

use std::fs;

use postrider::api::{Core, Health};
use serde_json::json;

use crate::args::{BackupArgs, DoctorArgs, RestoreArgs};
use crate::exit::{Exit, Failure};
use crate::session::Session;
use crate::terminal::{confirm, one_line};

/// The kind of failure that a damaged store is.
const DAMAGED: &str = "storage_damaged";

pub(super) async fn doctor(session: &Session<'_>, args: DoctorArgs) -> Result<Exit, Failure> {
    let health = match session.core().await {
        Ok(core) => core.check(args.repair).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    let health = match health {
        Err(failure) if failure.kind == DAMAGED && args.repair => begin_anew(session).await?,
        Err(failure) if failure.kind == DAMAGED => {
            session.out.hint("Next: postrider doctor --repair");
            return Err(failure);
        }
        health => health?,
    };
    let well = health.problems.is_empty();
    if session.out.is_json() {
        session.out.object(&json!({"ok": well, "problems": health.problems, "repaired": health.repaired}))?;
    } else {
        for repaired in &health.repaired {
            session.out.line(format!("Put right: {}", one_line(repaired)))?;
        }
        for problem in &health.problems {
            session.out.line(format!("Wrong: {}", one_line(problem)))?;
        }
        if well {
            session.out.line("All is well.")?;
        } else if !args.repair {
            session.out.hint("Next: postrider doctor --repair");
        }
    }
    Ok(if well { Exit::Done } else { Exit::Failed })
}

/// What cannot be put right is made anew, with the accounts.
async fn begin_anew(session: &Session<'_>) -> Result<Health, Failure> {
    // It may not have opened, or not close well any more.
    let _ = session.close().await;
    let salvaged = Core::salvage(&session.data()?).await?;
    let kept = format!("the damaged database was set aside and a new one begun, with {} accounts", salvaged.accounts);
    session.out.hint("The mail comes with the next: postrider sync");
    let lost = "some accounts may be lost: add them again".to_owned();
    Ok(Health { problems: salvaged.incomplete.then_some(lost).into_iter().collect(), repaired: vec![kept] })
}

pub(super) async fn backup(session: &Session<'_>, args: BackupArgs) -> Result<Exit, Failure> {
    session.core().await?.backup(&args.file).await?;
    if session.out.is_json() {
        session.out.object(&json!({"file": args.file.display().to_string()}))?;
    } else {
        session.out.line(format!("Written to {}. The passwords are not in it.", args.file.display()))?;
    }
    Ok(Exit::Done)
}

pub(super) async fn restore(session: &Session<'_>, args: RestoreArgs) -> Result<Exit, Failure> {
    let data = session.data()?;
    if fs::read_dir(&data).is_ok_and(|mut entries| entries.next().is_some()) {
        confirm(format!("Replace the mail in {}?", data.display()), args.yes).await?;
    }
    Core::restore(&args.file, &data).await?;
    if session.out.is_json() {
        session.out.object(&json!({"data": data.display().to_string()}))?;
    } else {
        session.out.line(format!("Restored into {}.", data.display()))?;
        session.out.hint("The passwords are not in a backup: postrider account set ACCOUNT --password-stdin");
    }
    Ok(Exit::Done)
}
