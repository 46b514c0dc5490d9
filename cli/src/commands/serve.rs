//! The embedded mail server alone, to try other clients with.

use serde_json::json;

use crate::args::ServeModelArgs;
use crate::exit::{Exit, Failure};
use crate::model::{Model, PASSWORD, USER};
use crate::session::Session;

pub(super) async fn run(session: &Session<'_>, args: ServeModelArgs) -> Result<Exit, Failure> {
    let model = Model::start(&args.profile, args.imap, args.seed).await?;
    if session.out.is_json() {
        session.out.object(&json!({"imap": model.url(), "user": USER, "password": PASSWORD}))?;
    } else {
        session.out.line(format!("IMAP server: {}\nUser:        {USER}\nPassword:    {PASSWORD}", model.url()))?;
        session.out.flush()?;
        session.out.hint("Ctrl-C stops it.");
    }
    session.interrupt.wait().await;
    Ok(Exit::Done)
}
