//! SELECT, APPEND, STORE and what they take.

use jiff::civil::Date;

use super::command::Command;
use super::cursor::{Cursor, Parsed, Syntax};
use super::set::Set;
use crate::profile::Extension;
use crate::world::{FlagChange, Flags, InternalDate};

/// SELECT or EXAMINE.
#[derive(Debug)]
pub(crate) struct Select {
    pub(crate) mailbox: Vec<u8>,
    pub(crate) examine: bool,
    pub(crate) condstore: bool,
    pub(crate) qresync: Option<Qresync>,
}

/// What a client that resynchronises knows (RFC 7162 section 3.2.5).
#[derive(Debug)]
pub(crate) struct Qresync {
    pub(crate) uidvalidity: u32,
    pub(crate) modseq: u64,
    pub(crate) known: Option<Set>,
    /// Sequence numbers and the UIDs the client believes they have.
    pub(crate) matches: Option<(Set, Set)>,
}

/// A message of APPEND or REPLACE.
#[derive(Debug)]
pub(crate) struct NewMail {
    pub(crate) flags: Flags,
    pub(crate) date: Option<InternalDate>,
    pub(crate) octets: Vec<u8>,
}

/// STORE.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) uid: bool,
    pub(crate) set: Set,
    pub(crate) unchanged_since: Option<u64>,
    pub(crate) change: FlagChange,
    pub(crate) silent: bool,
    pub(crate) what: StoreWhat,
}

/// What STORE changes.
#[derive(Debug)]
pub(crate) enum StoreWhat {
    Flags(Flags),
    Labels(Vec<Vec<u8>>),
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Cursor<'_> {
    pub(super) fn set_and_mailbox(&mut self) -> Parsed<(Set, Vec<u8>)> {
        self.space()?;
        let set = self.set()?;
        self.space()?;
        Ok((set, self.astring()?))
    }

    pub(super) fn select(&mut self, examine: bool) -> Parsed<Select> {
        let mut select = Select { mailbox: self.astring()?, examine, condstore: false, qresync: None };
        if self.take(b' ') {
            self.list(|cursor| {
                if cursor.word("CONDSTORE") {
                    cursor.needs(Extension::Condstore);
                    select.condstore = true;
                    return Ok(());
                }
                if !cursor.word("QRESYNC") {
                    return Err(Syntax("no such parameter of SELECT"));
                }
                cursor.needs(Extension::Qresync);
                cursor.space()?;
                select.qresync = Some(cursor.qresync()?);
                Ok(())
            })?;
        }
        Ok(select)
    }

    fn qresync(&mut self) -> Parsed<Qresync> {
        self.expect(b'(', "the parameters of QRESYNC are missing")?;
        let uidvalidity = self.number32()?;
        self.space()?;
        let mut qresync = Qresync { uidvalidity, modseq: self.number()?, known: None, matches: None };
        if self.rest().starts_with(b" ") && self.rest().get(1) != Some(&b'(') {
            self.space()?;
            qresync.known = Some(self.set()?);
        }
        if self.take(b' ') {
            self.expect(b'(', "the match data are missing")?;
            let numbers = self.set()?;
            self.space()?;
            qresync.matches = Some((numbers, self.set()?));
            self.expect(b')', "the match data have no end")?;
        }
        self.expect(b')', "the parameters of QRESYNC have no end")?;
        Ok(qresync)
    }

    pub(super) fn append(&mut self) -> Parsed<Command> {
        let mailbox = self.astring()?;
        let mut mails = vec![self.new_mail()?];
        while !self.at_end() {
            self.needs(Extension::MultiAppend);
            mails.push(self.new_mail()?);
        }
        Ok(Command::Append { mailbox, mails })
    }

    /// ` (flags) "date" literal`.
    pub(super) fn new_mail(&mut self) -> Parsed<NewMail> {
        self.space()?;
        let mut mail = NewMail { flags: Flags::new(), date: None, octets: Vec::new() };
        if self.peek() == Some(b'(') {
            mail.flags = self.flag_list()?;
            self.space()?;
        }
        if self.peek() == Some(b'"') {
            mail.date = Some(self.date_time()?);
            self.space()?;
        }
        if self.text("UTF8 (") {
            self.needs(Extension::Utf8Accept);
            mail.octets = self.literal()?.to_vec();
            self.expect(b')', "the message has no end")?;
        } else {
            mail.octets = self.literal()?.to_vec();
        }
        Ok(mail)
    }

    /// A flag: an atom, with or without a backslash.
    pub(super) fn flag(&mut self) -> Parsed<String> {
        let system = self.take(b'\\');
        let atom = self.atom()?;
        Ok(if system { format!("\\{atom}") } else { atom })
    }

    fn flag_list(&mut self) -> Parsed<Flags> {
        self.list(Self::flag).map(Flags::of)
    }

    pub(super) fn store(&mut self, uid: bool) -> Parsed<Store> {
        self.space()?;
        let set = self.set()?;
        self.space()?;
        let mut unchanged_since = None;
        if self.take(b'(') {
            self.needs(Extension::Condstore);
            if !self.word("UNCHANGEDSINCE") {
                return Err(Syntax("STORE knows UNCHANGEDSINCE only"));
            }
            self.space()?;
            unchanged_since = Some(self.number()?);
            self.expect(b')', "the modifiers of STORE have no end")?;
            self.space()?;
        }
        let change = match self.peek() {
            Some(b'+') => FlagChange::Add,
            Some(b'-') => FlagChange::Remove,
            _ => FlagChange::Replace,
        };
        if change != FlagChange::Replace {
            self.take(b'+');
            self.take(b'-');
        }
        let labels = self.text("X-GM-LABELS");
        if !labels && !self.text("FLAGS") {
            return Err(Syntax("STORE changes FLAGS only"));
        }
        let silent = self.text(".SILENT");
        self.space()?;
        let what = if labels {
            self.needs(Extension::GmExt);
            StoreWhat::Labels(if self.peek() == Some(b'(') { self.list(Self::label)? } else { vec![self.label()?] })
        } else if self.peek() == Some(b'(') {
            StoreWhat::Flags(self.flag_list()?)
        } else {
            let mut flags = Flags::of([self.flag()?]);
            while self.take(b' ') {
                flags.insert(&self.flag()?);
            }
            StoreWhat::Flags(flags)
        };
        Ok(Store { uid, set, unchanged_since, change, silent, what })
    }

    pub(super) fn label(&mut self) -> Parsed<Vec<u8>> {
        if self.peek() == Some(b'\\') { self.flag().map(String::into_bytes) } else { self.astring() }
    }

    /// `"dd-Mmm-yyyy hh:mm:ss +zzzz"`.
    fn date_time(&mut self) -> Parsed<InternalDate> {
        let wrong = Syntax("the date is wrong");
        self.expect(b'"', "the date is missing")?;
        self.take(b' ');
        let date = self.date()?;
        self.space()?;
        let mut clock = [0_i64; 3];
        for (index, unit) in clock.iter_mut().enumerate() {
            if index > 0 {
                self.expect(b':', "the time is wrong")?;
            }
            *unit = i64::from(self.number32()?);
        }
        self.space()?;
        let sign = if self.take(b'-') { -1 } else { 1 };
        self.take(b'+');
        let zone = i32::try_from(self.number32()?).map_err(|_| wrong)?;
        self.expect(b'"', "the date has no end")?;
        let offset_minutes = sign * (zone / 100 * 60 + zone % 100);
        let [hours, minutes, seconds] = clock;
        if hours > 23 || minutes > 59 || seconds > 60 || zone > 1400 {
            return Err(wrong);
        }
        let local = date * 86_400 + hours * 3600 + minutes * 60 + seconds;
        Ok(InternalDate { seconds: local - i64::from(offset_minutes) * 60, offset_minutes })
    }

    /// `d-Mmm-yyyy` as days since 1970.
    pub(super) fn date(&mut self) -> Parsed<i64> {
        let wrong = Syntax("the date is wrong");
        let day = self.number32()?;
        self.expect(b'-', "the date is wrong")?;
        let name = self.run(|byte| byte.is_ascii_alphabetic(), "the month is missing")?;
        let month = MONTHS.iter().position(|month| month.as_bytes().eq_ignore_ascii_case(name)).ok_or(wrong)?;
        self.expect(b'-', "the date is wrong")?;
        let year = i16::try_from(self.number32()?).map_err(|_| wrong)?;
        let month = i8::try_from(month + 1).map_err(|_| wrong)?;
        let date = Date::new(year, month, i8::try_from(day).map_err(|_| wrong)?).map_err(|_| wrong)?;
        let epoch = Date::constant(1970, 1, 1);
        Ok(i64::from(date.since(epoch).map_err(|_| wrong)?.get_days()))
    }
}
