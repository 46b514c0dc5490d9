//! Sets too long for one command.

use crate::model::{Uid, UidSet};

/// The longest set put into one command, in bytes: leaves room for the command's other arguments.
const MAX_SET: usize = 5_000;

/// Splits a set so that each piece, ascending, fits into one command. The empty set gives no piece.
pub fn split_for_command(set: &UidSet) -> Vec<UidSet> {
    let mut pieces = Vec::new();
    let mut piece = UidSet::new();
    let mut length = 0;
    for range in set.ranges() {
        let (Some(low), Some(high)) = (Uid::new(*range.start()), Uid::new(*range.end())) else { continue };
        let needed = UidSet::range(low, high).to_string().len() + 1;
        if length + needed > MAX_SET {
            pieces.push(std::mem::take(&mut piece));
            length = 0;
        }
        piece.insert_range(low, high);
        length += needed;
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}
