"""Templates with their versions, collections of filled ones, and what became of each submission.

Reversible, but what was submitted is forgotten.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE templates (
        id uuid NOT NULL,
        name text NOT NULL,
        revision bigint NOT NULL,
        owner text NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_templates PRIMARY KEY (id),
        CONSTRAINT uq_templates_name UNIQUE (name),
        CONSTRAINT ck_templates_revision_positive CHECK (revision > 0)
    )
    """,
    """
    CREATE TABLE template_versions (
        template_id uuid NOT NULL,
        revision bigint NOT NULL,
        content jsonb NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        CONSTRAINT pk_template_versions PRIMARY KEY (template_id, revision),
        CONSTRAINT fk_template_versions_template_id_templates
            FOREIGN KEY (template_id) REFERENCES templates (id) DEFERRABLE INITIALLY DEFERRED
    )
    """,
    """
    CREATE TABLE template_collections (
        id uuid NOT NULL,
        template_id uuid NOT NULL,
        revision bigint NOT NULL,
        title text NOT NULL,
        first_month date NOT NULL,
        months bigint NOT NULL,
        due_at timestamptz NOT NULL,
        remind_days bigint[] NOT NULL,
        escalate_days bigint NOT NULL,
        accepts_clean boolean NOT NULL,
        signing_key bytea NOT NULL,
        opened_by text NOT NULL,
        opened_at timestamptz NOT NULL,
        CONSTRAINT pk_template_collections PRIMARY KEY (id),
        CONSTRAINT fk_template_collections_template_id_template_versions
            FOREIGN KEY (template_id, revision) REFERENCES template_versions (template_id, revision),
        CONSTRAINT ck_template_collections_months_positive CHECK (months > 0),
        CONSTRAINT ck_template_collections_due_later CHECK (due_at > opened_at)
    )
    """,
    "CREATE INDEX ix_template_collections_due ON template_collections (due_at)",
    "CREATE INDEX ix_template_collections_template ON template_collections (template_id, first_month)",
    """
    CREATE TABLE collection_closings (
        collection_id uuid NOT NULL,
        closed_by text NOT NULL,
        closed_at timestamptz NOT NULL,
        note text,
        CONSTRAINT pk_collection_closings PRIMARY KEY (collection_id),
        CONSTRAINT fk_collection_closings_collection_id_template_collections
            FOREIGN KEY (collection_id) REFERENCES template_collections (id)
    )
    """,
    """
    CREATE TABLE collection_respondents (
        id uuid NOT NULL,
        collection_id uuid NOT NULL,
        kind text NOT NULL CONSTRAINT ck_collection_respondents_kind CHECK (kind IN ('partner', 'zone', 'person')),
        key text NOT NULL,
        name text NOT NULL,
        partner_code text,
        zone text,
        person text,
        rows jsonb NOT NULL,
        CONSTRAINT pk_collection_respondents PRIMARY KEY (id),
        CONSTRAINT uq_collection_respondents_collection_id_kind_key UNIQUE (collection_id, kind, key),
        CONSTRAINT fk_collection_respondents_collection_id_template_collections
            FOREIGN KEY (collection_id) REFERENCES template_collections (id)
    )
    """,
    """
    CREATE TABLE collection_notices (
        respondent_id uuid NOT NULL,
        notice text NOT NULL CONSTRAINT ck_collection_notices_notice
            CHECK (notice IN ('reminder', 'overdue', 'escalated')),
        days bigint NOT NULL,
        told_at timestamptz NOT NULL,
        CONSTRAINT pk_collection_notices PRIMARY KEY (respondent_id, notice, days),
        CONSTRAINT fk_collection_notices_respondent_id_collection_respondents
            FOREIGN KEY (respondent_id) REFERENCES collection_respondents (id)
    )
    """,
    """
    CREATE TABLE submissions (
        id uuid NOT NULL,
        respondent_id uuid NOT NULL,
        version bigint NOT NULL,
        media_type text NOT NULL,
        content bytea NOT NULL,
        content_sha256 text NOT NULL,
        job_id uuid NOT NULL,
        sent_by text NOT NULL,
        sent_at timestamptz NOT NULL,
        CONSTRAINT pk_submissions PRIMARY KEY (id),
        CONSTRAINT uq_submissions_respondent_id_version UNIQUE (respondent_id, version),
        CONSTRAINT fk_submissions_respondent_id_collection_respondents
            FOREIGN KEY (respondent_id) REFERENCES collection_respondents (id),
        CONSTRAINT ck_submissions_version_positive CHECK (version > 0),
        CONSTRAINT ck_submissions_hash_of_content CHECK (content_sha256 = encode(sha256(content), 'hex'))
    )
    """,
    """
    CREATE TABLE submission_checks (
        submission_id uuid NOT NULL,
        rows_count bigint NOT NULL,
        findings_count bigint NOT NULL,
        findings jsonb NOT NULL,
        checked_at timestamptz NOT NULL,
        CONSTRAINT pk_submission_checks PRIMARY KEY (submission_id),
        CONSTRAINT fk_submission_checks_submission_id_submissions
            FOREIGN KEY (submission_id) REFERENCES submissions (id),
        CONSTRAINT ck_submission_checks_counts_not_negative CHECK (rows_count >= 0 AND findings_count >= 0)
    )
    """,
    """
    CREATE TABLE submission_rows (
        submission_id uuid NOT NULL,
        position bigint NOT NULL,
        cells jsonb NOT NULL,
        CONSTRAINT pk_submission_rows PRIMARY KEY (submission_id, position),
        CONSTRAINT fk_submission_rows_submission_id_submissions
            FOREIGN KEY (submission_id) REFERENCES submissions (id)
    )
    """,
    """
    CREATE TABLE submission_decisions (
        submission_id uuid NOT NULL,
        is_accepted boolean NOT NULL,
        note text,
        decided_by text NOT NULL,
        decided_at timestamptz NOT NULL,
        CONSTRAINT pk_submission_decisions PRIMARY KEY (submission_id),
        CONSTRAINT fk_submission_decisions_submission_id_submission_checks
            FOREIGN KEY (submission_id) REFERENCES submission_checks (submission_id)
    )
    """,
    """
    CREATE TABLE planned_figures (
        submission_id uuid NOT NULL,
        position bigint NOT NULL,
        month date NOT NULL,
        feed text NOT NULL CONSTRAINT ck_planned_figures_feed CHECK (feed IN ('forecast', 'plan')),
        template text NOT NULL,
        collection_id uuid NOT NULL,
        collection_first_month date NOT NULL,
        respondent_id uuid NOT NULL,
        version bigint NOT NULL,
        partner_code text,
        zone text,
        product_code text,
        segment text,
        currency text NOT NULL,
        quantity numeric(15, 3),
        amount_minor bigint,
        accepted_at timestamptz NOT NULL,
        written_in bigint DEFAULT CAST(CAST(pg_current_xact_id() AS text) AS bigint) NOT NULL,
        CONSTRAINT pk_planned_figures PRIMARY KEY (submission_id, position, month),
        CONSTRAINT ck_planned_figures_one_figure CHECK (num_nonnulls(quantity, amount_minor) = 1)
    )
    """,
    "CREATE INDEX ix_planned_figures_written_in ON planned_figures (written_in)",
    "CREATE INDEX ix_planned_figures_collection ON planned_figures (collection_id, respondent_id, version)",
)
HISTORIES = (
    "template_versions",
    "template_collections",
    "collection_closings",
    "collection_respondents",
    "collection_notices",
    "submissions",
    "submission_checks",
    "submission_rows",
    "submission_decisions",
    "planned_figures",
)


def upgrade() -> None:
    for statement in (*TABLES, *append_only(HISTORIES)):
        op.execute(statement)


def downgrade() -> None:
    for table in (*reversed(HISTORIES), "templates"):
        op.execute(f"DROP TABLE {table}")
