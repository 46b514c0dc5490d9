-- Schema 1. Frozen once released: changes go into the next version's file.

CREATE TABLE accounts (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT    NOT NULL COLLATE NOCASE UNIQUE,
    email          TEXT    NOT NULL,
    settings       TEXT    NOT NULL CHECK (json_valid(settings)),  -- never a secret
    server_facts   TEXT    NOT NULL CHECK (json_valid(server_facts)),
    created        INTEGER NOT NULL,
    sync_attempted INTEGER,
    sync_completed INTEGER,
    sync_outcome   TEXT    NOT NULL
) STRICT;

CREATE TABLE mailboxes (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    account        INTEGER NOT NULL REFERENCES accounts (id),
    raw_name       BLOB    NOT NULL,                               -- the key: modified UTF-7
    name           TEXT    NOT NULL,
    delimiter      TEXT,
    role           TEXT,
    selectable     INTEGER NOT NULL,
    subscribed     INTEGER NOT NULL,
    missing_since  INTEGER,
    object_id      TEXT,
    uid_validity   INTEGER,
    uid_next       INTEGER,
    highest_modseq INTEGER,
    backfill       INTEGER,
    flags_cursor   INTEGER,
    stale_since    INTEGER,
    server_total   INTEGER,
    server_unseen  INTEGER,
    total          INTEGER NOT NULL DEFAULT 0,
    unread         INTEGER NOT NULL DEFAULT 0,
    detached       INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, raw_name)
) STRICT;

-- One mail, however many places it has. What lists show stands first, so that it is read without overflow pages.
CREATE TABLE messages (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    account         INTEGER NOT NULL REFERENCES accounts (id),
    subject         TEXT    NOT NULL,
    from_list       TEXT    NOT NULL,                              -- JSON, or empty for none
    to_list         TEXT    NOT NULL,
    date            INTEGER,
    size            INTEGER,
    has_attachments INTEGER NOT NULL,
    body_state      INTEGER NOT NULL,                              -- 0 none, 1 partial, 2 full
    sender_unclear  INTEGER NOT NULL,
    preview         TEXT,
    internal_date   INTEGER,
    message_id      TEXT,
    email_id        TEXT,
    gm_msgid        INTEGER,
    orphaned        INTEGER,                                       -- when its last place went
    more            TEXT    NOT NULL,                              -- the rest of the envelope, JSON
    structure       TEXT                                           -- JSON
) STRICT;

CREATE INDEX messages_email_id ON messages (account, email_id) WHERE email_id IS NOT NULL;
CREATE INDEX messages_gm_msgid ON messages (account, gm_msgid) WHERE gm_msgid IS NOT NULL;
CREATE INDEX messages_orphaned ON messages (orphaned) WHERE orphaned IS NOT NULL;
CREATE INDEX messages_departed ON messages (account, message_id) WHERE orphaned IS NOT NULL;

-- One mail as it lies in one mailbox. Without a UID: detached by a change of UIDVALIDITY and not yet found again.
CREATE TABLE places (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox  INTEGER NOT NULL REFERENCES mailboxes (id),
    message  INTEGER NOT NULL REFERENCES messages (id),
    thread   INTEGER NOT NULL,
    uid      INTEGER,
    modseq   INTEGER,
    flags    INTEGER NOT NULL,
    date     INTEGER NOT NULL,                                     -- what lists are sorted by
    keywords TEXT    NOT NULL
) STRICT;

CREATE UNIQUE INDEX places_uid     ON places (mailbox, uid);
CREATE INDEX        places_date    ON places (mailbox, date DESC, id DESC);
CREATE INDEX        places_unread  ON places (mailbox, date DESC, id DESC) WHERE flags & 1 = 0;
CREATE INDEX        places_flagged ON places (mailbox, date DESC, id DESC) WHERE flags & 4 = 4;
CREATE INDEX        places_thread  ON places (thread, mailbox, date DESC, id DESC);
CREATE INDEX        places_message ON places (message);

-- How a detached place can be recognised.
CREATE TABLE rebind_keys (
    mailbox INTEGER NOT NULL,
    key     TEXT    NOT NULL,
    place   INTEGER NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    PRIMARY KEY (mailbox, key, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX rebind_keys_place ON rebind_keys (place);

-- Places that the server has no more: where the mail turns up elsewhere, its new place gets this id.
CREATE TABLE departed (
    place   INTEGER PRIMARY KEY,
    message INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    since   INTEGER NOT NULL
) STRICT;

CREATE INDEX departed_message ON departed (message);
CREATE INDEX departed_since   ON departed (since);

-- Ids that places had until it was seen that their mail had come from another place, whose id they have now.
CREATE TABLE place_aliases (
    alias INTEGER PRIMARY KEY,
    place INTEGER NOT NULL
) STRICT;

CREATE INDEX place_aliases_place ON place_aliases (place);

-- The highest id of a place when a sync began, for the syncs that the last complete one has not made unimportant.
CREATE TABLE sync_marks (
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    place   INTEGER NOT NULL,
    PRIMARY KEY (account, place)
) STRICT, WITHOUT ROWID;

-- UIDs that were asked for and not answered.
CREATE TABLE gaps (
    mailbox     INTEGER NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
    uid         INTEGER NOT NULL,
    tries       INTEGER NOT NULL,
    quarantined TEXT,
    PRIMARY KEY (mailbox, uid)
) STRICT, WITHOUT ROWID;

-- Which thread a Message-ID, or a server's own thread id, belongs to: by the first eight bytes of its SHA-256.
CREATE TABLE thread_keys (
    account INTEGER NOT NULL,
    key     INTEGER NOT NULL,
    thread  INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;

-- Threads that turned out to be one.
CREATE TABLE thread_merges (
    loser  INTEGER PRIMARY KEY,
    winner INTEGER NOT NULL
) STRICT;

CREATE TABLE blobs (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB    NOT NULL UNIQUE,                                  -- SHA-256
    size INTEGER NOT NULL,
    data BLOB                                                      -- NULL: in a file named by the hash
) STRICT;

CREATE TABLE parts (
    message INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    section TEXT    NOT NULL,                                      -- empty for the whole mail
    blob    INTEGER NOT NULL REFERENCES blobs (id),
    PRIMARY KEY (message, section)
) STRICT, WITHOUT ROWID;

CREATE INDEX parts_blob ON parts (blob);

-- Bodies of which a beginning is in a file named by the id.
CREATE TABLE incoming (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    section TEXT    NOT NULL,
    UNIQUE (message, section)
) STRICT;

CREATE VIRTUAL TABLE fulltext USING fts5 (
    subject, sender, recipients, body, attachments,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2',
    prefix = '1'                                                   -- a letter typed matches nearly every mail
);

-- Mails that the index does not hold as they are now.
CREATE TABLE unindexed (
    message INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    known   INTEGER NOT NULL                                       -- 1: the index holds an older state
) STRICT;

-- Small batches make many small segments: merged more seldom, inserts cost a third less and queries hardly more.
INSERT INTO fulltext (fulltext, rank) VALUES ('automerge', 16);
