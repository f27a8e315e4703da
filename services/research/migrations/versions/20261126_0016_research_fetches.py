"""Pages and files of the web that are taken in as evidence, and the hosts that are asked for them.

Reversible; what was asked for and why it was refused is lost, files that were taken in stay.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE research_fetches (
        id uuid NOT NULL,
        assignment_id uuid NOT NULL,
        url text NOT NULL,
        state text NOT NULL,
        problem text,
        problem_detail text,
        final_url text,
        http_status bigint,
        etag text,
        last_modified text,
        content_type text,
        title text NOT NULL DEFAULT '',
        text_extract text NOT NULL DEFAULT '',
        file_id uuid,
        job_id uuid NOT NULL,
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL,
        settled_at timestamptz,
        CONSTRAINT pk_research_fetches PRIMARY KEY (id),
        CONSTRAINT ck_research_fetches_state_known
            CHECK (state IN ('queued', 'kept', 'unchanged', 'refused', 'failed')),
        CONSTRAINT ck_research_fetches_kept_has_file
            CHECK ((state IN ('kept', 'unchanged')) = (file_id IS NOT NULL)),
        CONSTRAINT ck_research_fetches_ended_says_why
            CHECK ((state IN ('refused', 'failed')) = (problem IS NOT NULL)),
        CONSTRAINT fk_research_fetches_assignment_id_research_assignments
            FOREIGN KEY (assignment_id) REFERENCES research_assignments (id),
        CONSTRAINT fk_research_fetches_file_id_research_files FOREIGN KEY (file_id) REFERENCES research_files (id)
    )
    """,
    "CREATE INDEX ix_research_fetches_assignment ON research_fetches (assignment_id, id)",
    """
    CREATE INDEX ix_research_fetches_words ON research_fetches
        USING gin (to_tsvector('english', url || ' ' || title || ' ' || text_extract))
    """,
    """
    CREATE TABLE research_fetch_hosts (
        origin text NOT NULL,
        free_at timestamptz NOT NULL,
        robots text,
        robots_at timestamptz,
        CONSTRAINT pk_research_fetch_hosts PRIMARY KEY (origin)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("research_fetch_hosts")
    op.drop_table("research_fetches")
