-- People: links with which somebody comes in once, known by the SHA-256 of what stands after the #.
-- `first` makes the first account, `invitation` the account that it names, `reset` gives an account
-- another password. Only one of these may be open for an account.
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
CREATE UNIQUE INDEX one_time_link_open ON one_time_link (kind, account)
    WHERE used_at IS NULL AND revoked_at IS NULL;
