//! What people do in a certain order, put among what else they do: by chance alone it would hardly ever come about.

use super::tape::{Deed, Fault, MailboxAct, Reply, RivalAct, Tape, UserAct};
use crate::workload::Dice;

/// Puts one of them into a tape.
pub(super) fn tell(dice: &mut Dice, tape: &mut Tape) {
    let story = match dice.below(4) {
        0 => a_mailbox_is_emptied_and_deleted(dice, tape),
        1 => a_deletion_has_to_wait(dice, tape),
        2 => a_mailbox_with_others_below_is_renamed(dice, tape),
        _ => what_arrived_is_removed_by_others(dice, tape),
    };
    let mut at = 2;
    for deed in story {
        at += dice.below(3) as usize;
        at = at.min(tape.workload.len());
        tape.workload.insert(at, deed);
        at += 1;
    }
}

fn on_mailbox(act: MailboxAct) -> Deed {
    Deed::User(UserAct::Mailbox(act))
}

/// Made by the user, and some mail put there.
fn filled(dice: &mut Dice, tape: &mut Tape) -> Vec<Deed> {
    let mut deeds = vec![on_mailbox(MailboxAct::Create { name: dice.below(3) as u8 })];
    for _ in 0..1 + dice.below(2) {
        let pick = dice.below(1000) as u16;
        deeds.push(Deed::User(UserAct::Move { pick, span: 1 + dice.below(2) as u8, to: 3 }));
    }
    match dice.below(5) {
        0 => {}
        // What follows is done while it goes out.
        1 => deeds.push(Deed::Sync),
        // It goes out, and the connection breaks before the phone has seen where it is.
        2 => {
            let skip = 3 + dice.below(5) as u8;
            tape.faults.push(Fault::Answer { command: "EXAMINE".to_owned(), skip, reply: Reply::Cut });
            deeds.extend([Deed::Sync, Deed::Finish]);
        }
        _ => deeds.extend([Deed::Sync, Deed::Finish]),
    }
    deeds
}

fn refused(dice: &mut Dice, command: &str, reasons: &[&str]) -> Fault {
    let reason = dice.pick(reasons).copied().unwrap_or("NO later");
    Fault::Answer { command: command.to_owned(), skip: dice.below(3) as u8, reply: Reply::Refuse(reason.to_owned()) }
}

fn a_mailbox_is_emptied_and_deleted(dice: &mut Dice, tape: &mut Tape) -> Vec<Deed> {
    let mut deeds = filled(dice, tape);
    // The first of those that the user made.
    deeds.push(Deed::User(UserAct::Empty { pick: 1, to: dice.below(3) as u8 }));
    deeds.push(on_mailbox(MailboxAct::Delete { pick: 1 }));
    deeds.extend([Deed::Sync, Deed::Finish]);
    if dice.below(2) == 0 {
        let command = dice.pick(&["UID MOVE", "UID COPY"]).copied().unwrap_or("UID MOVE");
        tape.faults.push(refused(dice, command, &["NO [NOPERM] not you", "NO [OVERQUOTA] full"]));
    }
    deeds
}

fn a_deletion_has_to_wait(dice: &mut Dice, tape: &mut Tape) -> Vec<Deed> {
    let mut deeds = filled(dice, tape);
    deeds.extend([Deed::Sync, Deed::Finish, on_mailbox(MailboxAct::Delete { pick: 1 }), Deed::Sync, Deed::Finish]);
    deeds.push(Deed::Rival(RivalAct::Deliver { to: 3 }));
    deeds.extend([Deed::Sync, Deed::Finish, Deed::User(UserAct::Retry { pick: dice.below(4) as u16 })]);
    deeds.extend([Deed::Sync, Deed::Finish]);
    let reason = dice.pick(&["NO [INUSE] busy", "NO [SERVERBUG] oops", "NO [NOPERM] not you"]).copied();
    let reply = Reply::Refuse(reason.unwrap_or("NO later").to_owned());
    tape.faults.push(Fault::Answer { command: "DELETE".to_owned(), skip: 0, reply });
    deeds
}

fn a_mailbox_with_others_below_is_renamed(dice: &mut Dice, tape: &mut Tape) -> Vec<Deed> {
    let mut deeds = filled(dice, tape);
    for _ in 0..1 + dice.below(2) {
        deeds.push(on_mailbox(MailboxAct::Create { name: 3 + dice.below(5) as u8 }));
    }
    for _ in 0..1 + dice.below(3) {
        let (pick, name) = (dice.below(4) as u16, dice.below(3) as u8);
        deeds.push(on_mailbox(MailboxAct::Rename { pick, name }));
    }
    deeds
}

/// A move is cut short, and its copy is gone when the phone comes back.
fn what_arrived_is_removed_by_others(dice: &mut Dice, tape: &mut Tape) -> Vec<Deed> {
    let to = dice.below(3) as u8;
    tape.server.without.push("MOVE".to_owned());
    let command = dice.pick(&["UID STORE", "UID EXPUNGE", "UID COPY"]).copied().unwrap_or("UID STORE");
    let reply = dice.pick(&[Reply::Cut, Reply::Bye, Reply::ByeAfter, Reply::CutAfter]).cloned().unwrap_or(Reply::Cut);
    tape.faults.push(Fault::Answer { command: command.to_owned(), skip: dice.below(2) as u8, reply });
    let act = UserAct::Move { pick: dice.below(1000) as u16, span: 1, to };
    let removed = Deed::Rival(RivalAct::ExpungeNewest { mailbox: to });
    vec![Deed::User(act), Deed::Sync, Deed::Finish, removed, Deed::Sync, Deed::Finish]
}
