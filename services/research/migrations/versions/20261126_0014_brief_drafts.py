"""Drafts of first briefs: who asked, with which rights, and what was found held already.

Reversible, but the reversal drops every draft: what was taken over from them stays as evidence and findings.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE research_brief_drafts (
        id uuid NOT NULL,
        assignment_id uuid NOT NULL,
        asked_by text NOT NULL,
        subject text NOT NULL,
        roles text[] NOT NULL,
        asked_at timestamptz NOT NULL,
        job_id uuid NOT NULL,
        content jsonb,
        content_sha256 text,
        made_at timestamptz,
        CONSTRAINT pk_research_brief_drafts PRIMARY KEY (id),
        CONSTRAINT ck_research_brief_drafts_made_whole CHECK ((content IS NULL) = (made_at IS NULL)),
        CONSTRAINT ck_research_brief_drafts_hashed CHECK ((content IS NULL) = (content_sha256 IS NULL)),
        CONSTRAINT fk_research_brief_drafts_assignment_id_research_assignments
            FOREIGN KEY(assignment_id) REFERENCES research_assignments (id)
    )
    """,
    "CREATE INDEX ix_research_brief_drafts_assignment ON research_brief_drafts (assignment_id, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("research_brief_drafts")
