BEGIN TRANSACTION;
CREATE TABLE account (
    name TEXT PRIMARY KEY CHECK (name NOT IN ('', 'local')),
    role TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin')),
    password TEXT,
    is_disabled INTEGER NOT NULL DEFAULT 0 CHECK (is_disabled IN (0, 1)),
    created_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "account" VALUES('anna','admin',NULL,0,'2026-11-28T14:07:15.132667Z');
INSERT INTO "account" VALUES('ben','member',NULL,0,'2026-11-28T14:07:17.384731Z');
INSERT INTO "account" VALUES('vera','viewer',NULL,0,'2026-11-28T14:07:20.736755Z');
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL
);
INSERT INTO "audit" VALUES(1,'2026-11-28T14:07:10.785818Z','local','127.0.0.1','submit','c4f0dba161f194760d55');
INSERT INTO "audit" VALUES(2,'2026-11-28T14:07:10.839601Z','local','127.0.0.1','submit','4dd06fc6090ae8f75455');
INSERT INTO "audit" VALUES(3,'2026-11-28T14:07:10.872980Z','local','127.0.0.1','submit','452d6808d04fa2c59670');
INSERT INTO "audit" VALUES(4,'2026-11-28T14:07:10.886584Z','local','127.0.0.1','submit','1c45daa1d4c5e09e6695');
INSERT INTO "audit" VALUES(5,'2026-11-28T14:07:11.293232Z','local','127.0.0.1','submit','f03d1f117986906a1c1e');
INSERT INTO "audit" VALUES(6,'2026-11-28T14:07:11.655077Z','local','127.0.0.1','cancel','f03d1f117986906a1c1e');
INSERT INTO "audit" VALUES(7,'2026-11-28T14:07:12.430639Z','local','127.0.0.1','submit','f4b4f78fa1705b9b02f7');
INSERT INTO "audit" VALUES(8,'2026-11-28T14:07:12.493892Z','local','127.0.0.1','submit','8c4e5ed47565633c412f');
INSERT INTO "audit" VALUES(9,'2026-11-28T14:07:13.673394Z','local','127.0.0.1','submit','e28205a3a6e2eb35fe6e');
INSERT INTO "audit" VALUES(10,'2026-11-28T14:07:13.703281Z','local','127.0.0.1','change keep','4dd06fc6090ae8f75455');
INSERT INTO "audit" VALUES(11,'2026-11-28T14:07:13.718261Z','local','127.0.0.1','submit','f1ea6e1082c5292152a5');
INSERT INTO "audit" VALUES(12,'2026-11-28T14:07:13.820535Z','local','127.0.0.1','delete','f1ea6e1082c5292152a5');
INSERT INTO "audit" VALUES(13,'2026-11-28T14:07:13.823859Z','local','127.0.0.1','add schedule','New year');
INSERT INTO "audit" VALUES(14,'2026-11-28T14:07:13.874175Z','local','127.0.0.1','submit','9fc25b7b72f77b29bc3b');
INSERT INTO "audit" VALUES(15,'2026-11-28T14:07:13.902285Z','local','127.0.0.1','submit','6e7b13f42d111669ea3d');
INSERT INTO "audit" VALUES(16,'2026-11-28T14:07:15.133201Z','console','','add account (admin)','anna');
INSERT INTO "audit" VALUES(17,'2026-11-28T14:07:16.281050Z','console','','add token (all)','anna');
INSERT INTO "audit" VALUES(18,'2026-11-28T14:07:17.385019Z','console','','add account (member)','ben');
INSERT INTO "audit" VALUES(19,'2026-11-28T14:07:19.313742Z','console','','add token (all)','ben');
INSERT INTO "audit" VALUES(20,'2026-11-28T14:07:20.737072Z','console','','add account (viewer)','vera');
INSERT INTO "audit" VALUES(21,'2026-11-28T14:07:21.345151Z','console','','add token (all)','vera');
INSERT INTO "audit" VALUES(22,'2026-11-28T14:07:22.844041Z','anna','127.0.0.1','submit','2ef2b252fe68f0a27bcb');
INSERT INTO "audit" VALUES(23,'2026-11-28T14:07:22.858723Z','anna','127.0.0.1','submit','1045aa0397708f469a80');
INSERT INTO "audit" VALUES(24,'2026-11-28T14:07:22.873015Z','anna','127.0.0.1','submit','2f416877ddbd96761986');
INSERT INTO "audit" VALUES(25,'2026-11-28T14:07:22.885670Z','anna','127.0.0.1','pause queue','parsing');
INSERT INTO "audit" VALUES(26,'2026-11-28T14:07:22.907715Z','anna','127.0.0.1','submit','69db08ae51e6e0e23c03');
INSERT INTO "audit" VALUES(27,'2026-11-28T14:07:22.937684Z','ben','127.0.0.1','submit','da5515fb9b446abc9127');
INSERT INTO "audit" VALUES(28,'2026-11-28T14:07:22.951961Z','ben','127.0.0.1','share with vera','da5515fb9b446abc9127');
CREATE TABLE cache (
    key TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    owner TEXT NOT NULL,
    item INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "cache" VALUES('085fd15d538bdfca8a05a792a40380fd078ff980ca51165180d10ea9c4f37917','shout','local',9,17,'2026-11-28T14:07:12.622212Z','2026-11-28T14:07:12.622212Z');
INSERT INTO "cache" VALUES('239f2f35321e4a69b6bdc0b29306b0449c554a9ef712c168343766749600f471','shout','local',11,22,'2026-11-28T14:07:11.261007Z','2026-11-28T14:07:13.672849Z');
INSERT INTO "cache" VALUES('5510f046b00ad6d2b113025795a2e65a2515d01e84d8e14707a8c6d075d6f6c4','count','local',8,16,'2026-11-28T14:07:13.224253Z','2026-11-28T14:07:13.224253Z');
INSERT INTO "cache" VALUES('74a6916acbf2ef2ce5e6351e2694f7072cbdd0858d9856ffc85dbaaf8f868346','shout','local',7,18,'2026-11-28T14:07:12.557913Z','2026-11-28T14:07:12.557913Z');
INSERT INTO "cache" VALUES('c3581db90ac5692c14c86c9825fcf9e63183d47b9227717af8cb246e7fd8024a','picky','local',4,16,'2026-11-28T14:07:11.268807Z','2026-11-28T14:07:11.268807Z');
INSERT INTO "cache" VALUES('ff7498dfeceb03aa816244034c5f3fc172c206edfb8cd9e2505df4afba23b66b','report','local',1,36,'2026-11-28T14:07:11.253794Z','2026-11-28T14:07:11.253794Z');
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
, draining INTEGER NOT NULL DEFAULT 0 CHECK (draining IN (0, 1))) WITHOUT ROWID;
INSERT INTO "consumer" VALUES('d7aeef9a1597',7505,'2026-11-28T14:07:10.576047Z','["default", "document_processing", "geo_processing", "parsing", "ai", "notion", "ocr", "webhooks"]',NULL,0);
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
INSERT INTO "dependency" VALUES(15,'1045aa0397708f469a80',0);
CREATE TABLE duration (
    type TEXT NOT NULL,
    slot INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (type, slot)
) WITHOUT ROWID;
INSERT INTO "duration" VALUES('count',36,5.25413621000097919022e-01);
INSERT INTO "duration" VALUES('picky',23,4.61528899995755637064e-03);
INSERT INTO "duration" VALUES('report',55,3.93056193000120401848e-01);
INSERT INTO "duration" VALUES('shout',14,1.7245769000055588549e-02);
INSERT INTO "duration" VALUES('shout',18,9.71764000041730469092e-04);
INSERT INTO "duration" VALUES('shout',23,4.3973649999315966852e-03);
INSERT INTO "duration" VALUES('shout',24,1.16831420000380603596e-02);
INSERT INTO "duration" VALUES('webhook',4,4.31661363000330311479e-01);
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
INSERT INTO "event" VALUES(1,1,'2026-11-28T14:07:10.785725Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(2,1,'2026-11-28T14:07:10.811977Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(3,2,'2026-11-28T14:07:10.839431Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(4,3,'2026-11-28T14:07:10.872790Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(5,4,'2026-11-28T14:07:10.886417Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(6,1,'2026-11-28T14:07:11.253375Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(7,2,'2026-11-28T14:07:11.255743Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(8,2,'2026-11-28T14:07:11.260876Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(9,3,'2026-11-28T14:07:11.261499Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(10,3,'2026-11-28T14:07:11.263108Z',0,0,1,'failed','no_good','This is no good: bad',NULL);
INSERT INTO "event" VALUES(11,4,'2026-11-28T14:07:11.263553Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(12,4,'2026-11-28T14:07:11.268720Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(13,4,'2026-11-28T14:07:11.269185Z',1,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(14,4,'2026-11-28T14:07:11.269944Z',1,0,1,'failed','no_good','This is no good: new',NULL);
INSERT INTO "event" VALUES(15,5,'2026-11-28T14:07:11.293036Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(16,5,'2026-11-28T14:07:11.325218Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(17,5,'2026-11-28T14:07:11.654810Z',NULL,NULL,NULL,'cancel_asked',NULL,NULL,NULL);
INSERT INTO "event" VALUES(18,5,'2026-11-28T14:07:12.411020Z',0,0,1,'cancelled',NULL,NULL,NULL);
INSERT INTO "event" VALUES(19,6,'2026-11-28T14:07:12.430418Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(20,7,'2026-11-28T14:07:12.493719Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(21,6,'2026-11-28T14:07:12.539340Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(22,6,'2026-11-28T14:07:12.557747Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(23,6,'2026-11-28T14:07:12.558341Z',0,1,0,'released',NULL,NULL,NULL);
INSERT INTO "event" VALUES(24,7,'2026-11-28T14:07:12.608783Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(25,7,'2026-11-28T14:07:12.621197Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(26,8,'2026-11-28T14:07:12.622040Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(27,6,'2026-11-28T14:07:12.622810Z',0,1,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(28,6,'2026-11-28T14:07:13.223837Z',0,1,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(29,8,'2026-11-28T14:07:13.226223Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(30,8,'2026-11-28T14:07:13.661904Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(31,9,'2026-11-28T14:07:13.672615Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(32,9,'2026-11-28T14:07:13.673083Z',0,0,1,'reused',NULL,NULL,NULL);
INSERT INTO "event" VALUES(33,11,'2026-11-28T14:07:13.874029Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(34,11,'2026-11-28T14:07:13.877018Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(35,11,'2026-11-28T14:07:13.881527Z',0,0,1,'retry_scheduled','try_again','the server is busy',NULL);
INSERT INTO "event" VALUES(36,12,'2026-11-28T14:07:13.902118Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(37,12,'2026-11-28T14:07:13.911989Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(38,13,'2026-11-28T14:07:22.843861Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(39,14,'2026-11-28T14:07:22.858640Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(40,15,'2026-11-28T14:07:22.872959Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(41,16,'2026-11-28T14:07:22.907535Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(42,17,'2026-11-28T14:07:22.937509Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
CREATE TABLE gone (
    change INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL,
    owner TEXT NOT NULL
, is_expired INTEGER NOT NULL DEFAULT 0 CHECK (is_expired IN (0, 1)));
INSERT INTO "gone" VALUES(42,'f1ea6e1082c5292152a5','anna',0);
CREATE TABLE idempotency (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
INSERT INTO "idempotency" VALUES('anna','kept','7bf0801c9cb80e31fb9ea7d94a1a7b568c8f2917995e9cb91efe5abb1ae88746',14,'2026-11-28T14:07:22.858489Z');
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
    CHECK (cache_key IS NULL OR status = 'running' OR waits_for = 'equal'), was_deferred INTEGER NOT NULL DEFAULT 0 CHECK (was_deferred IN (0, 1)), cached_from TEXT,
    UNIQUE (job, "index", step),
    CHECK ((status = 'running') = (worker IS NOT NULL)),
    CHECK ((worker IS NULL) = (lease_until IS NULL)),
    CHECK ((status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)),
    CHECK (status != 'failed' OR error IS NOT NULL),
    CHECK (not_before IS NULL OR status = 'pending'),
    CHECK (attempt > 0 OR status IN ('pending', 'queued', 'cancelled'))
);
INSERT INTO "item" VALUES(1,1,0,0,'report','default','anna',0,1,'completed','notes.txt','{"file": "0.txt"}','ef5b05a961b4c934b17999593e4b7253614d6c99d26d6e50b843e546d79e57e5',100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:07:10.811645Z','2026-11-28T14:07:11.253151Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(2,2,0,0,'shout','default','anna',0,2,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:07:11.255534Z','2026-11-28T14:07:11.260785Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(3,3,0,0,'picky','default','anna',0,3,'failed','bad','{"text": "bad"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-28T14:07:11.261439Z','2026-11-28T14:07:11.262915Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(4,4,0,0,'picky','default','anna',0,4,'completed','good','{"text": "good"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:07:11.263495Z','2026-11-28T14:07:11.268645Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(5,4,1,0,'picky','default','anna',0,5,'failed','new','{"text": "new"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-28T14:07:11.269134Z','2026-11-28T14:07:11.269880Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(6,5,0,0,'hold','ai','anna',0,1,'cancelled','on','{"text": "on"}',NULL,40,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:07:11.324839Z','2026-11-28T14:07:12.410759Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(7,6,0,0,'shout','default','anna',0,6,'completed','chain','{"text": "chain"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:07:12.538912Z','2026-11-28T14:07:12.557529Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(8,6,0,1,'count','parsing','anna',0,1,'completed','chain','{}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:07:12.622755Z','2026-11-28T14:07:13.223622Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(9,7,0,0,'shout','default','anna',0,7,'completed','told','{"text": "told"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:07:12.608662Z','2026-11-28T14:07:12.621124Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(10,8,0,0,'webhook','webhooks','anna',0,1,'completed','job.completed','{"data": {"type": "job.completed", "timestamp": "2026-11-28T14:07:12.621473Z", "data": {"job_id": "8c4e5ed47565633c412f", "status": "completed", "links": {"self": "/api/v1/jobs/8c4e5ed47565633c412f", "result": "/api/v1/jobs/8c4e5ed47565633c412f/result"}}}}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:07:13.226066Z','2026-11-28T14:07:13.661697Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(11,9,0,0,'shout','default','anna',0,8,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,1,NULL,'2026-11-28T14:07:13.672757Z','2026-11-28T14:07:13.672757Z',NULL,NULL,0,'4dd06fc6090ae8f75455');
INSERT INTO "item" VALUES(13,11,0,0,'later','default','anna',0,10,'pending','soon','{"text": "soon"}',NULL,0,NULL,1,0,0,0,NULL,NULL,'2026-11-28T14:08:13.881272Z',0,'{"code": "try_again", "message": "the server is busy", "hint": null}','2026-11-28T14:07:13.876604Z',NULL,NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(14,12,0,0,'hold','ai','anna',0,2,'running','on','{"text": "on"}',NULL,40,'Holding',1,0,0,0,'d7aeef9a1597/Worker-1','2026-11-28T14:08:13.911651Z',NULL,0,NULL,'2026-11-28T14:07:13.911627Z',NULL,NULL,'73fe7301b11fe512c872d48fd3bc92322d13ec4a09742256542fcb92a3bd817f',0,NULL);
INSERT INTO "item" VALUES(15,13,0,0,'shout','default','anna',0,11,'queued','in line','{"text": "in line"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(16,14,0,0,'shout','default','anna',0,12,'pending','in time','{"text": "in time"}',NULL,0,NULL,0,0,0,0,NULL,NULL,'2100-01-01T00:00:00.000000Z',0,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(17,15,0,0,'shout','default','anna',0,13,'pending','after','{"text": "after"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,'job',NULL,0,NULL);
INSERT INTO "item" VALUES(18,16,0,0,'count','parsing','anna',5,2,'queued','data','{"data": {"a": 1}}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(19,17,0,0,'shout','default','ben',0,11,'queued','ben''s','{"text": "ben''s"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,NULL);
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
INSERT INTO "job" VALUES(1,'c4f0dba161f194760d55','report','notes.txt','{"title": "T"}','anna','default','completed',0,6,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:07:10.785056Z','2026-11-28T14:07:10.811977Z','2026-11-28T14:07:11.253542Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,38);
INSERT INTO "job" VALUES(2,'4dd06fc6090ae8f75455','shout','loud','{"times": 2, "api_token": "", "end": "!"}','anna','default','completed',0,37,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:07:10.839161Z','2026-11-28T14:07:11.255743Z','2026-11-28T14:07:11.260935Z',NULL,NULL,1,'[]','[]',0,1,1,NULL,0,NULL,NULL,NULL,0);
INSERT INTO "job" VALUES(3,'452d6808d04fa2c59670','picky','bad','{}','anna','default','failed',0,11,1,0,1,0,0,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-28T14:07:10.868267Z','2026-11-28T14:07:11.261499Z','2026-11-28T14:07:11.263167Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,0);
INSERT INTO "job" VALUES(4,'1c45daa1d4c5e09e6695','picky','good and 1 more','{}','anna','default','failed',0,15,2,1,1,0,100,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-28T14:07:10.885828Z','2026-11-28T14:07:11.263553Z','2026-11-28T14:07:11.269992Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,0);
INSERT INTO "job" VALUES(5,'f03d1f117986906a1c1e','hold','on','{}','anna','ai','cancelled',0,20,1,0,0,1,40,NULL,1,4,1,NULL,'2026-11-28T14:07:11.292418Z','2026-11-28T14:07:11.325218Z','2026-11-28T14:07:12.411193Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,0);
INSERT INTO "job" VALUES(6,'f4b4f78fa1705b9b02f7','shout','chain','{"api_token": "", "end": "!", "times": 1}','anna','default','completed',0,32,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:07:12.429843Z','2026-11-28T14:07:12.539340Z','2026-11-28T14:07:13.224015Z',NULL,NULL,2,'[{"type": "count", "params": {"more": 0}}]','[]',0,1,0,NULL,0,NULL,NULL,NULL,2);
INSERT INTO "job" VALUES(7,'8c4e5ed47565633c412f','shout','told','{"api_token": "", "end": "!", "times": 1}','anna','default','completed',0,29,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:07:12.493540Z','2026-11-28T14:07:12.608783Z','2026-11-28T14:07:12.621260Z',NULL,NULL,1,'[]','[]',0,1,0,'http://127.0.0.1:36485/ok',0,NULL,NULL,NULL,0);
INSERT INTO "job" VALUES(8,'d1bb25adf1da41f223d8','webhook','job.completed','{"url": "http://127.0.0.1:36485/ok", "message_id": "msg_a04ee8f574f68a511ac93a33", "is_final": true}','anna','webhooks','completed',0,34,1,1,0,0,100,NULL,1,8,0,NULL,'2026-11-28T14:07:12.621601Z','2026-11-28T14:07:13.226223Z','2026-11-28T14:07:13.662076Z',NULL,NULL,1,'[]','[]',0,0,0,NULL,0,NULL,7,NULL,0);
INSERT INTO "job" VALUES(9,'e28205a3a6e2eb35fe6e','shout','loud','{"times": 2, "api_token": "", "end": "!"}','anna','default','completed',0,36,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:07:13.672294Z','2026-11-28T14:07:13.673083Z','2026-11-28T14:07:13.673221Z',NULL,NULL,1,'[]','[]',1,1,0,NULL,0,NULL,NULL,NULL,0);
INSERT INTO "job" VALUES(11,'9fc25b7b72f77b29bc3b','later','soon','{"after_s": 60}','anna','default','running',0,45,1,0,0,0,0,NULL,1,4,0,NULL,'2026-11-28T14:07:13.873816Z','2026-11-28T14:07:13.877018Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,0);
INSERT INTO "job" VALUES(12,'6e7b13f42d111669ea3d','hold','on','{}','anna','ai','running',0,48,1,0,0,0,40,'Holding',1,4,0,NULL,'2026-11-28T14:07:13.901556Z','2026-11-28T14:07:13.911989Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,0);
INSERT INTO "job" VALUES(13,'2ef2b252fe68f0a27bcb','shout','in line','{"api_token": "", "end": "!", "times": 1}','anna','default','queued',0,49,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T14:07:22.843401Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,0);
INSERT INTO "job" VALUES(14,'1045aa0397708f469a80','shout','in time','{"api_token": "", "end": "!", "times": 1}','anna','default','pending',0,50,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T14:07:22.857934Z',NULL,NULL,'2100-01-01T00:00:00.000000Z',NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,0);
INSERT INTO "job" VALUES(15,'2f416877ddbd96761986','shout','after','{"api_token": "", "end": "!", "times": 1}','anna','default','pending',0,51,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T14:07:22.872533Z',NULL,NULL,NULL,NULL,1,'[]','["1045aa0397708f469a80"]',0,1,0,NULL,0,NULL,NULL,NULL,0);
INSERT INTO "job" VALUES(16,'69db08ae51e6e0e23c03','count','data','{"more": 0}','anna','parsing','queued',5,52,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T14:07:22.907028Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,0);
INSERT INTO "job" VALUES(17,'da5515fb9b446abc9127','shout','ben''s','{"api_token": "", "end": "!", "times": 1}','ben','default','queued',0,54,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T14:07:22.936945Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,0);
CREATE TABLE login_failure (
    known_as TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    at TEXT NOT NULL,
    not_before TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE queue (
    name TEXT PRIMARY KEY,
    is_paused INTEGER NOT NULL DEFAULT 0 CHECK (is_paused IN (0, 1)),
    workers INTEGER CHECK (workers BETWEEN 1 AND 256)
) WITHOUT ROWID;
INSERT INTO "queue" VALUES('parsing',1,NULL);
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
);
INSERT INTO "schedule" VALUES(1,'New year','anna','0 0 1 1 *','UTC','{"type": "shout", "items": [{"text": "happy"}]}','2027-01-01T00:00:00.000000Z',NULL,NULL,NULL,'2026-11-28T14:07:13.823522Z');
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
INSERT INTO "token" VALUES(1,'729b64f8eb944f21fc9c3e03dfa7cc80aab02dc5db4b5d5957ec4dd2397173b1','anna','','all','2026-11-28T14:07:16.280828Z',NULL,'2026-11-28T14:07:22.839529Z');
INSERT INTO "token" VALUES(2,'690b5785cf86c579942e78a496ac1c93277f9ea2276590d98927659453a8fc13','ben','','all','2026-11-28T14:07:19.313514Z',NULL,'2026-11-28T14:07:22.928694Z');
INSERT INTO "token" VALUES(3,'e6932722552eaecb17027a320307cd65a4d8db153bb9129664b72bd32d2a979f','vera','','all','2026-11-28T14:07:21.344888Z',NULL,NULL);
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
INSERT INTO "webhook_secret" VALUES('anna','whsec_Vxe9oJFKTIvApnelp3AIYkR8zpSLvze+kCte2tnMOtw=');
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('job',17);
INSERT INTO "sqlite_sequence" VALUES('item',19);
INSERT INTO "sqlite_sequence" VALUES('audit',28);
INSERT INTO "sqlite_sequence" VALUES('schedule',1);
INSERT INTO "sqlite_sequence" VALUES('token',3);
COMMIT;
PRAGMA user_version = 5;
