"""Competitors: profiles, what can be observed and what was, and battlecards.

Reversible, but the reversal drops every observation: copy them first. The attributes are the house's to change; their
shelf lives and tolerances are a beginning (November 2026), not a standard.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = (
    "competitors",
    "competitor_changes",
    "competitor_attributes",
    "competitor_observations",
    "competitor_observation_withdrawals",
    "battlecards",
)
STATEMENTS = (
    """
    CREATE TABLE competitors (
        id uuid NOT NULL,
        code text NOT NULL,
        name text NOT NULL,
        maker text NOT NULL,
        country text NOT NULL,
        website text,
        about text NOT NULL,
        is_ours boolean NOT NULL,
        products jsonb NOT NULL,
        plants jsonb NOT NULL,
        channels jsonb NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        revision bigint NOT NULL,
        CONSTRAINT pk_competitors PRIMARY KEY (id),
        CONSTRAINT uq_competitors_code UNIQUE (code),
        CONSTRAINT ck_competitors_code_is_a_code CHECK (code ~ '^[a-z][a-z0-9-]{1,39}$')
    )
    """,
    "CREATE UNIQUE INDEX uq_competitors_ours ON competitors (is_ours) WHERE is_ours",
    """
    CREATE TABLE competitor_changes (
        competitor_id uuid NOT NULL,
        revision bigint NOT NULL,
        facts jsonb NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL,
        CONSTRAINT pk_competitor_changes PRIMARY KEY (competitor_id, revision),
        CONSTRAINT fk_competitor_changes_competitor_id_competitors
            FOREIGN KEY(competitor_id) REFERENCES competitors (id)
    )
    """,
    """
    CREATE TABLE competitor_attributes (
        code text NOT NULL,
        revision bigint NOT NULL,
        title text NOT NULL,
        kind text NOT NULL,
        unit text NOT NULL,
        is_single boolean NOT NULL,
        shelf_life_days bigint NOT NULL,
        tolerance_percent numeric NOT NULL,
        better text NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        CONSTRAINT pk_competitor_attributes PRIMARY KEY (code, revision),
        CONSTRAINT ck_competitor_attributes_kind_known CHECK (kind IN ('text', 'number', 'money')),
        CONSTRAINT ck_competitor_attributes_better_known CHECK (better IN ('higher', 'lower', 'neither')),
        CONSTRAINT ck_competitor_attributes_keeps_some_time CHECK (shelf_life_days > 0),
        CONSTRAINT ck_competitor_attributes_tolerance_in_range CHECK (tolerance_percent BETWEEN 0 AND 100),
        CONSTRAINT ck_competitor_attributes_figures_are_single CHECK (is_single OR kind = 'text')
    )
    """,
    """
    CREATE TABLE competitor_observations (
        id uuid NOT NULL,
        competitor_id uuid NOT NULL,
        product text,
        attribute text NOT NULL,
        zone text,
        value_text text,
        value_number numeric,
        amount_minor bigint,
        currency text,
        note text NOT NULL,
        source_kind text NOT NULL,
        source text NOT NULL,
        source_url text,
        seen_on date NOT NULL,
        reliability text NOT NULL,
        credibility bigint NOT NULL,
        recorded_by text NOT NULL,
        recorded_at timestamptz NOT NULL,
        CONSTRAINT pk_competitor_observations PRIMARY KEY (id),
        CONSTRAINT ck_competitor_observations_reliability_known
            CHECK (reliability IN ('A', 'B', 'C', 'D', 'E', 'F')),
        CONSTRAINT ck_competitor_observations_credibility_known CHECK (credibility BETWEEN 1 AND 6),
        CONSTRAINT ck_competitor_observations_one_value
            CHECK (num_nonnulls(value_text, value_number, amount_minor) = 1),
        CONSTRAINT ck_competitor_observations_amount_with_currency
            CHECK ((amount_minor IS NULL) = (currency IS NULL)),
        CONSTRAINT fk_competitor_observations_competitor_id_competitors
            FOREIGN KEY(competitor_id) REFERENCES competitors (id)
    )
    """,
    "CREATE INDEX ix_competitor_observations_seen ON competitor_observations (competitor_id, seen_on, id)",
    """
    CREATE TABLE competitor_observation_withdrawals (
        observation_id uuid NOT NULL,
        reason text NOT NULL,
        withdrawn_by text NOT NULL,
        withdrawn_at timestamptz NOT NULL,
        CONSTRAINT pk_competitor_observation_withdrawals PRIMARY KEY (observation_id),
        CONSTRAINT fk_competitor_observation_withdrawals_observation
            FOREIGN KEY(observation_id) REFERENCES competitor_observations (id)
    )
    """,
    """
    CREATE TABLE battlecards (
        id uuid NOT NULL,
        competitor_id uuid NOT NULL,
        zone text,
        version bigint NOT NULL,
        content jsonb NOT NULL,
        content_sha256 text NOT NULL,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        CONSTRAINT pk_battlecards PRIMARY KEY (id),
        CONSTRAINT uq_battlecards_competitor_id_zone_version UNIQUE NULLS NOT DISTINCT (competitor_id, zone, version),
        CONSTRAINT fk_battlecards_competitor_id_competitors FOREIGN KEY(competitor_id) REFERENCES competitors (id)
    )
    """,
    """
    INSERT INTO competitor_attributes (
        code, revision, title, kind, unit, is_single, shelf_life_days, tolerance_percent, better, set_by, set_at
    )
    SELECT code, 1, title, kind, unit, is_single, days, tolerance, better, 'shipped', '2026-11-26T00:00:00Z'
    FROM (VALUES
        ('list_price', 'List price', 'money', '', true, 180, 1, 'lower'),
        ('street_price', 'Price in the field', 'money', '', true, 90, 3, 'lower'),
        ('warranty_months', 'Warranty', 'number', 'months', true, 365, 0, 'higher'),
        ('warranty_hours', 'Warranty in running hours', 'number', 'h', true, 365, 0, 'higher'),
        ('fuel_use', 'Fuel at three quarters of load', 'number', 'g/kWh', true, 730, 2, 'lower'),
        ('service_interval', 'Oil change every', 'number', 'h', true, 730, 0, 'higher'),
        ('lead_time', 'Lead time', 'number', 'weeks', true, 60, 10, 'lower'),
        ('credit_days', 'Credit given to dealers', 'number', 'days', true, 180, 0, 'neither'),
        ('service_points', 'Service points', 'number', 'places', true, 365, 5, 'higher'),
        ('market_share', 'Market share', 'number', '%', true, 365, 5, 'neither'),
        ('emission_norm', 'Emission norm', 'text', '', true, 730, 0, 'neither'),
        ('dealer', 'Dealer', 'text', '', false, 365, 0, 'neither'),
        ('win', 'Won from us', 'text', '', false, 365, 0, 'neither'),
        ('loss', 'Lost to us', 'text', '', false, 365, 0, 'neither'),
        ('news', 'News', 'text', '', false, 180, 0, 'neither')
    ) AS shipped (code, title, kind, unit, is_single, days, tolerance, better)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
