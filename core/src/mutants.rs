//! Faults planted on purpose, to see whether the simulation finds them: built in by the feature `mutants` alone, which no app
//! turns on, and chosen while the program runs, so that one build serves all.

/// Whether a fault is planted, by its name in [`ALL`]. Without the feature it never is, and the compiler leaves it out.
macro_rules! mutant {
    ($name:literal) => {{
        #[cfg(feature = "mutants")]
        {
            const INDEX: usize = $crate::mutants::index($name);
            $crate::mutants::is_planted(INDEX)
        }
        #[cfg(not(feature = "mutants"))]
        {
            false
        }
    }};
}
pub(crate) use mutant;

#[cfg(feature = "mutants")]
pub use planted::{ALL, FOUND, plant};
#[cfg(feature = "mutants")]
pub(crate) use planted::{index, is_planted};

#[cfg(feature = "mutants")]
mod planted {
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// The faults: a name, and what is wrong with it in.
    pub const ALL: &[(&str, &str)] = &[
        // Planning.
        ("later_flag_loses", "of two wishes about one flag both go out"),
        ("copy_with_flags", "a copy leaves in one flight with flags before it"),
        ("acts_after_copy", "what was asked for after a copy goes out with it"),
        ("suspects_are_split", "after a lost connection a move goes out without the deletion that it went out with"),
        ("first_move_wins", "of two moves of one message the first is sent"),
        ("move_home_is_sent", "a move back to where the message lies is sent as one"),
        // The journal.
        ("begin_not_noted", "that a step leaves is not written down"),
        ("begin_not_synced", "that a step leaves is not on disk before it does"),
        ("ack_not_synced", "an act is acknowledged before it is on disk"),
        ("evidence_forgotten", "what was so before a step left is not noted"),
        ("taken_back_leaves", "what was taken back meanwhile leaves all the same"),
        ("refused_waits_for_ever", "what was refused for now is never due again"),
        ("copies_show_late", "a copy is shown only once it is made"),
        ("settle_shows_late", "the view does not follow what became of a step"),
        ("unmade_stays", "what was to be done to a copy never made waits for ever"),
        ("unsent_mail_stays", "what was to be done to a mail whose append was taken back waits for ever"),
        ("in_flight_is_taken_back", "what is under way can be taken back"),
        ("refusal_is_hidden", "what was refused is still shown as wanted"),
        ("deletion_is_shown", "what is to be deleted stays in sight"),
        ("cleared_flags_show", "a flag that is to be cleared is still shown"),
        ("copies_of_nothing_show", "a copy whose source is nowhere is shown"),
        // The mirror.
        ("landed_under_old_validity", "a UID is believed that belongs to another UIDVALIDITY"),
        ("landed_twice", "a message that sync has seen already lands beside itself"),
        ("mark_is_shown", "what is marked deleted for good is shown"),
        ("remnant_is_nothing", "the original that a move left behind is not kept hidden"),
        ("removals_are_kept", "what the server says is gone stays"),
        ("changed_flags_are_missed", "flags that changed are not written"),
        // Replay.
        ("validity_is_not_checked", "commands leave under another UIDVALIDITY than the mirror's"),
        ("copyuid_is_shifted", "the UIDs of COPYUID are paired one off"),
        ("no_is_believed", "what was refused is taken for not done, without a look"),
        ("refusal_is_done", "what was refused counts as done"),
        ("halves_show_late", "a message that was copied away is shown there only once its original went"),
        ("half_is_not_noted", "that a message was copied is not noted before its original goes"),
        ("wide_expunge", "everything marked between two messages is expunged with them"),
        ("mark_is_enough", "what is marked is not expunged"),
        ("flags_are_cleared_wrong", "a flag to be cleared is set"),
        ("unknown_is_again", "an unknown move goes out again without a look"),
        ("unknown_is_done", "an unknown copy is taken for done"),
        ("gone_is_done", "a move of what is nowhere is done"),
        ("older_is_a_newcomer", "what the mirror knew in the target counts as new"),
        // Mailboxes.
        (
            "retried_deletion_goes_first",
            "a mailbox that is deleted after all goes before mail that was to leave it since",
        ),
        (
            "arriving_is_elsewhere",
            "a mailbox goes though mail lies in it that is to leave it under a UID not known yet",
        ),
        ("not_moved_goes_too", "a mailbox goes with mail that could not be moved out of it"),
        ("grown_goes_too", "a mailbox goes with mail that came since it was to go"),
        ("hidden_is_seen", "who has a deletion tried again that only waited is thought to have seen what came since"),
        ("copy_is_not_looked_at", "the original of a half done move goes though its copy is not there any more"),
        ("child_keeps_its_name", "what lies below a renamed mailbox is not renamed"),
        ("mailbox_steps_overtake", "mail goes to a mailbox that is not made yet"),
        // Not found within a few thousand seeds: see docs/proof.md.
        ("lost_deletion_is_taken_back", "a deletion whose answer was lost is taken back as if it had not left"),
        ("deleted_comes_back", "a copy takes over the id of its deleted original"),
        ("open_goes_out_again", "what is under way is planned once more"),
        ("held_copies_show", "a copy of what is in doubt is shown"),
        ("ids_are_lost", "a message that went is not known again"),
        ("steps_stay_behind", "what was to be done to a message does not follow its id"),
        ("older_flags_count", "flags under a lower mod-sequence are taken over"),
        ("nothing_arrived", "a target is never looked at for what arrived"),
        ("removed_by_looks", "an original is expunged where its copy only looks like it"),
        ("newcomer_is_taken_twice", "one newcomer stands for two messages"),
        ("anyone_is_a_newcomer", "what was in the target before counts as new"),
        ("renumbering_is_missed", "UIDs of the target from before count after it was renumbered"),
        ("unanswered_is_answered", "a batch whose answers stopped is settled by what came"),
    ];

    /// How many of them, from the first on, the simulation finds within 10,000 seeds.
    pub const FOUND: usize = 48;

    static PLANTED: AtomicUsize = AtomicUsize::new(usize::MAX);

    /// Plants one fault, instead of what was planted before; with `None` none is. Returns whether there is such a fault.
    pub fn plant(name: Option<&str>) -> bool {
        let Some(name) = name else {
            PLANTED.store(usize::MAX, Ordering::Relaxed);
            return true;
        };
        let found = ALL.iter().position(|(other, _)| *other == name);
        PLANTED.store(found.unwrap_or(usize::MAX), Ordering::Relaxed);
        found.is_some()
    }

    pub(crate) fn is_planted(index: usize) -> bool {
        PLANTED.load(Ordering::Relaxed) == index
    }

    /// A name that is none does not compile.
    pub(crate) const fn index(name: &str) -> usize {
        let mut index = 0;
        while index < ALL.len() {
            if same(ALL[index].0.as_bytes(), name.as_bytes()) {
                return index;
            }
            index += 1;
        }
        panic!("there is no such fault")
    }

    const fn same(one: &[u8], other: &[u8]) -> bool {
        if one.len() != other.len() {
            return false;
        }
        let mut at = 0;
        while at < one.len() {
            if one[at] != other[at] {
                return false;
            }
            at += 1;
        }
        true
    }
}
