BEGIN TRANSACTION;
CREATE TABLE account (
    name TEXT PRIMARY KEY CHECK (name NOT IN ('', 'local')),
    role TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin')),
    password TEXT,
    is_disabled INTEGER NOT NULL DEFAULT 0 CHECK (is_disabled IN (0, 1)),
    created_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "account" VALUES('anna','admin',NULL,0,'2026-11-29T03:56:43.448578Z');
INSERT INTO "account" VALUES('ben','member',NULL,0,'2026-11-29T03:56:44.895597Z');
INSERT INTO "account" VALUES('vera','viewer',NULL,0,'2026-11-29T03:56:46.397548Z');
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL
);
INSERT INTO "audit" VALUES(1,'2026-11-29T03:56:39.510350Z','local','127.0.0.1','submit','f6b6c5b7627bb8db6a6d');
INSERT INTO "audit" VALUES(2,'2026-11-29T03:56:39.518067Z','local','127.0.0.1','submit','cc81e8f71ae95f93e986');
INSERT INTO "audit" VALUES(3,'2026-11-29T03:56:39.523839Z','local','127.0.0.1','submit','051f565197db8ead5a82');
INSERT INTO "audit" VALUES(4,'2026-11-29T03:56:39.529905Z','local','127.0.0.1','submit','054d5f31ab46cb48b366');
INSERT INTO "audit" VALUES(5,'2026-11-29T03:56:39.679504Z','local','127.0.0.1','submit','b3e485b76dbe2c1f2b2c');
INSERT INTO "audit" VALUES(6,'2026-11-29T03:56:39.826717Z','local','127.0.0.1','cancel','b3e485b76dbe2c1f2b2c');
INSERT INTO "audit" VALUES(7,'2026-11-29T03:56:40.543853Z','local','127.0.0.1','submit','b9063c11a665db97ecdf');
INSERT INTO "audit" VALUES(8,'2026-11-29T03:56:40.552916Z','local','127.0.0.1','submit','8a593fd6cc219836f32f');
INSERT INTO "audit" VALUES(9,'2026-11-29T03:56:41.324874Z','local','127.0.0.1','submit','cbf78e19c89a3ba6e959');
INSERT INTO "audit" VALUES(10,'2026-11-29T03:56:41.344561Z','local','127.0.0.1','change keep','cc81e8f71ae95f93e986');
INSERT INTO "audit" VALUES(11,'2026-11-29T03:56:41.364701Z','local','127.0.0.1','submit','d9dd99628cd6d9c54d75');
INSERT INTO "audit" VALUES(12,'2026-11-29T03:56:41.413208Z','local','127.0.0.1','delete','d9dd99628cd6d9c54d75');
INSERT INTO "audit" VALUES(13,'2026-11-29T03:56:41.434833Z','local','127.0.0.1','add schedule','New year');
INSERT INTO "audit" VALUES(14,'2026-11-29T03:56:41.595974Z','local','127.0.0.1','submit','955e4d9f92c80ca2d39e');
INSERT INTO "audit" VALUES(15,'2026-11-29T03:56:41.659672Z','local','127.0.0.1','submit','81c7ffb94a71f1fa6674');
INSERT INTO "audit" VALUES(16,'2026-11-29T03:56:43.449132Z','console','','add account (admin)','anna');
INSERT INTO "audit" VALUES(17,'2026-11-29T03:56:44.212231Z','console','','add token (all)','anna');
INSERT INTO "audit" VALUES(18,'2026-11-29T03:56:44.895883Z','console','','add account (member)','ben');
INSERT INTO "audit" VALUES(19,'2026-11-29T03:56:45.817028Z','console','','add token (all)','ben');
INSERT INTO "audit" VALUES(20,'2026-11-29T03:56:46.397765Z','console','','add account (viewer)','vera');
INSERT INTO "audit" VALUES(21,'2026-11-29T03:56:46.810600Z','console','','add token (all)','vera');
INSERT INTO "audit" VALUES(22,'2026-11-29T03:56:47.988742Z','anna','127.0.0.1','submit','578d9266e7f588656c23');
INSERT INTO "audit" VALUES(23,'2026-11-29T03:56:48.019776Z','anna','127.0.0.1','submit','aa4a558432183055102d');
INSERT INTO "audit" VALUES(24,'2026-11-29T03:56:48.039105Z','anna','127.0.0.1','submit','7b759c442d75ac4677c6');
INSERT INTO "audit" VALUES(25,'2026-11-29T03:56:48.081523Z','anna','127.0.0.1','pause queue','parsing');
INSERT INTO "audit" VALUES(26,'2026-11-29T03:56:48.115834Z','anna','127.0.0.1','submit','489bbd484f959cffc4a6');
INSERT INTO "audit" VALUES(27,'2026-11-29T03:56:48.141077Z','ben','127.0.0.1','submit','a769f0f43b6dd9778870');
INSERT INTO "audit" VALUES(28,'2026-11-29T03:56:48.156044Z','ben','127.0.0.1','share with vera','a769f0f43b6dd9778870');
CREATE TABLE cache (
    key TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    owner TEXT NOT NULL,
    item INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "cache" VALUES('0469215fd1cb64ad069a311736dc4e7c965cd13124f9b2c62195cb3f92cbdc5d','count','local',8,16,'2026-11-29T03:56:40.740300Z','2026-11-29T03:56:40.740300Z');
INSERT INTO "cache" VALUES('278789c1ef4dac6809b874322c9995f7c485651ae5a0d97eab302fee115b277a','shout','local',9,17,'2026-11-29T03:56:40.566129Z','2026-11-29T03:56:40.566129Z');
INSERT INTO "cache" VALUES('552cf864355afe94f8416d78ae33f828adad3edd7010d4abdc0df7c70da61a41','shout','local',7,18,'2026-11-29T03:56:40.562521Z','2026-11-29T03:56:40.562521Z');
INSERT INTO "cache" VALUES('a287561ca5a375f228c5664ae9006f3ee1e3043f9ba03ee20eca04ea7b89cd27','picky','local',4,16,'2026-11-29T03:56:39.663855Z','2026-11-29T03:56:39.663855Z');
INSERT INTO "cache" VALUES('d3f1659d2ba6a8fd5264203f40d56ecbd38c1c3290b5035262d5f12e8c1f390f','report','local',1,36,'2026-11-29T03:56:39.647987Z','2026-11-29T03:56:39.647987Z');
INSERT INTO "cache" VALUES('d4938657b7a4cfdd6563c1e521c4b7fdbb48f669ad2cf7943a4427d1d0c052c4','shout','local',11,22,'2026-11-29T03:56:39.654731Z','2026-11-29T03:56:41.324276Z');
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
INSERT INTO "consumer" VALUES('f302e27d0dc7',28598,'2026-11-29T03:56:39.382790Z','["default", "document_processing", "geo_processing", "parsing", "ai", "notion", "ocr", "webhooks"]',NULL,0);
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
INSERT INTO "dependency" VALUES(15,'aa4a558432183055102d',0);
CREATE TABLE duration (
    type TEXT NOT NULL,
    slot INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (type, slot)
) WITHOUT ROWID;
INSERT INTO "duration" VALUES('count',53,1.52412931995058897882e-01);
INSERT INTO "duration" VALUES('picky',6,2.60765500570414587855e-03);
INSERT INTO "duration" VALUES('report',51,0.0837126540063764);
INSERT INTO "duration" VALUES('shout',4,3.22165800025686621665e-03);
INSERT INTO "duration" VALUES('shout',16,1.11445619986625388264e-02);
INSERT INTO "duration" VALUES('shout',42,1.02024600346339866518e-03);
INSERT INTO "duration" VALUES('webhook',16,5.26242658997944090515e-01);
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
INSERT INTO "event" VALUES(1,1,'2026-11-29T03:56:39.510269Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(2,1,'2026-11-29T03:56:39.516181Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(3,2,'2026-11-29T03:56:39.517970Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(4,3,'2026-11-29T03:56:39.523742Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(5,4,'2026-11-29T03:56:39.529830Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(6,1,'2026-11-29T03:56:39.647559Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(7,2,'2026-11-29T03:56:39.651835Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(8,2,'2026-11-29T03:56:39.654575Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(9,3,'2026-11-29T03:56:39.655375Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(10,3,'2026-11-29T03:56:39.659911Z',0,0,1,'failed','no_good','This is no good: bad',NULL);
INSERT INTO "event" VALUES(11,4,'2026-11-29T03:56:39.660511Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(12,4,'2026-11-29T03:56:39.663750Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(13,4,'2026-11-29T03:56:39.664277Z',1,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(14,4,'2026-11-29T03:56:39.665299Z',1,0,1,'failed','no_good','This is no good: new',NULL);
INSERT INTO "event" VALUES(15,5,'2026-11-29T03:56:39.679421Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(16,5,'2026-11-29T03:56:39.689434Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(17,5,'2026-11-29T03:56:39.826595Z',NULL,NULL,NULL,'cancel_asked',NULL,NULL,NULL);
INSERT INTO "event" VALUES(18,5,'2026-11-29T03:56:40.519313Z',0,0,1,'cancelled',NULL,NULL,NULL);
INSERT INTO "event" VALUES(19,6,'2026-11-29T03:56:40.543774Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(20,6,'2026-11-29T03:56:40.546821Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(21,7,'2026-11-29T03:56:40.552839Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(22,6,'2026-11-29T03:56:40.562340Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(23,6,'2026-11-29T03:56:40.562938Z',0,1,0,'released',NULL,NULL,NULL);
INSERT INTO "event" VALUES(24,7,'2026-11-29T03:56:40.563764Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(25,7,'2026-11-29T03:56:40.565342Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(26,8,'2026-11-29T03:56:40.566070Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(27,6,'2026-11-29T03:56:40.566667Z',0,1,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(28,6,'2026-11-29T03:56:40.740069Z',0,1,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(29,8,'2026-11-29T03:56:40.741354Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(30,8,'2026-11-29T03:56:41.297553Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(31,9,'2026-11-29T03:56:41.324145Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(32,9,'2026-11-29T03:56:41.324533Z',0,0,1,'reused',NULL,NULL,NULL);
INSERT INTO "event" VALUES(33,11,'2026-11-29T03:56:41.595858Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(34,11,'2026-11-29T03:56:41.610823Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(35,11,'2026-11-29T03:56:41.612932Z',0,0,1,'retry_scheduled','try_again','the server is busy',NULL);
INSERT INTO "event" VALUES(36,12,'2026-11-29T03:56:41.659582Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(37,12,'2026-11-29T03:56:41.674681Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(38,13,'2026-11-29T03:56:47.988663Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(39,14,'2026-11-29T03:56:48.019625Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(40,15,'2026-11-29T03:56:48.039026Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(41,16,'2026-11-29T03:56:48.115737Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(42,17,'2026-11-29T03:56:48.140988Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
CREATE TABLE gone (
    change INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL,
    owner TEXT NOT NULL
, is_expired INTEGER NOT NULL DEFAULT 0 CHECK (is_expired IN (0, 1)));
INSERT INTO "gone" VALUES(42,'d9dd99628cd6d9c54d75','anna',0);
CREATE TABLE idempotency (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
INSERT INTO "idempotency" VALUES('anna','kept','7bf0801c9cb80e31fb9ea7d94a1a7b568c8f2917995e9cb91efe5abb1ae88746',14,'2026-11-29T03:56:48.019695Z');
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
    CHECK (cache_key IS NULL OR status = 'running' OR waits_for = 'equal'), was_deferred INTEGER NOT NULL DEFAULT 0 CHECK (was_deferred IN (0, 1)), cached_from TEXT, wait_s REAL,
    UNIQUE (job, "index", step),
    CHECK ((status = 'running') = (worker IS NOT NULL)),
    CHECK ((worker IS NULL) = (lease_until IS NULL)),
    CHECK ((status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)),
    CHECK (status != 'failed' OR error IS NOT NULL),
    CHECK (not_before IS NULL OR status = 'pending'),
    CHECK (attempt > 0 OR status IN ('pending', 'queued', 'cancelled'))
);
INSERT INTO "item" VALUES(1,1,0,0,'report','default','anna',0,1,'completed','notes.txt','{"file": "0.txt"}','ef5b05a961b4c934b17999593e4b7253614d6c99d26d6e50b843e546d79e57e5',100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T03:56:39.515807Z','2026-11-29T03:56:39.647175Z',NULL,NULL,0,NULL,NULL);
INSERT INTO "item" VALUES(2,2,0,0,'shout','default','anna',0,2,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T03:56:39.651658Z','2026-11-29T03:56:39.654464Z',NULL,NULL,0,NULL,NULL);
INSERT INTO "item" VALUES(3,3,0,0,'picky','default','anna',0,3,'failed','bad','{"text": "bad"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-29T03:56:39.655199Z','2026-11-29T03:56:39.659699Z',NULL,NULL,0,NULL,NULL);
INSERT INTO "item" VALUES(4,4,0,0,'picky','default','anna',0,4,'completed','good','{"text": "good"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T03:56:39.660468Z','2026-11-29T03:56:39.663665Z',NULL,NULL,0,NULL,NULL);
INSERT INTO "item" VALUES(5,4,1,0,'picky','default','anna',0,5,'failed','new','{"text": "new"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-29T03:56:39.664237Z','2026-11-29T03:56:39.665237Z',NULL,NULL,0,NULL,NULL);
INSERT INTO "item" VALUES(6,5,0,0,'hold','ai','anna',0,1,'cancelled','on','{"text": "on"}',NULL,40,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T03:56:39.687223Z','2026-11-29T03:56:40.518958Z',NULL,NULL,0,NULL,NULL);
INSERT INTO "item" VALUES(7,6,0,0,'shout','default','anna',0,6,'completed','chain','{"text": "chain"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T03:56:40.546453Z','2026-11-29T03:56:40.562104Z',NULL,NULL,0,NULL,NULL);
INSERT INTO "item" VALUES(8,6,0,1,'count','parsing','anna',0,1,'completed','chain','{}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T03:56:40.566624Z','2026-11-29T03:56:40.739928Z',NULL,NULL,0,NULL,NULL);
INSERT INTO "item" VALUES(9,7,0,0,'shout','default','anna',0,7,'completed','told','{"text": "told"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T03:56:40.563717Z','2026-11-29T03:56:40.565283Z',NULL,NULL,0,NULL,NULL);
INSERT INTO "item" VALUES(10,8,0,0,'webhook','webhooks','anna',0,1,'completed','job.completed','{"data": {"type": "job.completed", "timestamp": "2026-11-29T03:56:40.565582Z", "data": {"job_id": "8a593fd6cc219836f32f", "status": "completed", "links": {"self": "/api/v1/jobs/8a593fd6cc219836f32f", "result": "/api/v1/jobs/8a593fd6cc219836f32f/result"}}}}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-29T03:56:40.741291Z','2026-11-29T03:56:41.297341Z',NULL,NULL,0,NULL,NULL);
INSERT INTO "item" VALUES(11,9,0,0,'shout','default','anna',0,8,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,1,NULL,'2026-11-29T03:56:41.324361Z','2026-11-29T03:56:41.324361Z',NULL,NULL,0,'cc81e8f71ae95f93e986',NULL);
INSERT INTO "item" VALUES(13,11,0,0,'later','default','anna',0,10,'pending','soon','{"text": "soon"}',NULL,0,NULL,1,0,0,0,NULL,NULL,'2026-11-29T03:57:41.612719Z',0,'{"code": "try_again", "message": "the server is busy", "hint": null}','2026-11-29T03:56:41.610452Z',NULL,NULL,NULL,0,NULL,60.0);
INSERT INTO "item" VALUES(14,12,0,0,'hold','ai','anna',0,2,'running','on','{"text": "on"}',NULL,40,'Holding',1,0,0,0,'f302e27d0dc7/Worker-5','2026-11-29T03:57:41.674306Z',NULL,0,NULL,'2026-11-29T03:56:41.674339Z',NULL,NULL,'2e3644698f0b914bc02cb7df2234736b84a3953bab84206eea5cc7392bebe7d2',0,NULL,NULL);
INSERT INTO "item" VALUES(15,13,0,0,'shout','default','anna',0,11,'queued','in line','{"text": "in line"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL);
INSERT INTO "item" VALUES(16,14,0,0,'shout','default','anna',0,12,'pending','in time','{"text": "in time"}',NULL,0,NULL,0,0,0,0,NULL,NULL,'2100-01-01T00:00:00.000000Z',0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL);
INSERT INTO "item" VALUES(17,15,0,0,'shout','default','anna',0,13,'pending','after','{"text": "after"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,'job',NULL,0,NULL,NULL);
INSERT INTO "item" VALUES(18,16,0,0,'count','parsing','anna',5,2,'queued','data','{"data": {"a": 1}}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL);
INSERT INTO "item" VALUES(19,17,0,0,'shout','default','ben',0,11,'queued','ben''s','{"text": "ben''s"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL);
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
INSERT INTO "job" VALUES(1,'f6b6c5b7627bb8db6a6d','report','notes.txt','{"title": "T"}','anna','default','completed',0,6,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T03:56:39.509511Z','2026-11-29T03:56:39.516181Z','2026-11-29T03:56:39.647659Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1093);
INSERT INTO "job" VALUES(2,'cc81e8f71ae95f93e986','shout','loud','{"times": 2, "api_token": "", "end": "!"}','anna','default','completed',0,37,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T03:56:39.517315Z','2026-11-29T03:56:39.651835Z','2026-11-29T03:56:39.654647Z',NULL,NULL,1,'[]','[]',0,1,1,NULL,0,NULL,NULL,NULL,1081);
INSERT INTO "job" VALUES(3,'051f565197db8ead5a82','picky','bad','{}','anna','default','failed',0,11,1,0,1,0,0,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-29T03:56:39.523463Z','2026-11-29T03:56:39.655375Z','2026-11-29T03:56:39.659990Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1041);
INSERT INTO "job" VALUES(4,'054d5f31ab46cb48b366','picky','good and 1 more','{}','anna','default','failed',0,15,2,1,1,0,100,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-29T03:56:39.529138Z','2026-11-29T03:56:39.660511Z','2026-11-29T03:56:39.665358Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,2081);
INSERT INTO "job" VALUES(5,'b3e485b76dbe2c1f2b2c','hold','on','{}','anna','ai','cancelled',0,20,1,0,0,1,40,NULL,1,4,1,NULL,'2026-11-29T03:56:39.678655Z','2026-11-29T03:56:39.689434Z','2026-11-29T03:56:40.519514Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1040);
INSERT INTO "job" VALUES(6,'b9063c11a665db97ecdf','shout','chain','{"api_token": "", "end": "!", "times": 1}','anna','default','completed',0,32,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T03:56:40.542989Z','2026-11-29T03:56:40.546821Z','2026-11-29T03:56:40.740185Z',NULL,NULL,2,'[{"type": "count", "params": {"more": 0}}]','[]',0,1,0,NULL,0,NULL,NULL,NULL,2119);
INSERT INTO "job" VALUES(7,'8a593fd6cc219836f32f','shout','told','{"api_token": "", "end": "!", "times": 1}','anna','default','completed',0,29,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T03:56:40.552147Z','2026-11-29T03:56:40.563764Z','2026-11-29T03:56:40.565397Z',NULL,NULL,1,'[]','[]',0,1,0,'http://127.0.0.1:42525/ok',0,NULL,NULL,NULL,1081);
INSERT INTO "job" VALUES(8,'16b169fd7dfb13eb33f5','webhook','job.completed','{"url": "http://127.0.0.1:42525/ok", "message_id": "msg_9dab8c1e333b008c008eb864", "is_final": true}','anna','webhooks','completed',0,34,1,1,0,0,100,NULL,1,8,0,NULL,'2026-11-29T03:56:40.565651Z','2026-11-29T03:56:40.741354Z','2026-11-29T03:56:41.297772Z',NULL,NULL,1,'[]','[]',0,0,0,NULL,0,NULL,7,NULL,0);
INSERT INTO "job" VALUES(9,'cbf78e19c89a3ba6e959','shout','loud','{"times": 2, "api_token": "", "end": "!"}','anna','default','completed',0,36,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-29T03:56:41.323581Z','2026-11-29T03:56:41.324533Z','2026-11-29T03:56:41.324690Z',NULL,NULL,1,'[]','[]',1,1,0,NULL,0,NULL,NULL,NULL,1181);
INSERT INTO "job" VALUES(11,'955e4d9f92c80ca2d39e','later','soon','{"after_s": 60}','anna','default','running',0,45,1,0,0,0,0,NULL,1,4,0,NULL,'2026-11-29T03:56:41.579201Z','2026-11-29T03:56:41.610823Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1055);
INSERT INTO "job" VALUES(12,'81c7ffb94a71f1fa6674','hold','on','{}','anna','ai','running',0,48,1,0,0,0,40,'Holding',1,4,0,NULL,'2026-11-29T03:56:41.658705Z','2026-11-29T03:56:41.674681Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1040);
INSERT INTO "job" VALUES(13,'578d9266e7f588656c23','shout','in line','{"api_token": "", "end": "!", "times": 1}','anna','default','queued',0,49,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T03:56:47.987983Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1084);
INSERT INTO "job" VALUES(14,'aa4a558432183055102d','shout','in time','{"api_token": "", "end": "!", "times": 1}','anna','default','pending',0,50,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T03:56:48.014750Z',NULL,NULL,'2100-01-01T00:00:00.000000Z',NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1084);
INSERT INTO "job" VALUES(15,'7b759c442d75ac4677c6','shout','after','{"api_token": "", "end": "!", "times": 1}','anna','default','pending',0,51,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T03:56:48.038227Z',NULL,NULL,NULL,NULL,1,'[]','["aa4a558432183055102d"]',0,1,0,NULL,0,NULL,NULL,NULL,1082);
INSERT INTO "job" VALUES(16,'489bbd484f959cffc4a6','count','data','{"more": 0}','anna','parsing','queued',5,52,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T03:56:48.114741Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1053);
INSERT INTO "job" VALUES(17,'a769f0f43b6dd9778870','shout','ben''s','{"api_token": "", "end": "!", "times": 1}','ben','default','queued',0,54,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-29T03:56:48.140256Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL,1082);
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
INSERT INTO "schedule" VALUES(1,'New year','anna','0 0 1 1 *','UTC','{"type": "shout", "items": [{"text": "happy"}]}','2027-01-01T00:00:00.000000Z',NULL,NULL,NULL,'2026-11-29T03:56:41.434464Z',NULL);
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
INSERT INTO "token" VALUES(1,'a53de1a90a401cd6db617e6f32dca78f762e6ab53a8f79c72abd625ea5bc7118','anna','','all','2026-11-29T03:56:44.212017Z',NULL,'2026-11-29T03:56:47.935641Z');
INSERT INTO "token" VALUES(2,'fec7fc8baa0e90b3cf17585c33b0834aebe7d76b1b3bdaec982b9ea7bd1e949f','ben','','all','2026-11-29T03:56:45.816762Z',NULL,'2026-11-29T03:56:48.131819Z');
INSERT INTO "token" VALUES(3,'5111b09daab4d1e439b2971deb9f4bf2b48d6b8613b9e3dc26e289b393f74fe7','vera','','all','2026-11-29T03:56:46.810371Z',NULL,NULL);
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
INSERT INTO "webhook_secret" VALUES('anna','whsec_6bO1vDhljidz/FLdidrLbRbHjDlAXSC6EMTYbY83vOs=');
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
PRAGMA user_version = 7;
