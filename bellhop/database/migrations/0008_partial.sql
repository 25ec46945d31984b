-- What a running function has given so far, as JSON: the last that its generator yielded.
ALTER TABLE item ADD COLUMN partial TEXT;
