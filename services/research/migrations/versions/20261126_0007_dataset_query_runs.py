"""Runs of queries over datasets: what was asked of which versions, and the result, frozen.

Reversible; the results in the store stay.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE dataset_query_runs (
            id uuid NOT NULL,
            sql text NOT NULL,
            rows_max bigint NOT NULL,
            datasets jsonb NOT NULL,
            state text NOT NULL,
            asked_by text NOT NULL,
            subject text NOT NULL,
            asked_at timestamptz NOT NULL,
            job_id uuid,
            columns jsonb,
            rows bigint,
            is_cut boolean,
            result_key text,
            result_bytes bigint,
            result_sha256 text,
            failure_code text,
            failure_detail text,
            ended_at timestamptz,
            CONSTRAINT pk_dataset_query_runs PRIMARY KEY (id),
            CONSTRAINT ck_dataset_query_runs_state_known CHECK (state IN ('queued', 'succeeded', 'failed')),
            CONSTRAINT ck_dataset_query_runs_ended_when_over CHECK ((state = 'queued') = (ended_at IS NULL)),
            CONSTRAINT ck_dataset_query_runs_failure_told CHECK ((state = 'failed') = (failure_code IS NOT NULL)),
            CONSTRAINT ck_dataset_query_runs_result_whole
                CHECK ((state = 'succeeded') = (num_nulls(columns, rows, is_cut, result_key, result_sha256) = 0))
        )
        """
    )
    op.execute("CREATE INDEX ix_dataset_query_runs_subject ON dataset_query_runs (subject, id)")


def downgrade() -> None:
    op.drop_table("dataset_query_runs")
