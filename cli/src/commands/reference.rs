//! The command line described for shells and for `man`.

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::exit::{Exit, Failure};
use crate::session::Session;

pub(super) fn completions(session: &Session<'_>, args: CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "postrider", &mut script);
    session.out.bytes(&script)?;
    Ok(Exit::Done)
}

pub(super) fn man(session: &Session<'_>, args: ManArgs) -> Result<Exit, Failure> {
    match args.dir {
        Some(dir) => {
            clap_mangen::generate_to(Cli::command(), &dir).map_err(|error| Failure::io(dir.display(), &error))?
        }
        None => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
            rendered.map_err(|error| Failure::io("the manual page", &error))?;
            session.out.bytes(&page)?;
        }
    }
    Ok(Exit::Done)
}
