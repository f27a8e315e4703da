"""What research found: evidence, findings, briefs with their review, readers and feedback.

Reversible, but the reversal drops every finding: copy them first.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = (
    "research_evidence",
    "research_findings",
    "research_briefs",
    "research_brief_readers",
    "research_brief_feedback",
)
STATEMENTS = (
    """
    CREATE FUNCTION person_behind(actor text) RETURNS text IMMUTABLE STRICT LANGUAGE sql
    RETURN CASE WHEN actor LIKE 'key:%/_%' THEN substr(actor, strpos(actor, '/') + 1) ELSE actor END
    """,
    """
    CREATE TABLE research_evidence (
        id uuid NOT NULL,
        assignment_id uuid NOT NULL,
        quotation text NOT NULL,
        quotation_sha256 text NOT NULL,
        source_kind text NOT NULL,
        source text NOT NULL,
        source_url text,
        query_run_id uuid,
        seen_on date NOT NULL,
        reliability text NOT NULL,
        credibility bigint NOT NULL,
        recorded_by text NOT NULL,
        recorded_at timestamptz NOT NULL,
        CONSTRAINT pk_research_evidence PRIMARY KEY (id),
        CONSTRAINT ck_research_evidence_reliability_known CHECK (reliability IN ('A', 'B', 'C', 'D', 'E', 'F')),
        CONSTRAINT ck_research_evidence_credibility_known CHECK (credibility BETWEEN 1 AND 6),
        CONSTRAINT fk_research_evidence_assignment_id_research_assignments
            FOREIGN KEY(assignment_id) REFERENCES research_assignments (id),
        CONSTRAINT fk_research_evidence_query_run_id_dataset_query_runs
            FOREIGN KEY(query_run_id) REFERENCES dataset_query_runs (id)
    )
    """,
    "CREATE INDEX ix_research_evidence_assignment ON research_evidence (assignment_id, id)",
    """
    CREATE TABLE research_findings (
        id uuid NOT NULL,
        assignment_id uuid NOT NULL,
        question_id uuid,
        text text NOT NULL,
        evidence_ids uuid[] NOT NULL,
        recorded_by text NOT NULL,
        recorded_at timestamptz NOT NULL,
        CONSTRAINT pk_research_findings PRIMARY KEY (id),
        CONSTRAINT ck_research_findings_cites_evidence CHECK (cardinality(evidence_ids) > 0),
        CONSTRAINT fk_research_findings_assignment_id_research_assignments
            FOREIGN KEY(assignment_id) REFERENCES research_assignments (id),
        CONSTRAINT fk_research_findings_question_id_research_questions
            FOREIGN KEY(question_id) REFERENCES research_questions (id)
    )
    """,
    "CREATE INDEX ix_research_findings_assignment ON research_findings (assignment_id, id)",
    """
    CREATE TABLE research_briefs (
        id uuid NOT NULL,
        assignment_id uuid NOT NULL,
        version bigint NOT NULL,
        content jsonb NOT NULL,
        content_sha256 text NOT NULL,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        decision text,
        review_note text,
        reviewed_by text,
        reviewed_at timestamptz,
        shared_by text,
        shared_at timestamptz,
        CONSTRAINT pk_research_briefs PRIMARY KEY (id),
        CONSTRAINT uq_research_briefs_assignment_id_version UNIQUE (assignment_id, version),
        CONSTRAINT ck_research_briefs_decision_known CHECK (decision IN ('approved', 'returned')),
        CONSTRAINT ck_research_briefs_review_whole
            CHECK ((decision IS NULL) = (reviewed_by IS NULL) AND (decision IS NULL) = (reviewed_at IS NULL)),
        CONSTRAINT ck_research_briefs_two_people CHECK (person_behind(reviewed_by) <> person_behind(made_by)),
        CONSTRAINT ck_research_briefs_shared_when_approved CHECK (shared_at IS NULL OR decision = 'approved'),
        CONSTRAINT fk_research_briefs_assignment_id_research_assignments
            FOREIGN KEY(assignment_id) REFERENCES research_assignments (id)
    )
    """,
    """
    CREATE TABLE research_brief_readers (
        brief_id uuid NOT NULL,
        reader text NOT NULL,
        first_read_at timestamptz NOT NULL,
        last_read_at timestamptz NOT NULL,
        times bigint NOT NULL,
        CONSTRAINT pk_research_brief_readers PRIMARY KEY (brief_id, reader),
        CONSTRAINT fk_research_brief_readers_brief_id_research_briefs
            FOREIGN KEY(brief_id) REFERENCES research_briefs (id)
    )
    """,
    """
    CREATE TABLE research_brief_feedback (
        id uuid NOT NULL,
        brief_id uuid NOT NULL,
        is_useful boolean NOT NULL,
        comment text NOT NULL,
        given_by text NOT NULL,
        given_at timestamptz NOT NULL,
        CONSTRAINT pk_research_brief_feedback PRIMARY KEY (id),
        CONSTRAINT fk_research_brief_feedback_brief_id_research_briefs
            FOREIGN KEY(brief_id) REFERENCES research_briefs (id)
    )
    """,
    "CREATE INDEX ix_research_brief_feedback_brief ON research_brief_feedback (brief_id, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION person_behind(text)")
