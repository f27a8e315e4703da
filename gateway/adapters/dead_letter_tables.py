"""The tables of dead letters: what lies aside, and everything that happened to it."""

import sqlalchemy as sa


def add_dead_letter_tables(metadata: sa.MetaData) -> None:
    """Reason, code, attempts and `died_at` are those of the last death; the steps have them all."""
    sa.Table(
        "dead_letters",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("message_id", sa.Text),
        sa.Column("event_type", sa.Text),
        sa.Column("producer", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason_code", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("deaths", sa.Integer, nullable=False, server_default="0"),
        sa.Column("died_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.UniqueConstraint("service", "digest"),
        sa.CheckConstraint("state IN ('waiting', 'replayed', 'discarded')", name="state"),
        sa.CheckConstraint("octet_length(digest) = 32", name="digest"),
        sa.Index(
            "ix_dead_letters_waiting", "service", "died_at", postgresql_where=sa.text("state = 'waiting'")
        ),
    )
    sa.Table(
        "dead_letter_steps",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("dead_letter_id", sa.Uuid, sa.ForeignKey("dead_letters.id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text),
        sa.Column("reason_code", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("attempts", sa.Integer),
        sa.CheckConstraint("kind IN ('died', 'replayed', 'discarded')", name="kind"),
        sa.CheckConstraint("(kind = 'died') = (by IS NULL)", name="somebody_did_it"),
        sa.CheckConstraint("kind = 'replayed' OR reason IS NOT NULL", name="has_a_reason"),
        sa.Index("ix_dead_letter_steps_letter", "dead_letter_id", "id"),
        sa.Index(
            "uq_dead_letter_steps_death",
            "dead_letter_id",
            "at",
            unique=True,
            postgresql_where=sa.text("kind = 'died'"),
        ),
    )
