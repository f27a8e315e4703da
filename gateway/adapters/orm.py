"""Tables of the gateway's database."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gateway.adapters.dead_letter_tables import add_dead_letter_tables
from gateway.adapters.salesforce_tables import add_salesforce_tables
from shared.database import service_metadata
from shared.idempotency_table import idempotency_table
from shared.inbox_table import inbox_table
from shared.jobs import job_table
from shared.outbox import outbox_table

metadata = service_metadata()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
jobs = job_table(metadata)
idempotency_keys = idempotency_table(metadata)
add_salesforce_tables(metadata)
add_dead_letter_tables(metadata)

salesforce_writes = sa.Table(
    "salesforce_writes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("values", JSONB, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("next_attempt_at", sa.DateTime(timezone=True)),
    sa.Column("claimed_until", sa.DateTime(timezone=True)),
    sa.Column("sent_at", sa.DateTime(timezone=True)),
    sa.Column("record_id", sa.Text),
    sa.Column("error_code", sa.Text),
    sa.Column("error", sa.Text),
    sa.UniqueConstraint("subject", "name"),
    sa.CheckConstraint("state IN ('waiting', 'sent', 'dry_run', 'dead')", name="state_known"),
    sa.CheckConstraint("state <> 'waiting' OR next_attempt_at IS NOT NULL", name="waiting_is_due"),
    sa.Index(
        "ix_salesforce_writes_due",
        "subject",
        "next_attempt_at",
        "id",
        postgresql_where=sa.text("state = 'waiting'"),
    ),
    sa.Index("ix_salesforce_writes_state", "state", "id"),
)

salesforce_write_mappings = sa.Table(
    "salesforce_write_mappings",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("object_name", sa.Text, nullable=False),
    sa.Column("external_id_field", sa.Text, nullable=False),
    sa.Column("fields", JSONB, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("is_dry_run", sa.Boolean, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("changed_by", sa.Text),
    sa.Column("changed_at", sa.DateTime(timezone=True)),
)

salesforce_open_items = sa.Table(
    "salesforce_open_items",
    metadata,
    sa.Column("invoice_id", sa.Uuid, primary_key=True),
    sa.Column("partner_code", sa.Text),  # unknown while only a payment of it was told
    sa.Column("due_on", sa.Date),
    sa.Column("currency", sa.Text),
    sa.Column("total_minor", sa.BigInteger, nullable=False),
    sa.Column("settled_minor", sa.BigInteger, nullable=False),
    sa.Index(
        "ix_salesforce_open_items_open",
        "partner_code",
        "due_on",
        postgresql_where=sa.text("total_minor > settled_minor"),
    ),
)

salesforce_partners = sa.Table(
    "salesforce_partners",
    metadata,
    sa.Column("partner_code", sa.Text, primary_key=True),
    sa.Column("booked_count", sa.BigInteger, nullable=False),
    sa.Column("on_time_count", sa.BigInteger, nullable=False),
    sa.Column("last_receipt_on", sa.Date),
    sa.Column("touched_at", sa.DateTime(timezone=True)),
    sa.Index(
        "ix_salesforce_partners_touched",
        "touched_at",
        "partner_code",
        postgresql_where=sa.text("touched_at IS NOT NULL"),
    ),
)

salesforce_watermarks = sa.Table(
    "salesforce_watermarks",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("object_name", sa.Text, primary_key=True),
    sa.Column("swept_until", sa.DateTime(timezone=True), nullable=False),
    sa.Column("swept_at", sa.DateTime(timezone=True), nullable=False),
)

# In partitions of a month: see audit_partitions.py. The key holds the instant, as every unique key of such a table has to;
# ids come from one sequence all the same.
request_audit = sa.Table(
    "request_audit",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
    sa.Column("subject", sa.Text),
    sa.Column("roles", ARRAY(sa.Text), nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("route", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("trace_id", sa.Text, nullable=False),
    sa.Column("client_address", sa.Text, nullable=False),
    sa.Column("owner", sa.Text),
    sa.Column("request_sha256", sa.LargeBinary),
    sa.Column("reply_sha256", sa.LargeBinary),
    sa.Column("version_before", sa.Text),
    sa.Column("version_after", sa.Text),
    sa.Index("ix_request_audit_at", "at", postgresql_using="brin"),
    sa.Index("ix_request_audit_subject_at", "subject", "at"),
    postgresql_partition_by="RANGE (at)",
)

# Digests of who used which quota, and when the whole of it is there again; see rate_limiter.py.
rate_limits = sa.Table(
    "rate_limits",
    metadata,
    sa.Column("key", sa.LargeBinary, primary_key=True),
    sa.Column("full_at", sa.DateTime(timezone=True), nullable=False),
    prefixes=["UNLOGGED"],
    postgresql_with={"fillfactor": 50},
)

# Positions are in the order of the commits: see gateway/adapters/live_events.py.
live_events = sa.Table(
    "live_events",
    metadata,
    sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("id", sa.Uuid, nullable=False, unique=True),
    sa.Column("told_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("partner_code", sa.Text),
    sa.Column("zone", sa.Text),
    sa.Column("recipient", sa.Text),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("ix_live_events_told_at", "told_at", postgresql_using="brin"),
)

partner_zones = sa.Table(
    "partner_zones",
    metadata,
    sa.Column("partner_code", sa.Text, primary_key=True),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("roles", ARRAY(sa.Text), nullable=False),
    sa.Column("scopes", ARRAY(sa.Text)),
    sa.Column("zones", ARRAY(sa.Text), nullable=False),
    sa.Column("partner_code", sa.Text),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("previous_digest", sa.LargeBinary),
    sa.Column("previous_ends_at", sa.DateTime(timezone=True)),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("revoked_at", sa.DateTime(timezone=True)),
    sa.Column("last_used_at", sa.DateTime(timezone=True)),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.CheckConstraint(
        "cardinality(roles) > 0 AND NOT roles && ARRAY['admin', 'approver', 'coordinator']",
        name="roles_of_machines",
    ),
    sa.CheckConstraint("octet_length(digest) = 32", name="digest_is_one"),
    sa.CheckConstraint("(previous_digest IS NULL) = (previous_ends_at IS NULL)", name="previous_ends"),
    sa.CheckConstraint(
        "expires_at > issued_at AND expires_at <= issued_at + interval '366 days'",
        name="expires_within_a_year",
    ),
    sa.Index("ix_api_keys_owner_id", "owner", "id"),
)

api_key_events = sa.Table(
    "api_key_events",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("api_key_id", sa.Uuid, sa.ForeignKey("api_keys.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("ix_api_key_events_api_key_id", "api_key_id", "id"),
)

token_revocations = sa.Table(
    "token_revocations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("token_id", sa.Text),
    sa.Column("subject", sa.Text),
    sa.Column("issued_until", sa.DateTime(timezone=True), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(token_id IS NULL) <> (subject IS NULL)", name="names_one"),
)

credential_generation = sa.Table(
    "credential_generation",
    metadata,
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Index("uq_credential_generation_one", sa.text("(true)"), unique=True),
)

webhook_endpoints = sa.Table(
    "webhook_endpoints",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("types", ARRAY(sa.Text), nullable=False),
    sa.Column("roles", ARRAY(sa.Text), nullable=False),
    sa.Column("sees_all", sa.Boolean, nullable=False),
    sa.Column("zones", ARRAY(sa.Text), nullable=False),
    sa.Column("partner_code", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("state_reason", sa.Text, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("held_until", sa.DateTime(timezone=True)),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('enabled', 'paused', 'disabled', 'retired')", name="state"),
)

# Sealed by shared/secret_box.py.
webhook_secrets = sa.Table(
    "webhook_secrets",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("endpoint_id", sa.Uuid, sa.ForeignKey("webhook_endpoints.id"), nullable=False, index=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True)),
)

webhook_deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("endpoint_id", sa.Uuid, sa.ForeignKey("webhook_endpoints.id"), nullable=False),
    sa.Column("event_position", sa.BigInteger, nullable=False),
    sa.Column("event_id", sa.Uuid, nullable=False),
    sa.Column("event_type", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("leased_until", sa.DateTime(timezone=True)),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    sa.UniqueConstraint("endpoint_id", "event_id"),
    sa.CheckConstraint("state IN ('waiting', 'delivered', 'failed', 'cancelled')", name="state"),
    sa.Index(
        "ix_webhook_deliveries_due",
        "endpoint_id",
        "next_attempt_at",
        "id",
        postgresql_where=sa.text("state = 'waiting'"),
    ),
    sa.Index("ix_webhook_deliveries_endpoint_id", "endpoint_id", "id"),
    sa.Index("ix_webhook_deliveries_finished_at", "finished_at"),
)

webhook_attempts = sa.Table(
    "webhook_attempts",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column(
        "delivery_id",
        sa.Uuid,
        sa.ForeignKey("webhook_deliveries.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("duration_ms", sa.Integer, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("excerpt", sa.Text, nullable=False),
)
