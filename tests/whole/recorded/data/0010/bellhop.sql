BEGIN TRANSACTION;
CREATE TABLE account (
    name TEXT PRIMARY KEY CHECK (name NOT IN ('', 'local')),
    role TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin')),
    password TEXT,
    is_disabled INTEGER NOT NULL DEFAULT 0 CHECK (is_disabled IN (0, 1)),
    created_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "account" VALUES('anna','admin',NULL,0,'2026-11-30T06:59:10.448750Z');
INSERT INTO "account" VALUES('ben','member',NULL,0,'2026-11-30T06:59:11.024059Z');
INSERT INTO "account" VALUES('vera','viewer',NULL,0,'2026-11-30T06:59:11.588056Z');
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL
);
INSERT INTO "audit" VALUES(1,'2026-11-30T06:59:08.905518Z','local','127.0.0.1','submit','c4cd3a2caf33ed157d20');
INSERT INTO "audit" VALUES(2,'2026-11-30T06:59:08.912170Z','local','127.0.0.1','submit','9b51a9fff2e1b7db24f8');
INSERT INTO "audit" VALUES(3,'2026-11-30T06:59:08.916879Z','local','127.0.0.1','submit','6a23571cf74aa29432a1');
INSERT INTO "audit" VALUES(4,'2026-11-30T06:59:08.920696Z','local','127.0.0.1','submit','500152429021550ac915');
INSERT INTO "audit" VALUES(5,'2026-11-30T06:59:09.022732Z','local','127.0.0.1','submit','e2f0fb3797bf890ef48d');
INSERT INTO "audit" VALUES(6,'2026-11-30T06:59:09.113050Z','local','127.0.0.1','cancel','e2f0fb3797bf890ef48d');
INSERT INTO "audit" VALUES(7,'2026-11-30T06:59:09.810177Z','local','127.0.0.1','submit','45feb0716e8de16f1baf');
INSERT INTO "audit" VALUES(8,'2026-11-30T06:59:09.813561Z','local','127.0.0.1','submit','960012f063fe9c57c189');
INSERT INTO "audit" VALUES(9,'2026-11-30T06:59:10.003164Z','local','127.0.0.1','submit','bdcdc717c88f34049ff4');
INSERT INTO "audit" VALUES(10,'2026-11-30T06:59:10.005884Z','local','127.0.0.1','change keep','9b51a9fff2e1b7db24f8');
INSERT INTO "audit" VALUES(11,'2026-11-30T06:59:10.007750Z','local','127.0.0.1','submit','b06d2dd6c6dd2a084575');
INSERT INTO "audit" VALUES(12,'2026-11-30T06:59:10.033515Z','local','127.0.0.1','delete','b06d2dd6c6dd2a084575');
INSERT INTO "audit" VALUES(13,'2026-11-30T06:59:10.035950Z','local','127.0.0.1','add schedule','New year');
INSERT INTO "audit" VALUES(14,'2026-11-30T06:59:10.058273Z','local','127.0.0.1','submit','ede27292bdb8b01217c4');
INSERT INTO "audit" VALUES(15,'2026-11-30T06:59:10.085324Z','local','127.0.0.1','submit','500d7f239f647a6a9dbb');
INSERT INTO "audit" VALUES(16,'2026-11-30T06:59:10.449378Z','console','','add account (admin)','anna');
INSERT INTO "audit" VALUES(17,'2026-11-30T06:59:10.740526Z','console','','add token (all)','anna');
INSERT INTO "audit" VALUES(18,'2026-11-30T06:59:11.024194Z','console','','add account (member)','ben');
INSERT INTO "audit" VALUES(19,'2026-11-30T06:59:11.307838Z','console','','add token (all)','ben');
INSERT INTO "audit" VALUES(20,'2026-11-30T06:59:11.588184Z','console','','add account (viewer)','vera');
INSERT INTO "audit" VALUES(21,'2026-11-30T06:59:11.859977Z','console','','add token (all)','vera');
INSERT INTO "audit" VALUES(22,'2026-11-30T06:59:12.297542Z','anna','127.0.0.1','submit','f2024beaa2499dcee369');
INSERT INTO "audit" VALUES(23,'2026-11-30T06:59:12.302658Z','anna','127.0.0.1','submit','35aee7c07a0e76d6b298');
INSERT INTO "audit" VALUES(24,'2026-11-30T06:59:12.306158Z','anna','127.0.0.1','submit','100da77fac722cf18af4');
INSERT INTO "audit" VALUES(25,'2026-11-30T06:59:12.308682Z','anna','127.0.0.1','pause queue','parsing');
INSERT INTO "audit" VALUES(26,'2026-11-30T06:59:12.313217Z','anna','127.0.0.1','submit','99408ff65c7766588661');
INSERT INTO "audit" VALUES(27,'2026-11-30T06:59:12.317303Z','ben','127.0.0.1','submit','f7d028debf6e8109487c');
INSERT INTO "audit" VALUES(28,'2026-11-30T06:59:12.320032Z','ben','127.0.0.1','share with vera','f7d028debf6e8109487c');
CREATE TABLE cache (
    key TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    owner TEXT NOT NULL,
    item INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "cache" VALUES('0732dc7aea1c53b2dd6a48e2202358ce33a5e87234a2aaa57d45e493f76dd677','picky','local',4,16,'2026-11-30T06:59:09.018652Z','2026-11-30T06:59:09.018652Z');
INSERT INTO "cache" VALUES('306aa00fc3d0cd0c3fe74213ef7b27560cf93df7f84acd94c3b61fcc4373c55d','report','local',1,36,'2026-11-30T06:59:09.010322Z','2026-11-30T06:59:09.010322Z');
INSERT INTO "cache" VALUES('791dbc159d5bff8145bddf206efbde896dec26f5e62a967426bef1d55cf756bb','shout','local',9,17,'2026-11-30T06:59:09.818511Z','2026-11-30T06:59:09.818511Z');
INSERT INTO "cache" VALUES('8cac821190c78fba708144b0c7c182bb6b583c78e01f07768ec695d25cd13583','shout','local',11,22,'2026-11-30T06:59:09.013807Z','2026-11-30T06:59:10.002599Z');
INSERT INTO "cache" VALUES('c5f2efba8e2e536f091baf45457ebd46ca16a67290919e6b9f8117814e0eeaa6','shout','local',7,18,'2026-11-30T06:59:09.815754Z','2026-11-30T06:59:09.815754Z');
INSERT INTO "cache" VALUES('cd2e45ba4148c3e7f8c815614ed3cd5a536ca9922dedbcb072f46f0d89bbe5ee','count','local',8,16,'2026-11-30T06:59:09.894718Z','2026-11-30T06:59:09.894718Z');
CREATE TABLE cache_count (
    type TEXT PRIMARY KEY,
    hits INTEGER NOT NULL DEFAULT 0,
    misses INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO "cache_count" VALUES('count',0,1);
INSERT INTO "cache_count" VALUES('picky',0,1);
INSERT INTO "cache_count" VALUES('report',0,1);
INSERT INTO "cache_count" VALUES('shout',1,4);
CREATE TABLE consumer (
    id TEXT PRIMARY KEY,
    pid INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    queues TEXT NOT NULL CHECK (json_valid(queues)),
    bell TEXT
, draining INTEGER NOT NULL DEFAULT 0 CHECK (draining IN (0, 1)), machine TEXT NOT NULL DEFAULT '', place TEXT NOT NULL DEFAULT '', beat INTEGER NOT NULL DEFAULT 0, lease_s REAL DEFAULT 60, told TEXT) WITHOUT ROWID;
INSERT INTO "consumer" VALUES('ad60e5c3f5de',6447,'2026-11-30T06:59:08.772646Z','["default", "document_processing", "geo_processing", "parsing", "ai", "notion", "ocr", "webhooks"]',NULL,0,'','3114c1a2-d0ad-4716-a860-9d3acf96e0d6:fe00:298067',0,60.0,NULL);
CREATE TABLE content (
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (job, sha256)
) WITHOUT ROWID;
INSERT INTO "content" VALUES(1,'ef5b05a961b4c934b17999593e4b7253614d6c99d26d6e50b843e546d79e57e5');
CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "counter" VALUES('change',54);
INSERT INTO "counter" VALUES('closed',1);
CREATE TABLE dependency (
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    needs TEXT NOT NULL,
    is_met INTEGER NOT NULL DEFAULT 0 CHECK (is_met IN (0, 1)),
    PRIMARY KEY (job, needs)
) WITHOUT ROWID;
INSERT INTO "dependency" VALUES(15,'35aee7c07a0e76d6b298',0);
CREATE TABLE duration (
    type TEXT NOT NULL,
    slot INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (type, slot)
) WITHOUT ROWID;
INSERT INTO "duration" VALUES('count',45,5.65898729983018711209e-02);
INSERT INTO "duration" VALUES('picky',8,7.2623299638507887721e-04);
INSERT INTO "duration" VALUES('report',13,7.74335509995580650866e-02);
INSERT INTO "duration" VALUES('shout',30,1.80638399615418165922e-03);
INSERT INTO "duration" VALUES('shout',39,1.02142400282900780439e-03);
INSERT INTO "duration" VALUES('shout',53,1.61270600074203684926e-03);
INSERT INTO "duration" VALUES('shout',62,2.53185600013239309191e-03);
INSERT INTO "duration" VALUES('webhook',7,8.17707309979596175253e-02);
CREATE TABLE "event" (
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
INSERT INTO "event" VALUES(1,1,'2026-11-30T06:59:08.905472Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(2,1,'2026-11-30T06:59:08.909978Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(3,2,'2026-11-30T06:59:08.912135Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(4,3,'2026-11-30T06:59:08.916847Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(5,4,'2026-11-30T06:59:08.920663Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(6,1,'2026-11-30T06:59:09.009848Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(7,2,'2026-11-30T06:59:09.010659Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(8,2,'2026-11-30T06:59:09.013634Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(9,3,'2026-11-30T06:59:09.013937Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(10,3,'2026-11-30T06:59:09.016577Z',0,0,1,'failed','no_good','This is no good: bad',NULL);
INSERT INTO "event" VALUES(11,4,'2026-11-30T06:59:09.017016Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(12,4,'2026-11-30T06:59:09.018518Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(13,4,'2026-11-30T06:59:09.018772Z',1,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(14,4,'2026-11-30T06:59:09.019857Z',1,0,1,'failed','no_good','This is no good: new',NULL);
INSERT INTO "event" VALUES(15,5,'2026-11-30T06:59:09.022703Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(16,5,'2026-11-30T06:59:09.024798Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(17,5,'2026-11-30T06:59:09.112832Z',NULL,NULL,NULL,'cancel_asked',NULL,NULL,NULL);
INSERT INTO "event" VALUES(18,5,'2026-11-30T06:59:09.804435Z',0,0,1,'cancelled',NULL,NULL,NULL);
INSERT INTO "event" VALUES(19,6,'2026-11-30T06:59:09.810149Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(20,6,'2026-11-30T06:59:09.812012Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(21,7,'2026-11-30T06:59:09.813524Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(22,6,'2026-11-30T06:59:09.815596Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(23,6,'2026-11-30T06:59:09.816118Z',0,1,0,'released',NULL,NULL,NULL);
INSERT INTO "event" VALUES(24,7,'2026-11-30T06:59:09.816293Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(25,7,'2026-11-30T06:59:09.817994Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(26,8,'2026-11-30T06:59:09.818421Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(27,6,'2026-11-30T06:59:09.819027Z',0,1,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(28,6,'2026-11-30T06:59:09.894461Z',0,1,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(29,8,'2026-11-30T06:59:09.895485Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(30,8,'2026-11-30T06:59:09.994548Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(31,9,'2026-11-30T06:59:10.002496Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(32,9,'2026-11-30T06:59:10.002814Z',0,0,1,'reused',NULL,NULL,NULL);
INSERT INTO "event" VALUES(33,11,'2026-11-30T06:59:10.058238Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(34,11,'2026-11-30T06:59:10.060478Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(35,11,'2026-11-30T06:59:10.062718Z',0,0,1,'retry_scheduled','try_again','the server is busy',NULL);
INSERT INTO "event" VALUES(36,12,'2026-11-30T06:59:10.085299Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(37,12,'2026-11-30T06:59:10.087418Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(38,13,'2026-11-30T06:59:12.297501Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(39,14,'2026-11-30T06:59:12.302581Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(40,15,'2026-11-30T06:59:12.306125Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(41,16,'2026-11-30T06:59:12.313184Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(42,17,'2026-11-30T06:59:12.317272Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
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
INSERT INTO "failure" VALUES(1796021700,'anna','picky','no_good','',2,'2026-11-30T06:59:09.016334Z','2026-11-30T06:59:09.019780Z 4 This is no good: new');
CREATE TABLE gone (
    change INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL,
    owner TEXT NOT NULL
, is_expired INTEGER NOT NULL DEFAULT 0 CHECK (is_expired IN (0, 1)));
INSERT INTO "gone" VALUES(42,'b06d2dd6c6dd2a084575','anna',0);
CREATE TABLE idempotency (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
INSERT INTO "idempotency" VALUES('anna','kept','7bf0801c9cb80e31fb9ea7d94a1a7b568c8f2917995e9cb91efe5abb1ae88746',14,'2026-11-30T06:59:12.302609Z');
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
    completed_at TEXT, waits_for TEXT
    CHECK (waits_for IS NULL OR (status = 'pending' AND waits_for IN ('step', 'job', 'equal'))), cache_key TEXT
    CHECK (cache_key IS NULL OR status = 'running' OR waits_for = 'equal'), was_deferred INTEGER NOT NULL DEFAULT 0 CHECK (was_deferred IN (0, 1)), cached_from TEXT, wait_s REAL, partial TEXT, code TEXT, reason TEXT,
    UNIQUE (job, "index", step),
    CHECK ((status = 'running') = (worker IS NOT NULL)),
    CHECK ((worker IS NULL) = (lease_until IS NULL)),
    CHECK ((status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)),
    CHECK (status != 'failed' OR error IS NOT NULL),
    CHECK (not_before IS NULL OR status = 'pending'),
    CHECK (attempt > 0 OR status IN ('pending', 'queued', 'cancelled'))
);
INSERT INTO "item" VALUES(1,1,0,0,'report','default','anna',0,1,'completed','notes.txt','{"file": "0.txt"}','ef5b05a961b4c934b17999593e4b7253614d6c99d26d6e50b843e546d79e57e5',100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-30T06:59:08.909529Z','2026-11-30T06:59:09.009416Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(2,2,0,0,'shout','default','anna',0,2,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-30T06:59:09.010560Z','2026-11-30T06:59:09.013549Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(3,3,0,0,'picky','default','anna',0,3,'failed','bad','{"text": "bad"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-30T06:59:09.013901Z','2026-11-30T06:59:09.016334Z',NULL,NULL,0,NULL,NULL,NULL,'no_good','');
INSERT INTO "item" VALUES(4,4,0,0,'picky','default','anna',0,4,'completed','good','{"text": "good"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-30T06:59:09.016958Z','2026-11-30T06:59:09.018458Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(5,4,1,0,'picky','default','anna',0,5,'failed','new','{"text": "new"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-30T06:59:09.018737Z','2026-11-30T06:59:09.019780Z',NULL,NULL,0,NULL,NULL,NULL,'no_good','');
INSERT INTO "item" VALUES(6,5,0,0,'hold','ai','anna',0,1,'cancelled','on','{"text": "on"}',NULL,40,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-30T06:59:09.024598Z','2026-11-30T06:59:09.803983Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(7,6,0,0,'shout','default','anna',0,6,'completed','chain','{"text": "chain"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-30T06:59:09.811833Z','2026-11-30T06:59:09.815515Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(8,6,0,1,'count','parsing','anna',0,1,'completed','chain','{}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-30T06:59:09.818989Z','2026-11-30T06:59:09.894304Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(9,7,0,0,'shout','default','anna',0,7,'completed','told','{"text": "told"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-30T06:59:09.816253Z','2026-11-30T06:59:09.817928Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(10,8,0,0,'webhook','webhooks','anna',0,1,'completed','job.completed','{"data": {"type": "job.completed", "timestamp": "2026-11-30T06:59:09.818093Z", "data": {"job_id": "960012f063fe9c57c189", "status": "completed", "links": {"self": "/api/v1/jobs/960012f063fe9c57c189", "result": "/api/v1/jobs/960012f063fe9c57c189/result"}}}}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-30T06:59:09.895424Z','2026-11-30T06:59:09.994387Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(11,9,0,0,'shout','default','anna',0,8,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,1,NULL,'2026-11-30T06:59:10.002651Z','2026-11-30T06:59:10.002651Z',NULL,NULL,0,'9b51a9fff2e1b7db24f8',NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(13,11,0,0,'later','default','anna',0,10,'pending','soon','{"text": "soon"}',NULL,0,NULL,1,0,0,0,NULL,NULL,'2026-11-30T07:00:10.062418Z',0,'{"code": "try_again", "message": "the server is busy", "hint": null}','2026-11-30T06:59:10.060261Z',NULL,NULL,NULL,0,NULL,60.0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(14,12,0,0,'hold','ai','anna',0,2,'running','on','{"text": "on"}',NULL,40,'Holding',1,0,0,0,'ad60e5c3f5de/Worker-11','2026-11-30T07:00:10.087101Z',NULL,0,NULL,'2026-11-30T06:59:10.087127Z',NULL,NULL,'1c6f5866c92e0e88bf4e073f91fed71c36e5d29956315b6d945e33e126f88dd1',0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(15,13,0,0,'shout','default','anna',0,11,'queued','in line','{"text": "in line"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(16,14,0,0,'shout','default','anna',0,12,'pending','in time','{"text": "in time"}',NULL,0,NULL,0,0,0,0,NULL,NULL,'2100-01-01T00:00:00.000000Z',0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(17,15,0,0,'shout','default','anna',0,13,'pending','after','{"text": "after"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,'job',NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(18,16,0,0,'count','parsing','anna',5,2,'queued','data','{"data": {"a": 1}}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(19,17,0,0,'shout','default','ben',0,11,'queued','ben''s','{"text": "ben''s"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
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
    expires_at TEXT, steps INTEGER NOT NULL DEFAULT 1 CHECK (steps > 0), chain TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(chain)), depends_on TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(depends_on)), cached_items INTEGER NOT NULL DEFAULT 0 CHECK (cached_items >= 0), use_cache INTEGER NOT NULL DEFAULT 1 CHECK (use_cache IN (0, 1)), keep INTEGER NOT NULL DEFAULT 0 CHECK (keep IN (0, 1)), webhook_url TEXT, webhook_progress INTEGER NOT NULL DEFAULT 0
    CHECK (webhook_progress IN (0, 1)), webhook_at TEXT, delivery_of INTEGER REFERENCES job (id) ON DELETE CASCADE, schedule INTEGER, bytes INTEGER NOT NULL DEFAULT 0,
    CHECK (completed_items + failed_items + cancelled_items <= total_items),
    CHECK (progress_points BETWEEN 0 AND 100 * total_items),
    CHECK ((status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)),
    CHECK (status != 'completed' OR completed_items = total_items),
    CHECK (status NOT IN ('running', 'completed', 'failed') OR started_at IS NOT NULL)
);
INSERT INTO "job" VALUES(1,'c4cd3a2caf33ed157d20','report','notes.txt','{"title": "T"}','anna','default','completed',0,6,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-30T06:59:08.904394Z','2026-11-30T06:59:08.909978Z','2026-11-30T06:59:09.009937Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1093);
INSERT INTO "job" VALUES(2,'9b51a9fff2e1b7db24f8','shout','loud','{"times": 2, "end": "!", "api_token": ""}','anna','default','completed',0,37,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-30T06:59:08.911744Z','2026-11-30T06:59:09.010659Z','2026-11-30T06:59:09.013691Z',NULL,NULL,1,'[]','[]',0,1,1,NULL,0,NULL,NULL,NULL,1081);
INSERT INTO "job" VALUES(3,'6a23571cf74aa29432a1','picky','bad','{}','anna','default','failed',0,11,1,0,1,0,0,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-30T06:59:08.916405Z','2026-11-30T06:59:09.013937Z','2026-11-30T06:59:09.016702Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1041);
INSERT INTO "job" VALUES(4,'500152429021550ac915','picky','good and 1 more','{}','anna','default','failed',0,15,2,1,1,0,100,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-30T06:59:08.920200Z','2026-11-30T06:59:09.017016Z','2026-11-30T06:59:09.019929Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,2081);
INSERT INTO "job" VALUES(5,'e2f0fb3797bf890ef48d','hold','on','{}','anna','ai','cancelled',0,20,1,0,0,1,40,NULL,1,4,1,NULL,'2026-11-30T06:59:09.022477Z','2026-11-30T06:59:09.024798Z','2026-11-30T06:59:09.804534Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1040);
INSERT INTO "job" VALUES(6,'45feb0716e8de16f1baf','shout','chain','{"times": 1, "end": "!", "api_token": ""}','anna','default','completed',0,32,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-30T06:59:09.809900Z','2026-11-30T06:59:09.812012Z','2026-11-30T06:59:09.894545Z',NULL,NULL,2,'[{"type": "count", "params": {"more": 0}}]','[]',0,1,0,NULL,0,NULL,NULL,NULL,2119);
INSERT INTO "job" VALUES(7,'960012f063fe9c57c189','shout','told','{"times": 1, "end": "!", "api_token": ""}','anna','default','completed',0,29,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-30T06:59:09.812966Z','2026-11-30T06:59:09.816293Z','2026-11-30T06:59:09.818041Z',NULL,NULL,1,'[]','[]',0,1,0,'http://127.0.0.1:33169/ok',0,NULL,NULL,NULL,1081);
INSERT INTO "job" VALUES(8,'455088644f993aeb2786','webhook','job.completed','{"url": "http://127.0.0.1:33169/ok", "message_id": "msg_9d71cd6c5f87d70960c07978", "is_final": true}','anna','webhooks','completed',0,34,1,1,0,0,100,NULL,1,8,0,NULL,'2026-11-30T06:59:09.818144Z','2026-11-30T06:59:09.895485Z','2026-11-30T06:59:09.994633Z',NULL,NULL,1,'[]','[]',0,0,0,NULL,0,NULL,7,NULL,0);
INSERT INTO "job" VALUES(9,'bdcdc717c88f34049ff4','shout','loud','{"times": 2, "end": "!", "api_token": ""}','anna','default','completed',0,36,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-30T06:59:10.002252Z','2026-11-30T06:59:10.002814Z','2026-11-30T06:59:10.002959Z',NULL,NULL,1,'[]','[]',1,1,0,NULL,0,NULL,NULL,NULL,1181);
INSERT INTO "job" VALUES(11,'ede27292bdb8b01217c4','later','soon','{"after_s": 60}','anna','default','running',0,45,1,0,0,0,0,NULL,1,4,0,NULL,'2026-11-30T06:59:10.057770Z','2026-11-30T06:59:10.060478Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1055);
INSERT INTO "job" VALUES(12,'500d7f239f647a6a9dbb','hold','on','{}','anna','ai','running',0,48,1,0,0,0,40,'Holding',1,4,0,NULL,'2026-11-30T06:59:10.084948Z','2026-11-30T06:59:10.087418Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1040);
INSERT INTO "job" VALUES(13,'f2024beaa2499dcee369','shout','in line','{"times": 1, "end": "!", "api_token": ""}','anna','default','queued',0,49,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-30T06:59:12.297073Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1084);
INSERT INTO "job" VALUES(14,'35aee7c07a0e76d6b298','shout','in time','{"times": 1, "end": "!", "api_token": ""}','anna','default','pending',0,50,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-30T06:59:12.302138Z',NULL,NULL,'2100-01-01T00:00:00.000000Z',NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1084);
INSERT INTO "job" VALUES(15,'100da77fac722cf18af4','shout','after','{"times": 1, "end": "!", "api_token": ""}','anna','default','pending',0,51,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-30T06:59:12.305641Z',NULL,NULL,NULL,NULL,1,'[]','["35aee7c07a0e76d6b298"]',0,1,0,NULL,0,NULL,NULL,NULL,1082);
INSERT INTO "job" VALUES(16,'99408ff65c7766588661','count','data','{"more": 0}','anna','parsing','queued',5,52,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-30T06:59:12.312760Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1053);
INSERT INTO "job" VALUES(17,'f7d028debf6e8109487c','shout','ben''s','{"times": 1, "end": "!", "api_token": ""}','ben','default','queued',0,54,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-30T06:59:12.316816Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1082);
CREATE TABLE join_token (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    queues TEXT NOT NULL,
    made_by TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT
) WITHOUT ROWID;
CREATE TABLE known_browser (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    network TEXT NOT NULL,
    used_at TEXT NOT NULL
);
CREATE TABLE login_failure (
    known_as TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    at TEXT NOT NULL,
    not_before TEXT NOT NULL
) WITHOUT ROWID;
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
CREATE TABLE published (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE queue (
    name TEXT PRIMARY KEY,
    is_paused INTEGER NOT NULL DEFAULT 0 CHECK (is_paused IN (0, 1)),
    workers INTEGER CHECK (workers BETWEEN 1 AND 256)
, paused_by TEXT, paused_at TEXT) WITHOUT ROWID;
INSERT INTO "queue" VALUES('parsing',1,NULL,'anna','2026-11-30T06:59:12.308506Z');
CREATE TABLE refusal (
    who TEXT NOT NULL,
    network TEXT NOT NULL,
    action TEXT NOT NULL,
    since TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (who, network, action)
) WITHOUT ROWID;
CREATE TABLE result (
    item INTEGER PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
    data TEXT NOT NULL CHECK (json_valid(data)),
    files TEXT NOT NULL CHECK (json_valid(files)),
    warnings TEXT NOT NULL CHECK (json_valid(warnings))
);
INSERT INTO "result" VALUES(1,'{"words": 3}','[{"name": "more/gr\u00f6\u00dfe.txt", "size": 5, "path": "0-0-1/more/gr\u00f6\u00dfe.txt"}, {"name": "words.csv", "size": 19, "path": "0-0-1/words.csv"}]','[]');
INSERT INTO "result" VALUES(2,'{"said": "LOUD!LOUD!"}','[]','[{"code": "echo", "message": "It is said more than once.", "where": "line 1"}]');
INSERT INTO "result" VALUES(4,'{"text": "good"}','[]','[]');
INSERT INTO "result" VALUES(7,'{"said": "CHAIN!"}','[]','[]');
INSERT INTO "result" VALUES(8,'{"members": 1}','[{"name": "count.txt", "size": 2, "path": "0-1-1/count.txt"}]','[]');
INSERT INTO "result" VALUES(9,'{"said": "TOLD!"}','[]','[]');
INSERT INTO "result" VALUES(10,'{"status": 200, "answer": "ok"}','[]','[]');
INSERT INTO "result" VALUES(11,'{"said": "LOUD!LOUD!"}','[]','[{"code": "echo", "message": "It is said more than once.", "where": "line 1"}]');
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
, token INTEGER, paused_by TEXT, paused_at TEXT);
INSERT INTO "schedule" VALUES(1,'New year','anna','0 0 1 1 *','UTC','{"type": "shout", "items": [{"text": "happy"}]}','2027-01-01T00:00:00.000000Z',NULL,NULL,NULL,'2026-11-30T06:59:10.035838Z',NULL,NULL,NULL);
CREATE TABLE search (
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    item INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (job, item)
) WITHOUT ROWID;
INSERT INTO "search" VALUES(1,0,'notes.txt
{"title": "t"}');
INSERT INTO "search" VALUES(2,0,'loud
{"times": 2, "end": "!", "api_token": ""}');
INSERT INTO "search" VALUES(3,0,'bad
{}');
INSERT INTO "search" VALUES(3,3,'no_good This is no good: bad');
INSERT INTO "search" VALUES(4,0,'good and 1 more
{}
good
new');
INSERT INTO "search" VALUES(4,5,'no_good This is no good: new');
INSERT INTO "search" VALUES(5,0,'on
{}');
INSERT INTO "search" VALUES(6,0,'chain
{"times": 1, "end": "!", "api_token": ""}');
INSERT INTO "search" VALUES(7,0,'told
{"times": 1, "end": "!", "api_token": ""}');
INSERT INTO "search" VALUES(9,0,'loud
{"times": 2, "end": "!", "api_token": ""}');
INSERT INTO "search" VALUES(11,0,'soon
{"after_s": 60}');
INSERT INTO "search" VALUES(11,13,'try_again the server is busy');
INSERT INTO "search" VALUES(12,0,'on
{}');
INSERT INTO "search" VALUES(13,0,'in line
{"times": 1, "end": "!", "api_token": ""}');
INSERT INTO "search" VALUES(14,0,'in time
{"times": 1, "end": "!", "api_token": ""}');
INSERT INTO "search" VALUES(15,0,'after
{"times": 1, "end": "!", "api_token": ""}');
INSERT INTO "search" VALUES(16,0,'data
{"more": 0}');
INSERT INTO "search" VALUES(17,0,'ben''s
{"times": 1, "end": "!", "api_token": ""}');
CREATE TABLE served (
    machine TEXT NOT NULL REFERENCES machine (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    code TEXT NOT NULL,
    description TEXT NOT NULL,
    problem TEXT,
    PRIMARY KEY (machine, type)
) WITHOUT ROWID;
CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT NOT NULL
);
CREATE TABLE share (
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    PRIMARY KEY (account, job)
) WITHOUT ROWID;
INSERT INTO "share" VALUES('vera',17);
CREATE TABLE storage_use (
    owner TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "storage_use" VALUES('anna',17115);
INSERT INTO "storage_use" VALUES('ben',1082);
INSERT INTO "storage_use" VALUES('local',0);
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
INSERT INTO "tally" VALUES(1796021700,'anna','count','completed',0,1,0);
INSERT INTO "tally" VALUES(1796021700,'anna','count','ran',24,1,12939264);
INSERT INTO "tally" VALUES(1796021700,'anna','picky','completed',0,1,0);
INSERT INTO "tally" VALUES(1796021700,'anna','picky','failed',0,2,0);
INSERT INTO "tally" VALUES(1796021700,'anna','picky','ran',0,2,0);
INSERT INTO "tally" VALUES(1796021700,'anna','picky','ran',3,1,0);
INSERT INTO "tally" VALUES(1796021700,'anna','picky','waited',27,3,0);
INSERT INTO "tally" VALUES(1796021700,'anna','report','completed',0,1,0);
INSERT INTO "tally" VALUES(1796021700,'anna','report','ran',26,1,12931072);
INSERT INTO "tally" VALUES(1796021700,'anna','report','waited',11,1,0);
INSERT INTO "tally" VALUES(1796021700,'anna','shout','completed',0,5,0);
INSERT INTO "tally" VALUES(1796021700,'anna','shout','ran',1,1,0);
INSERT INTO "tally" VALUES(1796021700,'anna','shout','ran',3,1,0);
INSERT INTO "tally" VALUES(1796021700,'anna','shout','ran',4,1,0);
INSERT INTO "tally" VALUES(1796021700,'anna','shout','ran',6,1,12943360);
INSERT INTO "tally" VALUES(1796021700,'anna','shout','waited',4,1,0);
INSERT INTO "tally" VALUES(1796021700,'anna','shout','waited',5,1,0);
INSERT INTO "tally" VALUES(1796021700,'anna','shout','waited',8,1,0);
INSERT INTO "tally" VALUES(1796021700,'anna','shout','waited',27,1,0);
CREATE TABLE token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('read', 'submit', 'all')),
    created_at TEXT NOT NULL,
    expires_at TEXT,
    used_at TEXT
);
INSERT INTO "token" VALUES(1,'ae498a47189dfa09e539ef0e05a1717b9baf78166f50a156bba0545cdcfe497b','anna','','all','2026-11-30T06:59:10.740396Z',NULL,'2026-11-30T06:59:12.292955Z');
INSERT INTO "token" VALUES(2,'e440b844cca4b01dfd1b28544c03032e7ef938bb22d6f36193d5888bd6aa7469','ben','','all','2026-11-30T06:59:11.307709Z',NULL,'2026-11-30T06:59:12.316053Z');
INSERT INTO "token" VALUES(3,'8f3f820e07a9a9ddb9e893410c076c89317e8eb0f2904417e8a365ae95fff9c3','vera','','all','2026-11-30T06:59:11.859851Z',NULL,NULL);
CREATE TABLE turn (
    queue TEXT NOT NULL,
    owner TEXT NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (queue, owner)
) WITHOUT ROWID;
INSERT INTO "turn" VALUES('ai','',2);
INSERT INTO "turn" VALUES('ai','anna',2);
INSERT INTO "turn" VALUES('default','',10);
INSERT INTO "turn" VALUES('default','anna',13);
INSERT INTO "turn" VALUES('default','ben',11);
INSERT INTO "turn" VALUES('parsing','',1);
INSERT INTO "turn" VALUES('parsing','anna',2);
INSERT INTO "turn" VALUES('webhooks','',1);
INSERT INTO "turn" VALUES('webhooks','anna',1);
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
CREATE TABLE webhook_disabled (
    owner TEXT NOT NULL,
    url TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (owner, url)
) WITHOUT ROWID;
CREATE TABLE webhook_secret (
    owner TEXT PRIMARY KEY,
    secret TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "webhook_secret" VALUES('anna','whsec_TIf0pG4YH5sJxIjw7UaBy5ZAHAWXi7T/sFNUs24+aug=');
CREATE INDEX job_change ON job (change);
CREATE INDEX job_owner ON job (owner, id);
CREATE INDEX job_status ON job (status, id);
CREATE INDEX job_type ON job (type, id);
CREATE INDEX item_due ON item (queue, priority DESC, turn, id) WHERE status = 'queued';
CREATE INDEX item_waiting ON item (not_before) WHERE status = 'pending';
CREATE INDEX item_running ON item (worker) WHERE status = 'running';
CREATE INDEX job_delivery ON job (delivery_of, id) WHERE delivery_of IS NOT NULL;
CREATE INDEX job_queue ON job (queue, id);
CREATE INDEX job_ended ON job (type, completed_at) WHERE completed_at IS NOT NULL AND keep = 0;
CREATE INDEX item_equal ON item (cache_key) WHERE cache_key IS NOT NULL;
CREATE INDEX dependency_unmet ON dependency (needs) WHERE is_met = 0;
CREATE INDEX content_sha256 ON content (sha256, job);
CREATE INDEX idempotency_job ON idempotency (job);
CREATE INDEX idempotency_age ON idempotency (created_at);
CREATE INDEX cache_item ON cache (item);
CREATE INDEX schedule_due ON schedule (next_at);
CREATE INDEX gone_job ON gone (job_id);
CREATE INDEX event_job ON event (job, id);
CREATE INDEX session_account ON session (account);
CREATE INDEX token_account ON token (account);
CREATE INDEX share_job ON share (job);
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
    BEGIN SELECT raise(ABORT, 'the audit log is not changed'); END;
CREATE TRIGGER audit_kept BEFORE DELETE ON audit
    WHEN OLD.at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-365 days')
    BEGIN SELECT raise(ABORT, 'the audit log is kept for a year'); END;
CREATE INDEX job_bytes ON job (owner, bytes) WHERE bytes > 0;
CREATE INDEX job_unfinished ON job (owner) WHERE completed_at IS NULL;
CREATE INDEX known_browser_account ON known_browser (account);
CREATE INDEX login_failure_at ON login_failure (at);
CREATE TRIGGER job_held AFTER INSERT ON job WHEN NEW.bytes != 0
    BEGIN
        INSERT INTO storage_use (owner, bytes) VALUES (NEW.owner, NEW.bytes)
            ON CONFLICT DO UPDATE SET bytes = bytes + NEW.bytes;
    END;
CREATE TRIGGER job_holds_otherwise AFTER UPDATE OF bytes, owner ON job
    BEGIN
        UPDATE storage_use SET bytes = bytes - OLD.bytes WHERE owner = OLD.owner;
        INSERT INTO storage_use (owner, bytes) VALUES (NEW.owner, NEW.bytes)
            ON CONFLICT DO UPDATE SET bytes = bytes + NEW.bytes;
    END;
CREATE TRIGGER job_let_go AFTER DELETE ON job WHEN OLD.bytes != 0
    BEGIN UPDATE storage_use SET bytes = bytes - OLD.bytes WHERE owner = OLD.owner; END;
CREATE TRIGGER item_told AFTER UPDATE OF error ON item WHEN NEW.error IS NOT OLD.error
    BEGIN
        DELETE FROM search WHERE job = NEW.job AND item = NEW.id;
        INSERT INTO search (job, item, text)
            SELECT NEW.job, NEW.id, coalesce(json_extract(NEW.error, '$.code'), '') || ' '
                || coalesce(json_extract(NEW.error, '$.message'), '') WHERE json_valid(NEW.error);
    END;
CREATE TRIGGER job_told AFTER UPDATE OF error ON job WHEN NEW.error IS NOT OLD.error
    BEGIN
        DELETE FROM search WHERE job = NEW.id AND item = -1;
        INSERT INTO search (job, item, text)
            SELECT NEW.id, -1, coalesce(json_extract(NEW.error, '$.code'), '') || ' '
                || coalesce(json_extract(NEW.error, '$.message'), '')
            WHERE NEW.status = 'cancelled' AND json_valid(NEW.error);
    END;
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
CREATE INDEX job_schedule ON job (schedule, id) WHERE schedule IS NOT NULL;
CREATE INDEX item_failure ON item (code, type, reason, job) WHERE code IS NOT NULL;
CREATE INDEX job_created ON job (created_at, id);
CREATE UNIQUE INDEX machine_home ON machine (is_home) WHERE is_home = 1;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('job',17);
INSERT INTO "sqlite_sequence" VALUES('item',19);
INSERT INTO "sqlite_sequence" VALUES('audit',28);
INSERT INTO "sqlite_sequence" VALUES('schedule',1);
INSERT INTO "sqlite_sequence" VALUES('token',3);
COMMIT;
PRAGMA user_version = 10;
