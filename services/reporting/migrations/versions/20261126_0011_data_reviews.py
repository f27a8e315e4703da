"""Reviews of typed data: source systems, snapshots, validation rules, issues and scores.

Reversible, but what was taken and decided is forgotten.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE source_systems (
        id uuid NOT NULL,
        name text NOT NULL,
        revision bigint NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_source_systems PRIMARY KEY (id),
        CONSTRAINT ck_source_systems_revision_positive CHECK (revision > 0),
        CONSTRAINT uq_source_systems_name UNIQUE (name)
    )
    """,
    """
    CREATE TABLE source_system_versions (
        system_id uuid NOT NULL,
        revision bigint NOT NULL,
        content jsonb NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        CONSTRAINT pk_source_system_versions PRIMARY KEY (system_id, revision),
        CONSTRAINT fk_source_system_versions_system_id_source_systems
            FOREIGN KEY (system_id) REFERENCES source_systems (id) DEFERRABLE INITIALLY DEFERRED
    )
    """,
    """
    CREATE TABLE source_files (
        id uuid NOT NULL,
        system_id uuid NOT NULL,
        object text NOT NULL,
        media_type text NOT NULL,
        content bytea NOT NULL,
        content_sha256 text NOT NULL,
        sent_by text NOT NULL,
        sent_at timestamptz NOT NULL,
        CONSTRAINT pk_source_files PRIMARY KEY (id),
        CONSTRAINT ck_source_files_hash_of_content CHECK (content_sha256 = encode(sha256(content), 'hex')),
        CONSTRAINT fk_source_files_system_id_source_systems
            FOREIGN KEY (system_id) REFERENCES source_systems (id)
    )
    """,
    "CREATE INDEX ix_source_files_object ON source_files (system_id, object, id)",
    """
    CREATE TABLE source_snapshots (
        id uuid NOT NULL,
        system_id uuid NOT NULL,
        revision bigint NOT NULL,
        job_id uuid NOT NULL,
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL,
        CONSTRAINT pk_source_snapshots PRIMARY KEY (id),
        CONSTRAINT fk_source_snapshots_system_id_source_systems
            FOREIGN KEY (system_id) REFERENCES source_systems (id)
    )
    """,
    "CREATE INDEX ix_source_snapshots_system ON source_snapshots (system_id, id)",
    """
    CREATE TABLE snapshot_contents (
        snapshot_id uuid NOT NULL,
        object text NOT NULL,
        taken_at timestamptz NOT NULL,
        origin text NOT NULL,
        rows_count bigint NOT NULL,
        rejected_count bigint NOT NULL,
        rejected jsonb NOT NULL,
        content bytea NOT NULL,
        content_sha256 text NOT NULL,
        CONSTRAINT pk_snapshot_contents PRIMARY KEY (snapshot_id, object),
        CONSTRAINT ck_snapshot_contents_hash_of_content CHECK (content_sha256 = encode(sha256(content), 'hex')),
        CONSTRAINT ck_snapshot_contents_counts_not_negative CHECK (rows_count >= 0 AND rejected_count >= 0),
        CONSTRAINT fk_snapshot_contents_snapshot_id_source_snapshots
            FOREIGN KEY (snapshot_id) REFERENCES source_snapshots (id)
    )
    """,
    """
    CREATE TABLE validation_rules (
        id uuid NOT NULL,
        name text NOT NULL,
        system text NOT NULL,
        revision bigint NOT NULL,
        active_revision bigint,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_validation_rules PRIMARY KEY (id),
        CONSTRAINT ck_validation_rules_revision_positive CHECK (revision > 0),
        CONSTRAINT ck_validation_rules_active_is_known CHECK (active_revision <= revision),
        CONSTRAINT uq_validation_rules_name UNIQUE (name)
    )
    """,
    "CREATE INDEX ix_validation_rules_system ON validation_rules (system)",
    """
    CREATE TABLE validation_rule_versions (
        rule_id uuid NOT NULL,
        revision bigint NOT NULL,
        content jsonb NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        CONSTRAINT pk_validation_rule_versions PRIMARY KEY (rule_id, revision),
        CONSTRAINT fk_validation_rule_versions_rule_id_validation_rules
            FOREIGN KEY (rule_id) REFERENCES validation_rules (id) DEFERRABLE INITIALLY DEFERRED
    )
    """,
    """
    CREATE TABLE rule_activations (
        id uuid NOT NULL,
        rule_id uuid NOT NULL,
        revision bigint,
        decided_by text NOT NULL,
        decided_at timestamptz NOT NULL,
        CONSTRAINT pk_rule_activations PRIMARY KEY (id),
        CONSTRAINT fk_rule_activations_rule_id_validation_rules
            FOREIGN KEY (rule_id) REFERENCES validation_rules (id)
    )
    """,
    "CREATE INDEX ix_rule_activations_rule ON rule_activations (rule_id, id)",
    """
    CREATE TABLE rule_simulations (
        id uuid NOT NULL,
        rule_id uuid NOT NULL,
        revision bigint NOT NULL,
        snapshot_id uuid NOT NULL,
        rows_count bigint NOT NULL,
        findings_count bigint NOT NULL,
        findings jsonb NOT NULL,
        simulated_by text NOT NULL,
        simulated_at timestamptz NOT NULL,
        CONSTRAINT pk_rule_simulations PRIMARY KEY (id),
        CONSTRAINT fk_rule_simulations_rule_id_validation_rules
            FOREIGN KEY (rule_id) REFERENCES validation_rules (id),
        CONSTRAINT fk_rule_simulations_snapshot_id_source_snapshots
            FOREIGN KEY (snapshot_id) REFERENCES source_snapshots (id)
    )
    """,
    "CREATE INDEX ix_rule_simulations_rule ON rule_simulations (rule_id, revision, id)",
    """
    CREATE TABLE validation_runs (
        id uuid NOT NULL,
        system_id uuid NOT NULL,
        snapshot_id uuid NOT NULL,
        rules jsonb NOT NULL,
        ran_at timestamptz NOT NULL,
        CONSTRAINT pk_validation_runs PRIMARY KEY (id),
        CONSTRAINT fk_validation_runs_system_id_source_systems
            FOREIGN KEY (system_id) REFERENCES source_systems (id),
        CONSTRAINT fk_validation_runs_snapshot_id_source_snapshots
            FOREIGN KEY (snapshot_id) REFERENCES source_snapshots (id)
    )
    """,
    "CREATE INDEX ix_validation_runs_system ON validation_runs (system_id, id)",
    """
    CREATE TABLE quality_scores (
        run_id uuid NOT NULL,
        object text NOT NULL,
        zone text NOT NULL,
        owner text NOT NULL,
        system_id uuid NOT NULL,
        ran_at timestamptz NOT NULL,
        rows_count bigint NOT NULL,
        faulty_count bigint NOT NULL,
        CONSTRAINT pk_quality_scores PRIMARY KEY (run_id, object, zone, owner),
        CONSTRAINT ck_quality_scores_faulty_are_rows CHECK (faulty_count BETWEEN 0 AND rows_count),
        CONSTRAINT fk_quality_scores_run_id_validation_runs
            FOREIGN KEY (run_id) REFERENCES validation_runs (id)
    )
    """,
    "CREATE INDEX ix_quality_scores_system ON quality_scores (system_id, run_id)",
    """
    CREATE TABLE data_issues (
        id uuid NOT NULL,
        rule_id uuid NOT NULL,
        system_id uuid NOT NULL,
        object text NOT NULL,
        natural_key text NOT NULL,
        revision bigint NOT NULL,
        state text NOT NULL,
        zone text,
        owner text NOT NULL,
        severity text NOT NULL,
        field text NOT NULL,
        value text NOT NULL,
        why text NOT NULL,
        suggestion text,
        evidence jsonb NOT NULL,
        due_on date NOT NULL,
        waived_until date,
        first_snapshot_id uuid NOT NULL,
        first_seen_at timestamptz NOT NULL,
        last_snapshot_id uuid NOT NULL,
        last_seen_at timestamptz NOT NULL,
        resolved_at timestamptz,
        reopened_count bigint NOT NULL,
        CONSTRAINT pk_data_issues PRIMARY KEY (id),
        CONSTRAINT uq_data_issues_rule_id UNIQUE (rule_id, natural_key),
        CONSTRAINT ck_data_issues_state CHECK (state IN ('open', 'waived', 'resolved')),
        CONSTRAINT ck_data_issues_waived_until CHECK ((state = 'waived') = (waived_until IS NOT NULL)),
        CONSTRAINT ck_data_issues_resolved_at CHECK ((state = 'resolved') = (resolved_at IS NOT NULL)),
        CONSTRAINT fk_data_issues_rule_id_validation_rules
            FOREIGN KEY (rule_id) REFERENCES validation_rules (id),
        CONSTRAINT fk_data_issues_system_id_source_systems
            FOREIGN KEY (system_id) REFERENCES source_systems (id)
    )
    """,
    "CREATE INDEX ix_data_issues_owner ON data_issues (owner, id)",
    "CREATE INDEX ix_data_issues_system ON data_issues (system_id, object, natural_key)",
    """
    CREATE TABLE data_issue_events (
        id uuid NOT NULL,
        issue_id uuid NOT NULL,
        kind text NOT NULL,
        snapshot_id uuid,
        details jsonb NOT NULL,
        told_by text NOT NULL,
        told_at timestamptz NOT NULL,
        CONSTRAINT pk_data_issue_events PRIMARY KEY (id),
        CONSTRAINT ck_data_issue_events_kind CHECK (
            kind IN ('raised', 'changed', 'reopened', 'resolved', 'waived', 'waiver_ended', 'assigned', 'rule_retired')),
        CONSTRAINT fk_data_issue_events_issue_id_data_issues
            FOREIGN KEY (issue_id) REFERENCES data_issues (id)
    )
    """,
    "CREATE INDEX ix_data_issue_events_issue ON data_issue_events (issue_id, id)",
)
HISTORIES = (
    "source_system_versions",
    "source_files",
    "source_snapshots",
    "snapshot_contents",
    "validation_rule_versions",
    "rule_activations",
    "rule_simulations",
    "validation_runs",
    "quality_scores",
    "data_issue_events",
)
TABLES = (
    "data_issue_events",
    "data_issues",
    "quality_scores",
    "validation_runs",
    "rule_simulations",
    "rule_activations",
    "validation_rule_versions",
    "validation_rules",
    "snapshot_contents",
    "source_snapshots",
    "source_files",
    "source_system_versions",
    "source_systems",
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *append_only(HISTORIES)):
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
