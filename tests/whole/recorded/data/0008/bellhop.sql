BEGIN TRANSACTION;
CREATE TABLE account (
    name TEXT PRIMARY KEY CHECK (name NOT IN ('', 'local')),
    role TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin')),
    password TEXT,
    is_disabled INTEGER NOT NULL DEFAULT 0 CHECK (is_disabled IN (0, 1)),
    created_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "account" VALUES('anna','admin',NULL,0,'2026-11-29T14:32:56.182421Z');
INSERT INTO "account" VALUES('ben','member',NULL,0,'2026-11-29T14:32:57.111448Z');
INSERT INTO "account" VALUES('vera','viewer',NULL,0,'2026-11-29T14:32:58.490847Z');
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL
);
INSERT INTO "audit" VALUES(1,'2026-11-29T14:32:54.420116Z','local','127.0.0.1','submit','3fa4679d490a99513443');
INSERT INTO "audit" VALUES(2,'2026-11-29T14:32:54.439593Z','local','127.0.0.1','submit','beec6d34c135c7dd23b0');
INSERT INTO "audit" VALUES(3,'2026-11-29T14:32:54.455369Z','local','127.0.0.1','submit','aa9fdd707323d678703e');
INSERT INTO "audit" VALUES(4,'2026-11-29T14:32:54.474944Z','local','127.0.0.1','submit','98a6bfd6c40c18a637b2');
INSERT INTO "audit" VALUES(5,'2026-11-29T14:32:54.638058Z','local','127.0.0.1','submit','fce7776eb95c33721fae');
INSERT INTO "audit" VALUES(6,'2026-11-29T14:32:54.734824Z','local','127.0.0.1','cancel','fce7776eb95c33721fae');
INSERT INTO "audit" VALUES(7,'2026-11-29T14:32:55.440878Z','local','127.0.0.1','submit','e58f47de3c96d1662425');
INSERT INTO "audit" VALUES(8,'2026-11-29T14:32:55.456941Z','local','127.0.0.1','submit','9bfec5172a26a8a6266e');
INSERT INTO "audit" VALUES(9,'2026-11-29T14:32:55.681201Z','local','127.0.0.1','submit','3be8d08647107c8022b8');
INSERT INTO "audit" VALUES(10,'2026-11-29T14:32:55.684869Z','local','127.0.0.1','change keep','beec6d34c135c7dd23b0');
INSERT INTO "audit" VALUES(11,'2026-11-29T14:32:55.688558Z','local','127.0.0.1','submit','5547a880394cafe11bed');
INSERT INTO "audit" VALUES(12,'2026-11-29T14:32:55.716736Z','local','127.0.0.1','delete','5547a880394cafe11bed');
INSERT INTO "audit" VALUES(13,'2026-11-29T14:32:55.724697Z','local','127.0.0.1','add schedule','New year');
INSERT INTO "audit" VALUES(14,'2026-11-29T14:32:55.756897Z','local','127.0.0.1','submit','e4d25ebca0f5d69b41d3');
INSERT INTO "audit" VALUES(15,'2026-11-29T14:32:55.789817Z','local','127.0.0.1','submit','9b65ea194c9c97266fc9');
INSERT INTO "audit" VALUES(16,'2026-11-29T14:32:56.182800Z','console','','add account (admin)','anna');
INSERT INTO "audit" VALUES(17,'2026-11-29T14:32:56.523561Z','console','','add token (all)','anna');
INSERT INTO "audit" VALUES(18,'2026-11-29T14:32:57.111633Z','console','','add account (member)','ben');
INSERT INTO "audit" VALUES(19,'2026-11-29T14:32:58.008799Z','console','','add token (all)','ben');
INSERT INTO "audit" VALUES(20,'2026-11-29T14:32:58.490981Z','console','','add account (viewer)','vera');
INSERT INTO "audit" VALUES(21,'2026-11-29T14:32:58.983180Z','console','','add token (all)','vera');
INSERT INTO "audit" VALUES(22,'2026-11-29T14:32:59.798998Z','anna','127.0.0.1','submit','1a22534078f0a4903558');
INSERT INTO "audit" VALUES(23,'2026-11-29T14:32:59.804102Z','anna','127.0.0.1','submit','467480e53baf61c35d08');
INSERT INTO "audit" VALUES(24,'2026-11-29T14:32:59.809244Z','anna','127.0.0.1','submit','c5748278e7e3b6cc396c');
INSERT INTO "audit" VALUES(25,'2026-11-29T14:32:59.816400Z','anna','127.0.0.1','pause queue','parsing');
INSERT INTO "audit" VALUES(26,'2026-11-29T14:32:59.825786Z','anna','127.0.0.1','submit','0740c5cdf6791d0caf7f');
INSERT INTO "audit" VALUES(27,'2026-11-29T14:32:59.833500Z','ben','127.0.0.1','submit','2c1de33fd7c2bf818420');
INSERT INTO "audit" VALUES(28,'2026-11-29T14:32:59.840327Z','ben','127.0.0.1','share with vera','2c1de33fd7c2bf818420');
CREATE TABLE cache (
    key TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    owner TEXT NOT NULL,
    item INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "cache" VALUES('042560babdb4a282f6eb6d5a2b87ff4a7432b46e647962538b7f8dd4cd49f14d','picky','local',4,16,'2026-11-29T14:32:54.615824Z','2026-11-29T14:32:54.615824Z');
INSERT INTO "cache" VALUES('0ba4e871759d79d8febc64113b4732daef9aaa474f29f30d12500d2be1c2dc40','count','local',8,16,'2026-11-29T14:32:55.644119Z','2026-11-29T14:32:55.644119Z');
INSERT INTO "cache" VALUES('a50c32b51255fd7a136f4691b7d735a32c7a94c62c73163584ae60d535a72737','shout','local',11,22,'2026-11-29T14:32:54.607761Z','2026-11-29T14:32:55.680762Z');
INSERT INTO "cache" VALUES('a719214a7101d9efb738d500318f7a4a7bb3bb3cd8ba5b41b41cdadb34a8db13','report','local',1,36,'2026-11-29T14:32:54.604321Z','2026-11-29T14:32:54.604321Z');
INSERT INTO "cache" VALUES('da8a580ffce0e450b4299d98f30e537730ce29a99631be0d0dc6c1f4aa8a7d74','shout','local',9,17,'2026-11-29T14:32:55.465706Z','2026-11-29T14:32:55.465706Z');
INSERT INTO "cache" VALUES('f5748d767cdc55ad6e077416a7922554d643566672def1687ed4007e5eeeae2a','shout','local',7,18,'2026-11-29T14:32:55.451269Z','2026-11-29T14:32:55.451269Z');
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
INSERT INTO "consumer" VALUES('93c3b18f8e98',24673,'2026-11-29T14:32:54.348090Z','["default", "document_processing", "geo_processing", "parsing", "ai", "notion", "ocr", "webhooks"]',NULL,0);
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
INSERT INTO "dependency" VALUES(15,'467480e53baf61c35d08',0);
CREATE TABLE duration (
    type TEXT NOT NULL,
    slot INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (type, slot)
) WITHOUT ROWID;
INSERT INTO "duration" VALUES('count',41,1.52468285000054493139e-01);
INSERT INTO "duration" VALUES('picky',25,4.74625900005776202306e-03);
INSERT INTO "duration" VALUES('report',28,1.38601612999991630204e-01);
INSERT INTO "duration" VALUES('shout',24,1.94840599999679398024e-03);
INSERT INTO "duration" VALUES('shout',30,2.07268099995872034924e-03);
INSERT INTO "duration" VALUES('shout',33,1.64968100000351114431e-03);
INSERT INTO "duration" VALUES('shout',50,3.78409400002510665217e-03);
INSERT INTO "duration" VALUES('webhook',26,1.88182782000012593925e-01);
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
INSERT INTO "event" VALUES(1,1,'2026-11-29T14:32:54.420075Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(2,1,'2026-11-29T14:32:54.437756Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(3,2,'2026-11-29T14:32:54.439548Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(4,3,'2026-11-29T14:32:54.455325Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(5,4,'2026-11-29T14:32:54.474906Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(6,1,'2026-11-29T14:32:54.604001Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(7,2,'2026-11-29T14:32:54.604633Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(8,2,'2026-11-29T14:32:54.607645Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(9,3,'2026-11-29T14:32:54.607875Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(10,3,'2026-11-29T14:32:54.610060Z',0,0,1,'failed','no_good','This is no good: bad',NULL);
INSERT INTO "event" VALUES(11,4,'2026-11-29T14:32:54.610242Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(12,4,'2026-11-29T14:32:54.615737Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(13,4,'2026-11-29T14:32:54.615942Z',1,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(14,4,'2026-11-29T14:32:54.617062Z',1,0,1,'failed','no_good','This is no good: new',NULL);
INSERT INTO "event" VALUES(15,5,'2026-11-29T14:32:54.638014Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(16,5,'2026-11-29T14:32:54.641570Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(17,5,'2026-11-29T14:32:54.734710Z',NULL,NULL,NULL,'cancel_asked',NULL,NULL,NULL);
INSERT INTO "event" VALUES(18,5,'2026-11-29T14:32:55.415811Z',0,0,1,'cancelled',NULL,NULL,NULL);
INSERT INTO "event" VALUES(19,6,'2026-11-29T14:32:55.440849Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(20,6,'2026-11-29T14:32:55.444535Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(21,6,'2026-11-29T14:32:55.447108Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(22,6,'2026-11-29T14:32:55.451593Z',0,1,0,'released',NULL,NULL,NULL);
INSERT INTO "event" VALUES(23,6,'2026-11-29T14:32:55.452156Z',0,1,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(24,7,'2026-11-29T14:32:55.456902Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(25,7,'2026-11-29T14:32:55.460273Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(26,7,'2026-11-29T14:32:55.465100Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(27,8,'2026-11-29T14:32:55.465623Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(28,8,'2026-11-29T14:32:55.466253Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(29,6,'2026-11-29T14:32:55.643922Z',0,1,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(30,8,'2026-11-29T14:32:55.664965Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(31,9,'2026-11-29T14:32:55.680651Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(32,9,'2026-11-29T14:32:55.680963Z',0,0,1,'reused',NULL,NULL,NULL);
INSERT INTO "event" VALUES(33,11,'2026-11-29T14:32:55.756860Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(34,11,'2026-11-29T14:32:55.758750Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(35,11,'2026-11-29T14:32:55.762812Z',0,0,1,'retry_scheduled','try_again','the server is busy',NULL);
INSERT INTO "event" VALUES(36,12,'2026-11-29T14:32:55.789789Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(37,12,'2026-11-29T14:32:55.792481Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(38,13,'2026-11-29T14:32:59.798956Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(39,14,'2026-11-29T14:32:59.804026Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(40,15,'2026-11-29T14:32:59.809208Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(41,16,'2026-11-29T14:32:59.825749Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(42,17,'2026-11-29T14:32:59.833465Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
CREATE TABLE gone (
    change INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL,
    owner TEXT NOT NULL
, is_expired INTEGER NOT NULL DEFAULT 0 CHECK (is_expired IN (0, 1)));
INSERT INTO "gone" VALUES(42,'5547a880394cafe11bed','anna',0);
CREATE TABLE idempotency (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
INSERT INTO "idempotency" VALUES('anna','kept','7bf0801c9cb80e31fb9ea7d94a1a7b568c8f2917995e9cb91efe5abb1ae88746',14,'2026-11-29T14:32:59.804055Z');
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
    CHECK (cache_key IS NULL OR status = 'running' OR waits_for = 'equal'), was_deferred INTEGER NOT NULL DEFAULT 0 CHECK (was_deferred IN (0, 1)), cached_from TEXT, wait_s REAL, partial TEXT,
    UNIQUE (job, "index", step),
    CHECK ((status = 'running') = (worker IS NOT NULL)),
    CHECK ((worker IS NULL) = (lease_until IS NULL)),
    CHECK ((status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)),
    CHECK (status != 'failed' OR error IS NOT NULL),
    CHECK (not_before IS NULL OR status = 'pending'),
    CHECK (attempt > 0 OR status IN ('pending', 'queued', 'cancelled'))
);
INSERT INTO "item" VALUES(1,1,0,0,'report','default','anna',0,1,'completed','notes.txt','{"file": "0.txt"}','ef5b05a961b4c934b17999593e4b7253614d6c99d26d6e50b843e546d79e57e5',100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T14:32:54.437378Z','2026-11-29T14:32:54.603633Z',NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(2,2,0,0,'shout','default','anna',0,2,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T14:32:54.604549Z','2026-11-29T14:32:54.607570Z',NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(3,3,0,0,'picky','default','anna',0,3,'failed','bad','{"text": "bad"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-29T14:32:54.607841Z','2026-11-29T14:32:54.609898Z',NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(4,4,0,0,'picky','default','anna',0,4,'completed','good','{"text": "good"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T14:32:54.610209Z','2026-11-29T14:32:54.615673Z',NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(5,4,1,0,'picky','default','anna',0,5,'failed','new','{"text": "new"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-29T14:32:54.615903Z','2026-11-29T14:32:54.616971Z',NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(6,5,0,0,'hold','ai','anna',0,1,'cancelled','on','{"text": "on"}',NULL,40,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T14:32:54.641340Z','2026-11-29T14:32:55.415484Z',NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(7,6,0,0,'shout','default','anna',0,6,'completed','chain','{"text": "chain"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T14:32:55.444284Z','2026-11-29T14:32:55.447026Z',NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(8,6,0,1,'count','parsing','anna',0,1,'completed','chain','{}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T14:32:55.452090Z','2026-11-29T14:32:55.643772Z',NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(9,7,0,0,'shout','default','anna',0,7,'completed','told','{"text": "told"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T14:32:55.459913Z','2026-11-29T14:32:55.464845Z',NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(10,8,0,0,'webhook','webhooks','anna',0,1,'completed','job.completed','{"data": {"type": "job.completed", "timestamp": "2026-11-29T14:32:55.465296Z", "data": {"job_id": "9bfec5172a26a8a6266e", "status": "completed", "links": {"self": "/api/v1/jobs/9bfec5172a26a8a6266e", "result": "/api/v1/jobs/9bfec5172a26a8a6266e/result"}}}}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T14:32:55.466163Z','2026-11-29T14:32:55.664839Z',NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(11,9,0,0,'shout','default','anna',0,8,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,1,NULL,'2026-11-29T14:32:55.680813Z','2026-11-29T14:32:55.680813Z',NULL,NULL,0,'beec6d34c135c7dd23b0',NULL,NULL);
INSERT INTO "item" VALUES(13,11,0,0,'later','default','anna',0,10,'pending','soon','{"text": "soon"}',NULL,0,NULL,1,0,0,0,NULL,NULL,'2026-11-29T14:33:55.762589Z',0,'{"code": "try_again", "message": "the server is busy", "hint": null}','2026-11-29T14:32:55.758501Z',NULL,NULL,NULL,0,NULL,60.0,NULL);
INSERT INTO "item" VALUES(14,12,0,0,'hold','ai','anna',0,2,'running','on','{"text": "on"}',NULL,40,'Holding',1,0,0,0,'93c3b18f8e98/Worker-12','2026-11-29T14:33:55.792173Z',NULL,0,NULL,'2026-11-29T14:32:55.792191Z',NULL,NULL,'1acab61ea84f0551dcde47f2a0a645994136aa96c070d4f080245a26431155cc',0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(15,13,0,0,'shout','default','anna',0,11,'queued','in line','{"text": "in line"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(16,14,0,0,'shout','default','anna',0,12,'pending','in time','{"text": "in time"}',NULL,0,NULL,0,0,0,0,NULL,NULL,'2100-01-01T00:00:00.000000Z',0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(17,15,0,0,'shout','default','anna',0,13,'pending','after','{"text": "after"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,'job',NULL,0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(18,16,0,0,'count','parsing','anna',5,2,'queued','data','{"data": {"a": 1}}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(19,17,0,0,'shout','default','ben',0,11,'queued','ben''s','{"text": "ben''s"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL);
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
INSERT INTO "job" VALUES(1,'3fa4679d490a99513443','report','notes.txt','{"title": "T"}','anna','default','completed',0,6,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T14:32:54.419658Z','2026-11-29T14:32:54.437756Z','2026-11-29T14:32:54.604086Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1093);
INSERT INTO "job" VALUES(2,'beec6d34c135c7dd23b0','shout','loud','{"times": 2, "end": "!", "api_token": ""}','anna','default','completed',0,37,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T14:32:54.439100Z','2026-11-29T14:32:54.604633Z','2026-11-29T14:32:54.607697Z',NULL,NULL,1,'[]','[]',0,1,1,NULL,0,NULL,NULL,NULL,1081);
INSERT INTO "job" VALUES(3,'aa9fdd707323d678703e','picky','bad','{}','anna','default','failed',0,11,1,0,1,0,0,NULL,1,1,0,'{"code":"no_good","message":"This is no good: bad","hint":"Try another."}','2026-11-29T14:32:54.454819Z','2026-11-29T14:32:54.607875Z','2026-11-29T14:32:54.610112Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1041);
INSERT INTO "job" VALUES(4,'98a6bfd6c40c18a637b2','picky','good and 1 more','{}','anna','default','failed',0,15,2,1,1,0,100,NULL,1,1,0,'{"code":"no_good","message":"This is no good: new","hint":"Try another."}','2026-11-29T14:32:54.474448Z','2026-11-29T14:32:54.610242Z','2026-11-29T14:32:54.617108Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,2081);
INSERT INTO "job" VALUES(5,'fce7776eb95c33721fae','hold','on','{}','anna','ai','cancelled',0,20,1,0,0,1,40,NULL,1,4,1,NULL,'2026-11-29T14:32:54.637537Z','2026-11-29T14:32:54.641570Z','2026-11-29T14:32:55.415905Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1040);
INSERT INTO "job" VALUES(6,'e58f47de3c96d1662425','shout','chain','{"times": 1, "end": "!", "api_token": ""}','anna','default','completed',0,33,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T14:32:55.440596Z','2026-11-29T14:32:55.444535Z','2026-11-29T14:32:55.644008Z',NULL,NULL,2,'[{"type": "count", "params": {"more": 0}}]','[]',0,1,0,NULL,0,NULL,NULL,NULL,2119);
INSERT INTO "job" VALUES(7,'9bfec5172a26a8a6266e','shout','told','{"times": 1, "end": "!", "api_token": ""}','anna','default','completed',0,30,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T14:32:55.456362Z','2026-11-29T14:32:55.460273Z','2026-11-29T14:32:55.465152Z',NULL,NULL,1,'[]','[]',0,1,0,'http://127.0.0.1:44369/ok',0,NULL,NULL,NULL,1081);
INSERT INTO "job" VALUES(8,'ac475955c36274b46413','webhook','job.completed','{"url": "http://127.0.0.1:44369/ok", "message_id": "msg_54f03636c6ec2f1d17bbea87", "is_final": true}','anna','webhooks','completed',0,34,1,1,0,0,100,NULL,1,8,0,NULL,'2026-11-29T14:32:55.465357Z','2026-11-29T14:32:55.466253Z','2026-11-29T14:32:55.665041Z',NULL,NULL,1,'[]','[]',0,0,0,NULL,0,NULL,7,NULL,0);
INSERT INTO "job" VALUES(9,'3be8d08647107c8022b8','shout','loud','{"times": 2, "end": "!", "api_token": ""}','anna','default','completed',0,36,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T14:32:55.680467Z','2026-11-29T14:32:55.680963Z','2026-11-29T14:32:55.681075Z',NULL,NULL,1,'[]','[]',1,1,0,NULL,0,NULL,NULL,NULL,1181);
INSERT INTO "job" VALUES(11,'e4d25ebca0f5d69b41d3','later','soon','{"after_s": 60}','anna','default','running',0,45,1,0,0,0,0,NULL,1,4,0,NULL,'2026-11-29T14:32:55.756381Z','2026-11-29T14:32:55.758750Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1055);
INSERT INTO "job" VALUES(12,'9b65ea194c9c97266fc9','hold','on','{}','anna','ai','running',0,48,1,0,0,0,40,'Holding',1,4,0,NULL,'2026-11-29T14:32:55.789529Z','2026-11-29T14:32:55.792481Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1040);
INSERT INTO "job" VALUES(13,'1a22534078f0a4903558','shout','in line','{"times": 1, "end": "!", "api_token": ""}','anna','default','queued',0,49,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T14:32:59.798468Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1084);
INSERT INTO "job" VALUES(14,'467480e53baf61c35d08','shout','in time','{"times": 1, "end": "!", "api_token": ""}','anna','default','pending',0,50,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T14:32:59.803570Z',NULL,NULL,'2100-01-01T00:00:00.000000Z',NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1084);
INSERT INTO "job" VALUES(15,'c5748278e7e3b6cc396c','shout','after','{"times": 1, "end": "!", "api_token": ""}','anna','default','pending',0,51,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T14:32:59.808722Z',NULL,NULL,NULL,NULL,1,'[]','["467480e53baf61c35d08"]',0,1,0,NULL,0,NULL,NULL,NULL,1082);
INSERT INTO "job" VALUES(16,'0740c5cdf6791d0caf7f','count','data','{"more": 0}','anna','parsing','queued',5,52,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T14:32:59.825322Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1053);
INSERT INTO "job" VALUES(17,'2c1de33fd7c2bf818420','shout','ben''s','{"times": 1, "end": "!", "api_token": ""}','ben','default','queued',0,54,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T14:32:59.833000Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1082);
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
CREATE TABLE queue (
    name TEXT PRIMARY KEY,
    is_paused INTEGER NOT NULL DEFAULT 0 CHECK (is_paused IN (0, 1)),
    workers INTEGER CHECK (workers BETWEEN 1 AND 256)
) WITHOUT ROWID;
INSERT INTO "queue" VALUES('parsing',1,NULL);
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
, token INTEGER);
INSERT INTO "schedule" VALUES(1,'New year','anna','0 0 1 1 *','UTC','{"type": "shout", "items": [{"text": "happy"}]}','2027-01-01T00:00:00.000000Z',NULL,NULL,NULL,'2026-11-29T14:32:55.724397Z',NULL);
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
INSERT INTO "token" VALUES(1,'dd82e57ec11ef99fa702c85723886af95b1e497bde94ef3750a0db81524bb7fc','anna','','all','2026-11-29T14:32:56.523451Z',NULL,'2026-11-29T14:32:59.794452Z');
INSERT INTO "token" VALUES(2,'c2d72cb90a621bcc529faa59763072c1a182bd168e12c33d67e846c3e84a0f95','ben','','all','2026-11-29T14:32:58.008664Z',NULL,'2026-11-29T14:32:59.831960Z');
INSERT INTO "token" VALUES(3,'38dcf1254b20c07cc1e0707cbf1b3e8eb28db0271cc06a45d27923cbd999103a','vera','','all','2026-11-29T14:32:58.983046Z',NULL,NULL);
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
INSERT INTO "webhook_secret" VALUES('anna','whsec_vE04ouv+IPeooosmlhixbg56V05F7sXCK4E7oCqx+b0=');
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('job',17);
INSERT INTO "sqlite_sequence" VALUES('item',19);
INSERT INTO "sqlite_sequence" VALUES('audit',28);
INSERT INTO "sqlite_sequence" VALUES('schedule',1);
INSERT INTO "sqlite_sequence" VALUES('token',3);
COMMIT;
PRAGMA user_version = 8;
