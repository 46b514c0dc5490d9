//! A mailbox written to files that other programs read.

mod maildir;
mod mbox;
mod unix_lines;

use std::io::{self, Write};

use postrider::api::{Core, CoreError, ListFilter, MailboxId, MessageRow, RawMail};
use serde_json::json;

use self::maildir::Maildir;
use self::mbox::Mbox;
use crate::args::{ExportArgs, ExportTarget};
use crate::exit::{Exit, Failure};
use crate::session::Session;
use crate::terminal::{Progress, count};

/// How many messages are listed at a time.
const PAGE: u32 = 1_000;

pub(super) async fn run(session: &Session<'_>, args: ExportArgs) -> Result<Exit, Failure> {
    let core = session.core().await?;
    let mailbox = session.mailbox(args.account.as_deref(), &args.mailbox).await?;
    let mut target = Target::create(&args.target)?;
    let rows = oldest_first(core, mailbox.id).await?;

    let progress = Progress::new(session.out);
    let bar = progress.bar(&mailbox.name);
    let total = rows.len() as u64;
    let (mut written, mut gone) = (0, 0);
    for row in &rows {
        if !target.has(row)? {
            match fetched(core, row).await? {
                Some(mail) => target.add(row, &mail)?,
                None => gone += 1,
            }
        }
        written += 1;
        progress.show(&bar, written, total);
    }
    target.finish()?;
    progress.clear();

    written -= gone;
    if gone > 0 {
        session.out.warning(format!("{} went from the server before the export", count(gone, "message")));
    }
    if session.out.is_json() {
        session.out.object(&json!({"mailbox": mailbox.name, "messages": written, "gone": gone}))?;
    } else {
        session.out.line(format!("{} written.", count(written, "message")))?;
    }
    Ok(Exit::Done)
}

async fn oldest_first(core: &Core, mailbox: MailboxId) -> Result<Vec<MessageRow>, Failure> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = core.messages(mailbox, ListFilter::default(), after, PAGE).await?;
        rows.extend(page.messages.into_iter().map(|row| MessageRow { preview: String::new(), ..row }));
        after = page.next;
        if after.is_none() {
            rows.reverse();
            return Ok(rows);
        }
    }
}

/// The mail, from the server where it is not here; `None` where the server has it no more.
async fn fetched(core: &Core, row: &MessageRow) -> Result<Option<RawMail>, Failure> {
    match core.fetch_body(row.id).await {
        Err(CoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(Some(core.raw(row.id).await?)),
    }
}

enum Target {
    Mbox(Mbox),
    Maildir(Maildir),
}

impl Target {
    fn create(target: &ExportTarget) -> Result<Self, Failure> {
        match (&target.mbox, &target.maildir) {
            (Some(file), _) => Ok(Self::Mbox(Mbox::create(file)?)),
            (None, Some(dir)) => Ok(Self::Maildir(Maildir::open(dir)?)),
            (None, None) => Err(Failure::usage("give --mbox or --maildir")),
        }
    }

    /// Whether the message is there from an earlier run; its flags are brought up to date then.
    fn has(&mut self, row: &MessageRow) -> Result<bool, Failure> {
        match self {
            Self::Mbox(_) => Ok(false),
            Self::Maildir(maildir) => maildir.has(row),
        }
    }

    fn add(&mut self, row: &MessageRow, mail: &RawMail) -> Result<(), Failure> {
        match self {
            Self::Mbox(mbox) => mbox.add(row, mail),
            Self::Maildir(maildir) => maildir.add(row, mail),
        }
    }

    fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Mbox(mbox) => mbox.finish(),
            Self::Maildir(_) => Ok(()),
        }
    }
}

/// Writes a mail out through a filter, and tells a fault of the target from one of the store.
fn pour(mail: &RawMail, to: &mut dyn Write, name: &std::path::Path) -> Result<(), Failure> {
    let mut noted = Noted { to, error: None };
    let poured = mail.write_to(&mut noted);
    match noted.error {
        Some(error) => Err(Failure::io(name.display(), &error)),
        None => Ok(poured?),
    }
}

/// Remembers why writing failed.
struct Noted<'a> {
    to: &'a mut dyn Write,
    error: Option<io::Error>,
}

impl Write for Noted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write(bytes).map_err(|error| {
            let kind = error.kind();
            self.error = Some(error);
            kind.into()
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
