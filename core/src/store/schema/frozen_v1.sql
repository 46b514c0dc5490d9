-- A database as schema 1 made it, with rows in every table. Never changed after schema 1 was released.

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

INSERT INTO accounts (id, name, email, settings, server_facts, created, sync_attempted, sync_completed, sync_outcome)
VALUES (1, 'frozen', 'ann@example.org', '{"a":1}', '{"b":2}', 1700000000, 1700000300, 1700000250, 'done');

INSERT INTO mailboxes (id, account, raw_name, name, delimiter, role, selectable, subscribed, missing_since, object_id,
                       uid_validity, uid_next, highest_modseq, backfill, server_total, server_unseen, total, unread,
                       detached)
VALUES (1, 1, CAST('INBOX' AS BLOB), 'INBOX', '/', 'inbox', 1, 1, NULL, 'F1', 77, 4, 900, 1, 2, 1, 2, 1, 0),
       (2, 1, CAST('Old' AS BLOB), 'Old', '/', NULL, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0, 1, 0, 1);

INSERT INTO messages (id, account, subject, from_list, to_list, date, size, has_attachments, body_state, sender_unclear,
                      preview, internal_date, message_id, email_id, gm_msgid, orphaned, more, structure)
VALUES (1, 1, 'First mail', '[["Ann","ann@example.org"]]', '[["","bob@example.org"]]', 1700000100, 30, 0, 2, 0,
        'Hello', 1700000101, 'one@example.org', 'M1', NULL, NULL, '', '{"t":"text/plain"}'),
       (2, 1, 'Second mail', '', '', 1700000200, 40, 0, 0, 0,
        NULL, 1700000201, 'two@example.org', NULL, 8, NULL, '{"references":["one@example.org"]}', NULL),
       (3, 1, 'Detached mail', '', '', 1700000050, 50, 1, 1, 0,
        NULL, 1700000051, 'three@example.org', NULL, NULL, NULL, '', NULL),
       (4, 1, 'Orphaned mail', '', '', 1700000060, 70000, 0, 2, 0,
        NULL, 1700000061, 'four@example.org', NULL, NULL, 1700000299, '', NULL);

INSERT INTO places (id, mailbox, message, thread, uid, modseq, flags, date, keywords)
VALUES (1, 1, 1, 1, 1, 800, 1, 1700000101, ''), (2, 1, 2, 1, 2, 900, 4, 1700000201, '$Work'),
       (3, 2, 3, 3, NULL, NULL, 1, 1700000051, '');

-- The orphaned mail's place was 4; the second mail's had been 5 until it was seen where it came from.
UPDATE sqlite_sequence SET seq = 5 WHERE name = 'places';

INSERT INTO departed (place, message, since) VALUES (4, 4, 1700000299);

INSERT INTO place_aliases (alias, place) VALUES (5, 2);

INSERT INTO sync_marks (account, place) VALUES (1, 5);

INSERT INTO rebind_keys (mailbox, key, place) VALUES (2, 'm50:1700000050:three@example.org', 3);

INSERT INTO gaps (mailbox, uid, tries, quarantined) VALUES (1, 3, 2, 'no answer');

INSERT INTO thread_keys (account, key, thread)
VALUES (1, 7682739813563693221, 1), (1, 5464496302774967395, 2), (1, -2860212118154833932, 3);

INSERT INTO thread_merges (loser, winner) VALUES (2, 1);

-- The second one's bytes, 70,000 times a B, are in a file.
INSERT INTO blobs (id, hash, size, data)
VALUES (1, x'a608f932a1b992fe28bdc19cc98a86723d27763de77791317013b0311dfffb37', 30,
        CAST('Subject: First mail' || char(13, 10, 13, 10) || 'Hello' || char(13, 10) AS BLOB)),
       (2, x'fe83d2c176d81302c7eec64a3d8554b95bea35bd4566fa3ef5a5170ec23fdcdf', 70000, NULL);

INSERT INTO parts (message, section, blob) VALUES (1, '', 1), (3, '1', 1), (4, '', 2);

INSERT INTO incoming (id, message, section) VALUES (1, 2, '');

INSERT INTO fulltext (rowid, subject, sender, recipients, body, attachments)
VALUES (1, 'First mail', 'Ann ann@example.org', 'bob@example.org', 'Hello', ''), (3, 'Detached mail', '', '', '', '');

INSERT INTO unindexed (message, known) VALUES (2, 0), (4, 0);

PRAGMA user_version = 1;
