"""SQL that makes tables append-only whatever the code above them does."""

from collections.abc import Sequence

APPEND_ONLY_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: it is append-only, correct it by a reversal', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""


def append_only(tables: Sequence[str]) -> list[str]:
    """Statements that refuse UPDATE, DELETE and TRUNCATE on the tables."""
    return [
        APPEND_ONLY_FUNCTION,
        *(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            for table in tables
        ),
    ]
