-- Schema 4: which steps may have broken a connection.

-- In how many flights it was that ended with the connection: what is suspected goes out after everything else.
ALTER TABLE steps ADD COLUMN suspected INTEGER NOT NULL DEFAULT 0;
-- And how many of these flights held nothing but it.
ALTER TABLE steps ADD COLUMN breaks    INTEGER NOT NULL DEFAULT 0;
