//! A task of one account: takes what it is asked one after the other, and keeps the session between. Each account has two:
//! what a person waits for does not wait for a sync.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::body_rules::BodyRules;
use super::facts::Facts;
use super::link::{self, Link};
use super::replaying::Course;
use super::sessions::{Chances, Sessions, UNUSED, Use};
use super::{Direction, Environment, Failure, Job, SyncDone, SyncRequest};
use crate::account::{AccountSettings, BodyPolicy};
use crate::imap::{Command, Session};
use crate::model::{AccountId, MailboxId, MessageId, PlaceId};
use crate::search::Query;
use crate::store::{Mailbox, MailboxState, Store, StoreError};
use crate::sync::{self, Comparison, Control, Note, SyncError};
use crate::wire::Spent;

pub(super) struct AccountTask {
    pub(super) account: AccountId,
    pub(super) store: Store,
    pub(super) environment: Environment,
    asks: mpsc::Receiver<Job>,
    pub(super) sessions: Arc<Sessions>,
}

impl AccountTask {
    pub(super) fn new(
        account: AccountId,
        store: Store,
        environment: Environment,
        asks: mpsc::Receiver<Job>,
        sessions: Arc<Sessions>,
    ) -> Self {
        Self { account, store, environment, asks, sessions }
    }

    pub(super) async fn run(mut self) {
        loop {
            let ask = if self.sessions.has_kept() {
                let Ok(ask) = tokio::time::timeout(UNUSED, self.asks.recv()).await else {
                    self.sessions.close_unused();
                    continue;
                };
                ask
            } else {
                self.asks.recv().await
            };
            match ask {
                Some(ask) => self.answer(ask).await,
                None => return,
            }
        }
    }

    /// Nobody listens to an answer whose asker was dropped; that is no failure of ours.
    async fn answer(&self, ask: Job) {
        match ask {
            Job::Sync { request, control, notes, reply } => {
                let tell = move |note| notes.tell(note);
                let _ = reply.send(self.sync(request, &control, &tell).await);
            }
            Job::Section { place, message, section, control, reply } => {
                let _ = reply.send(self.section(place, message, &section, &control).await);
            }
            Job::Search { mailboxes, query, control, reply } => {
                let _ = reply.send(self.search(&mailboxes, &query, &control).await);
            }
            Job::Compare { repair, control, reply } => {
                let _ = reply.send(self.compare(repair, &control).await);
            }
        }
    }

    async fn sync(
        &self,
        request: SyncRequest,
        control: &Control,
        tell: &(dyn Fn(Note) + Send + Sync),
    ) -> Result<SyncDone, Failure> {
        let (start, mut spent, mut operations_done) = (Instant::now(), Spent::default(), 0);
        let mut chances = Chances::default();
        if request.now && request.direction != Direction::Pull && !request.only_list {
            let account = self.account;
            self.store.journal(move |tx| tx.due_now(Some(account))).await?;
        }
        let outcome = loop {
            let mut course = Course { spent: &mut spent, chances: &mut chances, replayed: &mut operations_done };
            let outcome = self.push_and_pull(&request, control, tell, &mut course).await;
            if !chances.again(&self.sessions, &outcome, control).await {
                break outcome;
            }
        };
        // What was only sent is no sync, and neither is a look at the list; that they failed is worth knowing.
        let is_sync = !request.only_list && request.direction != Direction::Push;
        if is_sync || outcome.is_err() {
            self.record(&outcome).await?;
            self.collect_garbage().await?;
        }
        let report = match outcome {
            // Stopped before the conversation began: nothing was done, and that is what was asked for.
            Err(Failure::Cancelled) => sync::Report::default(),
            outcome => outcome?,
        };
        let elapsed_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let account = self.account;
        let operations_left = self.store.read(move |view| view.open_operations(account)).await?;
        Ok(SyncDone { report, spent, elapsed_ms, operations_done, operations_left })
    }

    pub(super) async fn sync_once(
        &self,
        request: &SyncRequest,
        control: &Control,
        tell: &(dyn Fn(Note) + Send + Sync),
        course: &mut Course<'_>,
    ) -> Result<sync::Report, Failure> {
        let using = self.sessions.begin();
        let (settings, mut facts, first) = self.settings().await?;
        if course.chances.login_broke() {
            let known = facts.clone();
            facts.learn_to_wait();
            self.remember(&known, facts.clone()).await?;
        }
        let mut link = self.link(&settings, &facts, control, &using, course.chances).await?;
        let outcome = self.sync_over(&mut link, request, (&settings, facts, first), control, tell).await;
        course.chances.unserved = !link.session.has_served();
        *course.spent = course.spent.plus(&link.traffic.snapshot().since(&link.before));
        let (report, is_good) = outcome?;
        if is_good {
            using.keep(link);
        }
        Ok(report)
    }

    /// Syncs over a session. Tells beside what it did whether the session is to be kept.
    async fn sync_over(
        &self,
        link: &mut Link,
        request: &SyncRequest,
        (settings, facts, first): (&AccountSettings, Facts, bool),
        control: &Control,
        tell: &(dyn Fn(Note) + Send + Sync),
    ) -> Result<(sync::Report, bool), Failure> {
        let policy = if request.metered { BodyPolicy::None } else { request.bodies.unwrap_or(settings.bodies) };
        let rules = BodyRules::new(policy, settings);
        let run = sync::Request {
            account: self.account,
            login: link.login.take(),
            remembered: facts.remembered_in_flight(),
            quiet_login: facts.quiet_login,
            expects_much: first || !rules.are_none() && !facts.has_bodies_of(&rules),
            mailboxes: request.mailboxes.clone(),
            only_list: request.only_list,
            bodies: rules.selection(self.environment.clock.now()),
            bodies_complete: facts.has_bodies_of(&rules),
            limits: request.limits,
        };
        let means = sync::Means {
            session: &mut link.session,
            spool: &link.spool,
            store: self.store.clone(),
            clock: Arc::clone(&self.environment.clock),
            traffic: Arc::clone(&link.traffic),
            control: control.clone(),
            tell,
        };
        let (report, outcome) = sync::run(means, run).await;
        if link.session.is_logged_in() {
            self.sessions.accepted();
        }
        let mut learnt = facts.clone();
        learnt.learn_abilities(&link.session);
        let whole = request.mailboxes.is_empty() && !request.only_list && report.complete;
        let arrived = report.messages_new > 0;
        match &outcome {
            Ok(()) if report.bodies_left => learnt.forget_bodies(),
            Ok(()) if whole && !rules.are_none() => learnt.learn_bodies_of(&rules),
            Ok(()) if !arrived || facts.has_bodies_of(&rules) => {}
            Err(SyncError::Stopped(_)) if !arrived && rules.are_none() => {}
            // What came may be wanted by these rules or by those of the next sync.
            _ => learnt.forget_bodies(),
        }
        // A session set up by what is no longer true (another ENABLE) would be refused commands later.
        let is_current = facts.remembered().is_none() || facts.capabilities == learnt.capabilities;
        self.remember(&facts, learnt).await?;
        match outcome {
            Ok(()) => Ok((report, is_current)),
            Err(SyncError::Stopped(_)) => Ok((report, false)),
            Err(error) => Err(error.into()),
        }
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

    /// The session: the one that is kept, or a new one whose login is not sent yet.
    async fn link(
        &self,
        settings: &AccountSettings,
        facts: &Facts,
        control: &Control,
        using: &Use<'_>,
        chances: &mut Chances,
    ) -> Result<Link, Failure> {
        // Whoever gave up before its turn came shall not cost the session that is there.
        if control.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        let kept = using.take();
        chances.begin(kept.is_some(), settings);
        if let Some(mut link) = kept {
            tokio::select! {
                biased;
                () = control.cancelled() => return Err(Failure::Cancelled),
                learnt = link.session.learn_capabilities() => learnt?,
            }
            return Ok(link);
        }
        if let Some(refused) = self.sessions.refused().filter(|_| !chances.token_refused()) {
            return Err(refused.into());
        }
        let remembered = facts.remembered();
        tokio::select! {
            biased;
            () = control.cancelled() => Err(Failure::Cancelled),
            link = link::connect(&self.environment, settings, remembered.as_ref(), chances.token_refused()) => link,
        }
    }

    /// As [`AccountTask::link`], logged in.
    pub(super) async fn logged_in(
        &self,
        control: &Control,
        using: &Use<'_>,
        chances: &mut Chances,
    ) -> Result<Link, Failure> {
        let (settings, facts, _) = self.settings().await?;
        let mut link = self.link(&settings, &facts, control, using, chances).await?;
        if let Some(login) = link.login.take() {
            tokio::select! {
                biased;
                () = control.cancelled() => return Err(Failure::Cancelled),
                done = log_in(&mut link.session, login) => {
                    chances.unserved = !link.session.has_served();
                    done?;
                }
            }
            self.sessions.accepted();
        }
        Ok(link)
    }

    /// Does something over a session that is logged in, and keeps it where that went well.
    async fn over_session<T>(
        &self,
        control: &Control,
        work: impl for<'a> Fn(&'a mut Link) -> Work<'a, T>,
    ) -> Result<T, Failure> {
        let mut chances = Chances::default();
        loop {
            let using = self.sessions.begin();
            let outcome = match self.logged_in(control, &using, &mut chances).await {
                Ok(mut link) => match work(&mut link).await {
                    Ok(done) => {
                        using.keep(link);
                        return Ok(done);
                    }
                    Err(error) => {
                        chances.unserved = !link.session.has_served();
                        Err(error.into())
                    }
                },
                Err(failure) => Err(failure),
            };
            drop(using);
            if !chances.again(&self.sessions, &outcome, control).await {
                return outcome;
            }
        }
    }

    async fn section(
        &self,
        place: PlaceId,
        message: MessageId,
        section: &str,
        control: &Control,
    ) -> Result<(), Failure> {
        if sync::await_section(&self.store, control, message, section).await? {
            return Ok(());
        }
        let store = self.store.clone();
        self.over_session(control, |link| {
            let (store, section, control) = (store.clone(), section.to_owned(), control.clone());
            Box::pin(async move {
                sync::fetch_section(&mut link.session, &link.spool, &store, &control, place, message, &section).await
            })
        })
        .await
    }

    async fn search(&self, mailboxes: &[MailboxId], query: &Query, control: &Control) -> Result<Vec<PlaceId>, Failure> {
        let store = self.store.clone();
        self.over_session(control, |link| {
            let (store, control) = (store.clone(), control.clone());
            let (mailboxes, query) = (mailboxes.to_vec(), query.clone());
            Box::pin(async move { sync::search(&mut link.session, &store, &control, &mailboxes, &query).await })
        })
        .await
    }

    async fn compare(&self, repair: bool, control: &Control) -> Result<Vec<Comparison>, Failure> {
        let account = self.account;
        let mut mailboxes = self.store.read(move |view| view.mailboxes(account)).await?;
        mailboxes.retain(|mailbox| mailbox.naming.selectable && mailbox.missing_since.is_none());
        let store = self.store.clone();
        let compared = self
            .over_session(control, |link| {
                let (store, control, mailboxes) = (store.clone(), control.clone(), mailboxes.clone());
                Box::pin(async move { sync::compare(&mut link.session, &store, &control, &mailboxes).await })
            })
            .await?;
        let differs =
            |mailbox: &Mailbox| compared.iter().any(|one| one.mailbox == mailbox.id && one.difference.is_some());
        for mailbox in mailboxes.iter().filter(|mailbox| repair && differs(mailbox)) {
            // As if its first sync had not come to an end, and without the cursor that says what is known.
            let state = MailboxState { highest_modseq: None, backfill: None, ..mailbox.state.clone() };
            let id = mailbox.id;
            self.store.mirror(move |tx| tx.set_mailbox_state(id, &state)).await?;
        }
        Ok(compared)
    }
}

/// What [`AccountTask::over_session`] does.
type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, SyncError>> + Send + 'a>>;

async fn log_in(session: &mut Session, login: Command) -> Result<(), Failure> {
    session.log_in(login).await?;
    Ok(sync::enable(session).await?)
}
