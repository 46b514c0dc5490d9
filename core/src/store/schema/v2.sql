-- Schema 2. Frozen once released: changes go into the next version's file.

-- The index keeps lists also for the first two and three letters of words: without them, what is typed first of a word makes it
-- merge the lists of all words that begin so. Nothing else of the table is changed, but what a virtual table was made with
-- stays with it: it is made anew, and all mail is indexed again.
DROP TABLE fulltext;

CREATE VIRTUAL TABLE fulltext USING fts5 (
    subject, sender, recipients, body, attachments,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2',
    prefix = '1 2 3'
);

INSERT INTO fulltext (fulltext, rank) VALUES ('automerge', 16);

INSERT OR IGNORE INTO unindexed (message, known) SELECT id, 0 FROM messages;
UPDATE unindexed SET known = 0;
