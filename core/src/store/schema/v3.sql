-- Schema 3: the journal, and what it makes the view show.

-- What the user asked for. Never deleted before its end is told.
CREATE TABLE operations (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES accounts (id),
    kind    TEXT    NOT NULL,
    mailbox INTEGER,                                               -- where to, or which
    action  TEXT    NOT NULL,                                      -- JSON
    state   INTEGER NOT NULL,                                      -- what its steps add up to
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
) STRICT;

CREATE INDEX operations_open ON operations (account, id) WHERE state < 7;

CREATE INDEX operations_ended ON operations (updated) WHERE state >= 7;

-- Few, and asked for whenever a mailbox changes.
CREATE INDEX operations_mailboxes ON operations (account, id) WHERE state < 7 AND kind >= 'mailbox_' AND kind < 'mailbox`';

-- What an operation asks of one message, or, with place 0, of a mailbox.
CREATE TABLE steps (
    operation INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    place     INTEGER NOT NULL,
    state     INTEGER NOT NULL,
    attempts  INTEGER NOT NULL DEFAULT 0,
    next_try  INTEGER,
    made      INTEGER,                                             -- the place that a copy makes
    validity  INTEGER,                                             -- UIDVALIDITY when the user asked for it
    evidence  TEXT,                                                -- JSON: what was so before it left
    reason    TEXT,                                                -- JSON
    PRIMARY KEY (operation, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX steps_place ON steps (place, operation) WHERE state < 7;
CREATE INDEX steps_made  ON steps (made) WHERE made IS NOT NULL;

-- Places may be of mails that the server has not got yet (mailbox NULL), and show what the journal makes of them. What is
-- shown follows from both sides by itself, so that no writer of the one can forget the other.
CREATE TABLE places_3 (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox     INTEGER REFERENCES mailboxes (id),
    message     INTEGER NOT NULL REFERENCES messages (id),
    thread      INTEGER NOT NULL,
    uid         INTEGER,
    modseq      INTEGER,
    flags       INTEGER NOT NULL,
    date        INTEGER NOT NULL,                                  -- what lists are sorted by
    keywords    TEXT    NOT NULL,
    overlaid    INTEGER NOT NULL DEFAULT 0,                        -- whether the rest of the row says anything
    hidden      INTEGER NOT NULL DEFAULT 0,                        -- 1: by the journal, 2: marked deleted for good
    moved_to    INTEGER,
    set_bits    INTEGER NOT NULL DEFAULT 0,
    clear_bits  INTEGER NOT NULL DEFAULT 0,
    set_words   TEXT,
    clear_words TEXT,
    shown_in    INTEGER AS (CASE WHEN hidden THEN NULL ELSE coalesce(moved_to, mailbox) END) VIRTUAL,
    shown_flags INTEGER AS ((flags | set_bits) & ~clear_bits) VIRTUAL
) STRICT;

INSERT INTO places_3 (id, mailbox, message, thread, uid, modseq, flags, date, keywords)
    SELECT id, mailbox, message, thread, uid, modseq, flags, date, keywords FROM places ORDER BY id;
-- Ids that were given up are not given again.
DELETE FROM sqlite_sequence WHERE name = 'places_3';
INSERT INTO sqlite_sequence (name, seq) SELECT 'places_3', seq FROM sqlite_sequence WHERE name = 'places';
-- With the table go the keys that name its rows.
CREATE TABLE kept_keys AS SELECT mailbox, key, place FROM rebind_keys;
DROP TABLE places;
ALTER TABLE places_3 RENAME TO places;
INSERT INTO rebind_keys SELECT mailbox, key, place FROM kept_keys;
DROP TABLE kept_keys;

CREATE UNIQUE INDEX places_uid      ON places (mailbox, uid);
CREATE INDEX        places_date     ON places (shown_in, date DESC, id DESC);
CREATE INDEX        places_unread   ON places (shown_in, date DESC, id DESC) WHERE shown_flags & 1 = 0;
CREATE INDEX        places_flagged  ON places (shown_in, date DESC, id DESC) WHERE shown_flags & 4 = 4;
CREATE INDEX        places_thread   ON places (thread, shown_in, date DESC, id DESC);
CREATE INDEX        places_message  ON places (message);
CREATE INDEX        places_overlaid ON places (mailbox, shown_in, flags, shown_flags) WHERE overlaid = 1;

-- What the journal makes of a mailbox.
ALTER TABLE mailboxes ADD COLUMN provisional INTEGER NOT NULL DEFAULT 0; -- 1: not on the server yet
ALTER TABLE mailboxes ADD COLUMN removed     INTEGER NOT NULL DEFAULT 0; -- 1: not shown
ALTER TABLE mailboxes ADD COLUMN wanted_raw BLOB;
ALTER TABLE mailboxes ADD COLUMN wanted_name TEXT;
ALTER TABLE mailboxes ADD COLUMN wanted_subscribed INTEGER;

-- Where the server keeps the user's own mailboxes: what their raw names begin with (RFC 2342).
ALTER TABLE accounts ADD COLUMN namespace_prefix    BLOB;
ALTER TABLE accounts ADD COLUMN namespace_delimiter TEXT;
