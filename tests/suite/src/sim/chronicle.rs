//! What happens on the server, in order: everybody who follows it reads on from where they were.

use std::cell::RefCell;
use std::rc::Rc;

use postrider_model::ModelServer;
use postrider_model::world::Effect;

use super::hash::Hash;

/// Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Chronicle(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    effects: Vec<Effect>,
    /// How many mails were ever written.
    mails: u32,
    /// Commands told of, where the run is traced.
    told: usize,
}

impl Chronicle {
    /// How many mails were ever written: they are numbered from 0.
    pub(super) fn mails(&self) -> u32 {
        self.0.borrow().mails
    }

    /// The number of the next mail.
    pub(super) fn next_mail(&self) -> u32 {
        let mut inner = self.0.borrow_mut();
        inner.mails += 1;
        inner.mails - 1
    }

    /// Writes down what the server did since.
    pub(super) fn go_on(&self, server: &ModelServer, hash: &Hash) {
        let mut inner = self.0.borrow_mut();
        if hash.is_traced() {
            let received = server.world().received();
            for command in received.iter().skip(inner.told) {
                hash.tell(|| format!("  {}> {}", command.connection, String::from_utf8_lossy(&command.line)));
            }
            inner.told = received.len();
        }
        for effect in server.world().with(|state| state.take_effects()) {
            hash.add(&format!("{:?}", effect.change));
            inner.effects.push(effect);
        }
    }

    /// What is written there, if anything is.
    pub(super) fn at(&self, index: usize) -> Option<Effect> {
        self.0.borrow().effects.get(index).cloned()
    }
}
