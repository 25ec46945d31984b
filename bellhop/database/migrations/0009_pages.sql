-- What a search looks through: for each job its name, its parameters and the names of its items
-- (`item` 0, folded), and the code and message of each of its items that has an error (`item` is its
-- id, as it is told); -1 is an error of the job itself.
CREATE TABLE search (
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    item INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (job, item)
) WITHOUT ROWID;
INSERT INTO search (job, item, text) SELECT id, 0, fold(CAST(name || '
' || substr(params, 1, 131072) || '
' || coalesce((SELECT group_concat(filename, '
') FROM item WHERE item.job = job.id AND step = 0), '') AS BLOB)) FROM job WHERE delivery_of IS NULL;
INSERT INTO search (job, item, text) SELECT job, id, coalesce(json_extract(error, '$.code'), '') || ' '
    || coalesce(json_extract(error, '$.message'), '') FROM item WHERE json_valid(error);
INSERT INTO search (job, item, text) SELECT id, -1, coalesce(json_extract(error, '$.code'), '') || ' '
    || coalesce(json_extract(error, '$.message'), '') FROM job
    WHERE status = 'cancelled' AND json_valid(error);
CREATE TRIGGER item_told AFTER UPDATE OF error ON item WHEN NEW.error IS NOT OLD.error
    BEGIN
        DELETE FROM search WHERE job = NEW.job AND item = NEW.id;
        INSERT INTO search (job, item, text)
            SELECT NEW.job, NEW.id, coalesce(json_extract(NEW.error, '$.code'), '') || ' '
                || coalesce(json_extract(NEW.error, '$.message'), '') WHERE json_valid(NEW.error);
    END;
-- A job that failed has the error of its first item that did.
CREATE TRIGGER job_told AFTER UPDATE OF error ON job WHEN NEW.error IS NOT OLD.error
    BEGIN
        DELETE FROM search WHERE job = NEW.id AND item = -1;
        INSERT INTO search (job, item, text)
            SELECT NEW.id, -1, coalesce(json_extract(NEW.error, '$.code'), '') || ' '
                || coalesce(json_extract(NEW.error, '$.message'), '')
            WHERE NEW.status = 'cancelled' AND json_valid(NEW.error);
    END;
-- Files that arrive in parts, until a job takes them: what of one lies on the disk for good, and in
-- which boot of the machine, for what was written since then is lost with it. `sha256` is known once
-- it is whole. They count as stored by their owner with the length that they will have.
CREATE TABLE upload (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    filename TEXT NOT NULL,
    metadata TEXT NOT NULL,
    length INTEGER NOT NULL CHECK (length >= 0),
    stored_bytes INTEGER NOT NULL CHECK (stored_bytes BETWEEN 0 AND length),
    boot TEXT NOT NULL,
    sha256 TEXT CHECK (sha256 IS NULL OR stored_bytes = length),
    expires_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX upload_owner ON upload (owner, sha256);
CREATE INDEX upload_expires_at ON upload (expires_at);
CREATE TRIGGER upload_held AFTER INSERT ON upload WHEN NEW.length != 0
    BEGIN
        INSERT INTO storage_use (owner, bytes) VALUES (NEW.owner, NEW.length)
            ON CONFLICT DO UPDATE SET bytes = bytes + NEW.length;
    END;
CREATE TRIGGER upload_handed_over AFTER UPDATE OF owner ON upload
    BEGIN
        UPDATE storage_use SET bytes = bytes - OLD.length WHERE owner = OLD.owner;
        INSERT INTO storage_use (owner, bytes) VALUES (NEW.owner, NEW.length)
            ON CONFLICT DO UPDATE SET bytes = bytes + NEW.length;
    END;
CREATE TRIGGER upload_let_go AFTER DELETE ON upload WHEN OLD.length != 0
    BEGIN UPDATE storage_use SET bytes = bytes - OLD.length WHERE owner = OLD.owner; END;

-- Who paused a queue, and when.
ALTER TABLE queue ADD COLUMN paused_by TEXT;
ALTER TABLE queue ADD COLUMN paused_at TEXT;

-- Who paused a schedule, and when; null while it is not paused.
ALTER TABLE schedule ADD COLUMN paused_by TEXT;
ALTER TABLE schedule ADD COLUMN paused_at TEXT;
-- The jobs of a schedule.
CREATE INDEX IF NOT EXISTS job_schedule ON job (schedule, id) WHERE schedule IS NOT NULL;

-- Why an item failed: the code of its error and, where that stands for anything, the message
-- without what differs from item to item. Null unless it has failed.
ALTER TABLE item ADD COLUMN code TEXT;
ALTER TABLE item ADD COLUMN reason TEXT;
UPDATE item SET reason = '', code = coalesce(
    CASE WHEN json_valid(error) THEN json_extract(error, '$.code') END, 'unreadable')
    WHERE status = 'failed';
CREATE INDEX item_failure ON item (code, type, reason, job) WHERE code IS NOT NULL;
CREATE INDEX job_created ON job (created_at, id);

-- What runs of items came to, and how long they waited and took, counted in slots of time: `at` is
-- the start of one in seconds since 1970. A slot is 5 minutes, later an hour, then a day long.
-- `bucket` is of a length of time (jobs/spans.py), 0 where only the number counts; `peak` is the
-- most memory that one of them was seen to hold, in bytes.
CREATE TABLE tally (
    at INTEGER NOT NULL,
    owner TEXT NOT NULL,
    type TEXT NOT NULL,
    what TEXT NOT NULL CHECK (what IN ('completed', 'failed', 'ran', 'waited')),
    bucket INTEGER NOT NULL,
    count INTEGER NOT NULL,
    peak INTEGER NOT NULL,
    PRIMARY KEY (at, owner, type, what, bucket)
) WITHOUT ROWID;
-- How often items failed for one reason, in the same slots. `last` is the time, the job and the
-- message of the last one, with blanks between, so that the greatest is the newest.
CREATE TABLE failure (
    at INTEGER NOT NULL,
    owner TEXT NOT NULL,
    type TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_at TEXT NOT NULL,
    last TEXT NOT NULL,
    PRIMARY KEY (at, owner, type, code, reason)
) WITHOUT ROWID;
