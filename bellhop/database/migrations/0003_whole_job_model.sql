-- Chains: `steps` job types run one after the other on each item; `chain` holds the later ones,
-- [{"type", "params"}]. Their items wait for the step before.
ALTER TABLE job ADD COLUMN steps INTEGER NOT NULL DEFAULT 1 CHECK (steps > 0);
ALTER TABLE job ADD COLUMN chain TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(chain));
-- The jobs it was submitted to wait for.
ALTER TABLE job ADD COLUMN depends_on TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(depends_on));
-- How many items, of each step, were taken from an earlier result.
ALTER TABLE job ADD COLUMN cached_items INTEGER NOT NULL DEFAULT 0 CHECK (cached_items >= 0);
ALTER TABLE job ADD COLUMN use_cache INTEGER NOT NULL DEFAULT 1 CHECK (use_cache IN (0, 1));
ALTER TABLE job ADD COLUMN keep INTEGER NOT NULL DEFAULT 0 CHECK (keep IN (0, 1));
ALTER TABLE job ADD COLUMN webhook_url TEXT;
-- Whether progress is told too, and when it was told last.
ALTER TABLE job ADD COLUMN webhook_progress INTEGER NOT NULL DEFAULT 0
    CHECK (webhook_progress IN (0, 1));
ALTER TABLE job ADD COLUMN webhook_at TEXT;
-- The job that this one, a delivery of a webhook, tells about.
ALTER TABLE job ADD COLUMN delivery_of INTEGER REFERENCES job (id) ON DELETE CASCADE;
ALTER TABLE job ADD COLUMN schedule INTEGER;
CREATE INDEX job_delivery ON job (delivery_of, id) WHERE delivery_of IS NOT NULL;
CREATE INDEX job_queue ON job (queue, id);
DROP INDEX job_ended;
CREATE INDEX job_ended ON job (type, completed_at) WHERE completed_at IS NOT NULL AND keep = 0;

-- What a pending item waits for beside its time: the step before, other jobs, or the end of an
-- equal item that runs.
ALTER TABLE item ADD COLUMN waits_for TEXT
    CHECK (waits_for IS NULL OR (status = 'pending' AND waits_for IN ('step', 'job', 'equal')));
-- What the result is known by in the cache, while the item runs or waits for its equal.
ALTER TABLE item ADD COLUMN cache_key TEXT
    CHECK (cache_key IS NULL OR status = 'running' OR waits_for = 'equal');
-- Whether it has waited for its equal: it does so once, and then it runs.
ALTER TABLE item ADD COLUMN was_deferred INTEGER NOT NULL DEFAULT 0 CHECK (was_deferred IN (0, 1));
-- The job whose result this item took.
ALTER TABLE item ADD COLUMN cached_from TEXT;
CREATE INDEX item_equal ON item (cache_key) WHERE cache_key IS NOT NULL;

-- Jobs that a job waits for; `is_met` once that one has completed.
CREATE TABLE dependency (
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    needs TEXT NOT NULL,
    is_met INTEGER NOT NULL DEFAULT 0 CHECK (is_met IN (0, 1)),
    PRIMARY KEY (job, needs)
) WITHOUT ROWID;
CREATE INDEX dependency_unmet ON dependency (needs) WHERE is_met = 0;

-- The content of uploaded files, to find the jobs over one.
CREATE TABLE content (
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (job, sha256)
) WITHOUT ROWID;
CREATE INDEX content_sha256 ON content (sha256, job);

-- Keys of submissions: the same request again gets the first job again.
CREATE TABLE idempotency (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_job ON idempotency (job);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- What people changed about a queue while Bellhop runs; without a row it is as in config.ini.
CREATE TABLE queue (
    name TEXT PRIMARY KEY,
    is_paused INTEGER NOT NULL DEFAULT 0 CHECK (is_paused IN (0, 1)),
    workers INTEGER CHECK (workers BETWEEN 1 AND 256)
) WITHOUT ROWID;

-- Results that may be used again: the newest item that has it.
CREATE TABLE cache (
    key TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    owner TEXT NOT NULL,
    item INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX cache_item ON cache (item);
CREATE TABLE cache_count (
    type TEXT PRIMARY KEY,
    hits INTEGER NOT NULL DEFAULT 0,
    misses INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- How long items of each type ran lately: a few of them, in slots.
CREATE TABLE duration (
    type TEXT NOT NULL,
    slot INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (type, slot)
) WITHOUT ROWID;

-- Jobs to submit again and again; `job` is the document of POST /jobs, `next_at` when it is due.
CREATE TABLE schedule (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    cron TEXT NOT NULL,
    timezone TEXT NOT NULL,
    job TEXT NOT NULL CHECK (json_valid(job)),
    next_at TEXT NOT NULL,
    last_at TEXT,
    last_job_id TEXT,
    error TEXT,
    created_at TEXT NOT NULL
);
CREATE INDEX schedule_due ON schedule (next_at);

-- What webhooks are signed with, and the addresses that wanted no more.
CREATE TABLE webhook_secret (
    owner TEXT PRIMARY KEY,
    secret TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE webhook_disabled (
    owner TEXT NOT NULL,
    url TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (owner, url)
) WITHOUT ROWID;

-- Whether a deleted job went because its time was over.
ALTER TABLE gone ADD COLUMN is_expired INTEGER NOT NULL DEFAULT 0 CHECK (is_expired IN (0, 1));
CREATE INDEX gone_job ON gone (job_id);
