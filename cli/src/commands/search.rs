//! Search on this device or on the server.

use super::list::print_messages;
use crate::args::SearchArgs;
use crate::exit::{Exit, Failure};
use crate::session::Session;

pub(super) async fn run(session: &Session<'_>, args: SearchArgs) -> Result<Exit, Failure> {
    let core = session.core().await?;
    let query = query(&args.query);
    let account = match &args.account {
        Some(name) => Some(core.find_account(Some(name)).await?.id),
        None => None,
    };
    let mut rows = Vec::new();
    if !args.server {
        core.finish_indexing().await?;
        rows = core.search(&query, account, args.limit).await?;
    } else {
        let accounts = session.accounts(args.account.as_slice()).await?;
        for account in accounts {
            rows.extend(core.search_server(account.id, &query, args.limit).await?);
        }
    }
    print_messages(session, &rows, true)?;
    Ok(Exit::Done)
}

/// The query as one text. The shell took quotes away (`subject:"two words"`): an argument of several words among others
/// gets them again. A single argument is the whole query as it stands.
fn query(arguments: &[String]) -> String {
    if let [whole] = arguments {
        return whole.clone();
    }
    let quoted: Vec<String> = arguments.iter().map(|argument| requoted(argument)).collect();
    quoted.join(" ")
}

fn requoted(argument: &str) -> String {
    if !argument.contains(char::is_whitespace) || argument.contains('"') {
        return argument.to_owned();
    }
    let is_key = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    match argument.split_once(':') {
        Some((key, value)) if is_key(key) => format!("{key}:\"{value}\""),
        _ => format!("\"{argument}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_that_the_shell_took_away_come_back() {
        let query =
            |arguments: &[&str]| query(&arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>());
        assert_eq!(query(&["from:ann is:unread"]), "from:ann is:unread");
        assert_eq!(query(&["from:ann", "subject:two words"]), "from:ann subject:\"two words\"");
        assert_eq!(query(&["a b", "-subject:x y"]), "\"a b\" -subject:\"x y\"");
        assert_eq!(query(&["subject:\"a b\"", "c"]), "subject:\"a b\" c");
    }
}
