"""Companies: entities of all sources that are one, the pairs found alike, and what people decided about them.

Reversible; what people decided would be lost, so a downgrade is for a release that nobody has used yet.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NEW_COLUMNS = (
    "id uuid NOT NULL DEFAULT gen_random_uuid()", "street text", "region text", "postcode text", "telephone text",
    "identifiers text[] NOT NULL DEFAULT '{}'",
    "dataset_id uuid CONSTRAINT fk_entities_dataset_id_datasets REFERENCES datasets (id)",
    "is_present boolean NOT NULL DEFAULT true", "is_resolved boolean NOT NULL DEFAULT false", "company_id uuid",
)  # fmt: skip
_TABLES = (
    """
    CREATE TABLE companies (
        id uuid NOT NULL,
        merged_into uuid,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_companies PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE entity_source_settings (
        dataset_id uuid NOT NULL,
        revision bigint NOT NULL,
        names jsonb NOT NULL,
        is_unique boolean NOT NULL,
        read_version bigint,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        CONSTRAINT pk_entity_source_settings PRIMARY KEY (dataset_id, revision),
        CONSTRAINT fk_entity_source_settings_dataset_id_datasets FOREIGN KEY (dataset_id) REFERENCES datasets (id)
    )
    """,
    """
    CREATE TABLE entity_resolutions (
        id uuid NOT NULL,
        scope text NOT NULL,
        state text NOT NULL,
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL,
        job_id uuid NOT NULL,
        ended_at timestamptz,
        records bigint,
        new_records bigint,
        pairs_compared bigint,
        matches_same bigint,
        matches_review bigint,
        held bigint,
        weights jsonb,
        CONSTRAINT pk_entity_resolutions PRIMARY KEY (id),
        CONSTRAINT ck_entity_resolutions_scope_known CHECK (scope IN ('changed', 'all')),
        CONSTRAINT ck_entity_resolutions_state_known CHECK (state IN ('queued', 'succeeded')),
        CONSTRAINT ck_entity_resolutions_ended_when_over CHECK ((state = 'queued') = (ended_at IS NULL))
    )
    """,
    """
    CREATE TABLE entity_matches (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        left_id uuid NOT NULL,
        right_id uuid NOT NULL,
        resolution_id uuid NOT NULL,
        probability double precision NOT NULL,
        bits double precision NOT NULL,
        levels jsonb NOT NULL,
        band text NOT NULL,
        held_by text,
        is_current boolean NOT NULL,
        CONSTRAINT pk_entity_matches PRIMARY KEY (id),
        CONSTRAINT fk_entity_matches_resolution_id_entity_resolutions
            FOREIGN KEY (resolution_id) REFERENCES entity_resolutions (id),
        CONSTRAINT ck_entity_matches_ends_in_order CHECK (left_id < right_id),
        CONSTRAINT ck_entity_matches_band_known CHECK (band IN ('same', 'review'))
    )
    """,
    "CREATE UNIQUE INDEX ux_entity_matches_current ON entity_matches (left_id, right_id) WHERE is_current",
    "CREATE INDEX ix_entity_matches_right ON entity_matches (right_id) WHERE is_current",
    """
    CREATE INDEX ix_entity_matches_review ON entity_matches (probability, id)
    WHERE is_current AND (band = 'review' OR held_by IS NOT NULL)
    """,
    """
    CREATE TABLE entity_decisions (
        id uuid NOT NULL,
        left_id uuid NOT NULL,
        right_id uuid NOT NULL,
        verdict text NOT NULL,
        note text NOT NULL,
        decided_by text NOT NULL,
        decided_at timestamptz NOT NULL,
        CONSTRAINT pk_entity_decisions PRIMARY KEY (id),
        CONSTRAINT ck_entity_decisions_ends_in_order CHECK (left_id < right_id),
        CONSTRAINT ck_entity_decisions_verdict_known CHECK (verdict IN ('same', 'different', 'undecided'))
    )
    """,
    "CREATE INDEX ix_entity_decisions_left ON entity_decisions (left_id, right_id, id)",
    "CREATE INDEX ix_entity_decisions_right ON entity_decisions (right_id)",
)


def upgrade() -> None:
    for column in _NEW_COLUMNS:
        op.execute(f"ALTER TABLE entities ADD COLUMN {column}")
    op.execute("CREATE UNIQUE INDEX ux_entities_id ON entities (id)")
    op.execute("CREATE INDEX ix_entities_company ON entities (company_id)")
    op.execute("CREATE INDEX ix_entities_unresolved ON entities (id) WHERE NOT is_resolved")
    op.execute("CREATE INDEX ix_entities_words ON entities USING gin (to_tsvector('simple', name_key))")
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "entity_decisions",
        "entity_matches",
        "entity_resolutions",
        "entity_source_settings",
        "companies",
    ):
        op.drop_table(table)
    for index in ("words", "unresolved", "company"):
        op.execute(f"DROP INDEX ix_entities_{index}")
    op.execute("DROP INDEX ux_entities_id")
    for column in _NEW_COLUMNS:
        op.execute(f"ALTER TABLE entities DROP COLUMN {column.split()[0]}")
