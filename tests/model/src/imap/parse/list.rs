//! LIST with its extensions (RFC 5258, 5819, 6154), LSUB, STATUS items, CREATE.

use super::command::Command;
use super::cursor::{Cursor, Parsed, Syntax};
use crate::profile::{Extension, StatusItem};

/// LIST or LSUB.
#[derive(Debug, Default)]
pub(crate) struct List {
    pub(crate) lsub: bool,
    /// Uses the extended syntax.
    pub(crate) extended: bool,
    pub(crate) subscribed: bool,
    pub(crate) special_use: bool,
    pub(crate) recursive_match: bool,
    pub(crate) reference: Vec<u8>,
    pub(crate) patterns: Vec<Vec<u8>>,
    pub(crate) returns: ListReturn,
}

/// What LIST returns beside names.
#[derive(Debug, Default)]
pub(crate) struct ListReturn {
    pub(crate) subscribed: bool,
    pub(crate) children: bool,
    pub(crate) special_use: bool,
    pub(crate) status: Vec<StatusItem>,
}

impl Cursor<'_> {
    pub(super) fn lsub(&mut self) -> Parsed<List> {
        let reference = self.astring()?;
        self.space()?;
        Ok(List { lsub: true, reference, patterns: vec![self.pattern()?], ..List::default() })
    }

    pub(super) fn list_command(&mut self) -> Parsed<List> {
        let mut list = List::default();
        if self.peek() == Some(b'(') {
            self.needs(Extension::ListExtended);
            list.extended = true;
            self.list(|cursor| cursor.selection(&mut list))?;
            self.space()?;
            if list.recursive_match && !list.subscribed {
                return Err(Syntax("RECURSIVEMATCH does not stand alone"));
            }
        }
        list.reference = self.astring()?;
        self.space()?;
        if self.peek() == Some(b'(') {
            self.needs(Extension::ListExtended);
            list.extended = true;
            list.patterns = self.list(Self::pattern)?;
        } else {
            list.patterns.push(self.pattern()?);
        }
        if self.take(b' ') {
            if !self.word("RETURN") {
                return Err(Syntax("RETURN is missing"));
            }
            self.needs(Extension::ListExtended);
            list.extended = true;
            self.space()?;
            let mut returns = ListReturn::default();
            self.list(|cursor| cursor.list_return(&mut returns))?;
            list.returns = returns;
        }
        Ok(list)
    }

    fn selection(&mut self, list: &mut List) -> Parsed<()> {
        match self.atom()?.to_ascii_uppercase().as_str() {
            "SUBSCRIBED" => list.subscribed = true,
            "REMOTE" => {}
            "RECURSIVEMATCH" => list.recursive_match = true,
            "SPECIAL-USE" => {
                self.needs(Extension::SpecialUse);
                list.special_use = true;
            }
            _ => return Err(Syntax("no such selection option")),
        }
        Ok(())
    }

    fn list_return(&mut self, returns: &mut ListReturn) -> Parsed<()> {
        match self.atom()?.to_ascii_uppercase().as_str() {
            "SUBSCRIBED" => returns.subscribed = true,
            "CHILDREN" => returns.children = true,
            "SPECIAL-USE" => {
                self.needs(Extension::SpecialUse);
                returns.special_use = true;
            }
            "STATUS" => {
                self.needs(Extension::ListStatus);
                self.space()?;
                returns.status = self.status_items()?;
            }
            _ => return Err(Syntax("no such return option")),
        }
        Ok(())
    }

    pub(super) fn status_items(&mut self) -> Parsed<Vec<StatusItem>> {
        self.list(|cursor| {
            let item = StatusItem::from_word(&cursor.atom()?).ok_or(Syntax("no such status item"))?;
            match item {
                StatusItem::Size => cursor.needs(Extension::StatusSize),
                StatusItem::HighestModseq => cursor.needs(Extension::Condstore),
                StatusItem::MailboxId => cursor.needs(Extension::ObjectId),
                StatusItem::AppendLimit => cursor.needs(Extension::AppendLimit),
                _ => {}
            }
            Ok(item)
        })
    }

    pub(super) fn create(&mut self) -> Parsed<Command> {
        let mailbox = self.astring()?;
        let mut uses = Vec::new();
        if self.take(b' ') {
            self.needs(Extension::CreateSpecialUse);
            self.expect(b'(', "the parameters of CREATE are missing")?;
            if !self.word("USE") {
                return Err(Syntax("CREATE knows USE only"));
            }
            self.space()?;
            uses = self.list(Self::flag)?;
            self.expect(b')', "the parameters of CREATE have no end")?;
        }
        Ok(Command::Create { mailbox, uses })
    }
}
