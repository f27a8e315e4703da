"""System tasks: checklists, the tasks they opened, and what was written into each.

Reversible, but what was done and shown is forgotten.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE task_checklists (
        id uuid NOT NULL,
        name text NOT NULL,
        revision bigint NOT NULL,
        zone text,
        created_at timestamptz NOT NULL,
        settled_until_at timestamptz NOT NULL,
        next_due_at timestamptz,
        CONSTRAINT pk_task_checklists PRIMARY KEY (id),
        CONSTRAINT ck_task_checklists_revision_positive CHECK (revision > 0),
        CONSTRAINT uq_task_checklists_name UNIQUE (name)
    )
    """,
    "CREATE INDEX ix_task_checklists_due ON task_checklists (next_due_at)",
    """
    CREATE TABLE task_checklist_versions (
        checklist_id uuid NOT NULL,
        revision bigint NOT NULL,
        content jsonb NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        CONSTRAINT pk_task_checklist_versions PRIMARY KEY (checklist_id, revision),
        CONSTRAINT fk_task_checklist_versions_checklist_id_task_checklists
            FOREIGN KEY (checklist_id) REFERENCES task_checklists (id) DEFERRABLE INITIALLY DEFERRED
    )
    """,
    """
    CREATE TABLE system_tasks (
        id uuid NOT NULL,
        checklist_id uuid NOT NULL,
        checklist_revision bigint NOT NULL,
        revision bigint NOT NULL,
        zone text,
        owner text NOT NULL,
        opens_at timestamptz NOT NULL,
        due_on date NOT NULL,
        state text NOT NULL,
        completed_at timestamptz,
        CONSTRAINT pk_system_tasks PRIMARY KEY (id),
        CONSTRAINT uq_system_tasks_checklist_id UNIQUE (checklist_id, opens_at),
        CONSTRAINT ck_system_tasks_state CHECK (state IN ('open', 'completed')),
        CONSTRAINT ck_system_tasks_completed_at CHECK ((state = 'completed') = (completed_at IS NOT NULL)),
        CONSTRAINT fk_system_tasks_checklist_id_task_checklists
            FOREIGN KEY (checklist_id) REFERENCES task_checklists (id)
    )
    """,
    "CREATE INDEX ix_system_tasks_owner ON system_tasks (owner, id)",
    """
    CREATE TABLE system_task_entries (
        id uuid NOT NULL,
        task_id uuid NOT NULL,
        kind text NOT NULL,
        item text,
        details jsonb NOT NULL,
        content bytea,
        content_sha256 text,
        told_by text NOT NULL,
        told_at timestamptz NOT NULL,
        CONSTRAINT pk_system_task_entries PRIMARY KEY (id),
        CONSTRAINT ck_system_task_entries_kind CHECK (
            kind IN ('opened', 'done', 'not_applicable', 'undone', 'evidence', 'assigned', 'completed', 'reopened')),
        CONSTRAINT ck_system_task_entries_hash_of_content CHECK (
            content IS NULL OR content_sha256 = encode(sha256(content), 'hex')),
        CONSTRAINT fk_system_task_entries_task_id_system_tasks
            FOREIGN KEY (task_id) REFERENCES system_tasks (id)
    )
    """,
    "CREATE INDEX ix_system_task_entries_task ON system_task_entries (task_id, id)",
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *append_only(["task_checklist_versions", "system_task_entries"])):
        op.execute(statement)


def downgrade() -> None:
    for table in ("system_task_entries", "system_tasks", "task_checklist_versions", "task_checklists"):
        op.execute(f"DROP TABLE {table}")
