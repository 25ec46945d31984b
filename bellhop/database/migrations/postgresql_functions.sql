-- What SQLite has as functions. They are created again at each migration.
CREATE OR REPLACE FUNCTION max(a BIGINT, b BIGINT) RETURNS BIGINT
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN a > b THEN a ELSE b END';
CREATE OR REPLACE FUNCTION max(a TEXT, b TEXT) RETURNS TEXT
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT CASE WHEN a IS NULL OR b IS NULL THEN NULL
        WHEN a COLLATE "C" > b COLLATE "C" THEN a ELSE b END';
CREATE OR REPLACE FUNCTION min(a TEXT, b TEXT) RETURNS TEXT
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT CASE WHEN a IS NULL OR b IS NULL THEN NULL
        WHEN a COLLATE "C" < b COLLATE "C" THEN a ELSE b END';
CREATE OR REPLACE FUNCTION instr(text TEXT, part TEXT) RETURNS INTEGER
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT strpos(text, part)';
CREATE OR REPLACE FUNCTION typeof(value BIGINT) RETURNS TEXT
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT CASE WHEN value IS NULL THEN ''null'' ELSE ''integer'' END';
CREATE OR REPLACE FUNCTION typeof(value DOUBLE PRECISION) RETURNS TEXT
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT CASE WHEN value IS NULL THEN ''null'' ELSE ''real'' END';
CREATE OR REPLACE FUNCTION typeof(value TEXT) RETURNS TEXT
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT CASE WHEN value IS NULL THEN ''null'' ELSE ''text'' END';
-- What the clock of the server says, in milliseconds, also inside of a transaction; SQLite, whose
-- clock is everybody's, needs none.
CREATE OR REPLACE FUNCTION clock_ms() RETURNS BIGINT
    LANGUAGE sql VOLATILE AS 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint';
-- Letters are the same small and capital, of every script.
CREATE OR REPLACE FUNCTION fold(text TEXT) RETURNS TEXT
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT replace(lower(text COLLATE "und-x-icu"), ''ß'', ''ss'')';
CREATE OR REPLACE FUNCTION json_valid(text TEXT) RETURNS BOOLEAN
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    BEGIN
        PERFORM text::json;
        RETURN TRUE;
    EXCEPTION WHEN data_exception OR statement_too_complex THEN
        RETURN FALSE;
    END $$;
-- Of `path` the forms '$.name' and '$[0]'. What no text of PostgreSQL can hold, NUL and halves of a
-- pair of surrogates, is U+FFFD.
CREATE OR REPLACE FUNCTION json_extract(text TEXT, path TEXT) RETURNS TEXT
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    DECLARE
        steps TEXT[] := string_to_array(
            trim(both '.]' from replace(substr(path, 2), '[', '.')), '.');
    BEGIN
        RETURN text::json #>> steps;
    EXCEPTION WHEN untranslatable_character OR invalid_text_representation THEN
        RETURN regexp_replace(text, '\\u(0000|[dD][89a-fA-F]..)', '\\ufffd', 'g')::json #>> steps;
    END $$;
CREATE OR REPLACE FUNCTION json_remove(text TEXT, path TEXT) RETURNS TEXT
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    BEGIN
        RETURN CASE WHEN json_typeof(text::json) != 'object' THEN text ELSE (
            SELECT coalesce('{' || string_agg(to_json(key)::text || ': ' || value::text, ', ') || '}',
                '{}')
            FROM json_each(text::json) WHERE key != substr(path, 3)) END;
    END $$;
CREATE OR REPLACE FUNCTION json_each(text TEXT) RETURNS TABLE (value TEXT)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 20
    AS 'SELECT json_array_elements_text(text::json)';
