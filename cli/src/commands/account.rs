//! Accounts: adding, showing, changing, trying and removing them.

use std::path::Path;

use postrider::api::{AccountInfo, AccountSettings, Core, InvalidSetting, Secret, Security, Server, ServerReport};
use serde_json::{Value, json};

use crate::args::{AccountCommand, AddArgs, NamedArgs, PasswordSource, RemoveArgs, SetArgs};
use crate::exit::{Exit, Failure};
use crate::json;
use crate::secrets::{COMMAND, KEYRING};
use crate::session::Session;
use crate::terminal::{Column, Table, confirm, milliseconds, one_line, password_from_stdin, password_from_terminal};

pub(super) async fn run(session: &Session<'_>, command: AccountCommand) -> Result<Exit, Failure> {
    match command {
        AccountCommand::Add(args) => add(session, *args).await,
        AccountCommand::List => list(session).await,
        AccountCommand::Show(args) => show(session, args).await,
        AccountCommand::Set(args) => set(session, args).await,
        AccountCommand::Remove(args) => remove(session, args).await,
        AccountCommand::Test(args) => test(session, args).await,
    }
}

async fn add(session: &Session<'_>, args: AddArgs) -> Result<Exit, Failure> {
    let mut settings = settings_of(&args)?;
    let warning = check_protection(session, &settings, args.allow_plaintext)?;
    let core = session.core().await?;
    let secrets = session.secrets().await?;
    let name = settings.name.clone();
    // A name that is taken must not get another account's password.
    if core.accounts().await?.iter().any(|account| account.name == name) {
        return Err(Failure::exists(format_args!("an account named {name}")));
    }
    secrets.learn(&settings);
    let password = match args.password.password_command {
        Some(_) => None,
        None => typed_password(&args.password, &name).await?,
    };
    if let Some(password) = &password {
        secrets.give(&name, password.clone());
    }
    let tested = if args.no_check { None } else { Some(core.test_account(settings.clone()).await?) };
    if let Some(password) = &password {
        secrets.keep(&mut settings, password)?;
    }
    let added = core.add_account(settings.clone()).await;
    if added.is_err() {
        secrets.forget(&settings)?;
    }
    let id = added?;
    let place = password_place(session, &settings).await?;
    if session.out.is_json() {
        let added = json!({
            "id": id.to_string(),
            "account": name,
            "email": settings.email,
            "password": place,
            "server": tested,
            "warning": warning,
        });
        session.out.object(&added)?;
    } else {
        if let Some(report) = &tested {
            session.out.line(logged_in(report))?;
        }
        session.out.line(format!("Account {name} is added. Password: {place}"))?;
        session.out.hint("Next: postrider sync");
    }
    Ok(Exit::Done)
}

fn settings_of(args: &AddArgs) -> Result<AccountSettings, Failure> {
    if args.imap.is_none() {
        return Err(Failure::usage("name the server that mail comes from: --imap URL"));
    }
    let mut settings = AccountSettings::new(args.name.as_deref().unwrap_or(&args.email), &args.email);
    let servers = [("imap.server", &args.imap), ("smtp.server", &args.smtp)];
    for (key, server) in servers {
        if let Some(server) = server {
            change(&mut settings, key, &server.to_string())?;
        }
    }
    settings.auth = args.auth.into();
    if let Some(user) = &args.user {
        change(&mut settings, "user", user)?;
    }
    if let Some(pin) = &args.pin {
        change(&mut settings, "tls.pin", pin)?;
    }
    if let Some(file) = &args.ca {
        change(&mut settings, "tls.ca", &read_text(file)?)?;
    }
    if let Some(command) = &args.password.password_command {
        settings.host.insert(COMMAND.to_owned(), command.clone());
    }
    Ok(settings)
}

async fn list(session: &Session<'_>) -> Result<Exit, Failure> {
    let core = session.core().await?;
    let mut table = Table::new(&[Column::text("NAME"), Column::text("ADDRESS"), Column::text("SERVER")]);
    for account in core.accounts().await? {
        let settings = core.account_settings(account.id).await?;
        let server = settings.imap.as_ref().or(settings.pop.as_ref()).map(Server::to_string).unwrap_or_default();
        if session.out.is_json() {
            session.out.object(&json::with(json::account(&account), json!({"server": server})))?;
        } else {
            table.row([account.name, account.email, server]);
        }
    }
    if table.is_empty() {
        if !session.out.is_json() {
            session.out.hint("No account yet. Next: postrider account add, or postrider demo");
        }
    } else {
        table.print(session.out)?;
    }
    Ok(Exit::Done)
}

async fn show(session: &Session<'_>, args: NamedArgs) -> Result<Exit, Failure> {
    let core = session.core().await?;
    let account = core.find_account(args.account.as_deref()).await?;
    let settings = core.account_settings(account.id).await?;
    let place = password_place(session, &settings).await?;
    if session.out.is_json() {
        let listed = settings.list().into_iter().map(|setting| (setting.key, Value::String(setting.value)));
        let object = json!({"settings": Value::Object(listed.collect()), "password": place});
        session.out.object(&json::with(json::account(&account), object))?;
    } else {
        let mut table = Table::new(&[Column::text("KEY"), Column::shrinking("VALUE")]);
        for setting in settings.list() {
            table.row([setting.key, one_line(&setting.value)]);
        }
        table.print(session.out)?;
        session.out.line(format!("\nPassword: {place}"))?;
    }
    Ok(Exit::Done)
}

async fn set(session: &Session<'_>, args: SetArgs) -> Result<Exit, Failure> {
    let core = session.core().await?;
    let secrets = session.secrets().await?;
    let account = core.find_account(Some(&args.account)).await?;
    let mut settings = core.account_settings(account.id).await?;
    let mut warning = None;
    if let (Some(key), Some(value)) = (&args.key, &args.value) {
        let from_file = key == "tls.ca" && !value.is_empty();
        let value = if from_file { read_text(Path::new(value))? } else { value.clone() };
        change(&mut settings, key, &value)?;
        if key.ends_with(".server") {
            warning = check_protection(session, &settings, args.allow_plaintext)?;
        }
    }
    let password = if args.password.password_stdin { Some(password_from_stdin().await?) } else { None };
    check_name(core, &account, &settings).await?;
    if settings.name != account.name {
        secrets.rename(&account.name, &mut settings)?;
    }
    if let Some(password) = &password {
        secrets.keep(&mut settings, password)?;
    }
    if let Some(command) = args.password.password_command {
        // Two places would leave it unclear which of them counts.
        secrets.forget(&settings)?;
        settings.host.remove(KEYRING);
        settings.host.insert(COMMAND.to_owned(), command);
    }
    core.update_account(account.id, settings.clone()).await?;
    if session.out.is_json() {
        let place = password_place(session, &settings).await?;
        session.out.object(&json!({"account": settings.name, "password": place, "warning": warning}))?;
    }
    Ok(Exit::Done)
}

async fn remove(session: &Session<'_>, args: RemoveArgs) -> Result<Exit, Failure> {
    let core = session.core().await?;
    let account = core.find_account(Some(&args.account)).await?;
    confirm(format!("Remove account {} and its mail from this device?", account.name), args.yes).await?;
    let settings = core.account_settings(account.id).await?;
    core.remove_account(account.id).await?;
    session.secrets().await?.forget(&settings)?;
    if session.out.is_json() {
        session.out.object(&json!({"removed": account.name}))?;
    } else {
        session.out.line(format!("Account {} is removed. The mail on the server is untouched.", account.name))?;
    }
    Ok(Exit::Done)
}

async fn test(session: &Session<'_>, args: NamedArgs) -> Result<Exit, Failure> {
    let core = session.core().await?;
    let account = core.find_account(args.account.as_deref()).await?;
    let report = core.test_account(core.account_settings(account.id).await?).await?;
    if session.out.is_json() {
        session.out.object(&json::with(json!({"account": account.name}), json!(report)))?;
    } else {
        session.out.line(logged_in(&report))?;
        session.out.line(format!("It can: {}", report.capabilities.join(" ")))?;
    }
    Ok(Exit::Done)
}

/// A name that is taken must not get another account's password.
async fn check_name(core: &Core, account: &AccountInfo, settings: &AccountSettings) -> Result<(), Failure> {
    let taken = |other: &AccountInfo| other.id != account.id && other.name == settings.name;
    if core.accounts().await?.iter().any(taken) {
        return Err(Failure::exists(format_args!("an account named {}", settings.name)));
    }
    Ok(())
}

fn change(settings: &mut AccountSettings, key: &str, value: &str) -> Result<(), Failure> {
    settings.set(key, value).map_err(|error| match error {
        InvalidSetting::Key => Failure::usage(format!("{key}: {error}; `postrider account show` lists them")),
        InvalidSetting::Value(_) => Failure::usage(format!("{key}: {error}")),
    })
}

/// A server without TLS is only spoken to by a person who said so. Returns what it warned of.
fn check_protection(
    session: &Session<'_>,
    settings: &AccountSettings,
    allowed: bool,
) -> Result<Option<String>, Failure> {
    let servers = [&settings.imap, &settings.pop, &settings.smtp];
    let plain = servers.into_iter().flatten().find(|server| server.security == Security::Plaintext);
    match plain {
        None => Ok(None),
        Some(server) if allowed => {
            let warning = format!("{server} has no protection: anybody on the way reads the password and all mail");
            session.out.warning(&warning);
            Ok(Some(warning))
        }
        Some(server) => {
            Err(Failure::usage(format!("{server} has no protection: give --allow-plaintext if you mean it")))
        }
    }
}

/// The password as given on standard input or at the terminal.
async fn typed_password(source: &PasswordSource, account: &str) -> Result<Option<Secret>, Failure> {
    if source.password_stdin {
        return password_from_stdin().await.map(Some);
    }
    password_from_terminal(account.to_owned()).await
}

/// Where an account's password is kept, in words.
async fn password_place(session: &Session<'_>, settings: &AccountSettings) -> Result<String, Failure> {
    let secrets = session.secrets().await?;
    Ok(if settings.host.contains_key(COMMAND) {
        "given by a command".to_owned()
    } else if settings.host.contains_key(KEYRING) {
        "kept in the system's keyring".to_owned()
    } else if secrets.has(&settings.name)? {
        format!("kept in {}, which only you can read", secrets.file().display())
    } else {
        "none is kept".to_owned()
    })
}

fn logged_in(report: &ServerReport) -> String {
    let how = if report.secure { "with TLS" } else { "without protection" };
    format!("Logged in to {} {how} in {}.", report.server, milliseconds(report.elapsed_ms))
}

fn read_text(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| Failure::io(file.display(), &error))
}
