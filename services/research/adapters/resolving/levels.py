"""SQL of what is compared: records made comparable, keys under which two meet, and the level each comparison ends on."""

from typing import Final

# In how many records a word may stand to bring two together by itself, and how many pairs one key may bring.
WORD_RECORDS_MAX: Final = 60
KEY_PAIRS_MAX: Final = 4_000

PREPARED: Final = """
    CREATE TABLE records AS
    WITH named AS (
        SELECT *, string_split(compared_words(name), '|') AS forms FROM told
    ), plain AS (
        SELECT row_number() OVER () AS number, id, source, is_unique, is_new, forms[1] AS bare, forms[2] AS full_name,
            list_sort(list_distinct(string_split(forms[1], ' '))) AS words,
            nullif(trim(regexp_replace(strip_accents(lower(street)), '[^a-z0-9]+', ' ', 'g')), '') AS street,
            nullif(trim(regexp_replace(strip_accents(lower(city)), '[^a-z0-9]+', ' ', 'g')), '') AS city,
            nullif(trim(lower(region)), '') AS region,
            nullif(regexp_replace(lower(postcode), '[^a-z0-9]', '', 'g'), '') AS postcode,
            nullif(right(regexp_replace(telephone, '[^0-9]', '', 'g'), 10), '') AS telephone,
            list_distinct(list_filter(string_split(coalesce(identifiers, ''), '|'), lambda one: one <> '')) AS identifiers
        FROM named
    )
    SELECT *, list_transform(identifiers, lambda one: split_part(one, ':', 1)) AS kinds,
        array_to_string(words, ' ') AS sorted_words, replace(bare, ' ', '') AS compact,
        regexp_extract(street, '(^| )([0-9]+)( |$)', 2) AS house
    FROM plain
"""
WEIGHED: Final = """
    CREATE TABLE word_weights AS
    WITH counted AS (
        SELECT word, count(*) AS records FROM (SELECT unnest(words) AS word FROM records) GROUP BY word
    )
    SELECT word, records, ln(1 + (SELECT count(*) FROM records) / records) AS weight FROM counted
"""
TOTALS: Final = """
    CREATE TABLE compared_records AS
    WITH weighed AS (
        SELECT number, map(list(word), list(weight)) AS weights, sum(weight) AS total,
            list(word ORDER BY records, word) AS rarest, min(records) AS rarest_records
        FROM (SELECT number, unnest(words) AS word FROM records) JOIN word_weights USING (word) GROUP BY number
    ), named AS (SELECT full_name, count(*) AS namesakes FROM records GROUP BY full_name)
    SELECT r.*, w.weights, w.total, w.rarest, w.rarest_records, n.namesakes
    FROM records AS r JOIN weighed AS w USING (number) JOIN named AS n USING (full_name)
"""
KEYS: Final = f"""
    CREATE TABLE keys AS
    WITH told AS (
        SELECT number, is_new, unnest(list_distinct(list_filter(list_concat(
            ['n' || sorted_words, 't' || telephone,
             'x' || left(compact, 9) || coalesce(region, ''),
             'p' || postcode || left(compact, 3), 'p' || postcode || left(rarest[1], 3),
             'c' || left(city, 6) || left(compact, 4),
             's' || house || left(street, 6) || coalesce(postcode, left(city, 5), ''),
             CASE WHEN rarest_records <= {WORD_RECORDS_MAX} THEN 'w' || rarest[1] END,
             's' || house || coalesce(postcode, left(city, 5)) || left(compact, 2),
             'w' || rarest[1] || ' ' || rarest[2], 'w' || rarest[1] || ' ' || rarest[3],
             'w' || rarest[2] || ' ' || rarest[3]],
            list_transform(identifiers, lambda one: 'i' || one)
        ), lambda key: key IS NOT NULL))) AS key
        FROM compared_records
    ), counted AS (
        SELECT key, count(*) AS records, count(*) FILTER (is_new) AS fresh FROM told GROUP BY key
    )
    SELECT hash(key) AS key, number, is_new FROM told
    SEMI JOIN (
        SELECT key FROM counted WHERE records > 1 AND fresh > 0 AND records * fresh <= {KEY_PAIRS_MAX}
    ) USING (key)
"""
PAIRS: Final = """
    CREATE TABLE pairs AS
    SELECT DISTINCT least(a.number, b.number) AS l, greatest(a.number, b.number) AS r
    FROM keys AS a JOIN keys AS b USING (key)
    WHERE a.is_new AND a.number <> b.number AND (NOT b.is_new OR a.number < b.number)
"""
BLIND_PAIRS: Final = """
    CREATE TABLE blind_pairs AS
    WITH one_side AS (SELECT number FROM records ORDER BY hash(number) LIMIT 700),
        others AS (SELECT number FROM records ORDER BY hash(number + 7919) LIMIT 700)
    SELECT one_side.number AS l, others.number AS r FROM one_side, others WHERE one_side.number <> others.number
"""


def _is_one_slip(one: str, other: str) -> str:
    """Whether two texts are one letter or one swap of neighbours apart. A swap is two steps of the plain distance, which
    costs a quarter of the one that knows swaps, and sends nearly all pairs away."""
    swapped = f"damerau_levenshtein({one}, {other}) = 1"
    return f"CASE levenshtein({one}, {other}) WHEN 1 THEN true WHEN 2 THEN {swapped} ELSE false END"


_NAME: Final = """
    CASE WHEN a.full_name = b.full_name THEN 4
        WHEN a.sorted_words = b.sorted_words OR a.compact = b.compact THEN 3
        WHEN jaro_winkler_similarity(a.sorted_words, b.sorted_words) >= 0.94
            OR jaro_winkler_similarity(a.bare, b.bare) >= 0.94 OR shared >= 0.999 * least(a.total, b.total) THEN 2
        WHEN shared >= 0.5 * least(a.total, b.total) OR jaro_winkler_similarity(a.sorted_words, b.sorted_words) >= 0.86
            OR jaro_winkler_similarity(a.bare, b.bare) >= 0.88 THEN 1
        ELSE 0 END
"""
_STREET: Final = """
    CASE WHEN a.street IS NULL OR b.street IS NULL THEN -1
        WHEN a.street = b.street THEN 3
        WHEN jaro_winkler_similarity(a.street, b.street) >= 0.88 THEN 2
        WHEN a.house <> '' AND a.house = b.house THEN 1
        ELSE 0 END
"""
_PLACE: Final = """
    CASE WHEN (a.city IS NULL OR b.city IS NULL) AND (a.region IS NULL OR b.region IS NULL) THEN -1
        WHEN a.city = b.city AND coalesce(a.region = b.region, true) THEN 3
        WHEN jaro_winkler_similarity(a.city, b.city) >= 0.88 THEN 2
        WHEN a.region = b.region THEN 1
        ELSE 0 END
"""
_POSTCODE: Final = f"""
    CASE WHEN a.postcode IS NULL OR b.postcode IS NULL THEN -1
        WHEN a.postcode = b.postcode THEN 2
        WHEN {_is_one_slip("a.postcode", "b.postcode")} THEN 1
        ELSE 0 END
"""
_TELEPHONE: Final = f"""
    CASE WHEN a.telephone IS NULL OR b.telephone IS NULL THEN -1
        WHEN a.telephone = b.telephone THEN 2
        WHEN {_is_one_slip("a.telephone", "b.telephone")} THEN 1
        ELSE 0 END
"""
_IDENTIFIER: Final = f"""
    CASE WHEN list_has_any(a.identifiers, b.identifiers) THEN 2
        WHEN NOT list_has_any(a.kinds, b.kinds) THEN -1
        WHEN list_bool_or(list_transform(a.identifiers, lambda one: list_bool_or(list_transform(
            b.identifiers, lambda other: {_is_one_slip("one", "other")})))) THEN 1
        ELSE 0 END
"""
LEVELS: Final = f"""
    SELECT l, r, CAST({_NAME} AS TINYINT) AS name, CAST({_STREET} AS TINYINT) AS street, CAST({_PLACE} AS TINYINT) AS place,
        CAST({_POSTCODE} AS TINYINT) AS postcode, CAST({_TELEPHONE} AS TINYINT) AS telephone,
        CAST({_IDENTIFIER} AS TINYINT) AS identifier, CAST(greatest(a.namesakes, b.namesakes) AS INTEGER) AS namesakes
    FROM (
        SELECT l, r, a, b, coalesce(list_sum(list_transform(
            list_intersect(a.words, b.words), lambda word: a.weights[word])), 0) AS shared
        FROM {{pairs}} AS pairs
        JOIN compared_records AS a ON a.number = l JOIN compared_records AS b ON b.number = r
        WHERE NOT (a.source = b.source AND a.is_unique)
    )
"""
