BEGIN TRANSACTION;
CREATE TABLE cache (
    key TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    owner TEXT NOT NULL,
    item INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "cache" VALUES('082f8d7de26088b75163464eb632b6f02ef64639d71af09baacb70ac626b2762','shout','local',11,22,'2026-11-28T14:06:57.621677Z','2026-11-28T14:07:00.844156Z');
INSERT INTO "cache" VALUES('26423f8ab2b6fd3d611a9dfd98d4fbec21247f13a104610b7a398263465b5ac9','shout','local',9,17,'2026-11-28T14:06:59.135394Z','2026-11-28T14:06:59.135394Z');
INSERT INTO "cache" VALUES('3ab5d11f630787ef782fa755665ef5eec5ff70e747a7b4e13a09b921ab46da44','shout','local',7,18,'2026-11-28T14:06:59.113384Z','2026-11-28T14:06:59.113384Z');
INSERT INTO "cache" VALUES('c3581db90ac5692c14c86c9825fcf9e63183d47b9227717af8cb246e7fd8024a','picky','local',4,16,'2026-11-28T14:06:57.649882Z','2026-11-28T14:06:57.649882Z');
INSERT INTO "cache" VALUES('ccfcd695a7468d5d33c7d8059e48931d0cbeee908627620c95d6802d80e88ec5','report','local',1,36,'2026-11-28T14:06:57.600963Z','2026-11-28T14:06:57.600963Z');
INSERT INTO "cache" VALUES('d1a406d421d9b9c55f6741d9ea3b4c1eaa67d86986665990bcf3aa68fd0da309','count','local',8,16,'2026-11-28T14:07:00.177651Z','2026-11-28T14:07:00.177651Z');
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
INSERT INTO "consumer" VALUES('8ba217c6a073',6934,'2026-11-28T14:06:55.641587Z','["default", "document_processing", "geo_processing", "parsing", "ai", "notion", "ocr", "webhooks"]',NULL,0);
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
INSERT INTO "counter" VALUES('change',52);
CREATE TABLE dependency (
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    needs TEXT NOT NULL,
    is_met INTEGER NOT NULL DEFAULT 0 CHECK (is_met IN (0, 1)),
    PRIMARY KEY (job, needs)
) WITHOUT ROWID;
INSERT INTO "dependency" VALUES(15,'cfe21e3d6c8413621669',0);
CREATE TABLE duration (
    type TEXT NOT NULL,
    slot INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (type, slot)
) WITHOUT ROWID;
INSERT INTO "duration" VALUES('count',54,9.58892662000380369136e-01);
INSERT INTO "duration" VALUES('picky',7,7.22828199968716944567e-03);
INSERT INTO "duration" VALUES('report',34,1.21607134999976551625e+00);
INSERT INTO "duration" VALUES('shout',19,6.11214299988205311819e-03);
INSERT INTO "duration" VALUES('shout',20,1.89419799999086535535e-02);
INSERT INTO "duration" VALUES('shout',31,1.03486800026075798086e-03);
INSERT INTO "duration" VALUES('shout',51,1.78991290003978065215e-02);
INSERT INTO "duration" VALUES('webhook',17,6.78043547000015678349e-01);
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
INSERT INTO "event" VALUES(1,1,'2026-11-28T14:06:56.216975Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(2,1,'2026-11-28T14:06:56.265151Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(3,2,'2026-11-28T14:06:56.271254Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(4,3,'2026-11-28T14:06:56.347424Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(5,4,'2026-11-28T14:06:56.402742Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(6,1,'2026-11-28T14:06:57.600541Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(7,2,'2026-11-28T14:06:57.602858Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(8,2,'2026-11-28T14:06:57.621515Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(9,3,'2026-11-28T14:06:57.622192Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(10,3,'2026-11-28T14:06:57.641299Z',0,0,1,'failed','no_good','This is no good: bad',NULL);
INSERT INTO "event" VALUES(11,4,'2026-11-28T14:06:57.641870Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(12,4,'2026-11-28T14:06:57.649763Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(13,4,'2026-11-28T14:06:57.650348Z',1,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(14,4,'2026-11-28T14:06:57.656974Z',1,0,1,'failed','no_good','This is no good: new',NULL);
INSERT INTO "event" VALUES(15,5,'2026-11-28T14:06:57.698090Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(16,5,'2026-11-28T14:06:57.726241Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(17,5,'2026-11-28T14:06:58.263122Z',NULL,NULL,NULL,'cancel_asked',NULL,NULL,NULL);
INSERT INTO "event" VALUES(18,5,'2026-11-28T14:06:59.025485Z',0,0,1,'cancelled',NULL,NULL,NULL);
INSERT INTO "event" VALUES(19,6,'2026-11-28T14:06:59.042604Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(20,7,'2026-11-28T14:06:59.070135Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(21,6,'2026-11-28T14:06:59.106130Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(22,6,'2026-11-28T14:06:59.113245Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(23,6,'2026-11-28T14:06:59.113800Z',0,1,0,'released',NULL,NULL,NULL);
INSERT INTO "event" VALUES(24,7,'2026-11-28T14:06:59.114998Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(25,7,'2026-11-28T14:06:59.134434Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(26,8,'2026-11-28T14:06:59.135220Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(27,6,'2026-11-28T14:06:59.135958Z',0,1,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(28,8,'2026-11-28T14:07:00.109811Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(29,6,'2026-11-28T14:07:00.177265Z',0,1,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(30,8,'2026-11-28T14:07:00.822672Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(31,9,'2026-11-28T14:07:00.844053Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(32,9,'2026-11-28T14:07:00.844340Z',0,0,1,'reused',NULL,NULL,NULL);
INSERT INTO "event" VALUES(33,11,'2026-11-28T14:07:01.052793Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(34,11,'2026-11-28T14:07:01.065947Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(35,11,'2026-11-28T14:07:01.077080Z',0,0,1,'retry_scheduled','try_again','the server is busy',NULL);
INSERT INTO "event" VALUES(36,12,'2026-11-28T14:07:01.101608Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(37,12,'2026-11-28T14:07:01.121943Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(38,13,'2026-11-28T14:07:02.558081Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(39,14,'2026-11-28T14:07:02.563559Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(40,15,'2026-11-28T14:07:02.574140Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(41,16,'2026-11-28T14:07:02.598528Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
CREATE TABLE gone (
    change INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL,
    owner TEXT NOT NULL
, is_expired INTEGER NOT NULL DEFAULT 0 CHECK (is_expired IN (0, 1)));
INSERT INTO "gone" VALUES(42,'de48999efe8c4263730e','local',0);
CREATE TABLE idempotency (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
INSERT INTO "idempotency" VALUES('local','kept','7bf0801c9cb80e31fb9ea7d94a1a7b568c8f2917995e9cb91efe5abb1ae88746',14,'2026-11-28T14:07:02.563523Z');
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
INSERT INTO "item" VALUES(1,1,0,0,'report','default','local',0,1,'completed','notes.txt','{"file": "0.txt"}','ef5b05a961b4c934b17999593e4b7253614d6c99d26d6e50b843e546d79e57e5',100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:56.264776Z','2026-11-28T14:06:57.600236Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(2,2,0,0,'shout','default','local',0,2,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:57.602639Z','2026-11-28T14:06:57.621402Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(3,3,0,0,'picky','default','local',0,3,'failed','bad','{"text": "bad"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-28T14:06:57.622131Z','2026-11-28T14:06:57.641007Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(4,4,0,0,'picky','default','local',0,4,'completed','good','{"text": "good"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:57.641808Z','2026-11-28T14:06:57.649624Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(5,4,1,0,'picky','default','local',0,5,'failed','new','{"text": "new"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-28T14:06:57.650291Z','2026-11-28T14:06:57.656858Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(6,5,0,0,'hold','ai','local',0,1,'cancelled','on','{"text": "on"}',NULL,40,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:57.725881Z','2026-11-28T14:06:59.025246Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(7,6,0,0,'shout','default','local',0,6,'completed','chain','{"text": "chain"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:59.105701Z','2026-11-28T14:06:59.113035Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(8,6,0,1,'count','parsing','local',0,1,'completed','chain','{}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:59.135904Z','2026-11-28T14:07:00.177026Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(9,7,0,0,'shout','default','local',0,7,'completed','told','{"text": "told"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:59.114939Z','2026-11-28T14:06:59.134358Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(10,8,0,0,'webhook','webhooks','local',0,1,'completed','job.completed','{"data": {"type": "job.completed", "timestamp": "2026-11-28T14:06:59.134699Z", "data": {"job_id": "3ada2adf4abddf2cb68b", "status": "completed", "links": {"self": "/api/v1/jobs/3ada2adf4abddf2cb68b", "result": "/api/v1/jobs/3ada2adf4abddf2cb68b/result"}}}}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:07:00.109453Z','2026-11-28T14:07:00.822472Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(11,9,0,0,'shout','default','local',0,8,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,1,NULL,'2026-11-28T14:07:00.844110Z','2026-11-28T14:07:00.844110Z',NULL,NULL,0,'9c3fdb13d1832c3617e4');
INSERT INTO "item" VALUES(13,11,0,0,'later','default','local',0,10,'pending','soon','{"text": "soon"}',NULL,0,NULL,1,0,0,0,NULL,NULL,'2026-11-28T14:08:01.076799Z',0,'{"code": "try_again", "message": "the server is busy", "hint": null}','2026-11-28T14:07:01.065596Z',NULL,NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(14,12,0,0,'hold','ai','local',0,2,'running','on','{"text": "on"}',NULL,40,'Holding',1,0,0,0,'8ba217c6a073/Worker-14','2026-11-28T14:08:01.121600Z',NULL,0,NULL,'2026-11-28T14:07:01.121582Z',NULL,NULL,'980eb9e6a2a2dd1ea4927fe575bdb196a92b22baab1aa50310610a6e13cca426',0,NULL);
INSERT INTO "item" VALUES(15,13,0,0,'shout','default','local',0,11,'queued','in line','{"text": "in line"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(16,14,0,0,'shout','default','local',0,12,'pending','in time','{"text": "in time"}',NULL,0,NULL,0,0,0,0,NULL,NULL,'2100-01-01T00:00:00.000000Z',0,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(17,15,0,0,'shout','default','local',0,13,'pending','after','{"text": "after"}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,'job',NULL,0,NULL);
INSERT INTO "item" VALUES(18,16,0,0,'count','parsing','local',5,2,'queued','data','{"data": {"a": 1}}',NULL,0,NULL,0,0,0,0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,NULL);
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
    CHECK (webhook_progress IN (0, 1)), webhook_at TEXT, delivery_of INTEGER REFERENCES job (id) ON DELETE CASCADE, schedule INTEGER,
    CHECK (completed_items + failed_items + cancelled_items <= total_items),
    CHECK (progress_points BETWEEN 0 AND 100 * total_items),
    CHECK ((status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)),
    CHECK (status != 'completed' OR completed_items = total_items),
    CHECK (status NOT IN ('running', 'completed', 'failed') OR started_at IS NOT NULL)
);
INSERT INTO "job" VALUES(1,'3e1971f913a03401c2b0','report','notes.txt','{"title": "T"}','local','default','completed',0,6,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:06:56.216164Z','2026-11-28T14:06:56.265151Z','2026-11-28T14:06:57.600723Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(2,'9c3fdb13d1832c3617e4','shout','loud','{"times": 2, "api_token": "", "end": "!"}','local','default','completed',0,37,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:06:56.270971Z','2026-11-28T14:06:57.602858Z','2026-11-28T14:06:57.621591Z',NULL,NULL,1,'[]','[]',0,1,1,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(3,'b47ba7ecb8c2466ad33a','picky','bad','{}','local','default','failed',0,11,1,0,1,0,0,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-28T14:06:56.346838Z','2026-11-28T14:06:57.622192Z','2026-11-28T14:06:57.641383Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(4,'7672dcc2df6257c21ae0','picky','good and 1 more','{}','local','default','failed',0,15,2,1,1,0,100,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-28T14:06:56.402134Z','2026-11-28T14:06:57.641870Z','2026-11-28T14:06:57.657042Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(5,'f13d67126d10f732a060','hold','on','{}','local','ai','cancelled',0,20,1,0,0,1,40,NULL,1,4,1,NULL,'2026-11-28T14:06:57.697513Z','2026-11-28T14:06:57.726241Z','2026-11-28T14:06:59.025652Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(6,'d7ce75962530614de0fb','shout','chain','{"api_token": "", "end": "!", "times": 1}','local','default','completed',0,33,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:06:59.042290Z','2026-11-28T14:06:59.106130Z','2026-11-28T14:07:00.177428Z',NULL,NULL,2,'[{"type": "count", "params": {"more": 0}}]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(7,'3ada2adf4abddf2cb68b','shout','told','{"api_token": "", "end": "!", "times": 1}','local','default','completed',0,29,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:06:59.069593Z','2026-11-28T14:06:59.114998Z','2026-11-28T14:06:59.134496Z',NULL,NULL,1,'[]','[]',0,1,0,'http://127.0.0.1:40321/ok',0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(8,'48ea16c3828a1203dbad','webhook','job.completed','{"url": "http://127.0.0.1:40321/ok", "message_id": "msg_8844514e256ceb0114d44387", "is_final": true}','local','webhooks','completed',0,34,1,1,0,0,100,NULL,1,8,0,NULL,'2026-11-28T14:06:59.134825Z','2026-11-28T14:07:00.109811Z','2026-11-28T14:07:00.822843Z',NULL,NULL,1,'[]','[]',0,0,0,NULL,0,NULL,7,NULL);
INSERT INTO "job" VALUES(9,'1c9bd77b1d8dfd8d3897','shout','loud','{"times": 2, "api_token": "", "end": "!"}','local','default','completed',0,36,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:07:00.843520Z','2026-11-28T14:07:00.844340Z','2026-11-28T14:07:00.850435Z',NULL,NULL,1,'[]','[]',1,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(11,'43807219740402aea0b9','later','soon','{"after_s": 60}','local','default','running',0,45,1,0,0,0,0,NULL,1,4,0,NULL,'2026-11-28T14:07:01.052576Z','2026-11-28T14:07:01.065947Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(12,'4d882b912e49862d0dcc','hold','on','{}','local','ai','running',0,48,1,0,0,0,40,'Holding',1,4,0,NULL,'2026-11-28T14:07:01.101052Z','2026-11-28T14:07:01.121943Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(13,'92d5faa6a17d7b605fdc','shout','in line','{"api_token": "", "end": "!", "times": 1}','local','default','queued',0,49,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T14:07:02.557655Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(14,'cfe21e3d6c8413621669','shout','in time','{"api_token": "", "end": "!", "times": 1}','local','default','pending',0,50,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T14:07:02.562965Z',NULL,NULL,'2100-01-01T00:00:00.000000Z',NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(15,'03062b9c89da8039ddd3','shout','after','{"api_token": "", "end": "!", "times": 1}','local','default','pending',0,51,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T14:07:02.573567Z',NULL,NULL,NULL,NULL,1,'[]','["cfe21e3d6c8413621669"]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(16,'587edab7e7c9e03fb220','count','data','{"more": 0}','local','parsing','queued',5,52,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T14:07:02.598036Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
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
INSERT INTO "schedule" VALUES(1,'New year','local','0 0 1 1 *','UTC','{"type": "shout", "items": [{"text": "happy"}]}','2027-01-01T00:00:00.000000Z',NULL,NULL,NULL,'2026-11-28T14:07:00.941177Z');
CREATE TABLE turn (
    queue TEXT NOT NULL,
    owner TEXT NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (queue, owner)
) WITHOUT ROWID;
INSERT INTO "turn" VALUES('ai','',2);
INSERT INTO "turn" VALUES('ai','local',2);
INSERT INTO "turn" VALUES('default','',10);
INSERT INTO "turn" VALUES('default','local',13);
INSERT INTO "turn" VALUES('parsing','',1);
INSERT INTO "turn" VALUES('parsing','local',2);
INSERT INTO "turn" VALUES('webhooks','',1);
INSERT INTO "turn" VALUES('webhooks','local',1);
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
INSERT INTO "webhook_secret" VALUES('local','whsec_cw8EUZD7Wh/gxL27Pd4AhtRDC30vByxqwl59qyCqp1Q=');
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('job',16);
INSERT INTO "sqlite_sequence" VALUES('item',18);
INSERT INTO "sqlite_sequence" VALUES('schedule',1);
COMMIT;
PRAGMA user_version = 4;
