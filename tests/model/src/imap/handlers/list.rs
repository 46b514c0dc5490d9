//! LIST and LSUB.

use std::collections::{BTreeMap, BTreeSet};

use crate::imap::parse::List;
use crate::imap::reply::{Outcome, ok};
use crate::imap::session::Session;
use crate::profile::Extension;
use crate::world::{Account, name};

/// A line of the answer.
#[derive(Debug, Default)]
struct Line {
    attributes: BTreeSet<String>,
    /// Matched only since something below it is subscribed.
    child_info: bool,
    selectable: bool,
}

impl Session {
    pub(crate) async fn list(&mut self, list: &List) -> Outcome {
        let word = if list.lsub { "LSUB" } else { "LIST" };
        let delimiter = self.with_account(|account| account.delimiter).flatten();
        if !list.extended && list.patterns.iter().all(Vec::is_empty) {
            self.io.say(format!("* {word} (\\Noselect) {} \"\"", delimiter_shown(delimiter)));
            return ok("done");
        }
        let reference = self.raw_name(&list.reference);
        let patterns: Vec<Vec<u8>> =
            list.patterns.iter().map(|pattern| [&*reference, &*self.raw_name(pattern)].concat()).collect();
        let patterns: Vec<Vec<u8>> = patterns.iter().map(|pattern| name::canonical(pattern, delimiter)).collect();
        let children = self.profile.has(Extension::Children) || list.returns.children;
        let uses = self.profile.has(Extension::SpecialUse);
        let lines = self.with_account(|account| lines(account, list, &patterns, children, uses)).unwrap_or_default();
        for (raw, line) in lines {
            let attributes: Vec<&str> = line.attributes.iter().map(String::as_str).collect();
            self.io.put(format!("* {word} ({}) {} ", attributes.join(" "), delimiter_shown(delimiter)));
            self.put_name(&raw);
            if line.child_info {
                self.io.put(" (\"CHILDINFO\" (\"SUBSCRIBED\"))");
            }
            self.io.end();
            if line.selectable && !list.returns.status.is_empty() {
                self.say_status(&raw, &list.returns.status);
            }
            self.io.relief().await?;
        }
        ok("done")
    }
}

/// The delimiter as LIST writes it.
pub(super) fn delimiter_shown(delimiter: Option<u8>) -> String {
    match delimiter {
        Some(b'\\') => "\"\\\\\"".to_owned(),
        Some(byte) => format!("\"{}\"", char::from(byte)),
        None => "NIL".to_owned(),
    }
}

fn lines(account: &Account, list: &List, patterns: &[Vec<u8>], children: bool, uses: bool) -> BTreeMap<Vec<u8>, Line> {
    let subscribed_only = list.subscribed || list.lsub;
    let mut names: BTreeSet<Vec<u8>> = account.mailboxes().map(|mailbox| mailbox.name.clone()).collect();
    if subscribed_only {
        names.extend(account.subscriptions.iter().cloned());
    }
    let delimiter = account.delimiter;
    let mut lines = BTreeMap::new();
    for raw in names {
        if !patterns.iter().any(|pattern| matches(pattern, &raw, delimiter)) {
            continue;
        }
        let subscribed = account.subscriptions.contains(&raw);
        let below = account.subscriptions.iter().any(|name| name::is_below(name, &raw, delimiter));
        let mailbox = account.mailbox(&raw);
        let mut line = Line { selectable: mailbox.is_some_and(|mailbox| !mailbox.noselect), ..Line::default() };
        if subscribed_only && !subscribed {
            if !below || !(list.recursive_match || list.lsub) {
                continue;
            }
            line.child_info = list.recursive_match;
        }
        let special = mailbox.map(|mailbox| mailbox.attributes.clone()).unwrap_or_default();
        if list.special_use && special.is_empty() {
            continue;
        }
        if list.lsub {
            if !subscribed || mailbox.is_some_and(|mailbox| mailbox.noselect) {
                line.attributes.insert("\\Noselect".to_owned());
            }
            lines.insert(raw, line);
            continue;
        }
        match mailbox {
            None => line.attributes.insert("\\NonExistent".to_owned()),
            Some(mailbox) if mailbox.noselect => {
                let missing = list.extended && account.shells;
                line.attributes.insert(if missing { "\\NonExistent" } else { "\\Noselect" }.to_owned())
            }
            Some(_) => false,
        };
        if children {
            let mark = if account.has_children(&raw) { "\\HasChildren" } else { "\\HasNoChildren" };
            line.attributes.insert(mark.to_owned());
        }
        if uses {
            line.attributes.extend(special);
        }
        if subscribed && (list.returns.subscribed || list.subscribed) {
            line.attributes.insert("\\Subscribed".to_owned());
        }
        lines.insert(raw, line);
    }
    lines
}

/// Whether a name matches a pattern: `*` stands for anything, `%` for anything within one level.
fn matches(pattern: &[u8], name: &[u8], delimiter: Option<u8>) -> bool {
    let mut reached = vec![false; name.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for wanted in pattern {
        let mut next = vec![false; name.len() + 1];
        for at in 0..=name.len() {
            let here = reached.get(at).copied().unwrap_or(false);
            let before = at.checked_sub(1);
            let last = before.and_then(|before| name.get(before)).copied();
            let from_before = before.and_then(|before| next.get(before)).copied().unwrap_or(false);
            let hit = match wanted {
                b'*' => here || from_before,
                b'%' => here || from_before && last != delimiter,
                literal => {
                    last == Some(*literal) && before.and_then(|before| reached.get(before)).copied().unwrap_or(false)
                }
            };
            if let Some(slot) = next.get_mut(at) {
                *slot = hit;
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn wildcards_stop_at_levels_or_do_not() {
        let slash = Some(b'/');
        assert!(matches(b"*", b"a/b", slash) && matches(b"a*", b"a/b", slash) && matches(b"%/%", b"a/b", slash));
        assert!(matches(b"%", b"ab", slash) && !matches(b"%", b"a/b", slash) && !matches(b"a%", b"a/b", slash));
        assert!(matches(b"*b*c", b"abbc", slash) && !matches(b"a", b"ab", slash) && matches(b"", b"", slash));
    }
}
