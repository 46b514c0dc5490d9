//! Commands of the session: AUTHENTICATE, ID, ENABLE, NOTIFY.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::command::{Command, Notify, NotifyEvents, NotifyFilter};
use super::cursor::{Cursor, Parsed, Syntax};
use crate::profile::Extension;

impl Cursor<'_> {
    pub(super) fn authenticate(&mut self) -> Parsed<Command> {
        let mechanism = self.atom()?.to_ascii_uppercase();
        if self.at_end() {
            return Ok(Command::Authenticate { mechanism, initial: None });
        }
        self.needs(Extension::SaslIr);
        self.space()?;
        let coded = self.run(|byte| byte > b' ', "the initial response is missing")?;
        let initial = if coded == b"=" { Ok(Vec::new()) } else { STANDARD.decode(coded) };
        let initial = initial.map_err(|_| Syntax("the initial response is not base64"))?;
        Ok(Command::Authenticate { mechanism, initial: Some(initial) })
    }

    pub(super) fn id(&mut self) -> Parsed<Command> {
        self.needs(Extension::Id);
        if !self.word("NIL") {
            let pairs = self.list(Self::nstring)?;
            if !pairs.len().is_multiple_of(2) || pairs.len() > 60 {
                return Err(Syntax("ID takes up to thirty pairs"));
            }
        }
        Ok(Command::Id)
    }

    pub(super) fn enable(&mut self) -> Parsed<Command> {
        self.needs(Extension::Enable);
        let mut words = vec![self.atom()?.to_ascii_uppercase()];
        while self.take(b' ') {
            words.push(self.atom()?.to_ascii_uppercase());
        }
        Ok(Command::Enable(words))
    }

    pub(super) fn notify(&mut self) -> Parsed<Command> {
        self.needs(Extension::Notify);
        if self.word("NONE") {
            return Ok(Command::Notify(None));
        }
        if !self.word("SET") {
            return Err(Syntax("NOTIFY takes SET or NONE"));
        }
        let mut notify = Notify::default();
        while self.take(b' ') {
            if self.word("STATUS") {
                notify.status = true;
                continue;
            }
            self.expect(b'(', "an event group is missing")?;
            let filter = self.notify_filter()?;
            self.space()?;
            notify.groups.push((filter, self.notify_events()?));
            self.expect(b')', "the event group has no end")?;
        }
        if notify.groups.is_empty() {
            Err(Syntax("an event group is missing"))
        } else {
            Ok(Command::Notify(Some(notify)))
        }
    }

    fn notify_filter(&mut self) -> Parsed<NotifyFilter> {
        let word = self.atom()?.to_ascii_uppercase();
        match word.as_str() {
            "SELECTED" => Ok(NotifyFilter::Selected { delayed: false }),
            "SELECTED-DELAYED" => Ok(NotifyFilter::Selected { delayed: true }),
            "INBOXES" => Ok(NotifyFilter::Inboxes),
            "PERSONAL" => Ok(NotifyFilter::Personal),
            "SUBSCRIBED" => Ok(NotifyFilter::Subscribed),
            "SUBTREE" => self.notify_names().map(NotifyFilter::Subtree),
            "MAILBOXES" => self.notify_names().map(NotifyFilter::Mailboxes),
            _ => Err(Syntax("no such mailbox filter")),
        }
    }

    fn notify_names(&mut self) -> Parsed<Vec<Vec<u8>>> {
        self.space()?;
        if self.peek() == Some(b'(') { self.list(Self::astring) } else { self.astring().map(|name| vec![name]) }
    }

    fn notify_events(&mut self) -> Parsed<NotifyEvents> {
        let mut events = NotifyEvents::default();
        if self.word("NONE") {
            return Ok(events);
        }
        self.list(|cursor| {
            let word = cursor.atom()?.to_ascii_uppercase();
            match word.as_str() {
                "MESSAGENEW" => {
                    events.new = true;
                    if cursor.rest().starts_with(b" (") {
                        cursor.space()?;
                        cursor.fetch_items()?;
                    }
                }
                "MESSAGEEXPUNGE" => events.expunge = true,
                "FLAGCHANGE" => events.flags = true,
                "MAILBOXNAME" => events.names = true,
                "SUBSCRIPTIONCHANGE" => events.subscriptions = true,
                "ANNOTATIONCHANGE" | "MAILBOXMETADATACHANGE" | "SERVERMETADATACHANGE" => {
                    return Err(Syntax("that event is not supported"));
                }
                _ => return Err(Syntax("no such event")),
            }
            Ok(())
        })?;
        if events.expunge != events.new && (events.expunge || events.flags) {
            return Err(Syntax("MessageNew and MessageExpunge go together"));
        }
        Ok(events)
    }
}
