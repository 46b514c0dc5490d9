//! One message.

use console::Style;
use postrider::api::{AttachmentInfo, Core, CoreError, MessageDetail, PartInfo, PlaceId};
use serde_json::{Value, json};

use crate::args::ShowArgs;
use crate::exit::{Exit, Failure};
use crate::json;
use crate::session::Session;
use crate::terminal::{Dates, address, addresses, block, bytes, one_line, wrap};

/// Columns before the value of a header field.
const INDENT: usize = 9;

/// Lines of a text are no longer than this, however wide the terminal is.
const READABLE: usize = 96;

pub(super) async fn run(session: &Session<'_>, args: ShowArgs) -> Result<Exit, Failure> {
    let core = session.core().await?;
    let (id, view) = (args.id, args.view);
    if view.raw {
        core.fetch_body(id).await?;
        core.raw(id).await?.write_to(&mut session.out.writer())?;
    } else if view.text {
        core.fetch_body(id).await?;
        content(session, id, "text", &text(core, id).await?)?;
    } else if view.html {
        core.fetch_body(id).await?;
        let html = core.html(id).await?.ok_or_else(|| Failure::not_found("this mail has no HTML"))?;
        content(session, id, "html", &html)?;
    } else if view.headers {
        core.fetch_body(id).await?;
        content(session, id, "headers", &String::from_utf8_lossy(&core.headers(id).await?))?;
    } else if view.structure {
        structure(session, core, id).await?;
    } else {
        whole(session, core, id).await?;
    }
    Ok(Exit::Done)
}

/// One kind of content: as it is for scripts, without what would steer a terminal for people.
fn content(session: &Session<'_>, id: PlaceId, kind: &str, text: &str) -> Result<(), Failure> {
    if session.out.is_json() {
        session.out.object(&json!({"id": id.to_string(), kind: text}))
    } else if session.out.is_terminal() {
        session.out.line(block(text).trim_end_matches('\n'))
    } else {
        session.out.bytes(text.as_bytes())
    }
}

/// The readable text, with the line ends of this machine's programs.
async fn text(core: &Core, id: PlaceId) -> Result<String, Failure> {
    Ok(core.text(id).await?.replace("\r\n", "\n"))
}

async fn whole(session: &Session<'_>, core: &Core, id: PlaceId) -> Result<(), Failure> {
    // The header is on this device even where the body is not and cannot be had now.
    let fetched = core.fetch_body(id).await;
    let detail = core.message(id).await?;
    let attachments = match core.attachments(id).await {
        Err(CoreError::NotFound { .. }) => Vec::new(),
        found => found?,
    };
    if session.out.is_json() {
        fetched?;
        let attachments: Vec<Value> = attachments.iter().map(json::attachment).collect();
        let text = json!({"text": text(core, id).await?, "attachments": attachments});
        return session.out.object(&json::with(json::detail(&detail), text));
    }
    header(session, &detail, &attachments)?;
    fetched?;
    let text = block(&text(core, id).await?);
    let shown = match session.out.width() {
        Some(width) => wrap(text.trim_end(), width.clamp(20, READABLE)),
        None => text.trim_end().to_owned(),
    };
    session.out.line(format!("\n{shown}"))
}

fn header(session: &Session<'_>, detail: &MessageDetail, attachments: &[AttachmentInfo]) -> Result<(), Failure> {
    let row = &detail.row;
    let files: Vec<String> = attachments
        .iter()
        .map(|file| format!("[{}] {} ({})", file.part, one_line(&file.name), bytes(file.size)))
        .collect();
    let fields = [
        ("From", addresses(&row.from)),
        ("Reply to", if detail.reply_to == row.from { String::new() } else { addresses(&detail.reply_to) }),
        ("To", addresses(&row.to)),
        ("Cc", addresses(&detail.cc)),
        ("Bcc", addresses(&detail.bcc)),
        ("Date", Dates::new().long(row.date)),
        ("Subject", one_line(&row.subject)),
        ("Mailbox", one_line(&row.mailbox)),
        ("Flags", one_line(&row.flags.join(" "))),
        ("Files", files.join(", ")),
    ];
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        let value = match session.out.width() {
            Some(width) => {
                wrap(value, width.saturating_sub(INDENT).max(20)).replace('\n', &format!("\n{:INDENT$}", ""))
            }
            None => value.clone(),
        };
        session.out.line(format!("{} {value}", Style::new().dim().apply_to(format!("{name:>8}"))))?;
    }
    if detail.sender_unclear {
        let shown = row.from.first().map(address).unwrap_or_default();
        session.out.warning(format!("It is not clear who wrote this mail (it says: {shown})."));
    }
    Ok(())
}

async fn structure(session: &Session<'_>, core: &Core, id: PlaceId) -> Result<(), Failure> {
    let mut found = core.message(id).await?.structure;
    if found.is_none() {
        core.fetch_body(id).await?;
        found = core.message(id).await?.structure;
    }
    let parts = found.ok_or_else(|| Failure::not_found("the structure of this mail is not known"))?;
    if session.out.is_json() {
        return session.out.object(&json!({"id": id.to_string(), "structure": json::structure(&parts)}));
    }
    parts.iter().try_for_each(|part| line(session, part))
}

fn line(session: &Session<'_>, part: &PartInfo) -> Result<(), Failure> {
    let section = if part.section.is_empty() { "-" } else { &part.section };
    let mut line =
        format!("{:indent$}{section:<6} {}", "", one_line(&part.media_type), indent = part.depth as usize * 2);
    if let Some(name) = &part.name {
        line += &format!(" \"{}\"", one_line(name));
    }
    if !part.is_multipart {
        line += &format!(" {} {}", one_line(&part.encoding), bytes(part.octets));
    }
    session.out.line(line)
}
