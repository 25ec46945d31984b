BEGIN TRANSACTION;
CREATE TABLE consumer (
    id TEXT PRIMARY KEY,
    pid INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    queues TEXT NOT NULL CHECK (json_valid(queues)),
    bell TEXT
) WITHOUT ROWID;
INSERT INTO "consumer" VALUES('6dce7dfde3ae',5254,'2026-11-28T14:06:09.703869Z','["default", "document_processing", "geo_processing", "parsing", "ai", "notion", "ocr"]',NULL);
CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "counter" VALUES('change',27);
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    item INTEGER,
    step INTEGER,
    attempt INTEGER,
    move TEXT NOT NULL,
    code TEXT,
    text TEXT
);
INSERT INTO "event" VALUES(1,1,'2026-11-28T14:06:10.499022Z',NULL,NULL,NULL,'submitted',NULL,NULL);
INSERT INTO "event" VALUES(2,1,'2026-11-28T14:06:10.532123Z',0,0,1,'claimed',NULL,NULL);
INSERT INTO "event" VALUES(3,2,'2026-11-28T14:06:10.557163Z',NULL,NULL,NULL,'submitted',NULL,NULL);
INSERT INTO "event" VALUES(4,3,'2026-11-28T14:06:10.586557Z',NULL,NULL,NULL,'submitted',NULL,NULL);
INSERT INTO "event" VALUES(5,4,'2026-11-28T14:06:10.611604Z',NULL,NULL,NULL,'submitted',NULL,NULL);
INSERT INTO "event" VALUES(6,1,'2026-11-28T14:06:11.061886Z',0,0,1,'completed',NULL,NULL);
INSERT INTO "event" VALUES(7,2,'2026-11-28T14:06:11.063103Z',0,0,1,'claimed',NULL,NULL);
INSERT INTO "event" VALUES(8,2,'2026-11-28T14:06:11.064973Z',0,0,1,'completed',NULL,NULL);
INSERT INTO "event" VALUES(9,3,'2026-11-28T14:06:11.065581Z',0,0,1,'claimed',NULL,NULL);
INSERT INTO "event" VALUES(10,3,'2026-11-28T14:06:11.074039Z',0,0,1,'failed','no_good','This is no good: bad');
INSERT INTO "event" VALUES(11,4,'2026-11-28T14:06:11.074629Z',0,0,1,'claimed',NULL,NULL);
INSERT INTO "event" VALUES(12,4,'2026-11-28T14:06:11.078687Z',0,0,1,'completed',NULL,NULL);
INSERT INTO "event" VALUES(13,4,'2026-11-28T14:06:11.079141Z',1,0,1,'claimed',NULL,NULL);
INSERT INTO "event" VALUES(14,4,'2026-11-28T14:06:11.080123Z',1,0,1,'failed','no_good','This is no good: new');
INSERT INTO "event" VALUES(15,5,'2026-11-28T14:06:11.104079Z',NULL,NULL,NULL,'submitted',NULL,NULL);
INSERT INTO "event" VALUES(16,5,'2026-11-28T14:06:11.109612Z',0,0,1,'claimed',NULL,NULL);
INSERT INTO "event" VALUES(17,5,'2026-11-28T14:06:11.624537Z',NULL,NULL,NULL,'cancel_asked',NULL,NULL);
INSERT INTO "event" VALUES(18,5,'2026-11-28T14:06:12.139598Z',0,0,1,'cancelled',NULL,NULL);
INSERT INTO "event" VALUES(19,6,'2026-11-28T14:06:12.330109Z',NULL,NULL,NULL,'submitted',NULL,NULL);
INSERT INTO "event" VALUES(20,6,'2026-11-28T14:06:12.338079Z',0,0,1,'claimed',NULL,NULL);
INSERT INTO "event" VALUES(21,6,'2026-11-28T14:06:12.340587Z',0,0,1,'retry_scheduled','try_again','the server is busy');
INSERT INTO "event" VALUES(22,7,'2026-11-28T14:06:12.402163Z',NULL,NULL,NULL,'submitted',NULL,NULL);
INSERT INTO "event" VALUES(23,7,'2026-11-28T14:06:12.425730Z',0,0,1,'claimed',NULL,NULL);
INSERT INTO "event" VALUES(24,8,'2026-11-28T14:06:14.574506Z',NULL,NULL,NULL,'submitted',NULL,NULL);
CREATE TABLE gone (
    change INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL,
    owner TEXT NOT NULL
);
CREATE TABLE item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    "index" INTEGER NOT NULL CHECK ("index" >= 0),
    step INTEGER NOT NULL DEFAULT 0 CHECK (step >= 0),
    type TEXT NOT NULL,
    queue TEXT NOT NULL,
    owner TEXT NOT NULL CHECK (owner != ''),
    priority INTEGER NOT NULL DEFAULT 0,
    turn INTEGER NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('pending', 'queued', 'running', 'completed', 'failed', 'cancelled')),
    filename TEXT NOT NULL,
    input TEXT NOT NULL CHECK (json_valid(input)),
    input_sha256 TEXT,
    progress INTEGER NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    current_step TEXT,
    attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    crashes INTEGER NOT NULL DEFAULT 0 CHECK (crashes >= 0),
    interruptions INTEGER NOT NULL DEFAULT 0 CHECK (interruptions >= 0),
    worker TEXT,
    lease_until TEXT,
    not_before TEXT,
    cached INTEGER NOT NULL DEFAULT 0 CHECK (cached IN (0, 1)),
    error TEXT CHECK (error IS NULL OR json_valid(error)),
    started_at TEXT,
    completed_at TEXT,
    UNIQUE (job, "index", step),
    CHECK ((status = 'running') = (worker IS NOT NULL)),
    CHECK ((worker IS NULL) = (lease_until IS NULL)),
    CHECK ((status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)),
    CHECK (status != 'failed' OR error IS NOT NULL),
    CHECK (not_before IS NULL OR status = 'pending'),
    CHECK (attempt > 0 OR status IN ('pending', 'queued', 'cancelled'))
);
INSERT INTO "item" VALUES(1,1,0,0,'report','default','local',0,1,'completed','notes.txt','{"file": "0.txt"}','ef5b05a961b4c934b17999593e4b7253614d6c99d26d6e50b843e546d79e57e5',100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:10.531763Z','2026-11-28T14:06:11.061720Z');
INSERT INTO "item" VALUES(2,2,0,0,'shout','default','local',0,2,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:11.062964Z','2026-11-28T14:06:11.064913Z');
INSERT INTO "item" VALUES(3,3,0,0,'picky','default','local',0,3,'failed','bad','{"text": "bad"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-28T14:06:11.065530Z','2026-11-28T14:06:11.073872Z');
INSERT INTO "item" VALUES(4,4,0,0,'picky','default','local',0,4,'completed','good','{"text": "good"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:11.074571Z','2026-11-28T14:06:11.078615Z');
INSERT INTO "item" VALUES(5,4,1,0,'picky','default','local',0,5,'failed','new','{"text": "new"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-28T14:06:11.079092Z','2026-11-28T14:06:11.080060Z');
INSERT INTO "item" VALUES(6,5,0,0,'hold','ai','local',0,1,'cancelled','on','{"text": "on"}',NULL,40,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:11.109277Z','2026-11-28T14:06:12.139421Z');
INSERT INTO "item" VALUES(7,6,0,0,'later','default','local',0,6,'pending','soon','{"text": "soon"}',NULL,0,NULL,1,0,0,0,NULL,NULL,'2026-11-28T14:07:12.340370Z',0,'{"code": "try_again", "message": "the server is busy", "hint": null}','2026-11-28T14:06:12.337722Z',NULL);
INSERT INTO "item" VALUES(8,7,0,0,'hold','ai','local',0,2,'running','on','{"text": "on"}',NULL,40,'Holding',1,0,0,0,'6dce7dfde3ae/Worker-10','2026-11-28T14:07:12.425374Z',NULL,0,NULL,'2026-11-28T14:06:12.425354Z',NULL);
INSERT INTO "item" VALUES(9,8,0,0,'shout','default','local',0,7,'queued','in line','{"text": "in line"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL);
CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    params TEXT NOT NULL CHECK (json_valid(params)),
    owner TEXT NOT NULL CHECK (owner != ''),
    queue TEXT NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('pending', 'queued', 'running', 'completed', 'failed', 'cancelled')),
    priority INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100),
    change INTEGER NOT NULL,
    total_items INTEGER NOT NULL CHECK (total_items > 0),
    completed_items INTEGER NOT NULL DEFAULT 0 CHECK (completed_items >= 0),
    failed_items INTEGER NOT NULL DEFAULT 0 CHECK (failed_items >= 0),
    cancelled_items INTEGER NOT NULL DEFAULT 0 CHECK (cancelled_items >= 0),
    progress_points INTEGER NOT NULL DEFAULT 0,
    current_step TEXT,
    attempt INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
    error TEXT CHECK (error IS NULL OR json_valid(error)),
    created_at TEXT NOT NULL,
    started_at TEXT,
    completed_at TEXT,
    run_at TEXT,
    expires_at TEXT,
    CHECK (completed_items + failed_items + cancelled_items <= total_items),
    CHECK (progress_points BETWEEN 0 AND 100 * total_items),
    CHECK ((status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)),
    CHECK (status != 'completed' OR completed_items = total_items),
    CHECK (status NOT IN ('running', 'completed', 'failed') OR started_at IS NOT NULL)
);
INSERT INTO "job" VALUES(1,'a8bc82fcb2f4c923f6cd','report','notes.txt','{"title": "T"}','local','default','completed',0,6,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:06:10.495841Z','2026-11-28T14:06:10.532123Z','2026-11-28T14:06:11.062077Z',NULL,NULL);
INSERT INTO "job" VALUES(2,'61a3d2d5e1d7a6b966c5','shout','loud','{"times": 2, "api_token": "", "end": "!"}','local','default','completed',0,9,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:06:10.556646Z','2026-11-28T14:06:11.063103Z','2026-11-28T14:06:11.065071Z',NULL,NULL);
INSERT INTO "job" VALUES(3,'0b6d394f9f998008062c','picky','bad','{}','local','default','failed',0,11,1,0,1,0,0,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-28T14:06:10.586177Z','2026-11-28T14:06:11.065581Z','2026-11-28T14:06:11.074114Z',NULL,NULL);
INSERT INTO "job" VALUES(4,'e34b1f3ac581851b8700','picky','good and 1 more','{}','local','default','failed',0,15,2,1,1,0,100,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-28T14:06:10.610986Z','2026-11-28T14:06:11.074629Z','2026-11-28T14:06:11.080181Z',NULL,NULL);
INSERT INTO "job" VALUES(5,'5d2fab8d150b746740ec','hold','on','{}','local','ai','cancelled',0,20,1,0,0,1,40,NULL,1,4,1,NULL,'2026-11-28T14:06:11.103470Z','2026-11-28T14:06:11.109612Z','2026-11-28T14:06:12.139776Z',NULL,NULL);
INSERT INTO "job" VALUES(6,'0d69ef4acc0dc1df54ca','later','soon','{"after_s": 60}','local','default','running',0,23,1,0,0,0,0,NULL,1,4,0,NULL,'2026-11-28T14:06:12.329658Z','2026-11-28T14:06:12.338079Z',NULL,NULL,NULL);
INSERT INTO "job" VALUES(7,'84b75ebc53ae461ff66e','hold','on','{}','local','ai','running',0,26,1,0,0,0,40,'Holding',1,4,0,NULL,'2026-11-28T14:06:12.401504Z','2026-11-28T14:06:12.425730Z',NULL,NULL,NULL);
INSERT INTO "job" VALUES(8,'cac47590d11327ac73a2','shout','in line','{"api_token": "", "end": "!", "times": 1}','local','default','queued',0,27,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T14:06:14.573883Z',NULL,NULL,NULL,NULL);
CREATE TABLE result (
    item INTEGER PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
    data TEXT NOT NULL CHECK (json_valid(data)),
    files TEXT NOT NULL CHECK (json_valid(files)),
    warnings TEXT NOT NULL CHECK (json_valid(warnings))
);
INSERT INTO "result" VALUES(1,'{"words": 3}','[{"name": "more/gr\u00f6\u00dfe.txt", "size": 5, "path": "0-0-1/more/gr\u00f6\u00dfe.txt"}, {"name": "words.csv", "size": 19, "path": "0-0-1/words.csv"}]','[]');
INSERT INTO "result" VALUES(2,'{"said": "LOUD!LOUD!"}','[]','[{"code": "echo", "message": "It is said more than once.", "where": "line 1"}]');
INSERT INTO "result" VALUES(4,'{"text": "good"}','[]','[]');
CREATE TABLE turn (
    queue TEXT NOT NULL,
    owner TEXT NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (queue, owner)
) WITHOUT ROWID;
INSERT INTO "turn" VALUES('ai','',2);
INSERT INTO "turn" VALUES('ai','local',2);
INSERT INTO "turn" VALUES('default','',6);
INSERT INTO "turn" VALUES('default','local',7);
CREATE INDEX job_change ON job (change);
CREATE INDEX job_owner ON job (owner, id);
CREATE INDEX job_status ON job (status, id);
CREATE INDEX job_type ON job (type, id);
CREATE INDEX job_ended ON job (completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX item_due ON item (queue, priority DESC, turn, id) WHERE status = 'queued';
CREATE INDEX item_waiting ON item (not_before) WHERE status = 'pending';
CREATE INDEX item_running ON item (worker) WHERE status = 'running';
CREATE INDEX event_job ON event (job, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('job',8);
INSERT INTO "sqlite_sequence" VALUES('item',9);
INSERT INTO "sqlite_sequence" VALUES('event',24);
COMMIT;
PRAGMA user_version = 1;
