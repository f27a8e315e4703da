"""What a drafted policy would have decided about past lines, which has to be seen before it is activated."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE policy_simulations (
        id uuid NOT NULL CONSTRAINT pk_policy_simulations PRIMARY KEY,
        version varchar NOT NULL CONSTRAINT fk_policy_simulations_version_matching_policies
            REFERENCES matching_policies (version),
        content_hash bytea NOT NULL,
        since date NOT NULL,
        job_id uuid NOT NULL,
        asked_at timestamptz NOT NULL,
        asked_by varchar NOT NULL
    )
    """,
    "CREATE INDEX ix_policy_simulations_version ON policy_simulations (version, asked_at)",
    """
    CREATE TABLE simulation_results (
        simulation_id uuid NOT NULL CONSTRAINT pk_simulation_results PRIMARY KEY
            CONSTRAINT fk_simulation_results_simulation_id_policy_simulations REFERENCES policy_simulations (id),
        counts jsonb NOT NULL,
        code_version varchar NOT NULL,
        finished_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE simulated_lines (
        simulation_id uuid NOT NULL CONSTRAINT fk_simulated_lines_simulation_id_policy_simulations
            REFERENCES policy_simulations (id),
        bank_line_id uuid NOT NULL CONSTRAINT fk_simulated_lines_bank_line_id_bank_lines REFERENCES bank_lines (id),
        recorded jsonb NOT NULL,
        simulated jsonb NOT NULL,
        is_contrary boolean NOT NULL,
        CONSTRAINT pk_simulated_lines PRIMARY KEY (simulation_id, bank_line_id)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(sa.text(statement))
    for statement in append_only(("policy_simulations", "simulation_results", "simulated_lines")):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE simulated_lines, simulation_results, policy_simulations")
