-- The machines of an installation whose rows are on a server; none while they are in SQLite. `queues`
-- is JSON, such as {"ai": 2}: how many items of each queue a machine runs at once. `place` names the
-- folder and the start of the kernel in which a machine runs, so that a copy of its data folder is
-- noticed. `facts` is JSON: what a machine last told about itself (jobs see nothing of it).
CREATE TABLE machine (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    is_home INTEGER NOT NULL DEFAULT 0 CHECK (is_home IN (0, 1)),
    queues TEXT NOT NULL,
    version TEXT NOT NULL,
    place TEXT NOT NULL,
    facts TEXT NOT NULL DEFAULT '{}',
    joined_at TEXT NOT NULL,
    seen_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX machine_home ON machine (is_home) WHERE is_home = 1;
-- What lets one machine join, once and for an hour: the SHA-256 of a token.
CREATE TABLE join_token (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    queues TEXT NOT NULL,
    made_by TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT
) WITHOUT ROWID;
-- The job types of a machine, as it describes them (JSON); `code` tells whether two machines have the
-- same code under a name. `problem` says why a machine runs no items of the type.
CREATE TABLE served (
    machine TEXT NOT NULL REFERENCES machine (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    code TEXT NOT NULL,
    description TEXT NOT NULL,
    problem TEXT,
    PRIMARY KEY (machine, type)
) WITHOUT ROWID;
-- What the home tells all machines: settings that they share, where the files are, which schema a
-- program needs at least.
CREATE TABLE published (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
-- The machine on which a consumer runs, and its place; `beat` grows while the consumer can reach the
-- rows: one that stands still for `lease_s` is dead to other machines, as the consumer has ended by
-- then what it ran. It is the time of the last beat by the clock of the server, in milliseconds, or
-- more; `lease_s` is null while there is no other machine. `told` is JSON:
-- what its running items take, while somebody looks.
ALTER TABLE consumer ADD COLUMN machine TEXT NOT NULL DEFAULT '';
ALTER TABLE consumer ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE consumer ADD COLUMN beat INTEGER NOT NULL DEFAULT 0;
ALTER TABLE consumer ADD COLUMN lease_s REAL DEFAULT 60;
ALTER TABLE consumer ADD COLUMN told TEXT;
