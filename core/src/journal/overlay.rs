//! What pending steps make a message look like: where it lies and which flags it has, whatever the mirror says.

use super::Action;
use crate::model::{Flags, MailboxId, SystemFlag};
use crate::mutants::mutant;

/// What the steps of one message that are not at their end add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overlay {
    /// Where it is to lie, where that is not where the mirror has it.
    pub moved_to: Option<MailboxId>,
    /// Whether it is to be gone.
    pub hidden: bool,
    /// Flags it is to have.
    pub set: Flags,
    /// Flags it is to lack.
    pub cleared: Flags,
}

/// What one step does to the message that it is shown on.
#[derive(Clone, Copy, Debug)]
pub enum Effect<'a> {
    /// A step of the message itself.
    Own(&'a Action),
    /// The step, of this or another message, that brought it into being.
    Made(&'a Action),
    /// A step of the same mail in another mailbox, on a server with labels: there flags belong to the mail, but for `\Deleted`.
    Elsewhere(&'a Action),
}

impl Overlay {
    /// The effects in the order in which the user wanted them.
    pub fn fold<'a>(effects: impl IntoIterator<Item = Effect<'a>>) -> Self {
        let mut overlay = Self::default();
        for effect in effects {
            overlay.apply(effect);
        }
        overlay
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn apply(&mut self, effect: Effect<'_>) {
        match effect {
            Effect::Made(Action::Copy { to } | Action::Append { to, .. }) | Effect::Own(Action::Move { to }) => {
                self.moved_to = Some(*to);
            }
            Effect::Own(Action::Flags { add, remove }) => self.flag(add, remove),
            Effect::Elsewhere(Action::Flags { add, remove }) => {
                let deleted = Flags::from_parts(SystemFlag::Deleted as u8, "");
                self.flag(&add.without(&deleted), &remove.without(&deleted));
            }
            Effect::Own(Action::Delete) => self.hidden = !mutant!("deletion_is_shown"),
            // A copy leaves its source as it is; mailboxes have an overlay of their own.
            Effect::Own(_) | Effect::Made(_) | Effect::Elsewhere(_) => {}
        }
    }

    fn flag(&mut self, add: &Flags, remove: &Flags) {
        self.set = self.set.without(remove).with(add);
        if !mutant!("cleared_flags_show") {
            self.cleared = self.cleared.without(add).with(remove);
        }
    }

    /// The flags as shown, over those of the mirror.
    pub fn shown(&self, mirror: &Flags) -> Flags {
        mirror.without(&self.cleared).with(&self.set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Keyword;

    fn flags(bits: u8, keywords: &str) -> Flags {
        Flags::from_parts(bits, keywords)
    }

    /// Hard problem 11: local x base x server, for a flag and for a keyword.
    #[test]
    fn hard_problem_11_what_the_user_wants_of_a_flag_shows_whatever_the_server_says_and_nothing_else_does() {
        let one = flags(SystemFlag::Seen as u8, "$Work");
        for server in [flags(0, ""), one.clone()] {
            for wanted in [None, Some(true), Some(false)] {
                let action = match wanted {
                    None => Action::Flags { add: flags(0, ""), remove: flags(0, "") },
                    Some(true) => Action::Flags { add: one.clone(), remove: flags(0, "") },
                    Some(false) => Action::Flags { add: flags(0, ""), remove: one.clone() },
                };
                let shown = Overlay::fold([Effect::Own(&action)]).shown(&server);
                let expected = wanted.unwrap_or(server == one);
                assert_eq!(shown.contains(SystemFlag::Seen), expected, "{server:?} {wanted:?}");
                let keyword = Keyword::new("$work");
                assert_eq!(shown.keywords().any(|other| Some(other) == keyword.as_ref()), expected);
            }
        }
    }

    #[test]
    fn the_last_word_on_a_flag_counts_and_other_flags_stay() {
        let seen = flags(1, "");
        let (on, off) = (
            Action::Flags { add: seen.clone(), remove: flags(4, "") },
            Action::Flags { add: flags(0, "a"), remove: seen.clone() },
        );
        let overlay = Overlay::fold([Effect::Own(&on), Effect::Own(&off)]);
        assert_eq!((overlay.set.clone(), overlay.cleared.clone()), (flags(0, "a"), flags(5, "")));
        assert_eq!(overlay.shown(&flags(7, "b")), flags(2, "a b"));
    }

    #[test]
    fn a_message_lies_where_the_last_move_puts_it_and_a_copy_where_it_is_made() {
        let (copy, away) = (Action::Copy { to: MailboxId(2) }, Action::Move { to: MailboxId(3) });
        assert_eq!(Overlay::fold([Effect::Own(&copy)]), Overlay::default());
        assert_eq!(Overlay::fold([Effect::Made(&copy)]).moved_to, Some(MailboxId(2)));
        assert_eq!(Overlay::fold([Effect::Made(&copy), Effect::Own(&away)]).moved_to, Some(MailboxId(3)));
        assert!(Overlay::fold([Effect::Own(&away), Effect::Own(&Action::Delete)]).hidden);
    }
}
