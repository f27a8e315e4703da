"""What recipients do with reported credit notes, and the day on which their returns are due."""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE ims_steps (
        note_id uuid NOT NULL CONSTRAINT fk_ims_steps_note_id_credit_notes REFERENCES credit_notes (id),
        step bigint NOT NULL,
        action varchar NOT NULL CONSTRAINT ck_ims_steps_action_known
            CHECK (action IN ('reported', 'accepted', 'rejected', 'pending', 're_reported')),
        period varchar NOT NULL CONSTRAINT ck_ims_steps_period_shape
            CHECK (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
        acted_on date NOT NULL,
        reversal_minor bigint CONSTRAINT ck_ims_steps_reversal_not_negative CHECK (reversal_minor >= 0),
        reference varchar NOT NULL,
        remark varchar NOT NULL,
        recorded_at timestamptz NOT NULL,
        recorded_by varchar NOT NULL,
        CONSTRAINT pk_ims_steps PRIMARY KEY (note_id, step),
        CONSTRAINT uq_ims_steps_fact UNIQUE (note_id, action, period, acted_on)
    )
    """,
    "CREATE INDEX ix_ims_steps_period ON ims_steps (period, note_id)",
    # Form GSTR-3B of a month is due on the 20th of the next (rule 61 of the CGST Rules).
    "ALTER TABLE credit_note_rules ADD COLUMN return_due_day bigint NOT NULL DEFAULT 20",
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *append_only(("ims_steps",))):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What recipients did is evidence")
