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
