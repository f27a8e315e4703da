"""Digests of competitors that make themselves: subscriptions, their versions, what each due instant became, and digests.

Reversible; subscriptions and digests are lost, what they were made of stays.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE competitor_digest_subscriptions (
        id uuid NOT NULL,
        owner text NOT NULL,
        zone text,
        revision bigint NOT NULL,
        settled_until_at timestamptz NOT NULL,
        next_due_at timestamptz,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_competitor_digest_subscriptions PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX ix_competitor_digest_subscriptions_due ON competitor_digest_subscriptions (next_due_at)
        WHERE next_due_at IS NOT NULL
    """,
    """
    CREATE TABLE competitor_digest_subscription_versions (
        subscription_id uuid NOT NULL,
        revision bigint NOT NULL,
        title text NOT NULL,
        competitors text[] NOT NULL,
        tells_no_change boolean NOT NULL,
        cron text,
        time_zone text NOT NULL,
        valid_from date NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        CONSTRAINT pk_competitor_digest_subscription_versions PRIMARY KEY (subscription_id, revision),
        CONSTRAINT fk_competitor_digest_subscription_versions_subscription
            FOREIGN KEY (subscription_id) REFERENCES competitor_digest_subscriptions (id)
    )
    """,
    """
    CREATE TABLE competitor_digests (
        id uuid NOT NULL,
        subscription_id uuid NOT NULL,
        number bigint NOT NULL,
        title text NOT NULL,
        zone text,
        content jsonb NOT NULL,
        content_sha256 text NOT NULL,
        known jsonb NOT NULL,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        CONSTRAINT pk_competitor_digests PRIMARY KEY (id),
        CONSTRAINT uq_competitor_digests_subscription_id_number UNIQUE (subscription_id, number),
        CONSTRAINT fk_competitor_digests_subscription
            FOREIGN KEY (subscription_id) REFERENCES competitor_digest_subscriptions (id)
    )
    """,
    """
    CREATE TABLE competitor_digest_runs (
        id uuid NOT NULL,
        subscription_id uuid NOT NULL,
        revision bigint NOT NULL,
        due_at timestamptz,
        outcome text NOT NULL,
        digest_id uuid,
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL,
        CONSTRAINT pk_competitor_digest_runs PRIMARY KEY (id),
        CONSTRAINT fk_competitor_digest_runs_subscription
            FOREIGN KEY (subscription_id) REFERENCES competitor_digest_subscriptions (id),
        CONSTRAINT fk_competitor_digest_runs_digest_id_competitor_digests
            FOREIGN KEY (digest_id) REFERENCES competitor_digests (id),
        CONSTRAINT ck_competitor_digest_runs_outcome_known CHECK (outcome IN ('made', 'unchanged', 'skipped')),
        CONSTRAINT ck_competitor_digest_runs_made_has_digest CHECK ((outcome = 'made') = (digest_id IS NOT NULL))
    )
    """,
    "CREATE UNIQUE INDEX ux_competitor_digest_runs_due ON competitor_digest_runs (subscription_id, due_at)",
    "CREATE INDEX ix_competitor_digest_runs_subscription ON competitor_digest_runs (subscription_id, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "competitor_digest_runs",
        "competitor_digests",
        "competitor_digest_subscription_versions",
        "competitor_digest_subscriptions",
    ):
        op.drop_table(table)
