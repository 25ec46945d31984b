-- What a search looks through: for each job its name, its parameters and the names of its items
-- (`item` 0, folded), and the code and message of each of its items that has an error (`item` is its
-- id, as it is told); -1 is an error of the job itself.
CREATE TABLE search (
    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    item INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (job, item)
) WITHOUT ROWID;
INSERT INTO search (job, item, text) SELECT id, 0, fold(CAST(name || '
' || substr(params, 1, 131072) || '
' || coalesce((SELECT group_concat(filename, '
') FROM item WHERE item.job = job.id AND step = 0), '') AS BLOB)) FROM job WHERE delivery_of IS NULL;
INSERT INTO search (job, item, text) SELECT job, id, coalesce(json_extract(error, '$.code'), '') || ' '
    || coalesce(json_extract(error, '$.message'), '') FROM item WHERE json_valid(error);
INSERT INTO search (job, item, text) SELECT id, -1, coalesce(json_extract(error, '$.code'), '') || ' '
    || coalesce(json_extract(error, '$.message'), '') FROM job
    WHERE status = 'cancelled' AND json_valid(error);
CREATE TRIGGER item_told AFTER UPDATE OF error ON item WHEN NEW.error IS NOT OLD.error
    BEGIN
        DELETE FROM search WHERE job = NEW.job AND item = NEW.id;
        INSERT INTO search (job, item, text)
            SELECT NEW.job, NEW.id, coalesce(json_extract(NEW.error, '$.code'), '') || ' '
                || coalesce(json_extract(NEW.error, '$.message'), '') WHERE json_valid(NEW.error);
    END;
-- A job that failed has the error of its first item that did.
CREATE TRIGGER job_told AFTER UPDATE OF error ON job WHEN NEW.error IS NOT OLD.error
    BEGIN
        DELETE FROM search WHERE job = NEW.id AND item = -1;
        INSERT INTO search (job, item, text)
            SELECT NEW.id, -1, coalesce(json_extract(NEW.error, '$.code'), '') || ' '
                || coalesce(json_extract(NEW.error, '$.message'), '')
            WHERE NEW.status = 'cancelled' AND json_valid(NEW.error);
    END;
