"""Opportunities as the CRM tells them, and the research that somebody asked for about them.

Reversible, but the reversal drops every assignment: copy them first.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = (
    "opportunities",
    "opportunity_versions",
    "research_assignments",
    "research_questions",
    "research_assignment_changes",
)
STATEMENTS = (
    """
    CREATE TABLE opportunities (
        id uuid NOT NULL,
        organization_id text NOT NULL,
        record_id text NOT NULL,
        system_modstamp timestamptz NOT NULL,
        sequence bigint NOT NULL,
        name text NOT NULL,
        stage text NOT NULL,
        partner_code text,
        zone text,
        account_record_id text,
        owner text,
        currency text NOT NULL,
        amount_minor bigint,
        close_on date,
        probability_percent bigint,
        is_closed boolean NOT NULL,
        is_won boolean NOT NULL,
        is_deleted boolean NOT NULL,
        research_requested boolean NOT NULL,
        heard_at timestamptz NOT NULL,
        CONSTRAINT pk_opportunities PRIMARY KEY (id),
        CONSTRAINT uq_opportunities_organization_id_record_id UNIQUE (organization_id, record_id),
        CONSTRAINT ck_opportunities_won_is_closed CHECK (is_closed OR NOT is_won)
    )
    """,
    "CREATE INDEX ix_opportunities_partner ON opportunities (partner_code, id)",
    "CREATE INDEX ix_opportunities_closing ON opportunities (close_on, id)",
    """
    CREATE TABLE opportunity_versions (
        opportunity_id uuid NOT NULL,
        system_modstamp timestamptz NOT NULL,
        sequence bigint NOT NULL,
        facts jsonb NOT NULL,
        heard_at timestamptz NOT NULL,
        CONSTRAINT pk_opportunity_versions PRIMARY KEY (opportunity_id, system_modstamp, sequence),
        CONSTRAINT fk_opportunity_versions_opportunity_id_opportunities
            FOREIGN KEY(opportunity_id) REFERENCES opportunities (id)
    )
    """,
    """
    CREATE TABLE research_assignments (
        id uuid NOT NULL,
        origin text NOT NULL,
        opportunity_id uuid,
        subject text NOT NULL,
        partner_code text,
        zone text,
        assignee text NOT NULL,
        state text NOT NULL,
        due_on date NOT NULL,
        due_at timestamptz NOT NULL,
        due_soon_at timestamptz NOT NULL,
        opened_by text NOT NULL,
        opened_at timestamptz NOT NULL,
        started_at timestamptz,
        ended_at timestamptz,
        due_soon_told_at timestamptz,
        overdue_told_at timestamptz,
        revision bigint NOT NULL,
        CONSTRAINT pk_research_assignments PRIMARY KEY (id),
        CONSTRAINT ck_research_assignments_origin_known CHECK (origin IN ('crm', 'hand')),
        CONSTRAINT ck_research_assignments_state_known
            CHECK (state IN ('open', 'in_progress', 'delivered', 'cancelled')),
        CONSTRAINT ck_research_assignments_ended_when_over
            CHECK ((state IN ('delivered', 'cancelled')) = (ended_at IS NOT NULL)),
        CONSTRAINT ck_research_assignments_started_when_worked_on CHECK (state <> 'in_progress' OR started_at IS NOT NULL),
        CONSTRAINT ck_research_assignments_crm_names_opportunity CHECK (origin <> 'crm' OR opportunity_id IS NOT NULL),
        CONSTRAINT ck_research_assignments_told_before_due CHECK (due_soon_at <= due_at),
        CONSTRAINT fk_research_assignments_opportunity_id_opportunities
            FOREIGN KEY(opportunity_id) REFERENCES opportunities (id)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_research_assignments_of_crm ON research_assignments (opportunity_id) WHERE origin = 'crm'
    """,
    "CREATE INDEX ix_research_assignments_opportunity ON research_assignments (opportunity_id)",
    "CREATE INDEX ix_research_assignments_due ON research_assignments (due_at, id)",
    """
    CREATE TABLE research_questions (
        id uuid NOT NULL,
        assignment_id uuid NOT NULL,
        position bigint NOT NULL,
        question text NOT NULL,
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL,
        CONSTRAINT pk_research_questions PRIMARY KEY (id),
        CONSTRAINT uq_research_questions_assignment_id_position UNIQUE (assignment_id, position),
        CONSTRAINT fk_research_questions_assignment_id_research_assignments
            FOREIGN KEY(assignment_id) REFERENCES research_assignments (id)
    )
    """,
    """
    CREATE TABLE research_assignment_changes (
        id uuid NOT NULL,
        assignment_id uuid NOT NULL,
        revision bigint NOT NULL,
        field text NOT NULL,
        before text,
        after text NOT NULL,
        note text NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL,
        CONSTRAINT pk_research_assignment_changes PRIMARY KEY (id),
        CONSTRAINT ck_research_assignment_changes_field_known
            CHECK (field IN ('state', 'assignee', 'due_on', 'questions')),
        CONSTRAINT fk_research_assignment_changes_assignment
            FOREIGN KEY(assignment_id) REFERENCES research_assignments (id)
    )
    """,
    "CREATE INDEX ix_research_assignment_changes_assignment ON research_assignment_changes (assignment_id, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
