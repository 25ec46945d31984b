BEGIN TRANSACTION;
CREATE TABLE account (
    name TEXT PRIMARY KEY CHECK (name NOT IN ('', 'local')),
    role TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin')),
    password TEXT,
    is_disabled INTEGER NOT NULL DEFAULT 0 CHECK (is_disabled IN (0, 1)),
    created_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "account" VALUES('anna','admin',NULL,0,'2026-11-29T21:03:33.401118Z');
INSERT INTO "account" VALUES('ben','member',NULL,0,'2026-11-29T21:03:34.178860Z');
INSERT INTO "account" VALUES('vera','viewer',NULL,0,'2026-11-29T21:03:34.977795Z');
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL
);
INSERT INTO "audit" VALUES(1,'2026-11-29T21:03:31.735306Z','local','127.0.0.1','submit','6a117c600f83889de1c8');
INSERT INTO "audit" VALUES(2,'2026-11-29T21:03:31.742099Z','local','127.0.0.1','submit','b50cb696f93f4a22863b');
INSERT INTO "audit" VALUES(3,'2026-11-29T21:03:31.747310Z','local','127.0.0.1','submit','8980ce3ff04f03e80e81');
INSERT INTO "audit" VALUES(4,'2026-11-29T21:03:31.751762Z','local','127.0.0.1','submit','dc32ebaf5db5cc9bb1ad');
INSERT INTO "audit" VALUES(5,'2026-11-29T21:03:31.854296Z','local','127.0.0.1','submit','ec89bab8ce3b2c2f6bd5');
INSERT INTO "audit" VALUES(6,'2026-11-29T21:03:31.949288Z','local','127.0.0.1','cancel','ec89bab8ce3b2c2f6bd5');
INSERT INTO "audit" VALUES(7,'2026-11-29T21:03:32.645532Z','local','127.0.0.1','submit','c9e60f1f03b5a1dae252');
INSERT INTO "audit" VALUES(8,'2026-11-29T21:03:32.648976Z','local','127.0.0.1','submit','bb5bcbf4c2c763796e75');
INSERT INTO "audit" VALUES(9,'2026-11-29T21:03:32.862501Z','local','127.0.0.1','submit','883785bdb923529c96ad');
INSERT INTO "audit" VALUES(10,'2026-11-29T21:03:32.865507Z','local','127.0.0.1','change keep','b50cb696f93f4a22863b');
INSERT INTO "audit" VALUES(11,'2026-11-29T21:03:32.867368Z','local','127.0.0.1','submit','7975300342bd55de006e');
INSERT INTO "audit" VALUES(12,'2026-11-29T21:03:32.895456Z','local','127.0.0.1','delete','7975300342bd55de006e');
INSERT INTO "audit" VALUES(13,'2026-11-29T21:03:32.900873Z','local','127.0.0.1','add schedule','New year');
INSERT INTO "audit" VALUES(14,'2026-11-29T21:03:32.927664Z','local','127.0.0.1','submit','83fd09fb114beb3c3927');
INSERT INTO "audit" VALUES(15,'2026-11-29T21:03:32.956109Z','local','127.0.0.1','submit','e16242972c80e915994a');
INSERT INTO "audit" VALUES(16,'2026-11-29T21:03:33.401760Z','console','','add account (admin)','anna');
INSERT INTO "audit" VALUES(17,'2026-11-29T21:03:33.796006Z','console','','add token (all)','anna');
INSERT INTO "audit" VALUES(18,'2026-11-29T21:03:34.179013Z','console','','add account (member)','ben');
INSERT INTO "audit" VALUES(19,'2026-11-29T21:03:34.582589Z','console','','add token (all)','ben');
INSERT INTO "audit" VALUES(20,'2026-11-29T21:03:34.977944Z','console','','add account (viewer)','vera');
INSERT INTO "audit" VALUES(21,'2026-11-29T21:03:35.368779Z','console','','add token (all)','vera');
INSERT INTO "audit" VALUES(22,'2026-11-29T21:03:35.944175Z','anna','127.0.0.1','submit','8e868d2a9cceb7cf4218');
INSERT INTO "audit" VALUES(23,'2026-11-29T21:03:35.949769Z','anna','127.0.0.1','submit','0b346ed1e3f1549a8a0d');
INSERT INTO "audit" VALUES(24,'2026-11-29T21:03:35.954266Z','anna','127.0.0.1','submit','722b1c19bb4a59958840');
INSERT INTO "audit" VALUES(25,'2026-11-29T21:03:35.958233Z','anna','127.0.0.1','pause queue','parsing');
INSERT INTO "audit" VALUES(26,'2026-11-29T21:03:35.963988Z','anna','127.0.0.1','submit','70c5504b0d0067ce2900');
INSERT INTO "audit" VALUES(27,'2026-11-29T21:03:35.969057Z','ben','127.0.0.1','submit','e1811c516ba32a161f98');
INSERT INTO "audit" VALUES(28,'2026-11-29T21:03:35.972318Z','ben','127.0.0.1','share with vera','e1811c516ba32a161f98');
CREATE TABLE cache (
    key TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    owner TEXT NOT NULL,
    item INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "cache" VALUES('35a71b257714d537b6ee5d8f59786a71aeb0a757e33e65a7f47756f15d7d96f1','report','local',1,36,'2026-11-29T21:03:31.822017Z','2026-11-29T21:03:31.822017Z');
INSERT INTO "cache" VALUES('4fe9da9d8433a5d7d91374e2059226354ad8480268a7e2dcf4cf675df29855ba','shout','local',9,17,'2026-11-29T21:03:32.654882Z','2026-11-29T21:03:32.654882Z');
INSERT INTO "cache" VALUES('6c57c5a1b34693d6c795d717b4ec5ec6f99444c88f36a899607bb64ff10980ea','shout','local',11,22,'2026-11-29T21:03:31.825259Z','2026-11-29T21:03:32.861962Z');
INSERT INTO "cache" VALUES('6fb0949ab376dd900627ff8c9591af7b0387e6eade650b419b43269227af512d','picky','local',4,16,'2026-11-29T21:03:31.829847Z','2026-11-29T21:03:31.829847Z');
INSERT INTO "cache" VALUES('c159b1a55e19be317ea30bcb2f33566700115303ac3aecce2f72b4d3ae40c987','count','local',8,16,'2026-11-29T21:03:32.736491Z','2026-11-29T21:03:32.736491Z');
INSERT INTO "cache" VALUES('c2ccadbfd05a60232d137cad184bca4c3f0f2aff1761875584c8b39298191985','shout','local',7,18,'2026-11-29T21:03:32.652045Z','2026-11-29T21:03:32.652045Z');
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
INSERT INTO "consumer" VALUES('8940059fbcee',13574,'2026-11-29T21:03:31.631012Z','["default", "document_processing", "geo_processing", "parsing", "ai", "notion", "ocr", "webhooks"]',NULL,0);
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
INSERT INTO "dependency" VALUES(15,'0b346ed1e3f1549a8a0d',0);
CREATE TABLE duration (
    type TEXT NOT NULL,
    slot INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (type, slot)
) WITHOUT ROWID;
INSERT INTO "duration" VALUES('count',27,5.43738479973399080336e-02);
INSERT INTO "duration" VALUES('picky',14,0.000442340002337005);
INSERT INTO "duration" VALUES('report',26,6.65559879998909309506e-02);
INSERT INTO "duration" VALUES('shout',13,3.27006700172205455601e-03);
INSERT INTO "duration" VALUES('shout',24,1.23230800090823322534e-03);
INSERT INTO "duration" VALUES('shout',33,1.71652999779325909912e-03);
INSERT INTO "duration" VALUES('shout',39,1.07213899900671094655e-03);
INSERT INTO "duration" VALUES('webhook',27,9.15655890021298546344e-02);
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
INSERT INTO "event" VALUES(1,1,'2026-11-29T21:03:31.735258Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(2,1,'2026-11-29T21:03:31.739571Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(3,2,'2026-11-29T21:03:31.742058Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(4,3,'2026-11-29T21:03:31.747269Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(5,4,'2026-11-29T21:03:31.751721Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(6,1,'2026-11-29T21:03:31.821585Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(7,2,'2026-11-29T21:03:31.822342Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(8,2,'2026-11-29T21:03:31.825096Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(9,3,'2026-11-29T21:03:31.825391Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(10,3,'2026-11-29T21:03:31.827994Z',0,0,1,'failed','no_good','This is no good: bad',NULL);
INSERT INTO "event" VALUES(11,4,'2026-11-29T21:03:31.828473Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(12,4,'2026-11-29T21:03:31.829731Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(13,4,'2026-11-29T21:03:31.829961Z',1,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(14,4,'2026-11-29T21:03:31.831008Z',1,0,1,'failed','no_good','This is no good: new',NULL);
INSERT INTO "event" VALUES(15,5,'2026-11-29T21:03:31.854251Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(16,5,'2026-11-29T21:03:31.856848Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(17,5,'2026-11-29T21:03:31.949121Z',NULL,NULL,NULL,'cancel_asked',NULL,NULL,NULL);
INSERT INTO "event" VALUES(18,5,'2026-11-29T21:03:32.628748Z',0,0,1,'cancelled',NULL,NULL,NULL);
INSERT INTO "event" VALUES(19,6,'2026-11-29T21:03:32.645499Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(20,6,'2026-11-29T21:03:32.647676Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(21,7,'2026-11-29T21:03:32.648947Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(22,6,'2026-11-29T21:03:32.651898Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(23,6,'2026-11-29T21:03:32.652364Z',0,1,0,'released',NULL,NULL,NULL);
INSERT INTO "event" VALUES(24,7,'2026-11-29T21:03:32.652551Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(25,7,'2026-11-29T21:03:32.654361Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(26,8,'2026-11-29T21:03:32.654803Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(27,6,'2026-11-29T21:03:32.655472Z',0,1,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(28,6,'2026-11-29T21:03:32.736256Z',0,1,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(29,8,'2026-11-29T21:03:32.737094Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(30,8,'2026-11-29T21:03:32.844217Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(31,9,'2026-11-29T21:03:32.861853Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(32,9,'2026-11-29T21:03:32.862178Z',0,0,1,'reused',NULL,NULL,NULL);
INSERT INTO "event" VALUES(33,11,'2026-11-29T21:03:32.927633Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(34,11,'2026-11-29T21:03:32.929763Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(35,11,'2026-11-29T21:03:32.932437Z',0,0,1,'retry_scheduled','try_again','the server is busy',NULL);
INSERT INTO "event" VALUES(36,12,'2026-11-29T21:03:32.956080Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(37,12,'2026-11-29T21:03:32.957831Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(38,13,'2026-11-29T21:03:35.944132Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(39,14,'2026-11-29T21:03:35.949682Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(40,15,'2026-11-29T21:03:35.954225Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(41,16,'2026-11-29T21:03:35.963943Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(42,17,'2026-11-29T21:03:35.969019Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
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
INSERT INTO "failure" VALUES(1795986000,'anna','picky','no_good','',2,'2026-11-29T21:03:31.827726Z','2026-11-29T21:03:31.830921Z 4 This is no good: new');
CREATE TABLE gone (
    change INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL,
    owner TEXT NOT NULL
, is_expired INTEGER NOT NULL DEFAULT 0 CHECK (is_expired IN (0, 1)));
INSERT INTO "gone" VALUES(42,'7975300342bd55de006e','anna',0);
CREATE TABLE idempotency (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
INSERT INTO "idempotency" VALUES('anna','kept','7bf0801c9cb80e31fb9ea7d94a1a7b568c8f2917995e9cb91efe5abb1ae88746',14,'2026-11-29T21:03:35.949716Z');
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
INSERT INTO "item" VALUES(1,1,0,0,'report','default','anna',0,1,'completed','notes.txt','{"file": "0.txt"}','ef5b05a961b4c934b17999593e4b7253614d6c99d26d6e50b843e546d79e57e5',100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T21:03:31.739076Z','2026-11-29T21:03:31.821163Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(2,2,0,0,'shout','default','anna',0,2,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T21:03:31.822248Z','2026-11-29T21:03:31.825014Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(3,3,0,0,'picky','default','anna',0,3,'failed','bad','{"text": "bad"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-29T21:03:31.825347Z','2026-11-29T21:03:31.827726Z',NULL,NULL,0,NULL,NULL,NULL,'no_good','');
INSERT INTO "item" VALUES(4,4,0,0,'picky','default','anna',0,4,'completed','good','{"text": "good"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T21:03:31.828415Z','2026-11-29T21:03:31.829669Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(5,4,1,0,'picky','default','anna',0,5,'failed','new','{"text": "new"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-29T21:03:31.829924Z','2026-11-29T21:03:31.830921Z',NULL,NULL,0,NULL,NULL,NULL,'no_good','');
INSERT INTO "item" VALUES(6,5,0,0,'hold','ai','anna',0,1,'cancelled','on','{"text": "on"}',NULL,40,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T21:03:31.856579Z','2026-11-29T21:03:32.628282Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(7,6,0,0,'shout','default','anna',0,6,'completed','chain','{"text": "chain"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T21:03:32.647415Z','2026-11-29T21:03:32.651802Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(8,6,0,1,'count','parsing','anna',0,1,'completed','chain','{}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T21:03:32.655384Z','2026-11-29T21:03:32.736060Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(9,7,0,0,'shout','default','anna',0,7,'completed','told','{"text": "told"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T21:03:32.652483Z','2026-11-29T21:03:32.654276Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(10,8,0,0,'webhook','webhooks','anna',0,1,'completed','job.completed','{"data": {"type": "job.completed", "timestamp": "2026-11-29T21:03:32.654462Z", "data": {"job_id": "bb5bcbf4c2c763796e75", "status": "completed", "links": {"self": "/api/v1/jobs/bb5bcbf4c2c763796e75", "result": "/api/v1/jobs/bb5bcbf4c2c763796e75/result"}}}}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T21:03:32.737043Z','2026-11-29T21:03:32.844026Z',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(11,9,0,0,'shout','default','anna',0,8,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,1,NULL,'2026-11-29T21:03:32.862011Z','2026-11-29T21:03:32.862011Z',NULL,NULL,0,'b50cb696f93f4a22863b',NULL,NULL,NULL,NULL);
INSERT INTO "item" VALUES(13,11,0,0,'later','default','anna',0,10,'pending','soon','{"text": "soon"}',NULL,0,NULL,1,0,0,0,NULL,NULL,'2026-11-29T21:04:32.931883Z',0,'{"code": "try_again", "message": "the server is busy", "hint": null}','2026-11-29T21:03:32.929546Z',NULL,NULL,NULL,0,NULL,60.0,NULL,NULL,NULL);
INSERT INTO "item" VALUES(14,12,0,0,'hold','ai','anna',0,2,'running','on','{"text": "on"}',NULL,40,'Holding',1,0,0,0,'8940059fbcee/Worker-14','2026-11-29T21:04:32.957722Z',NULL,0,NULL,'2026-11-29T21:03:32.957747Z',NULL,NULL,'bebb06588e7d12dbd84d1b5875aefbde59896f810c9aeb2a55c97931e9d08bee',0,NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO "job" VALUES(1,'6a117c600f83889de1c8','report','notes.txt','{"title": "T"}','anna','default','completed',0,6,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T21:03:31.734357Z','2026-11-29T21:03:31.739571Z','2026-11-29T21:03:31.821672Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1093);
INSERT INTO "job" VALUES(2,'b50cb696f93f4a22863b','shout','loud','{"times": 2, "end": "!", "api_token": ""}','anna','default','completed',0,37,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T21:03:31.741639Z','2026-11-29T21:03:31.822342Z','2026-11-29T21:03:31.825151Z',NULL,NULL,1,'[]','[]',0,1,1,NULL,0,NULL,NULL,NULL,1081);
INSERT INTO "job" VALUES(3,'8980ce3ff04f03e80e81','picky','bad','{}','anna','default','failed',0,11,1,0,1,0,0,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-29T21:03:31.746648Z','2026-11-29T21:03:31.825391Z','2026-11-29T21:03:31.828122Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1041);
INSERT INTO "job" VALUES(4,'dc32ebaf5db5cc9bb1ad','picky','good and 1 more','{}','anna','default','failed',0,15,2,1,1,0,100,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-29T21:03:31.751093Z','2026-11-29T21:03:31.828473Z','2026-11-29T21:03:31.831078Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,2081);
INSERT INTO "job" VALUES(5,'ec89bab8ce3b2c2f6bd5','hold','on','{}','anna','ai','cancelled',0,20,1,0,0,1,40,NULL,1,4,1,NULL,'2026-11-29T21:03:31.853707Z','2026-11-29T21:03:31.856848Z','2026-11-29T21:03:32.628834Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1040);
INSERT INTO "job" VALUES(6,'c9e60f1f03b5a1dae252','shout','chain','{"times": 1, "end": "!", "api_token": ""}','anna','default','completed',0,32,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T21:03:32.645198Z','2026-11-29T21:03:32.647676Z','2026-11-29T21:03:32.736334Z',NULL,NULL,2,'[{"type": "count", "params": {"more": 0}}]','[]',0,1,0,NULL,0,NULL,NULL,NULL,2119);
INSERT INTO "job" VALUES(7,'bb5bcbf4c2c763796e75','shout','told','{"times": 1, "end": "!", "api_token": ""}','anna','default','completed',0,29,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T21:03:32.648793Z','2026-11-29T21:03:32.652551Z','2026-11-29T21:03:32.654405Z',NULL,NULL,1,'[]','[]',0,1,0,'http://127.0.0.1:37427/ok',0,NULL,NULL,NULL,1081);
INSERT INTO "job" VALUES(8,'41c823032dd0a23d9dc7','webhook','job.completed','{"url": "http://127.0.0.1:37427/ok", "message_id": "msg_34acb8c39b23df7f036d91d5", "is_final": true}','anna','webhooks','completed',0,34,1,1,0,0,100,NULL,1,8,0,NULL,'2026-11-29T21:03:32.654515Z','2026-11-29T21:03:32.737094Z','2026-11-29T21:03:32.844292Z',NULL,NULL,1,'[]','[]',0,0,0,NULL,0,NULL,7,NULL,0);
INSERT INTO "job" VALUES(9,'883785bdb923529c96ad','shout','loud','{"times": 2, "end": "!", "api_token": ""}','anna','default','completed',0,36,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T21:03:32.861593Z','2026-11-29T21:03:32.862178Z','2026-11-29T21:03:32.862296Z',NULL,NULL,1,'[]','[]',1,1,0,NULL,0,NULL,NULL,NULL,1181);
INSERT INTO "job" VALUES(11,'83fd09fb114beb3c3927','later','soon','{"after_s": 60}','anna','default','running',0,45,1,0,0,0,0,NULL,1,4,0,NULL,'2026-11-29T21:03:32.927351Z','2026-11-29T21:03:32.929763Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1055);
INSERT INTO "job" VALUES(12,'e16242972c80e915994a','hold','on','{}','anna','ai','running',0,48,1,0,0,0,40,'Holding',1,4,0,NULL,'2026-11-29T21:03:32.955795Z','2026-11-29T21:03:32.957831Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1040);
INSERT INTO "job" VALUES(13,'8e868d2a9cceb7cf4218','shout','in line','{"times": 1, "end": "!", "api_token": ""}','anna','default','queued',0,49,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T21:03:35.943670Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1084);
INSERT INTO "job" VALUES(14,'0b346ed1e3f1549a8a0d','shout','in time','{"times": 1, "end": "!", "api_token": ""}','anna','default','pending',0,50,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T21:03:35.949186Z',NULL,NULL,'2100-01-01T00:00:00.000000Z',NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1084);
INSERT INTO "job" VALUES(15,'722b1c19bb4a59958840','shout','after','{"times": 1, "end": "!", "api_token": ""}','anna','default','pending',0,51,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T21:03:35.953672Z',NULL,NULL,NULL,NULL,1,'[]','["0b346ed1e3f1549a8a0d"]',0,1,0,NULL,0,NULL,NULL,NULL,1082);
INSERT INTO "job" VALUES(16,'70c5504b0d0067ce2900','count','data','{"more": 0}','anna','parsing','queued',5,52,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T21:03:35.963470Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1053);
INSERT INTO "job" VALUES(17,'e1811c516ba32a161f98','shout','ben''s','{"times": 1, "end": "!", "api_token": ""}','ben','default','queued',0,54,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T21:03:35.968536Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1082);
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
, paused_by TEXT, paused_at TEXT) WITHOUT ROWID;
INSERT INTO "queue" VALUES('parsing',1,NULL,'anna','2026-11-29T21:03:35.957855Z');
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
INSERT INTO "schedule" VALUES(1,'New year','anna','0 0 1 1 *','UTC','{"type": "shout", "items": [{"text": "happy"}]}','2027-01-01T00:00:00.000000Z',NULL,NULL,NULL,'2026-11-29T21:03:32.900630Z',NULL,NULL,NULL);
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
INSERT INTO "tally" VALUES(1795986000,'anna','count','completed',0,1,0);
INSERT INTO "tally" VALUES(1795986000,'anna','count','ran',24,1,12759040);
INSERT INTO "tally" VALUES(1795986000,'anna','picky','completed',0,1,0);
INSERT INTO "tally" VALUES(1795986000,'anna','picky','failed',0,2,0);
INSERT INTO "tally" VALUES(1795986000,'anna','picky','ran',0,2,0);
INSERT INTO "tally" VALUES(1795986000,'anna','picky','ran',2,1,0);
INSERT INTO "tally" VALUES(1795986000,'anna','picky','waited',26,3,0);
INSERT INTO "tally" VALUES(1795986000,'anna','report','completed',0,1,0);
INSERT INTO "tally" VALUES(1795986000,'anna','report','ran',25,1,12759040);
INSERT INTO "tally" VALUES(1795986000,'anna','report','waited',10,1,0);
INSERT INTO "tally" VALUES(1795986000,'anna','shout','completed',0,5,0);
INSERT INTO "tally" VALUES(1795986000,'anna','shout','ran',1,1,0);
INSERT INTO "tally" VALUES(1795986000,'anna','shout','ran',2,1,0);
INSERT INTO "tally" VALUES(1795986000,'anna','shout','ran',4,1,0);
INSERT INTO "tally" VALUES(1795986000,'anna','shout','ran',7,1,12791808);
INSERT INTO "tally" VALUES(1795986000,'anna','shout','waited',5,1,0);
INSERT INTO "tally" VALUES(1795986000,'anna','shout','waited',6,1,0);
INSERT INTO "tally" VALUES(1795986000,'anna','shout','waited',8,1,0);
INSERT INTO "tally" VALUES(1795986000,'anna','shout','waited',26,1,0);
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
INSERT INTO "token" VALUES(1,'ee02b5c2be3c6e804483bc6cbe9d106c4949373b6be604d737b90e46e191aa5f','anna','','all','2026-11-29T21:03:33.795867Z',NULL,'2026-11-29T21:03:35.939156Z');
INSERT INTO "token" VALUES(2,'82c9dd0739623241e64b8dc9659909faa0d14fa6e9c3c6da556f1393be3b1776','ben','','all','2026-11-29T21:03:34.582437Z',NULL,'2026-11-29T21:03:35.967536Z');
INSERT INTO "token" VALUES(3,'49f7915cac602bc841c2d4a0b82e57b574d23762ef3d8e68d2ba78c650f823dd','vera','','all','2026-11-29T21:03:35.368633Z',NULL,NULL);
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
INSERT INTO "webhook_secret" VALUES('anna','whsec_qYmFn1n/hzpWOMZT91JkFIHmCHUaHCglR6UNVEjj47g=');
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('job',17);
INSERT INTO "sqlite_sequence" VALUES('item',19);
INSERT INTO "sqlite_sequence" VALUES('audit',28);
INSERT INTO "sqlite_sequence" VALUES('schedule',1);
INSERT INTO "sqlite_sequence" VALUES('token',3);
COMMIT;
PRAGMA user_version = 9;
