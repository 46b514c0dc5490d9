//! A run in one number: two runs of a tape must give the same.

use std::cell::RefCell;
use std::rc::Rc;

/// FNV-1a over everything that happens; and what happened in words, where somebody wants to read it. Clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Hash(Rc<RefCell<Inner>>);

#[derive(Debug)]
struct Inner {
    value: u64,
    words: Option<Vec<String>>,
}

impl Hash {
    pub(super) fn new(traced: bool) -> Self {
        Self(Rc::new(RefCell::new(Inner { value: 0xcbf2_9ce4_8422_2325, words: traced.then(Vec::new) })))
    }

    pub(super) fn add(&self, text: &str) {
        let mut inner = self.0.borrow_mut();
        for byte in text.bytes().chain([0]) {
            inner.value = (inner.value ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        drop(inner);
        self.tell(|| text.to_owned());
    }

    /// Only in words.
    pub(super) fn tell(&self, text: impl FnOnce() -> String) {
        if let Some(words) = &mut self.0.borrow_mut().words {
            words.push(text());
        }
    }

    pub(super) fn is_traced(&self) -> bool {
        self.0.borrow().words.is_some()
    }

    pub(super) fn value(&self) -> u64 {
        self.0.borrow().value
    }

    pub(super) fn words(&self) -> Vec<String> {
        self.0.borrow_mut().words.take().unwrap_or_default()
    }
}
