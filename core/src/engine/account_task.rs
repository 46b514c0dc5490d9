//! The task of one account: takes what it is asked one after the other, and keeps the session between.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::facts::Facts;
use super::link::{self, Link};
use super::{Ask, Environment, Failure, SyncDone, SyncRequest};
use crate::account::{AccountSettings, BodyPolicy};
use crate::model::{AccountId, MailboxId, MessageId, PlaceId};
use crate::search::Query;
use crate::store::{MailboxState, Store, StoreError};
use crate::sync::{self, Comparison, Control, Note, SyncError};
use crate::wire::Traffic;

/// A session that nobody needed for this long is closed: servers end idle ones after half an hour, and a phone that
/// sleeps should hold no connection.
const IDLE: Duration = Duration::from_secs(120);

pub(super) struct AccountTask {
    account: AccountId,
    store: Store,
    environment: Environment,
    asks: mpsc::Receiver<Ask>,
    link: Option<Link>,
    traffic: Arc<Traffic>,
}

impl AccountTask {
    pub(super) fn new(account: AccountId, store: Store, environment: Environment, asks: mpsc::Receiver<Ask>) -> Self {
        Self { account, store, environment, asks, link: None, traffic: Arc::default() }
    }

    pub(super) async fn run(mut self) {
        loop {
            let ask = match &self.link {
                Some(_) => match tokio::time::timeout(IDLE, self.asks.recv()).await {
                    Ok(ask) => ask,
                    Err(_) => {
                        self.link = None;
                        continue;
                    }
                },
                None => self.asks.recv().await,
            };
            match ask {
                Some(ask) => self.answer(ask).await,
                None => return,
            }
        }
    }

    /// Nobody listens to an answer whose asker was dropped; that is no failure of ours.
    async fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Sync { request, control, notes, reply } => {
                let tell = move |note: Note| drop(notes.send(note));
                let done = self.sync(request, &control, &tell).await;
                let _ = reply.send(done);
            }
            Ask::Section { place, message, section, control, reply } => {
                let _ = reply.send(self.section(place, message, &section, &control).await);
            }
            Ask::Search { mailboxes, query, control, reply } => {
                let _ = reply.send(self.search(&mailboxes, &query, &control).await);
            }
            Ask::Compare { repair, control, reply } => {
                let _ = reply.send(self.compare(repair, &control).await);
            }
            Ask::Forget => self.link = None,
        }
    }

    async fn sync(
        &mut self,
        request: SyncRequest,
        control: &Control,
        tell: &(dyn Fn(Note) + Send + Sync),
    ) -> Result<SyncDone, Failure> {
        let (start, before) = (Instant::now(), self.traffic.snapshot());
        let reused = self.link.is_some();
        let mut outcome = self.sync_once(&request, control, tell).await;
        // A session kept from before may have been closed by the server meanwhile: that says nothing about now.
        if reused && matches!(&outcome, Err(Failure::Imap(error)) if error.is_connection_lost()) {
            outcome = self.sync_once(&request, control, tell).await;
        }
        if !request.only_list || outcome.is_err() {
            self.record(&outcome).await?;
            self.collect_garbage().await?;
        }
        let report = match outcome {
            // Stopped before the conversation began: nothing was done, and that is what was asked for.
            Err(Failure::Cancelled) => sync::Report::default(),
            outcome => outcome?,
        };
        let spent = self.traffic.snapshot().since(&before);
        Ok(SyncDone {
            report,
            bytes_in: spent.bytes_in,
            bytes_out: spent.bytes_out,
            flights: spent.flights,
            connections: spent.connections,
            elapsed_ms: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        })
    }

    async fn sync_once(
        &mut self,
        request: &SyncRequest,
        control: &Control,
        tell: &(dyn Fn(Note) + Send + Sync),
    ) -> Result<sync::Report, Failure> {
        let (settings, facts, first) = self.settings().await?;
        let policy = request.bodies.unwrap_or(settings.bodies);
        let policy = if request.metered { BodyPolicy::None } else { policy };
        let now = self.environment.clock.now();
        let bodies = match policy {
            BodyPolicy::None => None,
            BodyPolicy::Recent => Some(sync::recent(now, settings.recent_days, settings.recent_bytes)),
            BodyPolicy::All => Some(crate::store::BodyPolicy::default()),
        };
        let policy_name = match policy {
            BodyPolicy::Recent => format!("Recent {} {}", settings.recent_days, settings.recent_bytes),
            policy => format!("{policy:?}"),
        };
        let run = sync::Request {
            account: self.account,
            login: None,
            remembered: facts.remembered(),
            quiet_login: facts.quiet_login,
            expects_much: first || policy != BodyPolicy::None && facts.bodies_complete != policy_name,
            mailboxes: request.mailboxes.clone(),
            only_list: request.only_list,
            bodies,
            bodies_complete: facts.bodies_complete == policy_name,
            limits: request.limits,
        };
        let mut link = self.link(&settings, &facts, control).await?;
        let run = sync::Request { login: link.login.take(), ..run };
        let means = sync::Means {
            session: &mut link.session,
            spool: &link.spool,
            store: self.store.clone(),
            clock: Arc::clone(&self.environment.clock),
            traffic: Arc::clone(&self.traffic),
            control: control.clone(),
            tell,
        };
        let (report, outcome) = sync::run(means, run).await;
        let mut learnt = facts.clone();
        if link.session.is_logged_in() && link.session.capabilities_known() {
            learnt.quiet_login = link.session.is_quiet_at_login();
            learnt.capabilities = link.session.capabilities().iter().map(str::to_owned).collect();
        }
        if policy_name != learnt.bodies_complete && report.messages_new > 0 {
            // Mail came whose bodies another policy has not looked at.
            learnt.bodies_complete.clear();
        }
        match outcome {
            Ok(()) => {
                if report.bodies_left {
                    learnt.bodies_complete.clear();
                } else if request.mailboxes.is_empty()
                    && !request.only_list
                    && report.complete
                    && policy != BodyPolicy::None
                {
                    learnt.bodies_complete = policy_name;
                } else if report.messages_new > 0 && policy_name != facts.bodies_complete {
                    // Mail came whose bodies the account's own policy may still want.
                    learnt.bodies_complete.clear();
                }
                // One that was set up by what is no longer true (another ENABLE) would be refused commands later.
                if facts.remembered().is_none() || facts.capabilities == learnt.capabilities {
                    self.link = Some(link);
                }
            }
            Err(SyncError::Stopped(_)) => {
                if policy != BodyPolicy::None || report.messages_new > 0 {
                    learnt.bodies_complete.clear();
                }
            }
            Err(error) => {
                self.remember(&facts, Facts { bodies_complete: String::new(), ..learnt }).await?;
                return Err(error.into());
            }
        }
        self.remember(&facts, learnt).await?;
        Ok(report)
    }

    async fn remember(&self, before: &Facts, now: Facts) -> Result<(), Failure> {
        if *before != now {
            let (account, json) = (self.account, now.to_json());
            self.store.mirror(move |tx| tx.set_server_facts(account, &json)).await?;
        }
        Ok(())
    }

    /// Notes how the sync went, for whoever asks later.
    async fn record(&self, outcome: &Result<sync::Report, Failure>) -> Result<(), Failure> {
        let (complete, text) = match outcome {
            Ok(report) => (report.complete, String::new()),
            // A store that fails cannot be told so, and a sync that was stopped has not failed.
            Err(Failure::Store(_) | Failure::Cancelled) => return Ok(()),
            Err(failure) => (false, failure.record()),
        };
        let account = self.account;
        self.store.mirror(move |tx| tx.record_sync(account, complete, &text)).await?;
        self.store.flush().await?;
        Ok(())
    }

    /// Throws away what was kept for its time.
    async fn collect_garbage(&self) -> Result<(), Failure> {
        let now = self.environment.clock.now();
        if self.store.read(move |view| view.has_garbage(now)).await? {
            self.store.mirror(move |tx| tx.collect_garbage(now)).await?;
        }
        Ok(())
    }

    /// What the account is set to, what is remembered of its server, and whether no sync has come to its end yet.
    async fn settings(&self) -> Result<(AccountSettings, Facts, bool), Failure> {
        let account = self.account;
        let row = self.store.read(move |view| view.account(account)).await?;
        let row = row.ok_or(StoreError::NotFound("account"))?;
        let settings = serde_json::from_str(&row.settings).map_err(|_| StoreError::Damaged)?;
        Ok((settings, Facts::from_json(&row.server_facts), row.sync.completed.is_none()))
    }

    /// The session: the one that is there, or a new one whose login is not sent yet.
    async fn link(&mut self, settings: &AccountSettings, facts: &Facts, control: &Control) -> Result<Link, Failure> {
        if let Some(mut link) = self.link.take() {
            tokio::select! {
                biased;
                () = control.cancelled() => return Err(Failure::Cancelled),
                learnt = link.session.learn_capabilities() => learnt?,
            }
            return Ok(link);
        }
        let remembered = facts.remembered();
        tokio::select! {
            biased;
            () = control.cancelled() => Err(Failure::Cancelled),
            link = link::connect(&self.environment, settings, Arc::clone(&self.traffic), remembered.as_ref()) => link,
        }
    }

    /// As [`AccountTask::link`], logged in.
    async fn logged_in(&mut self, control: &Control) -> Result<Link, Failure> {
        let (settings, facts, _) = self.settings().await?;
        let mut link = self.link(&settings, &facts, control).await?;
        if let Some(login) = link.login.take() {
            link.session.log_in(login).await?;
            sync::enable(&mut link.session).await?;
        }
        Ok(link)
    }

    async fn section(
        &mut self,
        place: PlaceId,
        message: MessageId,
        section: &str,
        control: &Control,
    ) -> Result<(), Failure> {
        let reused = self.link.is_some();
        let first = self.section_once(place, message, section, control).await;
        match first {
            Err(Failure::Imap(error)) if reused && error.is_connection_lost() => {
                self.section_once(place, message, section, control).await
            }
            outcome => outcome,
        }
    }

    async fn section_once(
        &mut self,
        place: PlaceId,
        message: MessageId,
        section: &str,
        control: &Control,
    ) -> Result<(), Failure> {
        let mut link = self.logged_in(control).await?;
        sync::fetch_section(&mut link.session, &link.spool, &self.store, control, place, message, section).await?;
        self.link = Some(link);
        Ok(())
    }

    async fn search(
        &mut self,
        mailboxes: &[MailboxId],
        query: &Query,
        control: &Control,
    ) -> Result<Vec<PlaceId>, Failure> {
        let mut link = self.logged_in(control).await?;
        let found = sync::search(&mut link.session, &self.store, control, mailboxes, query).await?;
        self.link = Some(link);
        Ok(found)
    }

    async fn compare(&mut self, repair: bool, control: &Control) -> Result<Vec<Comparison>, Failure> {
        let mut link = self.logged_in(control).await?;
        let account = self.account;
        let mut mailboxes = self.store.read(move |view| view.mailboxes(account)).await?;
        mailboxes.retain(|mailbox| mailbox.naming.selectable && mailbox.missing_since.is_none());
        let compared = sync::compare(&mut link.session, &self.store, control, &mailboxes).await?;
        self.link = Some(link);
        if repair {
            for mailbox in mailboxes {
                let differs = |one: &Comparison| one.mailbox == mailbox.id && one.difference.is_some();
                if compared.iter().any(differs) {
                    // As if its first sync had not come to an end, and without the cursor that says what is known.
                    let state = MailboxState { highest_modseq: None, backfill: None, ..mailbox.state };
                    self.store.mirror(move |tx| tx.set_mailbox_state(mailbox.id, &state)).await?;
                }
            }
        }
        Ok(compared)
    }
}
