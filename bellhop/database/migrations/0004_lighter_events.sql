-- Without AUTOINCREMENT, which writes one more page with each move. An id may come again only after
-- the newest events were deleted, and a reader's place in the events of a job lies below these.
CREATE TABLE lighter (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    item INTEGER,
    step INTEGER,
    attempt INTEGER,
    move TEXT NOT NULL,
    code TEXT,
    text TEXT,
    traceback TEXT
);
INSERT INTO lighter (id, job, at, item, step, attempt, move, code, text, traceback)
    SELECT id, job, at, item, step, attempt, move, code, text, traceback FROM event;
DROP TABLE event;
ALTER TABLE lighter RENAME TO event;
CREATE INDEX event_job ON event (job, id);
