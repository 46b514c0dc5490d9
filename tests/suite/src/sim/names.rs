//! Mailboxes under labels that stay, whatever they are named: what is asked of a mailbox is asked of it under any name.

use std::collections::BTreeMap;

/// The mailboxes of the server.
#[derive(Default)]
pub(super) struct Names {
    /// The labels of those that are there, by their names as shown.
    labels: BTreeMap<String, String>,
    /// Of those that had a name before.
    past: BTreeMap<String, String>,
    delimiter: char,
    prefix: String,
}

impl Names {
    pub(super) fn new(delimiter: char, prefix: &str) -> Self {
        Self { delimiter, prefix: prefix.to_owned(), ..Self::default() }
    }

    /// The raw form of a name.
    pub(super) fn raw_of(&self, name: &str) -> String {
        if name == "INBOX" {
            return name.to_owned();
        }
        format!("{}{}", self.prefix, name.replace('/', &self.delimiter.to_string()))
    }

    /// A raw name as shown.
    pub(super) fn shown(&self, raw: &[u8]) -> String {
        let name = String::from_utf8_lossy(raw);
        let name = name.strip_prefix(&self.prefix).filter(|rest| !rest.is_empty()).unwrap_or(&name);
        name.replace(self.delimiter, "/")
    }

    /// The label of a raw name. What nobody made is labelled by its name.
    pub(super) fn label(&self, raw: &[u8]) -> String {
        let name = self.shown(raw);
        self.labels.get(&name).cloned().unwrap_or_else(|| self.fresh(&name))
    }

    /// The same, or else that of the mailbox that had the name last.
    pub(super) fn label_ever(&self, raw: &[u8]) -> String {
        let name = self.shown(raw);
        self.labels.get(&name).or_else(|| self.past.get(&name)).cloned().unwrap_or(name)
    }

    /// The label of the mailbox that had this name last.
    pub(super) fn label_before(&self, name: &str) -> String {
        self.past.get(name).map_or(name, String::as_str).to_owned()
    }

    /// The label of what others make under a name: that of the one that had it last and is gone. Nothing where that one has another
    /// name by now: which of the two the phone takes for it is open.
    pub(super) fn label_of_others(&self, name: &str) -> Option<String> {
        Some(self.label_before(name)).filter(|label| self.name(label).is_none())
    }

    /// Whether the mailbox that had this name last has another one by now, and none took its place.
    pub(super) fn was_renamed(&self, name: &str) -> bool {
        !self.labels.contains_key(name) && self.past.get(name).is_some_and(|label| self.name(label).is_some())
    }

    /// The labels of a mailbox and of all below it.
    pub(super) fn with_below(&self, raw: &[u8]) -> Vec<String> {
        let above = self.shown(raw);
        let is_it = |name: &str| name.strip_prefix(&above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.all().filter(|(name, _)| is_it(name)).map(|(_, label)| label.to_owned()).collect()
    }

    /// A label for what has a name that another may have had before.
    fn fresh(&self, name: &str) -> String {
        if self.past.contains_key(name) { format!("{name}, again") } else { name.to_owned() }
    }

    /// The name of a mailbox, if it is there.
    pub(super) fn name(&self, label: &str) -> Option<&str> {
        self.labels.iter().find(|(_, known)| *known == label).map(|(name, _)| name.as_str())
    }

    /// The raw name of a mailbox, if it is there.
    pub(super) fn raw(&self, label: &str) -> Option<String> {
        self.name(label).map(|name| self.raw_of(name))
    }

    /// All that are there, by name and label.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.iter().map(|(name, label)| (name.as_str(), label.as_str()))
    }

    /// A mailbox is known by another label from now on.
    pub(super) fn relabel(&mut self, old: &str, new: &str) {
        for label in self.labels.values_mut().filter(|label| *label == old) {
            new.clone_into(label);
        }
    }

    /// A mailbox was made, maybe one that has a label. Gives that and its name.
    pub(super) fn made(&mut self, raw: &[u8], label: Option<String>) -> (String, String) {
        let name = self.shown(raw);
        let label = label.unwrap_or_else(|| self.fresh(&name));
        self.labels.insert(name.clone(), label.clone());
        (label, name)
    }

    /// It got another name, and what lies below it with it. Gives its label and the new name.
    pub(super) fn renamed(&mut self, from: &[u8], to: &[u8]) -> (String, String) {
        let (label, from, to) = (self.label(from), self.shown(from), self.shown(to));
        self.past.extend(self.labels.clone());
        let labels = std::mem::take(&mut self.labels);
        self.labels = labels
            .into_iter()
            .map(|(name, label)| match name.strip_prefix(&from) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => (format!("{to}{rest}"), label),
                _ => (name, label),
            })
            .collect();
        (label, to)
    }

    /// It is gone.
    pub(super) fn deleted(&mut self, raw: &[u8]) -> String {
        let label = self.label(raw);
        self.past.extend(self.labels.remove_entry(&self.shown(raw)));
        label
    }
}
