"""The request audit lies in partitions of a month, so that old months can leave for the archive without a DELETE.

What is there already becomes the first partition as it stands: no row is written again. It ends with the running month; the
two after it are made here, and later ones by the worker. Processes of before write and read as they did. The rows are looked
at once while the table is locked; what is to be audited meanwhile waits in the memory of the gateway.

Reversible while the database holds every month: the rows are written anew into one table then.
"""

from datetime import UTC, datetime
from itertools import pairwise

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

COLUMNS = """
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    subject text,
    roles text[] NOT NULL,
    method text NOT NULL,
    route text NOT NULL,
    path text NOT NULL,
    status smallint NOT NULL,
    trace_id text NOT NULL,
    client_address text NOT NULL,
    owner text,
    request_sha256 bytea,
    reply_sha256 bytea,
    version_before text,
    version_after text
"""
NAMES = (
    "id, at, subject, roles, method, route, path, status, trace_id, client_address, owner,"
    " request_sha256, reply_sha256, version_before, version_after"
)
NEXT_ID = (
    "SELECT setval(pg_get_serial_sequence('request_audit', 'id'),"
    " COALESCE((SELECT max(id) FROM request_audit), 0) + 1, false)"
)
REFUSES_CHANGE = (
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
)


def upgrade() -> None:
    for statement in (
        "ALTER TABLE request_audit RENAME TO request_audit_before",
        "ALTER TABLE request_audit_before ALTER COLUMN id DROP IDENTITY",
        "ALTER TABLE request_audit_before DROP CONSTRAINT pk_request_audit",
        "ALTER INDEX ix_request_audit_at RENAME TO ix_request_audit_before_at",
        "ALTER INDEX ix_request_audit_subject_at RENAME TO ix_request_audit_before_subject_at",
        f"CREATE TABLE request_audit ({COLUMNS}) PARTITION BY RANGE (at)",
        "ALTER TABLE request_audit ADD CONSTRAINT pk_request_audit PRIMARY KEY (id, at)",
        "ALTER TABLE request_audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY",
        "CREATE INDEX ix_request_audit_at ON request_audit USING brin (at)",
        "CREATE INDEX ix_request_audit_subject_at ON request_audit (subject, at)",
        REFUSES_CHANGE.format(table="request_audit"),
    ):
        op.execute(statement)
    now = datetime.now(UTC)
    months = [_month(now.year, now.month + ahead) for ahead in (1, 2, 3)]
    op.execute(
        "ALTER TABLE request_audit ATTACH PARTITION request_audit_before"
        f" FOR VALUES FROM (MINVALUE) TO ('{months[0]:%Y-%m-%d} 00:00:00+00')"
    )
    op.execute(NEXT_ID)
    for start, end in pairwise(months):
        name = f"request_audit_p{start:%Y%m}"
        op.execute(
            f"CREATE TABLE {name} PARTITION OF request_audit"
            f" FOR VALUES FROM ('{start:%Y-%m-%d} 00:00:00+00') TO ('{end:%Y-%m-%d} 00:00:00+00')"
        )
        op.execute(REFUSES_CHANGE.format(table=name))
    op.execute("CREATE TABLE request_audit_default PARTITION OF request_audit DEFAULT")
    op.execute(REFUSES_CHANGE.format(table="request_audit_default"))


def downgrade() -> None:
    op.execute(f"CREATE TABLE request_audit_whole ({COLUMNS})")
    op.execute(f"INSERT INTO request_audit_whole SELECT {NAMES} FROM request_audit")  # noqa: S608 - constants only
    for statement in (
        "DROP TABLE request_audit",
        "ALTER TABLE request_audit_whole RENAME TO request_audit",
        "ALTER TABLE request_audit ADD CONSTRAINT pk_request_audit PRIMARY KEY (id)",
        "ALTER TABLE request_audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY",
        NEXT_ID,
        "CREATE INDEX ix_request_audit_at ON request_audit USING brin (at)",
        "CREATE INDEX ix_request_audit_subject_at ON request_audit (subject, at)",
        REFUSES_CHANGE.format(table="request_audit"),
    ):
        op.execute(statement)


def _month(year: int, month: int) -> datetime:
    return datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=UTC)
