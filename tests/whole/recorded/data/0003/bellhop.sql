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
INSERT INTO "cache" VALUES('082f8d7de26088b75163464eb632b6f02ef64639d71af09baacb70ac626b2762','shout','local',11,22,'2026-11-28T14:06:38.754669Z','2026-11-28T14:06:41.648024Z');
INSERT INTO "cache" VALUES('26423f8ab2b6fd3d611a9dfd98d4fbec21247f13a104610b7a398263465b5ac9','shout','local',9,17,'2026-11-28T14:06:40.198769Z','2026-11-28T14:06:40.198769Z');
INSERT INTO "cache" VALUES('3ab5d11f630787ef782fa755665ef5eec5ff70e747a7b4e13a09b921ab46da44','shout','local',7,18,'2026-11-28T14:06:40.177682Z','2026-11-28T14:06:40.177682Z');
INSERT INTO "cache" VALUES('c3581db90ac5692c14c86c9825fcf9e63183d47b9227717af8cb246e7fd8024a','picky','local',4,16,'2026-11-28T14:06:38.785089Z','2026-11-28T14:06:38.785089Z');
INSERT INTO "cache" VALUES('ccfcd695a7468d5d33c7d8059e48931d0cbeee908627620c95d6802d80e88ec5','report','local',1,36,'2026-11-28T14:06:38.725906Z','2026-11-28T14:06:38.725906Z');
INSERT INTO "cache" VALUES('d1a406d421d9b9c55f6741d9ea3b4c1eaa67d86986665990bcf3aa68fd0da309','count','local',8,16,'2026-11-28T14:06:40.773758Z','2026-11-28T14:06:40.773758Z');
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
INSERT INTO "consumer" VALUES('b73e55ba267b',6529,'2026-11-28T14:06:37.913671Z','["default", "document_processing", "geo_processing", "parsing", "ai", "notion", "ocr", "webhooks"]',NULL,0);
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
INSERT INTO "dependency" VALUES(15,'ba51ab5fde8a98711641',0);
CREATE TABLE duration (
    type TEXT NOT NULL,
    slot INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (type, slot)
) WITHOUT ROWID;
INSERT INTO "duration" VALUES('count',56,4.99789266999869141727e-01);
INSERT INTO "duration" VALUES('picky',56,2.2883477000050334027e-02);
INSERT INTO "duration" VALUES('report',13,4.65913935999651585007e-01);
INSERT INTO "duration" VALUES('shout',19,2.58738399998037493787e-02);
INSERT INTO "duration" VALUES('shout',32,2.47501610001563676632e-02);
INSERT INTO "duration" VALUES('shout',47,2.33463540002958325203e-02);
INSERT INTO "duration" VALUES('shout',52,1.79038669998590194154e-02);
INSERT INTO "duration" VALUES('webhook',13,8.01690737000171793624e-01);
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
, traceback TEXT);
INSERT INTO "event" VALUES(1,1,'2026-11-28T14:06:38.121480Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(2,1,'2026-11-28T14:06:38.154470Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(3,2,'2026-11-28T14:06:38.162667Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(4,3,'2026-11-28T14:06:38.195399Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(5,4,'2026-11-28T14:06:38.234621Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(6,1,'2026-11-28T14:06:38.725411Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(7,2,'2026-11-28T14:06:38.727799Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(8,2,'2026-11-28T14:06:38.754458Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(9,3,'2026-11-28T14:06:38.755271Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(10,3,'2026-11-28T14:06:38.760921Z',0,0,1,'failed','no_good','This is no good: bad',NULL);
INSERT INTO "event" VALUES(11,4,'2026-11-28T14:06:38.761423Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(12,4,'2026-11-28T14:06:38.784952Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(13,4,'2026-11-28T14:06:38.785582Z',1,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(14,4,'2026-11-28T14:06:38.789106Z',1,0,1,'failed','no_good','This is no good: new',NULL);
INSERT INTO "event" VALUES(15,5,'2026-11-28T14:06:38.803820Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(16,5,'2026-11-28T14:06:38.829798Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(17,5,'2026-11-28T14:06:39.382597Z',NULL,NULL,NULL,'cancel_asked',NULL,NULL,NULL);
INSERT INTO "event" VALUES(18,5,'2026-11-28T14:06:40.121564Z',0,0,1,'cancelled',NULL,NULL,NULL);
INSERT INTO "event" VALUES(19,6,'2026-11-28T14:06:40.134429Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(20,6,'2026-11-28T14:06:40.153207Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(21,7,'2026-11-28T14:06:40.156767Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(22,6,'2026-11-28T14:06:40.177524Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(23,6,'2026-11-28T14:06:40.178005Z',0,1,0,'released',NULL,NULL,NULL);
INSERT INTO "event" VALUES(24,7,'2026-11-28T14:06:40.179292Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(25,7,'2026-11-28T14:06:40.197896Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(26,8,'2026-11-28T14:06:40.198556Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(27,6,'2026-11-28T14:06:40.199422Z',0,1,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(28,6,'2026-11-28T14:06:40.773316Z',0,1,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(29,8,'2026-11-28T14:06:40.775364Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(30,8,'2026-11-28T14:06:41.619192Z',0,0,1,'completed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(31,9,'2026-11-28T14:06:41.647909Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(32,9,'2026-11-28T14:06:41.648224Z',0,0,1,'reused',NULL,NULL,NULL);
INSERT INTO "event" VALUES(36,11,'2026-11-28T14:06:41.934356Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(37,11,'2026-11-28T14:06:41.954964Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(38,11,'2026-11-28T14:06:41.960847Z',0,0,1,'retry_scheduled','try_again','the server is busy',NULL);
INSERT INTO "event" VALUES(39,12,'2026-11-28T14:06:41.990981Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(40,12,'2026-11-28T14:06:42.021871Z',0,0,1,'claimed',NULL,NULL,NULL);
INSERT INTO "event" VALUES(41,13,'2026-11-28T14:06:44.237730Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(42,14,'2026-11-28T14:06:44.278435Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(43,15,'2026-11-28T14:06:44.310529Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
INSERT INTO "event" VALUES(44,16,'2026-11-28T14:06:44.358230Z',NULL,NULL,NULL,'submitted',NULL,NULL,NULL);
CREATE TABLE gone (
    change INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL,
    owner TEXT NOT NULL
, is_expired INTEGER NOT NULL DEFAULT 0 CHECK (is_expired IN (0, 1)));
INSERT INTO "gone" VALUES(42,'edc9e009af08f0fff6b1','local',0);
CREATE TABLE idempotency (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
INSERT INTO "idempotency" VALUES('local','kept','7bf0801c9cb80e31fb9ea7d94a1a7b568c8f2917995e9cb91efe5abb1ae88746',14,'2026-11-28T14:06:44.278393Z');
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
INSERT INTO "item" VALUES(1,1,0,0,'report','default','local',0,1,'completed','notes.txt','{"file": "0.txt"}','ef5b05a961b4c934b17999593e4b7253614d6c99d26d6e50b843e546d79e57e5',100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:38.154096Z','2026-11-28T14:06:38.725158Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(2,2,0,0,'shout','default','local',0,2,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:38.727624Z','2026-11-28T14:06:38.754356Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(3,3,0,0,'picky','default','local',0,3,'failed','bad','{"text": "bad"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-28T14:06:38.755209Z','2026-11-28T14:06:38.760705Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(4,4,0,0,'picky','default','local',0,4,'completed','good','{"text": "good"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:38.761369Z','2026-11-28T14:06:38.784809Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(5,4,1,0,'picky','default','local',0,5,'failed','new','{"text": "new"}',NULL,0,NULL,1,1,0,0,NULL,NULL,NULL,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-28T14:06:38.785519Z','2026-11-28T14:06:38.789019Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(6,5,0,0,'hold','ai','local',0,1,'cancelled','on','{"text": "on"}',NULL,40,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:38.829614Z','2026-11-28T14:06:40.121348Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(7,6,0,0,'shout','default','local',0,6,'completed','chain','{"text": "chain"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:40.153014Z','2026-11-28T14:06:40.177296Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(8,6,0,1,'count','parsing','local',0,1,'completed','chain','{}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:40.199361Z','2026-11-28T14:06:40.773097Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(9,7,0,0,'shout','default','local',0,7,'completed','told','{"text": "told"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:40.179224Z','2026-11-28T14:06:40.197818Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(10,8,0,0,'webhook','webhooks','local',0,1,'completed','job.completed','{"data": {"type": "job.completed", "timestamp": "2026-11-28T14:06:40.198100Z", "data": {"job_id": "3febc61fe96f9a5bca37", "status": "completed", "links": {"self": "/api/v1/jobs/3febc61fe96f9a5bca37", "result": "/api/v1/jobs/3febc61fe96f9a5bca37/result"}}}}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,0,NULL,'2026-11-28T14:06:40.775210Z','2026-11-28T14:06:41.618987Z',NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(11,9,0,0,'shout','default','local',0,8,'completed','loud','{"text": "loud"}',NULL,100,NULL,1,0,0,0,NULL,NULL,NULL,1,NULL,'2026-11-28T14:06:41.647974Z','2026-11-28T14:06:41.647974Z',NULL,NULL,0,'7ae0d7c0dd23861e4f88');
INSERT INTO "item" VALUES(13,11,0,0,'later','default','local',0,10,'pending','soon','{"text": "soon"}',NULL,0,NULL,1,0,0,0,NULL,NULL,'2026-11-28T14:07:41.960623Z',0,'{"code": "try_again", "message": "the server is busy", "hint": null}','2026-11-28T14:06:41.954604Z',NULL,NULL,NULL,0,NULL);
INSERT INTO "item" VALUES(14,12,0,0,'hold','ai','local',0,2,'running','on','{"text": "on"}',NULL,40,'Holding',1,0,0,0,'b73e55ba267b/Worker-12','2026-11-28T14:07:42.021718Z',NULL,0,NULL,'2026-11-28T14:06:42.021693Z',NULL,NULL,'980eb9e6a2a2dd1ea4927fe575bdb196a92b22baab1aa50310610a6e13cca426',0,NULL);
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
INSERT INTO "job" VALUES(1,'7c2fed97f3ebf769775e','report','notes.txt','{"title": "T"}','local','default','completed',0,6,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:06:38.120935Z','2026-11-28T14:06:38.154470Z','2026-11-28T14:06:38.725656Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(2,'7ae0d7c0dd23861e4f88','shout','loud','{"times": 2, "api_token": "", "end": "!"}','local','default','completed',0,37,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:06:38.162168Z','2026-11-28T14:06:38.727799Z','2026-11-28T14:06:38.754580Z',NULL,NULL,1,'[]','[]',0,1,1,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(3,'eb3cd38ad90327cea618','picky','bad','{}','local','default','failed',0,11,1,0,1,0,0,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: bad", "hint": "Try another."}','2026-11-28T14:06:38.194865Z','2026-11-28T14:06:38.755271Z','2026-11-28T14:06:38.761001Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(4,'6fee694424b42e82095f','picky','good and 1 more','{}','local','default','failed',0,15,2,1,1,0,100,NULL,1,1,0,'{"code": "no_good", "message": "This is no good: new", "hint": "Try another."}','2026-11-28T14:06:38.234044Z','2026-11-28T14:06:38.761423Z','2026-11-28T14:06:38.789194Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(5,'79d2f44166f18352598b','hold','on','{}','local','ai','cancelled',0,20,1,0,0,1,40,NULL,1,4,1,NULL,'2026-11-28T14:06:38.803229Z','2026-11-28T14:06:38.829798Z','2026-11-28T14:06:40.121771Z',NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(6,'a65e06b33134ff5fbc9c','shout','chain','{"api_token": "", "end": "!", "times": 1}','local','default','completed',0,32,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:06:40.134104Z','2026-11-28T14:06:40.153207Z','2026-11-28T14:06:40.773524Z',NULL,NULL,2,'[{"type": "count", "params": {"more": 0}}]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(7,'3febc61fe96f9a5bca37','shout','told','{"api_token": "", "end": "!", "times": 1}','local','default','completed',0,29,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:06:40.156546Z','2026-11-28T14:06:40.179292Z','2026-11-28T14:06:40.197973Z',NULL,NULL,1,'[]','[]',0,1,0,'http://127.0.0.1:42871/ok',0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(8,'3cb1c49229f14e2b4b36','webhook','job.completed','{"url": "http://127.0.0.1:42871/ok", "message_id": "msg_1f1b37bf0861d5a5f03f24ef", "is_final": true}','local','webhooks','completed',0,34,1,1,0,0,100,NULL,1,8,0,NULL,'2026-11-28T14:06:40.198225Z','2026-11-28T14:06:40.775364Z','2026-11-28T14:06:41.619397Z',NULL,NULL,1,'[]','[]',0,0,0,NULL,0,NULL,7,NULL);
INSERT INTO "job" VALUES(9,'628174f25152f36082c8','shout','loud','{"times": 2, "api_token": "", "end": "!"}','local','default','completed',0,36,1,1,0,0,100,NULL,1,4,0,NULL,'2026-11-28T14:06:41.643807Z','2026-11-28T14:06:41.648224Z','2026-11-28T14:06:41.648490Z',NULL,NULL,1,'[]','[]',1,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(11,'801e81d22a0de22f7f56','later','soon','{"after_s": 60}','local','default','running',0,45,1,0,0,0,0,NULL,1,4,0,NULL,'2026-11-28T14:06:41.934042Z','2026-11-28T14:06:41.954964Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(12,'37cbe8b6312946feff48','hold','on','{}','local','ai','running',0,48,1,0,0,0,40,'Holding',1,4,0,NULL,'2026-11-28T14:06:41.990714Z','2026-11-28T14:06:42.021871Z',NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(13,'3691a9ece5a2281fb8b8','shout','in line','{"api_token": "", "end": "!", "times": 1}','local','default','queued',0,49,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T14:06:44.237252Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(14,'ba51ab5fde8a98711641','shout','in time','{"api_token": "", "end": "!", "times": 1}','local','default','pending',0,50,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T14:06:44.277842Z',NULL,NULL,'2100-01-01T00:00:00.000000Z',NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(15,'c1068a3df4f6cf5c55ba','shout','after','{"api_token": "", "end": "!", "times": 1}','local','default','pending',0,51,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T14:06:44.309945Z',NULL,NULL,NULL,NULL,1,'[]','["ba51ab5fde8a98711641"]',0,1,0,NULL,0,NULL,NULL,NULL);
INSERT INTO "job" VALUES(16,'9488dedf23c73cfa2ee3','count','data','{"more": 0}','local','parsing','queued',5,52,1,0,0,0,0,NULL,0,4,0,NULL,'2026-11-28T14:06:44.357958Z',NULL,NULL,NULL,NULL,1,'[]','[]',0,1,0,NULL,0,NULL,NULL,NULL);
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
INSERT INTO "schedule" VALUES(1,'New year','local','0 0 1 1 *','UTC','{"type": "shout", "items": [{"text": "happy"}]}','2027-01-01T00:00:00.000000Z',NULL,NULL,NULL,'2026-11-28T14:06:41.733428Z');
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
INSERT INTO "webhook_secret" VALUES('local','whsec_pg3J4pLwTRse0L3SCPNXyW4k7Gekw8PwKqLV1IHWURE=');
CREATE INDEX job_change ON job (change);
CREATE INDEX job_owner ON job (owner, id);
CREATE INDEX job_status ON job (status, id);
CREATE INDEX job_type ON job (type, id);
CREATE INDEX item_due ON item (queue, priority DESC, turn, id) WHERE status = 'queued';
CREATE INDEX item_waiting ON item (not_before) WHERE status = 'pending';
CREATE INDEX item_running ON item (worker) WHERE status = 'running';
CREATE INDEX event_job ON event (job, id);
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('job',16);
INSERT INTO "sqlite_sequence" VALUES('item',18);
INSERT INTO "sqlite_sequence" VALUES('event',44);
INSERT INTO "sqlite_sequence" VALUES('schedule',1);
COMMIT;
PRAGMA user_version = 3;
