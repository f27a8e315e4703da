"""Snapshots of source systems by the clock: where each schedule stands, its due instants, what was missed.

Reversible, but which due instants had their snapshot is forgotten.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE source_schedules (
        system_id uuid NOT NULL,
        settled_until_at timestamptz NOT NULL,
        next_due_at timestamptz,
        awaited uuid,
        failures bigint NOT NULL,
        retry_at timestamptz,
        problem_code text,
        problem text,
        problem_since_at timestamptz,
        CONSTRAINT pk_source_schedules PRIMARY KEY (system_id),
        CONSTRAINT ck_source_schedules_failures_not_negative CHECK (failures >= 0),
        CONSTRAINT ck_source_schedules_problem_has_code CHECK ((failures > 0) = (problem_code IS NOT NULL)),
        CONSTRAINT fk_source_schedules_system_id_source_systems
            FOREIGN KEY (system_id) REFERENCES source_systems (id),
        CONSTRAINT fk_source_schedules_awaited_source_snapshots
            FOREIGN KEY (awaited) REFERENCES source_snapshots (id)
    )
    """,
    """
    CREATE TABLE source_schedule_runs (
        id uuid NOT NULL,
        system_id uuid NOT NULL,
        due_at timestamptz NOT NULL,
        snapshot_id uuid,
        settled_at timestamptz NOT NULL,
        CONSTRAINT pk_source_schedule_runs PRIMARY KEY (id),
        CONSTRAINT uq_source_schedule_runs_system_id UNIQUE (system_id, due_at),
        CONSTRAINT fk_source_schedule_runs_system_id_source_systems
            FOREIGN KEY (system_id) REFERENCES source_systems (id),
        CONSTRAINT fk_source_schedule_runs_snapshot_id_source_snapshots
            FOREIGN KEY (snapshot_id) REFERENCES source_snapshots (id)
    )
    """,
    """
    CREATE TABLE source_schedule_misses (
        system_id uuid NOT NULL,
        due_at timestamptz NOT NULL,
        reason text NOT NULL,
        noticed_at timestamptz NOT NULL,
        CONSTRAINT pk_source_schedule_misses PRIMARY KEY (system_id, due_at, reason),
        CONSTRAINT ck_source_schedule_misses_reason_known CHECK (reason IN ('late', 'skipped', 'not_started')),
        CONSTRAINT fk_source_schedule_misses_system_id_source_systems
            FOREIGN KEY (system_id) REFERENCES source_systems (id)
    )
    """,
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *append_only(["source_schedule_runs", "source_schedule_misses"])):
        op.execute(statement)


def downgrade() -> None:
    for table in ("source_schedule_misses", "source_schedule_runs", "source_schedules"):
        op.execute(f"DROP TABLE {table}")
