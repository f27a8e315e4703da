"""Tables of what Salesforce tells; the statements are in the modules that use them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB


def add_salesforce_tables(metadata: sa.MetaData) -> None:
    """Describe the tables, so that drift between them and the code shows."""
    for add in (
        _add_messages,
        _add_notifications,
        _add_replays,
        _add_records,
        _add_object_gaps,
        _add_mappings,
    ):
        add(metadata)


def _add_messages(metadata: sa.MetaData) -> None:
    sa.Table(
        "salesforce_messages",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary),  # as it came; forgotten after a while
        sa.Index(
            "ix_salesforce_messages_received_at", "received_at", postgresql_where=sa.text("body IS NOT NULL")
        ),
    )


def _add_notifications(metadata: sa.MetaData) -> None:
    sa.Table(
        "salesforce_notifications",
        metadata,
        sa.Column("organization_id", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("notification_id", sa.Text, primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False, unique=True),
        sa.Column(
            "message_id",
            sa.ForeignKey("salesforce_messages.id", deferrable=True, initially="DEFERRED"),
            nullable=False,
            index=True,
        ),
        sa.Column("object_name", sa.Text),
        sa.Column("record_id", sa.Text),
        sa.Column("replay_id", sa.Text),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("problems", JSONB, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('told', 'kept', 'superseded', 'unmapped', 'quarantined')", name="outcome_known"
        ),
        sa.Index("ix_salesforce_notifications_outcome", "outcome", "id"),
    )


def _add_replays(metadata: sa.MetaData) -> None:
    sa.Table(
        "salesforce_notification_replays",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "notification_id",
            sa.ForeignKey(
                "salesforce_notifications.id", name="fk_salesforce_notification_replays_notification"
            ),
            nullable=False,
        ),
        sa.Column("state_before", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("problems", JSONB, nullable=False),
        sa.Column("replayed_by", sa.Text, nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Index("ix_salesforce_notification_replays_notification_id", "notification_id", "id"),
    )


def _add_records(metadata: sa.MetaData) -> None:
    sa.Table(
        "salesforce_records",
        metadata,
        sa.Column("organization_id", sa.Text, primary_key=True),
        sa.Column("record_id", sa.Text, primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False, unique=True),
        sa.Column("object_name", sa.Text, nullable=False),
        sa.Column("fields", JSONB, nullable=False),
        sa.Column("stamps", JSONB, nullable=False),
        sa.Column("whole_stamp", sa.Text, nullable=False),
        sa.Column("gap_stamp", sa.Text),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_deleted", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("told_version", sa.BigInteger, nullable=False),
        sa.Column("mapping_version", sa.Integer),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("problems", JSONB, nullable=False),
        sa.Column("waits_for", ARRAY(sa.Text), nullable=False),
        sa.Column("taken_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('told', 'kept', 'unmapped', 'quarantined')", name="state_known"),
        sa.CheckConstraint("told_version <= version", name="told_what_is_known"),
        sa.CheckConstraint("record_id ~ '^[A-Za-z0-9]{18}$'", name="record_id_shape"),
        sa.Index("ix_salesforce_records_state", "state", "id"),
        sa.Index("ix_salesforce_records_object", "object_name", "id"),
        sa.Index(
            "ix_salesforce_records_gap",
            "organization_id",
            "object_name",
            "record_id",
            postgresql_where=sa.text("gap_stamp IS NOT NULL"),
        ),
    )


def _add_object_gaps(metadata: sa.MetaData) -> None:
    sa.Table(
        "salesforce_object_gaps",
        metadata,
        sa.Column("organization_id", sa.Text, primary_key=True),
        sa.Column("object_name", sa.Text, primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
    )


def _add_mappings(metadata: sa.MetaData) -> None:
    sa.Table(
        "salesforce_mappings",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("organization_id", sa.Text, nullable=False),  # empty: of every organization
        sa.Column("object_name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("fact", sa.Text, nullable=False),
        sa.Column("rules", JSONB, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_by", sa.Text),
        sa.Column("activated_at", sa.DateTime(timezone=True)),
        sa.Column("effective_from", sa.DateTime(timezone=True)),
        sa.CheckConstraint("state IN ('draft', 'active')", name="state_known"),
        sa.CheckConstraint("version > 0", name="version_positive"),
        sa.CheckConstraint(
            "(state = 'active') = (effective_from IS NOT NULL AND activated_by IS NOT NULL)",
            name="active_is_dated",
        ),
        sa.CheckConstraint("activated_by <> made_by", name="two_people"),
        sa.UniqueConstraint("organization_id", "object_name", "version"),
    )
