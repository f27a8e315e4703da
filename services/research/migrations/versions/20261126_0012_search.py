"""Full-text search over what research holds: one index on the words of each table, as the search reads them.

Reversible: only indexes, a function and a column of words that other tables say as well.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Every text in a JSON value, at any depth; ids are no words.
_TEXTS_IN = r"""
    CREATE FUNCTION texts_in(content jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT coalesce(string_agg(told #>> '{}', ' · ' ORDER BY place), '')
        FROM jsonb_path_query(content, 'strict $.** ? (@.type() == "string")') WITH ORDINALITY AS texts (told, place)
        WHERE told #>> '{}' !~ '^[0-9a-f]{8}-[0-9a-f]{4}-'
    $$
"""
# What an observation is about stands in three tables that may change; it is kept as it was called then.
_ABOUT = """
    UPDATE competitor_observations AS o SET about = concat_ws(' · ', c.name,
        (SELECT one ->> 'name' FROM jsonb_array_elements(c.products) AS one WHERE one ->> 'code' = o.product LIMIT 1),
        (SELECT title FROM competitor_attributes AS a WHERE a.code = o.attribute ORDER BY revision DESC LIMIT 1))
    FROM competitors AS c WHERE c.id = o.competitor_id
"""
_WORDS = {
    "competitors": "name || ' ' || maker || ' ' || country || ' ' || about || ' ' || texts_in(products)",
    "competitor_observations": "about || ' ' || coalesce(value_text, '') || ' ' || note || ' ' || source",
    "battlecards": "texts_in(content)",
    "opportunities": "name || ' ' || stage",
    "research_assignments": "subject",
    "research_questions": "question",
    "research_evidence": "source || ' ' || quotation",
    "research_findings": "text",
    "research_briefs": "texts_in(content)",
    "datasets": "title || ' ' || name || ' ' || description || ' ' || licence",
}


def upgrade() -> None:
    op.execute(_TEXTS_IN)
    op.execute("ALTER TABLE competitor_observations ADD COLUMN about text NOT NULL DEFAULT ''")
    op.execute(_ABOUT)
    for table, words in _WORDS.items():
        op.execute(f"CREATE INDEX ix_{table}_words ON {table} USING gin (to_tsvector('english', {words}))")


def downgrade() -> None:
    for table in _WORDS:
        op.execute(f"DROP INDEX ix_{table}_words")
    op.execute("ALTER TABLE competitor_observations DROP COLUMN about")
    op.execute("DROP FUNCTION texts_in(jsonb)")
