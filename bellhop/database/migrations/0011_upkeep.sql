-- People: links with which somebody comes in once, known by the SHA-256 of what stands after the #.
-- `first` makes the first account, `invitation` the account that it names, `reset` gives an account
-- another password.
CREATE TABLE one_time_link (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('first', 'invitation', 'reset')),
    account TEXT NOT NULL,
    role TEXT NOT NULL,
    made_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    revoked_at TEXT
);
-- People: the second factor of those who want one (TOTP, RFC 6238). It counts from `confirmed_at` on;
-- `last_step` is the time, in steps of 30 s, of the last code that was accepted. Bellhop makes the codes
-- itself to compare, and so keeps the secret; recovery codes are known by their SHA-256.
CREATE TABLE totp (
    account TEXT PRIMARY KEY REFERENCES account (name) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    last_step INTEGER NOT NULL DEFAULT 0,
    confirmed_at TEXT
) WITHOUT ROWID;
CREATE TABLE recovery_code (
    hash TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES totp (account) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX recovery_code_account ON recovery_code (account);
-- Metrics: what the counters of /metrics hold. A row only grows, and outlives the jobs that it counts.
-- `bucket` is the upper bound of how long it took in milliseconds, 0 above all bounds and -1 where only
-- the number counts; `seconds` is the sum of these lengths.
CREATE TABLE total (
    what TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    count INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (what, type, status, code, bucket)
) WITHOUT ROWID;
-- Whether the job had ended before, and runs again: how long that took tells nothing.
ALTER TABLE job ADD COLUMN is_again INTEGER NOT NULL DEFAULT 0 CHECK (is_again IN (0, 1));
-- Single sign-on: whom a provider of OpenID Connect calls by this subject. It gives no subject to
-- anybody else, as it may do with names; an account is one person's.
CREATE TABLE sso_identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    account TEXT NOT NULL UNIQUE REFERENCES account (name) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (issuer, subject)
) WITHOUT ROWID;
-- Since when an item may run, as long as it is queued; null where an older version queued it.
ALTER TABLE item ADD COLUMN queued_at TEXT;
-- Since when a queue is behind: its oldest item waits for longer than `backlog_s`.
ALTER TABLE queue ADD COLUMN behind_since TEXT;
-- Watch folders. What Bellhop found where a watch leads: `mark` is the name of its folder in
-- `.bellhop` there, empty while it has not been there. `told` is JSON: what waits, and what is wrong.
CREATE TABLE watch (
    name TEXT PRIMARY KEY,
    folder TEXT NOT NULL,
    mark TEXT NOT NULL DEFAULT '',
    told TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
-- The files that were taken from watched folders and are not in `done` or `failed` yet: `id` is the
-- name of the folder of such a file below `mark`. `job` is null where it was refused; `target` is
-- where it goes, once that is certain, and `why` what is written beside it.
CREATE TABLE watched (
    id TEXT PRIMARY KEY,
    mark TEXT NOT NULL,
    job TEXT,
    target TEXT,
    why TEXT,
    CHECK (job IS NOT NULL OR target IS NOT NULL)
) WITHOUT ROWID;
CREATE INDEX watched_mark ON watched (mark);
-- The name of the watch folder that a job came from.
ALTER TABLE job ADD COLUMN watch TEXT;
-- Notices by mail. What a person wants to be told, and where; `owner` is as in `job`.
CREATE TABLE notice_wish (
    owner TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    wants TEXT NOT NULL CHECK (wants IN ('nothing', 'failures', 'every'))
) WITHOUT ROWID;
-- What somebody is still to be told: the end of a job as it was then (its copy, as the job may be
-- deleted first), a schedule that could not submit its job, a trouble of the installation that
-- began or is over. `owner` is empty for those who look after it; `address` is empty for the
-- owner's own. The keeper of the home takes the rows out in the transaction that makes the job
-- which sends them.
CREATE TABLE notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    owner TEXT NOT NULL,
    address TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('job', 'schedule', 'trouble')),
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    job_id TEXT,
    type TEXT,
    total_items INTEGER NOT NULL DEFAULT 0,
    completed_items INTEGER NOT NULL DEFAULT 0,
    failed_items INTEGER NOT NULL DEFAULT 0,
    started_at TEXT,
    error TEXT
);
CREATE INDEX notice_waits ON notice (owner, address, at);
-- What was handed over to be sent, for a day or more: `job_id` is of the job that sends it.
CREATE TABLE notice_sent (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    owner TEXT NOT NULL,
    address TEXT NOT NULL,
    job_id TEXT NOT NULL,
    count INTEGER NOT NULL
);
CREATE INDEX notice_sent_to ON notice_sent (owner, address, at);
-- What is wrong with the installation, by name. `over_since` is set while it is not wrong any more.
CREATE TABLE trouble (
    name TEXT PRIMARY KEY,
    said TEXT NOT NULL,
    since TEXT NOT NULL,
    over_since TEXT,
    is_told INTEGER NOT NULL DEFAULT 0 CHECK (is_told IN (0, 1))
) WITHOUT ROWID;
-- What is told of the jobs of a schedule, in the place of what its owner wants to know of each of
-- their jobs; null: just that. An empty address is the owner's own.
ALTER TABLE schedule ADD COLUMN notify TEXT CHECK (notify IN ('nothing', 'failures', 'every'));
ALTER TABLE schedule ADD COLUMN notify_address TEXT NOT NULL DEFAULT '';
