BEGIN TRANSACTION;
CREATE TABLE account (
    name TEXT PRIMARY KEY CHECK (name NOT IN ('', 'local')),
    role TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin')),
    password TEXT,
    is_disabled INTEGER NOT NULL DEFAULT 0 CHECK (is_disabled IN (0, 1)),
    created_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "account" VALUES('anna','admin',NULL,0,'2026-11-28T21:27:49.446686Z');
INSERT INTO "account" VALUES('ben','member',NULL,0,'2026-11-28T21:27:50.759890Z');
INSERT INTO "account" VALUES('vera','viewer',NULL,0,'2026-11-28T21:27:51.936011Z');
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL
);
INSERT INTO "audit" VALUES(1,'2026-11-28T21:27:47.146029Z','local','127.0.0.1','submit','ff26572b2292eedc013a');
INSERT INTO "audit" VALUES(2,'2026-11-28T21:27:47.155998Z','local','127.0.0.1','submit','35c05cc5db8ce02feea8');
INSERT INTO "audit" VALUES(3,'2026-11-28T21:27:47.161973Z','local','127.0.0.1','submit','7ddce842e07181dbcc86');
INSERT INTO "audit" VALUES(4,'2026-11-28T21:27:47.170121Z','local','127.0.0.1','submit','5316a708e2b0375681ee');
INSERT INTO "audit" VALUES(5,'2026-11-28T21:27:47.328683Z','local','127.0.0.1','submit','bc8ec61e98ee0aac2875');
INSERT INTO "audit" VALUES(6,'2026-11-28T21:27:47.509478Z','local','127.0.0.1','cancel','bc8ec61e98ee0aac2875');
INSERT INTO "audit" VALUES(7,'2026-11-28T21:27:48.135889Z','local','127.0.0.1','submit','9be24cdeaa6fad44407a');
INSERT INTO "audit" VALUES(8,'2026-11-28T21:27:48.146333Z','local','127.0.0.1','submit','e42dcce990b89f2afb9f');
INSERT INTO "audit" VALUES(9,'2026-11-28T21:27:48.445662Z','local','127.0.0.1','submit','68dd8f94a7a6b2e4bcdd');
INSERT INTO "audit" VALUES(10,'2026-11-28T21:27:48.453843Z','local','127.0.0.1','change keep','35c05cc5db8ce02feea8');
INSERT INTO "audit" VALUES(11,'2026-11-28T21:27:48.460924Z','local','127.0.0.1','submit','8e16c462f01d38a9311b');
INSERT INTO "audit" VALUES(12,'2026-11-28T21:27:48.494632Z','local','127.0.0.1','delete','8e16c462f01d38a9311b');
INSERT INTO "audit" VALUES(13,'2026-11-28T21:27:48.508970Z','local','127.0.0.1','add schedule','New year');
INSERT INTO "audit" VALUES(14,'2026-11-28T21:27:48.565384Z','local','127.0.0.1','submit','1246698344c10cec582c');
INSERT INTO "audit" VALUES(15,'2026-11-28T21:27:48.604693Z','local','127.0.0.1','submit','161355847d6b6d57a857');
INSERT INTO "audit" VALUES(16,'2026-11-28T21:27:49.447203Z','console','','add account (admin)','anna');
INSERT INTO "audit" VALUES(17,'2026-11-28T21:27:50.179150Z','console','','add token (all)','anna');
INSERT INTO "audit" VALUES(18,'2026-11-28T21:27:50.760096Z','console','','add account (member)','ben');
INSERT INTO "audit" VALUES(19,'2026-11-28T21:27:51.526630Z','console','','add token (all)','ben');
INSERT INTO "audit" VALUES(20,'2026-11-28T21:27:51.936209Z','console','','add account (viewer)','vera');
INSERT INTO "audit" VALUES(21,'2026-11-28T21:27:52.259759Z','console','','add token (all)','vera');
INSERT INTO "audit" VALUES(22,'2026-11-28T21:27:52.813079Z','anna','127.0.0.1','submit','03a738db6b7688a655e9');
INSERT INTO "audit" VALUES(23,'2026-11-28T21:27:52.828258Z','anna','127.0.0.1','submit','01a0013a76af023d1f75');
INSERT INTO "audit" VALUES(24,'2026-11-28T21:27:52.833885Z','anna','127.0.0.1','submit','e6870efe05ab870145ce');
INSERT INTO "audit" VALUES(25,'2026-11-28T21:27:52.842795Z','anna','127.0.0.1','pause queue','parsing');
INSERT INTO "audit" VALUES(26,'2026-11-28T21:27:52.857840Z','anna','127.0.0.1','submit','625899385655c41a2fac');
INSERT INTO "audit" VALUES(27,'2026-11-28T21:27:52.869206Z','ben','127.0.0.1','submit','753b7e1b9b0ea198bd3a');
INSERT INTO "audit" VALUES(28,'2026-11-28T21:27:52.878298Z','ben','127.0.0.1','share with vera','753b7e1b9b0ea198bd3a');
CREATE TABLE cache (
    key TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    owner TEXT NOT NULL,
    item INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "cache" VALUES('150f8187d8adf03542daabc66dcef3d05399da0bd543de7f51296793ca609392','shout','local',9,17,'2026-11-28T21:27:48.162161Z','2026-11-28T21:27:48.162161Z');
INSERT INTO "cache" VALUES('540a69ab41b4315debf8b25d8133f79bb4ca8b3eab84e0c7edd2afa086259af4','picky','local',4,16,'2026-11-28T21:27:47.313509Z','2026-11-28T21:27:47.313509Z');
INSERT INTO "cache" VALUES('b786311bdf280f240780eb9213d397fc4c1fe69be552b7731f19b06a2a1cd269','shout','local',11,22,'2026-11-28T21:27:47.306949Z','2026-11-28T21:27:48.444887Z');
INSERT INTO "cache" VALUES('e2c46611c67291b828d53df45eb840b59b217652040bd736c86c0d626528301e','count','local',8,16,'2026-11-28T21:27:48.392224Z','2026-11-28T21:27:48.392224Z');
INSERT INTO "cache" VALUES('e4b0ce6a3e1ab79f74db2e0bb6fce81d28eea8b533fecd8229414c11cbc27798','shout','local',7,18,'2026-11-28T21:27:48.144823Z','2026-11-28T21:27:48.144823Z');
INSERT INTO "cache" VALUES('fbf76ab5702e959b77889d3ddb88305f7e1b8a38f881139038447e305f339471','report','local',1,36,'2026-11-28T21:27:47.300338Z','2026-11-28T21:27:47.300338Z');
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
INSERT INTO "consumer" VALUES('99a5cd2bee96',15432,'2026-11-28T21:27:46.939033Z','["default", "document_processing", "geo_processing", "parsing", "ai", "notion", "ocr", "webhooks"]',NULL,0);
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
INSERT INTO "dependency" VALUES(15,'01a0013a76af023d1f75',0);
CREATE TABLE duration (
    type TEXT NOT NULL,
    slot INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (type, slot)
) WITHOUT ROWID;
INSERT INTO "duration" VALUES('count',59,1.85001317000569542869e-01);
INSERT INTO "duration" VALUES('picky',8,1.06844799665850587189e-03);
INSERT INTO "duration" VALUES('report',45,1.18756282001413637772e-01);
INSERT INTO "duration" VALUES('shout',3,1.55909699969924986362e-03);
INSERT INTO "duration" VALUES('shout',25,2.1514670006581582129e-03);
INSERT INTO "duration" VALUES('shout',38,1.65153499983716756105e-03);
INSERT INTO "duration" VALUES('shout',49,3.89092299883486703038e-03);
INSERT INTO "duration" VALUES('webhook',14,2.29057458000170299783e-01);
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
INSERT INTO "event" VALUES(1,1,'2026-11-28T21:27:47.145935Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(2,1,'2026-11-28T21:27:47.150792Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(3,2,'2026-11-28T21:27:47.155897Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(4,3,'2026-11-28T21:27:47.161890Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(5,4,'2026-11-28T21:27:47.170033Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(6,1,'2026-11-28T21:27:47.299903Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(7,2,'2026-11-28T21:27:47.303714Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(8,2,'2026-11-28T21:27:47.306773Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(9,3,'2026-11-28T21:27:47.307723Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(10,3,'2026-11-28T21:27:47.310836Z',0,0,1,'failed','no_good','This is no good: bad',NULL);
INSERT INTO "event" VALUES(11,4,'2026-11-28T21:27:47.311622Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(12,4,'2026-11-28T21:27:47.313395Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(13,4,'2026-11-28T21:27:47.314042Z',1,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(14,4,'2026-11-28T21:27:47.315181Z',1,0,1,'failed','no_good','This is no good: new',NULL);
INSERT INTO "event" VALUES(15,5,'2026-11-28T21:27:47.328584Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(16,5,'2026-11-28T21:27:47.336820Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(17,5,'2026-11-28T21:27:47.509320Z',NULL,NULL,NULL,'cancel_asked',NULL,NULL,NULL);
INSERT INTO "event" VALUES(18,5,'2026-11-28T21:27:48.113003Z',0,0,1,'cancelled',NULL,NULL,NULL);
INSERT INTO "event" VALUES(19,6,'2026-11-28T21:27:48.135760Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(20,6,'2026-11-28T21:27:48.141851Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(21,6,'2026-11-28T21:27:48.144656Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(22,6,'2026-11-28T21:27:48.145248Z',0,1,0,'released',NULL,NULL,NULL);
INSERT INTO "event" VALUES(23,7,'2026-11-28T21:27:48.146257Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(24,6,'2026-11-28T21:27:48.154425Z',0,1,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(25,7,'2026-11-28T21:27:48.156075Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(26,7,'2026-11-28T21:27:48.161183Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(27,8,'2026-11-28T21:27:48.162050Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(28,8,'2026-11-28T21:27:48.162875Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(29,6,'2026-11-28T21:27:48.391788Z',0,1,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(30,8,'2026-11-28T21:27:48.422663Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(31,9,'2026-11-28T21:27:48.444401Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(32,9,'2026-11-28T21:27:48.445240Z',0,0,1,'reused',NULL,NULL,NULL);
INSERT INTO "event" VALUES(33,11,'2026-11-28T21:27:48.565308Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(34,11,'2026-11-28T21:27:48.573774Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(35,11,'2026-11-28T21:27:48.576093Z',0,0,1,'retry_scheduled','try_again','the server is busy',NULL);
INSERT INTO "event" VALUES(36,12,'2026-11-28T21:27:48.604615Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(37,12,'2026-11-28T21:27:48.613216Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(38,13,'2026-11-28T21:27:52.812982Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(39,14,'2026-11-28T21:27:52.828120Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(40,15,'2026-11-28T21:27:52.833803Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(41,16,'2026-11-28T21:27:52.857750Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(42,17,'2026-11-28T21:27:52.869126Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
CREATE TABLE gone (
    change INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL,
    owner TEXT NOT NULL
, is_expired INTEGER NOT NULL DEFAULT 0 CHECK (is_expired IN (0, 1)));
INSERT INTO "gone" VALUES(42,'8e16c462f01d38a9311b','anna',0);
CREATE TABLE idempotency (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
INSERT INTO "idempotency" VALUES('anna','kept','7bf0801c9cb80e31fb9ea7d94a1a7b568c8f2917995e9cb91efe5abb1ae88746',14,'2026-11-28T21:27:52.828184Z');
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
INSERT INTO "item" VALUES(1,1,0,0,'report','default','anna',0,1,'completed','notes.txt','{"file": "0.txt"}','ef5b05a961b4c934b17999593e4b7253614d6c99d26d6e50b843e546d79e57e5',100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T21:27:47.150383Z','2026-11-28T21:27:47.299546Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(2,2,0,0,'shout','default','anna',0,2,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T21:27:47.303593Z','2026-11-28T21:27:47.306668Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(3,3,0,0,'picky','default','anna',0,3,'failed','bad','{"text": "bad"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-28T21:27:47.307655Z','2026-11-28T21:27:47.310596Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(4,4,0,0,'picky','default','anna',0,4,'completed','good','{"text": "good"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T21:27:47.311546Z','2026-11-28T21:27:47.313321Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(5,4,1,0,'picky','default','anna',0,5,'failed','new','{"text": "new"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-28T21:27:47.313942Z','2026-11-28T21:27:47.315108Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(6,5,0,0,'hold','ai','anna',0,1,'cancelled','on','{"text": "on"}',NULL,40,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T21:27:47.336539Z','2026-11-28T21:27:48.112686Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(7,6,0,0,'shout','default','anna',0,6,'completed','chain','{"text": "chain"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T21:27:48.141510Z','2026-11-28T21:27:48.144460Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(8,6,0,1,'count','parsing','anna',0,1,'completed','chain','{}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T21:27:48.154339Z','2026-11-28T21:27:48.391577Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(9,7,0,0,'shout','default','anna',0,7,'completed','told','{"text": "told"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T21:27:48.155679Z','2026-11-28T21:27:48.160970Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(10,8,0,0,'webhook','webhooks','anna',0,1,'completed','job.completed','{"data": {"type": "job.completed", "timestamp": "2026-11-28T21:27:48.161471Z", "data": {"job_id": "e42dcce990b89f2afb9f", "status": "completed", "links": {"self": "/api/v1/jobs/e42dcce990b89f2afb9f", "result": "/api/v1/jobs/e42dcce990b89f2afb9f/result"}}}}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T21:27:48.162824Z','2026-11-28T21:27:48.422460Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(11,9,0,0,'shout','default','anna',0,8,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,1,NULL,'2026-11-28T21:27:48.444982Z','2026-11-28T21:27:48.444982Z',NULL,NULL,0,'35c05cc5db8ce02feea8');
INSERT INTO "item" VALUES(13,11,0,0,'later','default','anna',0,10,'pending','soon','{"text": "soon"}',NULL,0,NULL,1,0,0,0,NULL,NULL,'2026-11-28T21:28:48.575869Z',0,'{"code": "try_again", "message": "the server is busy", "hint": null}','2026-11-28T21:27:48.573422Z',NULL,NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(14,12,0,0,'hold','ai','anna',0,2,'running','on','{"text": "on"}',NULL,40,'Holding',1,0,0,0,'99a5cd2bee96/Worker-2','2026-11-28T21:28:48.612812Z',NULL,0,NULL,'2026-11-28T21:27:48.612837Z',NULL,NULL,'3d74fea51329731220883f9684f5156850423597b60cbf713d372fc078a13c5e',0,NULL);
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
INSERT INTO "job" VALUES(1,'ff26572b2292eedc013a','report','notes.txt','{"title": "T"}','anna','default','completed',0,6,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T21:27:47.145147Z','2026-11-28T21:27:47.150792Z','2026-11-28T21:27:47.300015Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1093);
INSERT INTO "job" VALUES(2,'35c05cc5db8ce02feea8','shout','loud','{"times": 2, "api_token": "", "end": "!"}','anna','default','completed',0,37,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T21:27:47.155030Z','2026-11-28T21:27:47.303714Z','2026-11-28T21:27:47.306851Z',NULL,NULL,1,'[]','[]',0,1,1,NULL,0,NULL,NULL,NULL,1081);
INSERT INTO "job" VALUES(3,'7ddce842e07181dbcc86','picky','bad','{}','anna','default','failed',0,11,1,0,1,0,0,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-28T21:27:47.161213Z','2026-11-28T21:27:47.307723Z','2026-11-28T21:27:47.310917Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1041);
INSERT INTO "job" VALUES(4,'5316a708e2b0375681ee','picky','good and 1 more','{}','anna','default','failed',0,15,2,1,1,0,100,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-28T21:27:47.169266Z','2026-11-28T21:27:47.311622Z','2026-11-28T21:27:47.315244Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,2081);
INSERT INTO "job" VALUES(5,'bc8ec61e98ee0aac2875','hold','on','{}','anna','ai','cancelled',0,20,1,0,0,1,40,NULL,1,4,1,NULL,'2026-11-28T21:27:47.327754Z','2026-11-28T21:27:47.336820Z','2026-11-28T21:27:48.113204Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1040);
INSERT INTO "job" VALUES(6,'9be24cdeaa6fad44407a','shout','chain','{"api_token": "", "end": "!", "times": 1}','anna','default','completed',0,33,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T21:27:48.135015Z','2026-11-28T21:27:48.141851Z','2026-11-28T21:27:48.391906Z',NULL,NULL,2,'[{"type": "count", "params": {"more": 0}}]','[]',0,1,0,NULL,0,NULL,NULL,NULL,2119);
INSERT INTO "job" VALUES(7,'e42dcce990b89f2afb9f','shout','told','{"api_token": "", "end": "!", "times": 1}','anna','default','completed',0,30,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T21:27:48.145876Z','2026-11-28T21:27:48.156075Z','2026-11-28T21:27:48.161267Z',NULL,NULL,1,'[]','[]',0,1,0,'http://127.0.0.1:40885/ok',0,NULL,NULL,NULL,1081);
INSERT INTO "job" VALUES(8,'2e5b38e693073a995d1b','webhook','job.completed','{"url": "http://127.0.0.1:40885/ok", "message_id": "msg_69b7cbe1024ac8e17e4b52d9", "is_final": true}','anna','webhooks','completed',0,34,1,1,0,0,100,NULL,1,8,0,NULL,'2026-11-28T21:27:48.161556Z','2026-11-28T21:27:48.162875Z','2026-11-28T21:27:48.422828Z',NULL,NULL,1,'[]','[]',0,0,0,NULL,0,NULL,7,NULL,0);
INSERT INTO "job" VALUES(9,'68dd8f94a7a6b2e4bcdd','shout','loud','{"times": 2, "api_token": "", "end": "!"}','anna','default','completed',0,36,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T21:27:48.444075Z','2026-11-28T21:27:48.445240Z','2026-11-28T21:27:48.445450Z',NULL,NULL,1,'[]','[]',1,1,0,NULL,0,NULL,NULL,NULL,1181);
INSERT INTO "job" VALUES(11,'1246698344c10cec582c','later','soon','{"after_s": 60}','anna','default','running',0,45,1,0,0,0,0,NULL,1,4,0,NULL,'2026-11-28T21:27:48.564777Z','2026-11-28T21:27:48.573774Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1055);
INSERT INTO "job" VALUES(12,'161355847d6b6d57a857','hold','on','{}','anna','ai','running',0,48,1,0,0,0,40,'Holding',1,4,0,NULL,'2026-11-28T21:27:48.603974Z','2026-11-28T21:27:48.613216Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1040);
INSERT INTO "job" VALUES(13,'03a738db6b7688a655e9','shout','in line','{"api_token": "", "end": "!", "times": 1}','anna','default','queued',0,49,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T21:27:52.812169Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1084);
INSERT INTO "job" VALUES(14,'01a0013a76af023d1f75','shout','in time','{"api_token": "", "end": "!", "times": 1}','anna','default','pending',0,50,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T21:27:52.823251Z',NULL,NULL,'2100-01-01T00:00:00.000000Z',NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1084);
INSERT INTO "job" VALUES(15,'e6870efe05ab870145ce','shout','after','{"api_token": "", "end": "!", "times": 1}','anna','default','pending',0,51,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T21:27:52.833015Z',NULL,NULL,NULL,NULL,1,'[]','["01a0013a76af023d1f75"]',0,1,0,NULL,0,NULL,NULL,NULL,1082);
INSERT INTO "job" VALUES(16,'625899385655c41a2fac','count','data','{"more": 0}','anna','parsing','queued',5,52,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T21:27:52.856986Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1053);
INSERT INTO "job" VALUES(17,'753b7e1b9b0ea198bd3a','shout','ben''s','{"api_token": "", "end": "!", "times": 1}','ben','default','queued',0,54,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T21:27:52.868336Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1082);
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
INSERT INTO "schedule" VALUES(1,'New year','anna','0 0 1 1 *','UTC','{"type": "shout", "items": [{"text": "happy"}]}','2027-01-01T00:00:00.000000Z',NULL,NULL,NULL,'2026-11-28T21:27:48.508508Z',NULL);
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
INSERT INTO "token" VALUES(1,'7e3eee34ec0bb90abb56bbf7cac9ac20e92d02747057d19dfb43a15aebf6bc77','anna','','all','2026-11-28T21:27:50.178922Z',NULL,'2026-11-28T21:27:52.800528Z');
INSERT INTO "token" VALUES(2,'dba0854b4282376cfc39c46984a54c6aac26761f781d91fda3489a61c42f7f80','ben','','all','2026-11-28T21:27:51.526412Z',NULL,'2026-11-28T21:27:52.866345Z');
INSERT INTO "token" VALUES(3,'3bb70c2123f59a1012a848a51e1911e935d064527bf5e8ad41e5e3160a4dce66','vera','','all','2026-11-28T21:27:52.259556Z',NULL,NULL);
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
INSERT INTO "webhook_secret" VALUES('anna','whsec_6jh2OQDB/3/BhI1GUZf2ftyIAFnjFcboFjhL+NtFP7g=');
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
PRAGMA user_version = 6;
