//! What a mailbox is for: the server's word (SPECIAL-USE, RFC 6154) where it gives one, else its name.

use std::collections::BTreeMap;

use super::role_names::NAMES;
use crate::model::MailboxRole;

/// The role that a SPECIAL-USE attribute names, given in lower case with its backslash.
pub fn of_attributes(attributes: &[String]) -> Option<MailboxRole> {
    attributes.iter().find_map(|attribute| {
        Some(match attribute.as_str() {
            "\\inbox" => MailboxRole::Inbox,
            "\\drafts" => MailboxRole::Drafts,
            "\\sent" => MailboxRole::Sent,
            "\\archive" => MailboxRole::Archive,
            "\\junk" | "\\spam" => MailboxRole::Junk,
            "\\trash" => MailboxRole::Trash,
            "\\all" | "\\allmail" => MailboxRole::All,
            "\\flagged" | "\\starred" => MailboxRole::Flagged,
            "\\important" => MailboxRole::Important,
            _ => return None,
        })
    })
}

/// The role that a display name suggests. Only a mailbox at the top may have one: `Projects/Sent` is a project's.
pub fn of_name(display: &str) -> Option<MailboxRole> {
    let name = display.strip_prefix("INBOX/").unwrap_or(display);
    let top = name.strip_prefix("[Gmail]/").or_else(|| name.strip_prefix("[Google Mail]/")).unwrap_or(name);
    if top.contains('/') {
        return None;
    }
    let folded = top.to_lowercase();
    NAMES.iter().find(|(_, names)| names.contains(&folded.as_str())).map(|(role, _)| *role)
}

/// What decides the roles of one mailbox.
pub struct Candidate<'a> {
    /// The name as shown.
    pub display: &'a str,
    /// LIST attributes in lower case with their backslash.
    pub attributes: &'a [String],
    /// Whether it can hold mail.
    pub selectable: bool,
}

/// Gives each role to at most one mailbox: INBOX is the inbox; an attribute beats a name; a name counts only for a role
/// that no attribute gave; among equals the first in order wins.
pub fn assign(candidates: &[Candidate<'_>]) -> Vec<Option<MailboxRole>> {
    let mut holder: BTreeMap<MailboxRole, usize> = BTreeMap::new();
    let selectable = || candidates.iter().enumerate().filter(|(_, candidate)| candidate.selectable);
    for (index, _) in selectable().filter(|(_, candidate)| candidate.display == "INBOX") {
        holder.entry(MailboxRole::Inbox).or_insert(index);
    }
    for (index, candidate) in selectable() {
        if let Some(role) = of_attributes(candidate.attributes) {
            holder.entry(role).or_insert(index);
        }
    }
    for (index, candidate) in selectable() {
        let taken = holder.values().any(|other| *other == index);
        if let (false, Some(role)) = (taken, of_name(candidate.display)) {
            holder.entry(role).or_insert(index);
        }
    }
    let mut roles = vec![None; candidates.len()];
    for (role, index) in holder {
        if let Some(slot) = roles.get_mut(index) {
            // INBOX stays the inbox whatever else a server calls it.
            slot.get_or_insert(role);
        }
    }
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(list: &[(&str, &[&str])]) -> Vec<Option<MailboxRole>> {
        let attributes: Vec<Vec<String>> =
            list.iter().map(|(_, words)| words.iter().map(|word| (*word).to_owned()).collect()).collect();
        let candidates: Vec<Candidate<'_>> = list
            .iter()
            .zip(&attributes)
            .map(|((display, _), attributes)| Candidate {
                display,
                attributes,
                selectable: !attributes.iter().any(|word| word == "\\noselect"),
            })
            .collect();
        assign(&candidates)
    }

    #[test]
    fn an_attribute_beats_a_name_wherever_it_stands() {
        let found = roles(&[("Sent", &[]), ("Postausgang", &["\\sent"]), ("INBOX", &[])]);
        assert_eq!(found, [None, Some(MailboxRole::Sent), Some(MailboxRole::Inbox)]);
    }

    #[test]
    fn names_in_many_languages_tell_the_role_at_the_top_and_inside_the_inbox() {
        let found = roles(&[("Papierkorb", &[]), ("INBOX/Отправленные", &[]), ("下書き", &[]), ("Work/Sent", &[])]);
        assert_eq!(found, [Some(MailboxRole::Trash), Some(MailboxRole::Sent), Some(MailboxRole::Drafts), None]);
    }

    #[test]
    fn two_mailboxes_never_share_a_role() {
        let found = roles(&[("Trash", &[]), ("Deleted Items", &[]), ("Bin", &["\\noselect"])]);
        assert_eq!(found, [Some(MailboxRole::Trash), None, None]);
    }

    #[test]
    fn no_name_stands_for_two_roles() {
        let mut seen = BTreeMap::new();
        for (role, names) in NAMES {
            for name in *names {
                assert_eq!(*name, name.to_lowercase(), "compared in lower case");
                let before = seen.insert(*name, *role);
                assert!(before.is_none_or(|other| other == *role), "{name}");
            }
        }
    }
}
