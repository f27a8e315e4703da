"""Who gets letters about a collection, and those letters.

Reversible; who was written to is forgotten.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE collection_recipients (
        respondent_id uuid NOT NULL CONSTRAINT fk_collection_recipients_respondent_id_collection_respondents
            REFERENCES collection_respondents (id),
        address text NOT NULL,
        name text NOT NULL,
        CONSTRAINT pk_collection_recipients PRIMARY KEY (respondent_id, address)
    )
    """,
    """
    CREATE TABLE collection_letters (
        id uuid NOT NULL CONSTRAINT pk_collection_letters PRIMARY KEY,
        respondent_id uuid NOT NULL CONSTRAINT fk_collection_letters_respondent_id_collection_respondents
            REFERENCES collection_respondents (id),
        occasion text NOT NULL CONSTRAINT ck_collection_letters_occasion_known
            CHECK (occasion IN ('invitation', 'reminder', 'overdue', 'checked', 'accepted', 'returned')),
        number bigint NOT NULL,
        name text NOT NULL,
        address text NOT NULL,
        state text NOT NULL CONSTRAINT ck_collection_letters_state_known
            CHECK (state IN ('queued', 'sent', 'failed', 'overtaken')),
        attempts bigint NOT NULL CONSTRAINT ck_collection_letters_attempts_not_negative CHECK (attempts >= 0),
        next_attempt_at timestamptz,
        said text,
        queued_at timestamptz NOT NULL,
        ended_at timestamptz,
        CONSTRAINT uq_collection_letters_respondent_id_occasion_number_address
            UNIQUE (respondent_id, occasion, number, address),
        CONSTRAINT ck_collection_letters_queued_is_due CHECK ((state = 'queued') = (next_attempt_at IS NOT NULL)),
        CONSTRAINT ck_collection_letters_ended_has_end CHECK ((state = 'queued') = (ended_at IS NULL))
    )
    """,
    """
    CREATE INDEX ix_collection_letters_next_attempt_at ON collection_letters (next_attempt_at)
        WHERE next_attempt_at IS NOT NULL
    """,
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *append_only(["collection_recipients"])):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE collection_letters")
    op.execute("DROP TABLE collection_recipients")
