//! Bodies fetched ahead by policy: newest first, many small ones in one command, large ones alone and resumed at the
//! byte where they stopped.

use std::collections::{BTreeMap, VecDeque};

use tokio::task::JoinSet;

use super::SyncError;
use super::conductor::{Ask, Conductor, Heard, Owner, ok};
use super::keep;
use super::report::{Note, Stage};
use super::spool::IncomingSpool;
use crate::imap::command::{self, FetchItem, Section};
use crate::imap::{BodySection, Code, Condition, Fetch, Untagged};
use crate::model::{MailboxId, MessageId, Uid, UidSet, UidValidity};
use crate::store::{BodySelection, BodySource, BodyWanted, Cursor, Incoming, IncomingFile, Mailbox, Store, StoreError};
use crate::wire::Literal;

/// From this size on, in octets, a body is fetched alone and can be resumed.
const LARGE: u64 = 256 * 1024;
/// Octets and messages of one command for small bodies.
const GROUP_OCTETS: u64 = 2 * 1024 * 1024;
const GROUP_MESSAGES: usize = 200;
/// Bodies and octets of one transaction.
const BATCH_MESSAGES: usize = 200;
const BATCH_OCTETS: usize = 1024 * 1024;
/// Transactions with bodies on their way at once.
const KEEPING: usize = 4;
/// Commands under way at once.
const UNDER_WAY: usize = 3;
/// Rows read from the store at once.
const PAGE: u32 = 500;

pub(super) struct Bodies {
    store: Store,
    policy: BodySelection,
    spool: IncomingSpool,
    /// Bodies on their way into the store. Decoding, hashing and writing go on beside the network, in no order.
    keeping: JoinSet<Result<u64, StoreError>>,
    /// Bodies that arrived and are not handed to the store yet, and their octets.
    held: Vec<(MessageId, Vec<u8>)>,
    held_octets: usize,
    fetched: Bodied,
}

/// What became of the bodies of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bodied {
    /// How many came.
    pub(super) fetched: u64,
    /// Whether any that was wanted did not come.
    pub(super) left: bool,
}

/// The bodies of one mailbox that are still to be asked for.
struct Source {
    mailbox: Mailbox,
    wanted: VecDeque<BodyWanted>,
    after: Option<Cursor>,
    ended: bool,
    by_uid: BTreeMap<Uid, BodyWanted>,
    /// Where large ones go that are not asked for yet.
    begun: BTreeMap<MessageId, Incoming>,
    validity: Option<UidValidity>,
    usable: bool,
}

impl Bodies {
    pub(super) fn new(store: Store, policy: BodySelection, spool: IncomingSpool) -> Self {
        Self {
            store,
            policy,
            spool,
            keeping: JoinSet::new(),
            held: Vec::new(),
            held_octets: 0,
            fetched: Bodied::default(),
        }
    }

    /// Fetches the bodies of these mailboxes, one mailbox after the other.
    pub(super) async fn fetch(
        mut self,
        conductor: &mut Conductor<'_>,
        mailboxes: Vec<Mailbox>,
        tell: &(dyn Fn(Note) + Send + Sync),
    ) -> Result<Bodied, SyncError> {
        for mailbox in mailboxes {
            let outcome = self.fetch_mailbox(conductor, mailbox, tell).await;
            // What arrived is kept, whatever ended the conversation.
            self.hand_over().await?;
            while !self.keeping.is_empty() {
                self.wait_for_one().await?;
            }
            self.spool.reset();
            outcome?;
        }
        Ok(self.fetched)
    }

    async fn fetch_mailbox(
        &mut self,
        conductor: &mut Conductor<'_>,
        mailbox: Mailbox,
        tell: &(dyn Fn(Note) + Send + Sync),
    ) -> Result<(), SyncError> {
        let mut source = Source {
            mailbox,
            wanted: VecDeque::new(),
            after: None,
            ended: false,
            by_uid: BTreeMap::new(),
            begun: BTreeMap::new(),
            validity: None,
            usable: true,
        };
        self.refill(&mut source).await?;
        if source.wanted.is_empty() {
            return Ok(());
        }
        let id = source.mailbox.id;
        if conductor.selected() != Some(id) {
            let examine = command::examine(&source.mailbox.naming.raw_name, None)?;
            conductor.ask(Owner::Bodies, Ask::Reopen, examine);
            conductor.select(Some(id));
        } else {
            source.validity = source.mailbox.state.uid_validity;
        }
        let mut done = 0;
        loop {
            while conductor.outstanding() < UNDER_WAY && source.usable {
                if !self.ask_next(conductor, &mut source).await? {
                    break;
                }
            }
            if conductor.outstanding() == 0 {
                self.fetched.left |= !source.usable || !source.by_uid.is_empty();
                return Ok(());
            }
            match conductor.hear().await {
                Ok((_, Heard::Data(data))) => done += self.data(&mut source, data).await?,
                Ok((_, Heard::Done(ask, condition))) => {
                    self.fetched.left |= source.done(&ask, &condition);
                    if matches!(ask, Ask::Bodies | Ask::Body(_)) {
                        tell(Note::Progress {
                            mailbox: source.mailbox.naming.name.clone(),
                            stage: Stage::Bodies,
                            done,
                            total: 0,
                        });
                    }
                }
                Err(error) => return Err(self.spool.failure().map_or(error, SyncError::Store)),
            }
        }
    }

    /// Reads the next page of what is wanted.
    async fn refill(&mut self, source: &mut Source) -> Result<(), SyncError> {
        if source.ended || !source.wanted.is_empty() {
            return Ok(());
        }
        let (id, policy, after) = (source.mailbox.id, self.policy, source.after);
        let page = self.store.read(move |view| view.body_wanted(id, &policy, after, PAGE)).await?;
        source.ended = page.len() < PAGE as usize;
        source.after = page.last().map(|wanted| wanted.cursor).or(source.after);
        // All at once: each would wait for the writer otherwise, and the network with it.
        let large = page.iter().filter(|wanted| is_large(wanted)).map(|wanted| wanted.message).collect();
        source.begun = keep::begin_all(&self.store, large).await?;
        source.wanted.extend(page);
        Ok(())
    }

    /// Asks for the next body, or the next group of small ones. Returns whether there was one.
    async fn ask_next(&mut self, conductor: &mut Conductor<'_>, source: &mut Source) -> Result<bool, SyncError> {
        self.refill(source).await?;
        let Some(first) = source.wanted.pop_front() else { return Ok(false) };
        if is_large(&first) {
            return self.ask_large(conductor, source, first).map(|()| true);
        }
        let mut octets = first.size.unwrap_or(0);
        let mut group = vec![first];
        while group.len() < GROUP_MESSAGES
            && let Some(next) = source.wanted.front()
        {
            octets += next.size.unwrap_or(0);
            if is_large(next) || octets > GROUP_OCTETS {
                break;
            }
            group.extend(source.wanted.pop_front());
        }
        let uids: UidSet = {
            let mut sorted: Vec<Uid> = group.iter().map(|wanted| wanted.uid).collect();
            sorted.sort_unstable();
            sorted.into_iter().collect()
        };
        let items = [FetchItem::Uid, FetchItem::BodyPeek { section: Section::Whole, partial: None }];
        conductor.ask(Owner::Bodies, Ask::Bodies, command::uid_fetch(&uids, &items, None, false)?);
        source.by_uid.extend(group.into_iter().map(|wanted| (wanted.uid, wanted)));
        Ok(true)
    }

    fn ask_large(
        &mut self,
        conductor: &mut Conductor<'_>,
        source: &mut Source,
        wanted: BodyWanted,
    ) -> Result<(), SyncError> {
        // Removed meanwhile.
        let Some(begun) = source.begun.remove(&wanted.message) else { return Ok(()) };
        let Some(file) = self.store.incoming_file(begun)? else {
            // Somebody has opened it. Should it not come to them, the next run looks again.
            self.fetched.left = true;
            return Ok(());
        };
        let offset = file.offset();
        let partial = (offset > 0).then_some((offset, u64::from(u32::MAX)));
        let items = [FetchItem::Uid, FetchItem::BodyPeek { section: Section::Whole, partial }];
        let only: UidSet = [wanted.uid].into_iter().collect();
        self.spool.expect(wanted.uid, file, wanted.size);
        conductor.ask(Owner::Bodies, Ask::Body(wanted.uid), command::uid_fetch(&only, &items, None, false)?);
        source.by_uid.insert(wanted.uid, wanted);
        Ok(())
    }

    /// Hands the bodies that are held to the store.
    async fn hand_over(&mut self) -> Result<(), SyncError> {
        if self.held.is_empty() {
            return Ok(());
        }
        self.held_octets = 0;
        let (store, bodies) = (self.store.clone(), std::mem::take(&mut self.held));
        self.keep(async move { keep::batch(&store, bodies).await }).await
    }

    /// Begins to keep bodies; waits only where too many are on their way.
    async fn keep(
        &mut self,
        work: impl Future<Output = Result<u64, StoreError>> + Send + 'static,
    ) -> Result<(), SyncError> {
        while self.keeping.len() >= KEEPING {
            self.wait_for_one().await?;
        }
        self.keeping.spawn(work);
        Ok(())
    }

    async fn wait_for_one(&mut self) -> Result<(), SyncError> {
        if let Some(done) = self.keeping.join_next().await {
            let lost = |_| StoreError::Internal("keeping bodies panicked".to_owned());
            self.fetched.fetched += done.map_err(lost)??;
        }
        Ok(())
    }

    /// Takes a body that came. Returns how many (one or none).
    async fn data(&mut self, source: &mut Source, data: Untagged) -> Result<u64, SyncError> {
        match data {
            Untagged::Condition(Condition { code: Some(Code::UidValidity(validity)), .. }) => {
                source.validity = Some(validity);
                Ok(0)
            }
            Untagged::Fetch(fetch) => self.fetched(source, *fetch).await,
            _ => Ok(0),
        }
    }

    async fn fetched(&mut self, source: &mut Source, fetch: Fetch) -> Result<u64, SyncError> {
        let Some(uid) = fetch.uid else { return Ok(0) };
        let Some(body) = fetch.bodies.into_iter().find(|body| body.section.is_empty() && body.data.is_some()) else {
            return Ok(0);
        };
        let known = source.validity.is_some() && source.validity == source.mailbox.state.uid_validity;
        let Some(wanted) = source.by_uid.remove(&uid).filter(|_| known) else { return Ok(0) };
        let file = match &body.data {
            Some(Literal::Spooled { token, .. }) => self.spool.take(*token),
            _ => self.spool.take_expected(uid),
        };
        let Some(arrived) = arrived(body, file)? else {
            self.fetched.left = true;
            return Ok(0);
        };
        let arrived = match arrived {
            BodySource::Bytes(bytes) => {
                self.held_octets += bytes.len();
                self.held.push((wanted.message, bytes));
                if self.held.len() >= BATCH_MESSAGES || self.held_octets >= BATCH_OCTETS {
                    self.hand_over().await?;
                }
                return Ok(1);
            }
            file => file,
        };
        let store = self.store.clone();
        self.keep(async move { keep::whole(&store, wanted.message, arrived).await.map(u64::from) }).await?;
        Ok(1)
    }
}

fn is_large(wanted: &BodyWanted) -> bool {
    wanted.size.unwrap_or(LARGE) >= LARGE
}

/// The bytes of a body as they came: appended to the beginning that was here, where there was one.
fn arrived(body: BodySection, file: Option<IncomingFile>) -> Result<Option<BodySource>, SyncError> {
    Ok(match (body.data, file) {
        (Some(Literal::Memory(bytes)), Some(mut file)) if file.offset() == body.origin.unwrap_or(0) => {
            file.append(&bytes)?;
            Some(BodySource::Incoming(file))
        }
        (Some(Literal::Memory(bytes)), None) if body.origin.unwrap_or(0) == 0 => Some(BodySource::Bytes(bytes.into())),
        (Some(Literal::Spooled { .. }), Some(file)) => Some(BodySource::Incoming(file)),
        _ => None,
    })
}

impl Source {
    /// Takes a command's end. Returns whether the one body that it asked for did not come.
    fn done(&mut self, ask: &Ask, condition: &Condition) -> bool {
        match ask {
            Ask::Reopen => {
                if let Some(Code::UidValidity(validity)) = condition.code {
                    self.validity = Some(validity);
                }
                self.usable = ok(condition) && self.validity == self.mailbox.state.uid_validity;
            }
            Ask::Body(uid) => return self.by_uid.remove(uid).is_some(),
            _ => {}
        }
        false
    }
}

/// Mailboxes whose bodies a run looks after: those that can be fetched from.
pub(super) fn with_bodies(mailboxes: Vec<Mailbox>, only: &[MailboxId]) -> Vec<Mailbox> {
    mailboxes
        .into_iter()
        .filter(|mailbox| mailbox.naming.selectable && mailbox.state.uid_validity.is_some() && mailbox.total > 0)
        .filter(|mailbox| only.is_empty() || only.contains(&mailbox.id))
        .collect()
}
