/// What SQLite has by itself and the desks' statements use, as functions of the store's own schema. It stands before `pg_catalog` in the
/// search path, so that a name of both means ours.
enum Functions {
    /// Can be done again at every start of a newer program.
    static let all = """
        CREATE OR REPLACE FUNCTION hex(bytea) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT upper(encode($1, 'hex')) $$;
        CREATE OR REPLACE FUNCTION instr(text, text) RETURNS bigint IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT strpos($1, $2)::bigint $$;
        CREATE OR REPLACE FUNCTION substr(text, bigint) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT CASE WHEN $2 >= 0 THEN pg_catalog.substr($1, $2::int) ELSE right($1, (-$2)::int) END $$;
        CREATE OR REPLACE FUNCTION substr(text, int) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT CASE WHEN $2 >= 0 THEN pg_catalog.substr($1, $2) ELSE right($1, -$2) END $$;
        CREATE OR REPLACE FUNCTION substr(text, bigint, bigint) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT pg_catalog.substr($1, $2::int, $3::int) $$;
        CREATE OR REPLACE FUNCTION chr(bigint) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT pg_catalog.chr($1::int) $$;
        CREATE OR REPLACE FUNCTION max(bigint, bigint) RETURNS bigint IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT CASE WHEN $1 >= $2 THEN $1 ELSE $2 END $$;
        CREATE OR REPLACE FUNCTION min(bigint, bigint) RETURNS bigint IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT CASE WHEN $1 <= $2 THEN $1 ELSE $2 END $$;
        CREATE OR REPLACE FUNCTION max(text, text) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT CASE WHEN $1 >= $2 COLLATE "C" THEN $1 ELSE $2 END $$;
        CREATE OR REPLACE FUNCTION min(text, text) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT CASE WHEN $1 <= $2 COLLATE "C" THEN $1 ELSE $2 END $$;
        CREATE OR REPLACE AGGREGATE sum(bigint) (SFUNC = int8pl, STYPE = bigint, COMBINEFUNC = int8pl, PARALLEL = safe);
        CREATE OR REPLACE AGGREGATE total(bigint)
            (SFUNC = int8pl, STYPE = bigint, INITCOND = '0', COMBINEFUNC = int8pl, PARALLEL = safe);
        CREATE OR REPLACE FUNCTION group_concat_step(text, text, text) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT CASE WHEN $2 IS NULL THEN $1 WHEN $1 IS NULL THEN $2 ELSE $1 || coalesce($3, '') || $2 END $$;
        CREATE OR REPLACE AGGREGATE group_concat(text, text) (SFUNC = group_concat_step, STYPE = text);

        -- A number's text and the number are the same (SQLite compares them by the column's affinity).
        CREATE OR REPLACE FUNCTION same(bigint, text) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT $1 OPERATOR(pg_catalog.=) CASE WHEN $2 ~ '^-?[0-9]{1,18}$' THEN $2::bigint END $$;
        CREATE OR REPLACE FUNCTION same(text, bigint) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT $1 OPERATOR(pg_catalog.=) $2::text $$;
        -- A comparison is 1 or 0.
        CREATE OR REPLACE FUNCTION same(boolean, bigint) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT $1::int OPERATOR(pg_catalog.=) $2 $$;
        CREATE OR REPLACE FUNCTION same(bigint, boolean) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT $2::int OPERATOR(pg_catalog.=) $1 $$;
        -- What a text is read as where a number is asked for: its first digits, or nothing.
        CREATE OR REPLACE FUNCTION as_text(text) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$ SELECT $1 $$;
        CREATE OR REPLACE FUNCTION as_text(bigint) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT $1::text $$;
        -- Bytes as they are where they are text, in whatever else what is ASCII.
        CREATE OR REPLACE FUNCTION as_text(bytea) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE plpgsql AS $$
            DECLARE bare bytea := decode(replace(encode($1, 'escape'), '\\000', ''), 'escape');
            BEGIN
                RETURN convert_from(bare, 'UTF8');
            EXCEPTION WHEN others THEN
                RETURN convert_from(bare, 'LATIN1');
            END $$;
        CREATE OR REPLACE FUNCTION as_integer(bigint) RETURNS bigint IMMUTABLE PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT $1 $$;
        CREATE OR REPLACE FUNCTION as_integer(text) RETURNS bigint IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT coalesce(substring($1 FROM '^ *(-?[0-9]{1,18})')::bigint, 0) $$;
        CREATE OR REPLACE FUNCTION is_like(bigint, text) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT $1::text ILIKE $2 $$;
        CREATE OR REPLACE FUNCTION is_like(bytea, text) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT quai.as_text($1) ILIKE $2 $$;
        CREATE OR REPLACE FUNCTION glob(text, text) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
            SELECT $1 COLLATE "C" ~ ('^(?:' || replace(replace(replace(replace(replace(regexp_replace(
                replace(replace(replace($2, '[*]', chr(1)), '[?]', chr(2)), '[[]', chr(3)),
                '([.^$+(){}|\\\\])', '\\\\\\1', 'g'), '*', '.*'), '?', '.'),
                chr(1), '[*]'), chr(2), '[?]'), chr(3), '[[]') || ')$')
            $$;
        CREATE OR REPLACE FUNCTION not_glob(text, text) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT NOT quai.glob($1, $2) $$;
        DO $$ BEGIN
            IF to_regoperator('=(bigint,text)') IS NULL THEN
                CREATE OPERATOR = (LEFTARG = bigint, RIGHTARG = text, FUNCTION = same);
                CREATE OPERATOR = (LEFTARG = text, RIGHTARG = bigint, FUNCTION = same);
                CREATE OPERATOR = (LEFTARG = boolean, RIGHTARG = bigint, FUNCTION = same);
                CREATE OPERATOR = (LEFTARG = bigint, RIGHTARG = boolean, FUNCTION = same);
                CREATE OPERATOR ~~* (LEFTARG = bigint, RIGHTARG = text, FUNCTION = is_like);
                CREATE OPERATOR ~~* (LEFTARG = bytea, RIGHTARG = text, FUNCTION = is_like);
                CREATE OPERATOR @~ (LEFTARG = text, RIGHTARG = text, FUNCTION = glob);
                CREATE OPERATOR !@~ (LEFTARG = text, RIGHTARG = text, FUNCTION = not_glob);
            END IF;
        END $$;

        -- A text ends at its NUL, as it does in SQLite; `jsonb` would refuse it.
        CREATE OR REPLACE FUNCTION json_bare(text) RETURNS jsonb IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
            SELECT CASE WHEN position('\\u0000' IN $1) OPERATOR(pg_catalog.=) 0 THEN $1 ELSE regexp_replace($1,
                '((?:^|[^\\\\])(?:\\\\\\\\)*)\\\\u0000(?:[^"\\\\]|\\\\.)*', '\\1', 'g') END::jsonb
            $$;
        CREATE OR REPLACE FUNCTION json_valid(text) RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE plpgsql AS $$
            BEGIN PERFORM quai.json_bare($1); RETURN $1 IS NOT NULL; EXCEPTION WHEN others THEN RETURN false; END $$;
        -- A path of names and places alone: `$.caller.name`, `$.legs[0]`.
        CREATE OR REPLACE FUNCTION json_extract(text, text) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
            SELECT CASE jsonb_typeof(found) WHEN 'boolean' THEN CASE WHEN found = 'true' THEN '1' ELSE '0' END ELSE found #>> '{}' END
            FROM (SELECT jsonb_path_query_first(quai.json_bare($1), $2::jsonpath) AS found) AS one
            $$;
        CREATE OR REPLACE FUNCTION json_type(text, text) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
            SELECT CASE jsonb_typeof(found) WHEN 'string' THEN 'text' WHEN 'boolean' THEN found::text ELSE jsonb_typeof(found) END
            FROM (SELECT jsonb_path_query_first(quai.json_bare($1), $2::jsonpath) AS found) AS one
            $$;
        CREATE OR REPLACE FUNCTION json_each(text) RETURNS TABLE (value text) IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS
            $$ SELECT jsonb_array_elements_text(quai.json_bare($1)) $$;
        CREATE OR REPLACE FUNCTION json_each(text, text) RETURNS TABLE (value text) IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
            SELECT jsonb_array_elements_text(found)
            FROM (SELECT jsonb_path_query_first(quai.json_bare($1), $2::jsonpath) AS found) AS one WHERE jsonb_typeof(found) = 'array'
            $$;

        -- Seconds since 1970 of a text of ISO 8601; nothing of any other.
        CREATE OR REPLACE FUNCTION strftime(text, text) RETURNS text STABLE STRICT LANGUAGE plpgsql AS $$
            BEGIN
                IF $1 <> '%s' OR $2 !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' THEN RETURN NULL; END IF;
                RETURN floor(extract(epoch FROM $2::timestamptz))::bigint::text;
            EXCEPTION WHEN others THEN RETURN NULL;
            END $$;

        -- Words without accents and capitals, as `unicode61 remove_diacritics 2` makes them.
        CREATE OR REPLACE FUNCTION search_words(text) RETURNS text[] IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
            SELECT coalesce(array_agg(word), '{}') FROM regexp_split_to_table(
                lower(regexp_replace(normalize($1, NFKD), '[\\u0300-\\u036f]', '', 'g') COLLATE "und-x-icu"),
                '[^[:alnum:]]+') AS word WHERE word <> ''
            $$;
        CREATE OR REPLACE FUNCTION search_vector(title text, body text) RETURNS tsvector IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
            SELECT coalesce(string_agg('''' || left(word, 500) || ''':' || least(place, 16000) || weight, ' '), '')::tsvector
            FROM (SELECT word, place, 'A' AS weight FROM unnest(quai.search_words(title)) WITH ORDINALITY AS t (word, place)
                UNION ALL
                SELECT word, place, 'D' FROM unnest(quai.search_words(body)) WITH ORDINALITY AS b (word, place)) AS words
            $$;
        -- `"dis"* "16a"*`: every word is the beginning of one.
        CREATE OR REPLACE FUNCTION search_query(text) RETURNS tsquery IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
            SELECT coalesce(string_agg('''' || left(word, 500) || ''':*', ' & '), '')::tsquery FROM unnest(quai.search_words($1)) AS word
            $$;
        -- The better, the smaller; a word of the title weighs ten of the rest.
        CREATE OR REPLACE FUNCTION search_rank(tsvector, tsquery) RETURNS double precision IMMUTABLE STRICT PARALLEL SAFE
            LANGUAGE sql AS $$ SELECT -ts_rank('{0.1, 0.1, 0.1, 1.0}', $1, $2, 2)::double precision $$;
        """

    /// Which of them a database has.
    static let mark = String(all.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }, radix: 16)

    /// Keys of advisory locks: who writes a transaction, and the centre for as long as it runs.
    static let writers: Int64 = 0x5175_6169_0001
    static let centre: Int64 = 0x5175_6169_0002
    /// Rows of `pg_locks` that are the centre's (https://www.postgresql.org/docs/15/view-pg-locks.html).
    static let isCentreLock = """
        locktype='advisory' AND objsubid=1 AND granted AND database=(SELECT oid FROM pg_database WHERE datname=current_database())
        AND classid=\(centre >> 32) AND objid=\(centre & 0xFFFF_FFFF)
        """

    /// What is found by words, kept by triggers.
    static let search = """
        CREATE TABLE search (
            title text COLLATE "C", body text COLLATE "C", kind text COLLATE "C" NOT NULL, ref text COLLATE "C" NOT NULL,
            words tsvector GENERATED ALWAYS AS (quai.search_vector(title, body)) STORED, PRIMARY KEY (kind, ref));
        CREATE INDEX search_words ON search USING gin (words);
        CREATE FUNCTION search_put(text, text, text, text) RETURNS void LANGUAGE sql AS $$
            INSERT INTO search (title, body, kind, ref) VALUES ($1, $2, $3, $4)
            ON CONFLICT (kind, ref) DO UPDATE SET title=excluded.title, body=excluded.body
                WHERE search.title IS DISTINCT FROM excluded.title OR search.body IS DISTINCT FROM excluded.body
            $$;
        CREATE FUNCTION product_found() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR OLD.gtin <> NEW.gtin) THEN
                DELETE FROM search WHERE kind='product' AND ref=OLD.gtin;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                PERFORM search_put(NEW.description, concat_ws(' ', NEW.gtin, ltrim(NEW.gtin, '0'), NEW.reference, NEW.supplier), 'product', NEW.gtin);
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER product_found AFTER INSERT OR UPDATE OR DELETE ON product FOR EACH ROW EXECUTE FUNCTION product_found();
        CREATE FUNCTION party_found() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP = 'DELETE' THEN
                DELETE FROM search WHERE kind='party' AND ref=OLD.id::text;
            ELSE
                PERFORM search_put(NEW.company || ' ' || NEW.name, coalesce(NEW.reference, '') || ' ' || coalesce((
                    SELECT string_agg(number || ' ' || replace(replace(number, ' ', ''), '+33', '0'), ' ')
                    FROM party_number WHERE party=NEW.id), ''), 'party', NEW.id::text);
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER party_found AFTER INSERT OR UPDATE OR DELETE ON party FOR EACH ROW EXECUTE FUNCTION party_found();
        CREATE FUNCTION delivery_found() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP = 'DELETE' THEN
                DELETE FROM search WHERE kind='delivery' AND ref=OLD.id::text;
            ELSE
                PERFORM search_put(NEW.note, concat_ws(' ', NEW.supplier, NEW.client), 'delivery', NEW.id::text);
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER delivery_found AFTER INSERT OR UPDATE OR DELETE ON delivery FOR EACH ROW EXECUTE FUNCTION delivery_found();
        CREATE FUNCTION label_found() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR OLD.subject <> NEW.subject) THEN
                DELETE FROM search WHERE kind='tag' AND ref=OLD.subject;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                PERFORM search_put(NEW.subject, concat_ws(' ', substr(NEW.subject, instr(NEW.subject, ':') + 1), NEW.gtin, NEW.serial, NEW.lot), 'tag', NEW.subject);
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER label_found AFTER INSERT OR UPDATE OR DELETE ON label FOR EACH ROW EXECUTE FUNCTION label_found();
        """
}
