"""Tables of the gateway's database."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from gateway.adapters.salesforce_tables import add_salesforce_tables
from shared.database import service_metadata
from shared.idempotency import idempotency_table
from shared.inbox import inbox_table
from shared.jobs import job_table
from shared.outbox import outbox_table

metadata = service_metadata()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
jobs = job_table(metadata)
idempotency_keys = idempotency_table(metadata)
add_salesforce_tables(metadata)

request_audit = sa.Table(
    "request_audit",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("subject", sa.Text),
    sa.Column("roles", ARRAY(sa.Text), nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("route", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("trace_id", sa.Text, nullable=False),
    sa.Column("client_address", sa.Text, nullable=False),
    sa.Index("ix_request_audit_at", "at", postgresql_using="brin"),
    sa.Index("ix_request_audit_subject_at", "subject", "at"),
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
