//! SEARCH.

use jiff::civil::Date;

use crate::imap::parse::{DateOf, Key, Search, SearchReturn, When, compact};
use crate::imap::reply::{Outcome, bad, ok};
use crate::imap::session::Session;
use crate::imap::view::View;
use crate::imap::wire::Closed;
use crate::mime::Headers;
use crate::world::{Account, Place, Uid};

/// Messages looked up under one lock.
const BATCH: usize = 256;

impl Session {
    pub(crate) async fn search(&mut self, search: Search) -> Outcome {
        let Some(view) = &self.view else { return bad("no mailbox is selected") };
        if search.modseq {
            if view.nomodseq {
                return bad("there are no mod-sequences here");
            }
            self.enable_condstore();
        }
        let (found, highest) = self.find(&search.key);
        let numbers: Vec<u32> = if search.uid {
            found
        } else {
            self.view
                .as_ref()
                .map(|view| found.iter().filter_map(|uid| view.number(*uid)).collect())
                .unwrap_or_default()
        };
        let modseq = if search.modseq && !numbers.is_empty() { Some(highest) } else { None };
        match &search.returns {
            Some(returns) => {
                let all = returns.contains(&SearchReturn::All).then(|| compact(numbers.iter().copied()));
                self.io.put(format!("* ESEARCH (TAG \"{}\"){}", self.tag, if search.uid { " UID" } else { "" }));
                if let (true, Some(first)) = (returns.contains(&SearchReturn::Min), numbers.first()) {
                    self.io.put(format!(" MIN {first}"));
                }
                if let (true, Some(last)) = (returns.contains(&SearchReturn::Max), numbers.last()) {
                    self.io.put(format!(" MAX {last}"));
                }
                if returns.contains(&SearchReturn::Count) {
                    self.io.put(format!(" COUNT {}", numbers.len()));
                }
                if let Some(all) = all.filter(|all| !all.is_empty()) {
                    self.io.put(" ALL ");
                    self.io.put_large(all.as_bytes()).await?;
                }
                if let Some(modseq) = modseq {
                    self.io.put(format!(" MODSEQ {modseq}"));
                }
                self.io.end();
            }
            None => self.say_numbers(&numbers, modseq).await?,
        }
        ok("searched")
    }

    async fn say_numbers(&mut self, numbers: &[u32], modseq: Option<u64>) -> Result<(), Closed> {
        self.io.put("* SEARCH");
        for chunk in numbers.chunks(4096) {
            let text: String = chunk.iter().map(|number| format!(" {number}")).collect();
            self.io.put(text);
            self.io.relief().await?;
        }
        if let Some(modseq) = modseq {
            self.io.put(format!(" (MODSEQ {modseq})"));
        }
        self.io.end();
        Ok(())
    }

    /// UIDs of the messages that match, ascending, and the highest mod-sequence among them.
    fn find(&self, key: &Key) -> (Vec<Uid>, u64) {
        let Some(view) = &self.view else { return (Vec::new(), 0) };
        let candidates = narrowed(key, view);
        if by_number_only(key) {
            let hit = |uid: &Uid| view.number(*uid).is_some_and(|number| numbers_match(key, view, number, *uid));
            return (candidates.into_iter().filter(hit).collect(), 0);
        }
        let (mut found, mut highest) = (Vec::new(), 0);
        for chunk in candidates.chunks(BATCH) {
            for (number, uid, place) in self.places(chunk) {
                let Some(place) = place else { continue };
                let hit = self.with_account(|account| Candidate { view, account, place: &place, number }.matches(key));
                if hit == Some(true) {
                    found.push(uid);
                    highest = highest.max(place.modseq);
                }
            }
        }
        (found, highest)
    }
}

/// The messages that the sets at the top of the search leave over.
fn narrowed(key: &Key, view: &View) -> Vec<Uid> {
    let keys: &[Key] = if let Key::And(keys) = key { keys } else { std::slice::from_ref(key) };
    for key in keys {
        match key {
            Key::Uids(set) => return view.by_uid(set, true),
            Key::Numbers(set) => return view.by_number(set).unwrap_or_default(),
            _ => {}
        }
    }
    view.uids.clone()
}

/// Whether the search can be answered without looking at messages.
fn by_number_only(key: &Key) -> bool {
    match key {
        Key::All | Key::Numbers(_) | Key::Uids(_) | Key::Recent => true,
        Key::Not(key) => by_number_only(key),
        Key::Or(left, right) => by_number_only(left) && by_number_only(right),
        Key::And(keys) => keys.iter().all(by_number_only),
        _ => false,
    }
}

fn numbers_match(key: &Key, view: &View, number: u32, uid: Uid) -> bool {
    match key {
        Key::All => true,
        Key::Numbers(set) => set.contains(number, view.exists()),
        Key::Uids(set) => set.contains(uid, view.uids.last().copied().unwrap_or(0)),
        Key::Recent => view.is_recent(uid),
        Key::Not(key) => !numbers_match(key, view, number, uid),
        Key::Or(left, right) => numbers_match(left, view, number, uid) || numbers_match(right, view, number, uid),
        Key::And(keys) => keys.iter().all(|key| numbers_match(key, view, number, uid)),
        _ => false,
    }
}

/// A message that may match.
struct Candidate<'a> {
    view: &'a View,
    account: &'a Account,
    place: &'a Place,
    number: u32,
}

impl Candidate<'_> {
    fn matches(&self, key: &Key) -> bool {
        let message = &self.place.message;
        match key {
            Key::All | Key::Numbers(_) | Key::Uids(_) | Key::Recent => {
                numbers_match(key, self.view, self.number, self.place.uid)
            }
            Key::Not(key) => !self.matches(key),
            Key::Or(left, right) => self.matches(left) || self.matches(right),
            Key::And(keys) => keys.iter().all(|key| self.matches(key)),
            Key::Flag(flag) => self.place.flags.contains(flag),
            Key::Larger(size) => message.content.size() > *size,
            Key::Smaller(size) => message.content.size() < *size,
            Key::Modseq(modseq) => self.place.modseq >= *modseq,
            Key::EmailId(id) => message.email_id.as_bytes() == id,
            Key::ThreadId(id) => message.thread_id.as_bytes() == id,
            Key::GmMsgId(id) => message.gm_msgid == *id,
            Key::GmThrId(id) => message.gm_thrid == *id,
            Key::GmLabel(label) => self.account.labels_of(message).contains(label),
            Key::Date(DateOf::Arrival, when, day) => {
                let date = message.internal_date;
                let own = (date.seconds + i64::from(date.offset_minutes) * 60).div_euclid(86_400);
                compare(*when, own, *day)
            }
            Key::Header(..) | Key::Text(_) | Key::Body(_) | Key::Date(..) => self.content_matches(key),
        }
    }

    fn content_matches(&self, key: &Key) -> bool {
        let bytes = self.place.message.content.bytes();
        let headers = Headers::parse(&bytes);
        match key {
            Key::Header(name, text) => headers.values(name).any(|value| holds(&value, text)),
            Key::Text(text) => holds(&bytes, text),
            Key::Body(text) => holds(bytes.get(headers.body..).unwrap_or_default(), text),
            Key::Date(_, when, day) => {
                headers.value("Date").and_then(|value| header_day(&value)).is_some_and(|own| compare(*when, own, *day))
            }
            _ => false,
        }
    }
}

fn compare(when: When, own: i64, day: i64) -> bool {
    match when {
        When::Before => own < day,
        When::On => own == day,
        When::Since => own >= day,
    }
}

/// Whether a text holds another, in any ASCII case.
fn holds(text: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || text.windows(wanted.len()).any(|here| here.eq_ignore_ascii_case(wanted))
}

/// The day of a Date field as written, in days since 1970.
fn header_day(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(value).ok()?;
    let text = text.split_once(',').map_or(text, |(_, rest)| rest);
    let mut words = text.split_whitespace();
    let day: i8 = words.next()?.parse().ok()?;
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = words.next()?.to_ascii_lowercase();
    let month = months.iter().position(|known| month.starts_with(known))?;
    let year: i16 = words.next()?.parse().ok()?;
    let date = Date::new(year, i8::try_from(month + 1).ok()?, day).ok()?;
    date.since(Date::constant(1970, 1, 1)).ok().map(|span| span.get_days().into())
}
