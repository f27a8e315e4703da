"""Dead letters and everything that happened to them; neither is deleted, and the steps refuse every change.

Reversible, but what was kept is lost, and it is in no queue any more: replay or copy it first.
"""

import sqlalchemy as sa
from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# A letter changes its state; what it says, and that it is there, stays.
KEEP_LETTERS = (
    """
    CREATE FUNCTION refuse_to_lose_letters() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% on dead_letters is refused: letters are replayed or discarded, and stay', TG_OP
            USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER letters_stay BEFORE DELETE OR TRUNCATE ON dead_letters
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_lose_letters()
    """,
    """
    CREATE TRIGGER letters_say_the_same BEFORE UPDATE OF id, service, digest, body, kept_at ON dead_letters
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_lose_letters()
    """,
)


def upgrade() -> None:
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.Text()),
        sa.Column("event_type", sa.Text()),
        sa.Column("producer", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("died_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letters")),
        sa.UniqueConstraint("service", "digest", name=op.f("uq_dead_letters_service_digest")),
        sa.CheckConstraint(
            "state IN ('waiting', 'replayed', 'discarded')", name=op.f("ck_dead_letters_state")
        ),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("ck_dead_letters_digest")),
    )
    op.create_index(
        "ix_dead_letters_waiting",
        "dead_letters",
        ["service", "died_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    _create_steps()
    for statement in (*append_only(["dead_letter_steps"]), *KEEP_LETTERS):
        op.execute(statement)


def _create_steps() -> None:
    op.create_table(
        "dead_letter_steps",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dead_letter_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("attempts", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter_steps")),
        sa.ForeignKeyConstraint(
            ["dead_letter_id"],
            ["dead_letters.id"],
            name=op.f("fk_dead_letter_steps_dead_letter_id_dead_letters"),
        ),
        sa.CheckConstraint(
            "kind IN ('died', 'replayed', 'discarded')", name=op.f("ck_dead_letter_steps_kind")
        ),
        sa.CheckConstraint(
            "(kind = 'died') = (by IS NULL)", name=op.f("ck_dead_letter_steps_somebody_did_it")
        ),
        sa.CheckConstraint(
            "kind = 'replayed' OR reason IS NOT NULL", name=op.f("ck_dead_letter_steps_has_a_reason")
        ),
    )
    op.create_index("ix_dead_letter_steps_letter", "dead_letter_steps", ["dead_letter_id", "id"])
    op.create_index(
        "uq_dead_letter_steps_death",
        "dead_letter_steps",
        ["dead_letter_id", "at"],
        unique=True,
        postgresql_where=sa.text("kind = 'died'"),
    )


def downgrade() -> None:
    op.drop_table("dead_letter_steps")
    op.drop_table("dead_letters")
    op.execute("DROP FUNCTION refuse_to_lose_letters()")
