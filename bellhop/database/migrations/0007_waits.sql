-- How long an item waits, where it waits for a length of time and not for a time that somebody named:
-- when the wall clock is set, `not_before` is computed again from it.
ALTER TABLE item ADD COLUMN wait_s REAL;
