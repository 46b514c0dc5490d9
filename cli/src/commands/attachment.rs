//! Attachments: listing and saving them.

use std::path::{Path, PathBuf};

use postrider::api::{AttachmentInfo, Core, CoreError, PlaceId};
use serde_json::json;

use crate::args::AttachmentArgs;
use crate::exit::{Exit, Failure};
use crate::json;
use crate::session::Session;
use crate::terminal::{Column, Table, bytes, one_line};

pub(super) async fn run(session: &Session<'_>, args: AttachmentArgs) -> Result<Exit, Failure> {
    let core = session.core().await?;
    let attachments = attachments(core, args.id).await?;
    match args.part {
        None => list(session, &attachments)?,
        Some(part) => save(session, core, args.id, &part, &attachments, args.output).await?,
    }
    Ok(Exit::Done)
}

/// The attachments; the mail is fetched where nothing is known of its parts.
async fn attachments(core: &Core, id: PlaceId) -> Result<Vec<AttachmentInfo>, Failure> {
    match core.attachments(id).await {
        Err(CoreError::NotFound { .. }) => {
            core.fetch_body(id).await?;
            Ok(core.attachments(id).await?)
        }
        found => Ok(found?),
    }
}

fn list(session: &Session<'_>, attachments: &[AttachmentInfo]) -> Result<(), Failure> {
    if session.out.is_json() {
        return attachments.iter().try_for_each(|info| session.out.object(&json::attachment(info)));
    }
    if attachments.is_empty() {
        session.out.hint("No attachments.");
        return Ok(());
    }
    let mut table = Table::new(&[
        Column::text("PART"),
        Column::shrinking("NAME"),
        Column::text("TYPE"),
        Column::number("SIZE"),
        Column::text("HERE"),
    ]);
    for info in attachments {
        let here = if info.here { "yes" } else { "no" };
        let name = one_line(&info.name);
        table.row([info.part.clone(), name, one_line(&info.media_type), bytes(info.size), here.to_owned()]);
    }
    table.print(session.out)
}

async fn save(
    session: &Session<'_>,
    core: &Core,
    id: PlaceId,
    part: &str,
    attachments: &[AttachmentInfo],
    output: Option<PathBuf>,
) -> Result<(), Failure> {
    if output.as_deref() == Some(Path::new("-")) {
        core.part(id, part).await?.write_to(&mut session.out.writer())?;
        return Ok(());
    }
    let known = attachments.iter().find(|info| info.part == part);
    let name = known.map_or_else(|| format!("part-{part}"), |info| info.name.clone());
    let file = match output {
        Some(folder) if folder.is_dir() => unused(&folder, &name),
        Some(file) => file,
        None => unused(Path::new(""), &name),
    };
    let size = core.save_attachment(id, part, &file).await?;
    if session.out.is_json() {
        session.out.object(&json!({"part": part, "file": file.display().to_string(), "size": size}))
    } else {
        session.out.line(format!("Saved {} ({}).", one_line(&file.display().to_string()), bytes(size)))
    }
}

/// The name in the folder, with a number where a file of that name is there: a mail must not replace anything.
fn unused(folder: &Path, name: &str) -> PathBuf {
    let wanted = Path::new(name);
    let stem = wanted.file_stem().unwrap_or_default().to_string_lossy();
    let extension = wanted.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default();
    let numbered = (2..).map(|number| folder.join(format!("{stem} ({number}){extension}")));
    let mut candidates = std::iter::once(folder.join(wanted)).chain(numbered);
    candidates.find(|path| path.symlink_metadata().is_err()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_that_is_there_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        for expected in ["report.pdf", "report (2).pdf", "report (3).pdf"] {
            let file = unused(dir.path(), "report.pdf");
            assert_eq!(file, dir.path().join(expected));
            std::fs::write(file, "").unwrap();
        }
    }
}
