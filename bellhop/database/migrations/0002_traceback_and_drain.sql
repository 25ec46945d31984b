-- What a mistake of a job type looked like, for the owner of the machine.
ALTER TABLE event ADD COLUMN traceback TEXT;

-- Whether a consumer was told to take no more items.
ALTER TABLE consumer ADD COLUMN draining INTEGER NOT NULL DEFAULT 0 CHECK (draining IN (0, 1));
