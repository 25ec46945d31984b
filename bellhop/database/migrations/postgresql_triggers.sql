-- The triggers of the migrations, as PostgreSQL has them. They are created again at each migration.
CREATE OR REPLACE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            RAISE EXCEPTION 'the audit log is not changed' USING ERRCODE = 'restrict_violation';
        END IF;
        IF OLD.at > to_char(now() AT TIME ZONE 'UTC' - interval '365 days',
                'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') THEN
            RAISE EXCEPTION 'the audit log is kept for a year'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END $$;
CREATE OR REPLACE TRIGGER audit_unchanged BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_stays();
CREATE OR REPLACE FUNCTION job_holds() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP != 'INSERT' AND OLD.bytes != 0 THEN
            UPDATE storage_use SET bytes = bytes - OLD.bytes WHERE owner = OLD.owner;
        END IF;
        IF TG_OP != 'DELETE' AND NEW.bytes != 0 THEN
            INSERT INTO storage_use (owner, bytes) VALUES (NEW.owner, NEW.bytes)
                ON CONFLICT (owner) DO UPDATE SET bytes = storage_use.bytes + NEW.bytes;
        END IF;
        RETURN NULL;
    END $$;
CREATE OR REPLACE TRIGGER job_held AFTER INSERT OR DELETE OR UPDATE OF bytes, owner ON job
    FOR EACH ROW EXECUTE FUNCTION job_holds();
CREATE OR REPLACE FUNCTION tells(of_job BIGINT, of_item BIGINT, error TEXT) RETURNS void
    LANGUAGE sql AS $$
    DELETE FROM search WHERE job = of_job AND item = of_item;
    INSERT INTO search (job, item, text)
        SELECT of_job, of_item, coalesce(json_extract(error, '$.code'), '') || ' '
            || coalesce(json_extract(error, '$.message'), '')
        WHERE json_valid(error) $$;
CREATE OR REPLACE FUNCTION item_tells() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM tells(NEW.job, NEW.id, NEW.error);
        RETURN NULL;
    END $$;
CREATE OR REPLACE TRIGGER item_told AFTER UPDATE OF error ON item
    FOR EACH ROW WHEN (NEW.error IS DISTINCT FROM OLD.error) EXECUTE FUNCTION item_tells();
CREATE OR REPLACE FUNCTION job_tells() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM tells(NEW.id, -1, CASE NEW.status WHEN 'cancelled' THEN NEW.error END);
        RETURN NULL;
    END $$;
CREATE OR REPLACE TRIGGER job_told AFTER UPDATE OF error ON job
    FOR EACH ROW WHEN (NEW.error IS DISTINCT FROM OLD.error) EXECUTE FUNCTION job_tells();
CREATE OR REPLACE FUNCTION upload_holds() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP != 'INSERT' AND OLD.length != 0 THEN
            UPDATE storage_use SET bytes = bytes - OLD.length WHERE owner = OLD.owner;
        END IF;
        IF TG_OP != 'DELETE' AND NEW.length != 0 THEN
            INSERT INTO storage_use (owner, bytes) VALUES (NEW.owner, NEW.length)
                ON CONFLICT (owner) DO UPDATE SET bytes = storage_use.bytes + NEW.length;
        END IF;
        RETURN NULL;
    END $$;
CREATE OR REPLACE TRIGGER upload_held AFTER INSERT OR DELETE OR UPDATE OF owner ON upload
    FOR EACH ROW EXECUTE FUNCTION upload_holds();
-- Several machines run different types: the first item of each that waits is found at once. SQLite
-- is of one machine, and has no such index.
CREATE INDEX IF NOT EXISTS item_due_of_type ON item (queue, type, priority DESC, turn, id)
    WHERE status = 'queued';
