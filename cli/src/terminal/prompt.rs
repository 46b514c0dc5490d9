//! Questions to the person at the terminal. Answering takes its time: Ctrl-C works meanwhile.

use std::io::{self, BufRead, IsTerminal, Write};

use console::Term;
use postrider::api::Secret;

use crate::exit::Failure;

/// Asks on a terminal whether to go on; elsewhere `--yes` must have been given.
pub(crate) async fn confirm(question: String, yes: bool) -> Result<(), Failure> {
    if yes { Ok(()) } else { patiently(move || ask(&question)).await }
}

/// The first line of standard input.
pub(crate) async fn password_from_stdin() -> Result<Secret, Failure> {
    patiently(read_password).await
}

/// Asks for a password, without showing it; `None` where nobody is there to be asked, or nothing is typed.
pub(crate) async fn password_from_terminal(account: String) -> Result<Option<Secret>, Failure> {
    patiently(move || ask_password(&account)).await
}

async fn patiently<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(read).await.unwrap_or_else(|_| Err(Failure::cancelled()))
}

fn ask(question: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::usage("this destroys: give --yes"));
    }
    let failed = |error: io::Error| Failure::io("the terminal", &error);
    write!(io::stderr(), "{question} [y/N] ").map_err(failed)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(failed)?;
    let agreed = ["y", "yes"].iter().any(|yes| answer.trim().eq_ignore_ascii_case(yes));
    if agreed { Ok(()) } else { Err(Failure::cancelled()) }
}

fn read_password() -> Result<Secret, Failure> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|error| Failure::io("standard input", &error))?;
    let password = line.strip_suffix('\n').map_or(line.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if password.is_empty() { Err(Failure::usage("no password on standard input")) } else { Ok(Secret::new(password)) }
}

fn ask_password(account: &str) -> Result<Option<Secret>, Failure> {
    let terminal = Term::stderr();
    if !io::stdin().is_terminal() || !terminal.is_term() {
        return Ok(None);
    }
    let failed = |error: io::Error| Failure::io("the terminal", &error);
    terminal.write_str(&format!("Password of {account}: ")).map_err(failed)?;
    let password = terminal.read_secure_line().map_err(failed)?;
    Ok(Some(password).filter(|password| !password.is_empty()).map(Secret::new))
}
