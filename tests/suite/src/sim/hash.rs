//! A run in one number: two runs of a tape must give the same.

/// FNV-1a over everything that happens; and what happened in words, where somebody wants to read it.
#[derive(Clone, Debug)]
pub(super) struct Hash {
    value: u64,
    words: Option<Vec<String>>,
}

impl Hash {
    pub(super) fn new(traced: bool) -> Self {
        Self { value: 0xcbf2_9ce4_8422_2325, words: traced.then(Vec::new) }
    }

    pub(super) fn add(&mut self, text: &str) {
        for byte in text.bytes().chain([0]) {
            self.value = (self.value ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.tell(|| text.to_owned());
    }

    /// Only in words.
    pub(super) fn tell(&mut self, text: impl FnOnce() -> String) {
        if let Some(words) = &mut self.words {
            words.push(text());
        }
    }

    pub(super) fn is_traced(&self) -> bool {
        self.words.is_some()
    }

    pub(super) fn value(&self) -> u64 {
        self.value
    }

    pub(super) fn words(&mut self) -> Vec<String> {
        self.words.take().unwrap_or_default()
    }
}
