//! What a session tells of the selected mailbox.

use crate::imap::parse::compact;
use crate::imap::session::{LOST, Session};
use crate::imap::view::{News, View};
use crate::imap::wire::Closed;
use crate::world::{Flags, Place};

impl Session {
    /// Catches up with the selected mailbox and tells what happened there.
    pub(crate) fn tell_news(&mut self, expunges: bool) -> Result<(), Closed> {
        let (Some(user), Some(view)) = (&self.user, &mut self.view) else { return Ok(()) };
        let news = self.server.world.with(|state| view.catch_up(state, user, expunges));
        self.tell(news)
    }

    fn tell(&mut self, news: News) -> Result<(), Closed> {
        if news.lost {
            self.io.say(LOST);
            self.over = true;
            self.view = None;
            return Ok(());
        }
        if self.enabled.qresync && !news.vanished.is_empty() {
            self.io.say(format!("* VANISHED {}", compact(news.vanished)));
        } else {
            for number in news.expunged {
                self.io.say(format!("* {number} EXPUNGE"));
            }
        }
        if let Some(exists) = news.exists {
            self.io.say(format!("* {exists} EXISTS"));
            let recent = self.view.as_ref().filter(|_| self.profile.quirks.recent).map_or(0, View::recent);
            self.io.say(format!("* {recent} RECENT"));
        }
        for (number, place) in news.changed {
            self.say_flags(number, &place, self.enabled.qresync);
        }
        Ok(())
    }

    /// `* n FETCH (FLAGS ...)`, with what the client wants to know besides.
    pub(crate) fn say_flags(&mut self, number: u32, place: &Place, with_uid: bool) {
        self.tell_keywords(place);
        self.io.put(format!("* {number} FETCH ("));
        if with_uid {
            self.io.put(format!("UID {} ", place.uid));
        }
        self.put_flags(place);
        if self.tells_modseq() {
            self.io.put(format!(" MODSEQ ({})", place.modseq));
        }
        self.io.put(")");
        self.io.end();
    }

    pub(crate) fn put_flags(&mut self, place: &Place) {
        let recent = self.profile.quirks.recent && self.view.as_ref().is_some_and(|view| view.is_recent(place.uid));
        let space = if place.flags.is_empty() || !recent { "" } else { " " };
        let mark = if recent { "\\Recent" } else { "" };
        self.io.put(format!("FLAGS ({}{space}{mark})", place.flags));
    }

    /// From now on mod-sequences are told (RFC 7162 section 3.1.8), first that of the selected mailbox.
    pub(crate) fn enable_condstore(&mut self) {
        if !self.enabled.condstore {
            self.enabled.condstore = true;
            if let Some(view) = self.view.as_ref().filter(|view| !view.nomodseq) {
                self.io.say(format!("* OK [HIGHESTMODSEQ {}] highest", view.told()));
            }
        }
    }

    /// Tells keywords that are new in the mailbox.
    fn tell_keywords(&mut self, place: &Place) {
        let Some(view) = self.view.as_mut().filter(|view| !view.keywords.contains_all(&place.flags)) else { return };
        view.keywords.extend(&place.flags);
        let (flags, read_only) = (view.keywords.clone(), view.read_only);
        self.say_keywords(&flags, read_only);
    }

    /// FLAGS and PERMANENTFLAGS.
    pub(crate) fn say_keywords(&mut self, flags: &Flags, read_only: bool) {
        self.io.say(format!("* FLAGS ({flags})"));
        if !self.profile.quirks.no_permanent_flags {
            let star = if self.profile.quirks.no_keywords { "" } else { " \\*" };
            let kept = if read_only { String::new() } else { format!("{flags}{star}") };
            self.io.say(format!("* OK [PERMANENTFLAGS ({kept})] kept"));
        }
    }

    /// Mod-sequences are told in this session and for this mailbox.
    pub(crate) fn tells_modseq(&self) -> bool {
        self.enabled.condstore && self.view.as_ref().is_some_and(|view| !view.nomodseq)
    }
}
