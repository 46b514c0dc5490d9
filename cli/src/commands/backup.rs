//! Backups.

use std::fs;

use postrider::api::Core;
use serde_json::json;

use crate::args::{BackupArgs, RestoreArgs};
use crate::exit::{Exit, Failure};
use crate::session::Session;
use crate::terminal::confirm;

pub(super) async fn backup(session: &Session<'_>, args: BackupArgs) -> Result<Exit, Failure> {
    match session.core().await {
        Ok(core) => core.backup(&args.file).await?,
        // Another process works with the store: it need not stop for that.
        Err(failure) if failure.kind == "in_use" => Core::backup_of(&session.data()?, &args.file).await?,
        Err(failure) => return Err(failure),
    }
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
