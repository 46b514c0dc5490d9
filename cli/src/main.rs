//! `postrider`: the mail sync core on a desktop. Each command is a few lines over the core's public API.

mod args;
mod commands;
mod demo;
mod exit;
mod interrupt;
mod json;
mod keyring;
mod model;
mod secrets;
mod session;
mod terminal;

use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use crate::args::Cli;
use crate::exit::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::session::Session;
use crate::terminal::Out;

fn main() -> ExitCode {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return refused(&error).into(),
    };
    let out = Out::new(cli.global.json, cli.global.quiet);
    let exit = log_to_stderr(&cli.global.log).and_then(|()| run(cli, &out));
    let exit = exit.unwrap_or_else(|failure| {
        out.failure(&failure, None);
        failure.exit
    });
    // What could not be written to standard output was not done.
    out.flush().map_or(Exit::Failed, |()| exit).into()
}

fn run(cli: Cli, out: &Out) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::io("the runtime", &error))?;
    let exit = runtime.block_on(async {
        let session = Session::new(cli.global.data, out, Interrupt::listen());
        let own_end = cli.command.ends_by_itself();
        let ended = tokio::select! {
            ended = commands::run(&session, cli.command) => ended,
            () = session.interrupt.wait(), if !own_end => Err(Failure::cancelled()),
        };
        // The store must be written out and unlocked, however the command ended.
        let closed = session.close().await;
        ended.and_then(|exit| closed.map(|()| exit))
    });
    // A prompt or a password command may still block a thread: nobody waits for it any more.
    runtime.shutdown_background();
    exit
}

fn log_to_stderr(filter: &str) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(filter).map_err(|_| Failure::usage("--log: no such level"))?;
    // Fails only where a subscriber is set already, which is nowhere.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    Ok(())
}

/// Help and version as asked for; wrong usage as text or, where `--json` stands on the line, as an object.
fn refused(error: &clap::Error) -> Exit {
    let json = std::env::args_os().take_while(|arg| arg != "--").any(|arg| arg == "--json");
    if error.use_stderr() && json {
        // What follows the empty line is for people: the usage and where to find help.
        let text = error.to_string();
        let message = text.split("\n\n").next().unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message);
        Out::new(true, false).failure(&Failure::usage(message), None);
    } else if error.print().is_err() {
        return Exit::Failed;
    }
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}
