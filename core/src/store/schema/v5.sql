-- Schema 5: mail that the server did not give is asked for again after a while.

-- When it was last asked for in vain, in seconds since 1970.
ALTER TABLE gaps ADD COLUMN asked_at INTEGER NOT NULL DEFAULT 0;
