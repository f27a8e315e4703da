"""Who gets a saved analysis that the clock made, on which condition, and those letters.

Reversible; recipients and who was written to are forgotten.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    ALTER TABLE saved_analyses ADD COLUMN recipients jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN condition text NOT NULL DEFAULT 'always'
            CONSTRAINT ck_saved_analyses_condition_known CHECK (condition IN ('always', 'when_changed'))
    """,
    """
    CREATE TABLE analysis_letters (
        id uuid NOT NULL CONSTRAINT pk_analysis_letters PRIMARY KEY,
        saved_analysis_id uuid NOT NULL,
        due_at timestamptz NOT NULL,
        name text NOT NULL,
        address text NOT NULL,
        state text NOT NULL CONSTRAINT ck_analysis_letters_state_known CHECK (state IN ('queued', 'sent', 'failed')),
        attempts bigint NOT NULL CONSTRAINT ck_analysis_letters_attempts_not_negative CHECK (attempts >= 0),
        next_attempt_at timestamptz,
        said text,
        queued_at timestamptz NOT NULL,
        ended_at timestamptz,
        CONSTRAINT fk_analysis_letters_saved_analysis_id_saved_analysis_instants
            FOREIGN KEY (saved_analysis_id, due_at) REFERENCES saved_analysis_instants,
        CONSTRAINT uq_analysis_letters_saved_analysis_id_due_at_address UNIQUE (saved_analysis_id, due_at, address),
        CONSTRAINT ck_analysis_letters_queued_is_due CHECK ((state = 'queued') = (next_attempt_at IS NOT NULL)),
        CONSTRAINT ck_analysis_letters_ended_has_end CHECK ((state = 'queued') = (ended_at IS NULL))
    )
    """,
    """
    CREATE INDEX ix_analysis_letters_next_attempt_at ON analysis_letters (next_attempt_at)
        WHERE next_attempt_at IS NOT NULL
    """,
    "CREATE INDEX ix_analysis_letters_saved_analysis_id_id ON analysis_letters (saved_analysis_id, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE analysis_letters")
    op.execute("ALTER TABLE saved_analyses DROP COLUMN recipients, DROP COLUMN condition")
