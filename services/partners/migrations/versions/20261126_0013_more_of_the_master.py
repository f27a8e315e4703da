"""More of the master: tax numbers, territory, shipping address, people, bank details by two people, merges, search.

Reversible, but what was told meanwhile is forgotten.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS = (
    "stated_pan", "tan", "territory", "shipping_address", "shipping_city", "shipping_pin_code", "shipping_state_code",
)  # fmt: skip
# As person_behind() of shared/actors.py: `key:<id>/<owner>` of a key, the subject of a person.
PERSON_BEHIND = """
CREATE OR REPLACE FUNCTION person_behind(actor text) RETURNS text IMMUTABLE STRICT LANGUAGE sql
RETURN CASE WHEN actor LIKE 'key:%/_%' THEN substr(actor, strpos(actor, '/') + 1) ELSE actor END
"""
# The letters of a name in threes, without what says its legal form: alike names share most of them. Ours, because the
# embedded PostgreSQL comes without pg_trgm.
NAME_GRAMS = """
CREATE FUNCTION name_grams(name text) RETURNS text[] IMMUTABLE STRICT LANGUAGE sql
RETURN (
    SELECT coalesce(array_agg(DISTINCT substr(padded, at, 3)), '{}')
    FROM (SELECT '  ' || btrim(regexp_replace(regexp_replace(lower(name), '[^a-z0-9\u0900-\u097f]+', ' ', 'g'),
        '\\m(private|pvt|limited|ltd|llp|co|company|and)\\M', '', 'g')) || ' ' AS padded) AS spoken,
        generate_series(1, length(padded) - 2) AS at
)
"""
SEARCH = (
    NAME_GRAMS,
    """
    ALTER TABLE partners
        ADD COLUMN name_grams text[] GENERATED ALWAYS AS (name_grams(name)) STORED,
        ADD COLUMN search_words tsvector GENERATED ALWAYS AS (
            to_tsvector('simple'::regconfig, code || ' ' || name || ' ' || coalesce(legal_name, '') || ' '
                || coalesce(city, '') || ' ' || coalesce(gstin, '') || ' ' || coalesce(stated_pan, ''))
        ) STORED
    """,
    "CREATE INDEX ix_partners_search_words ON partners USING gin (search_words)",
    "CREATE INDEX ix_partners_gstin ON partners (gstin) WHERE gstin IS NOT NULL",
)
TABLES = (
    "ALTER TABLE partner_contacts ADD COLUMN person_id uuid, ADD COLUMN takes_optional boolean NOT NULL DEFAULT true",
    "CREATE INDEX ix_partner_contacts_person ON partner_contacts (person_id) WHERE person_id IS NOT NULL",
    """
    CREATE TABLE person_versions (
        person_id uuid NOT NULL,
        version bigint NOT NULL CONSTRAINT ck_person_versions_version_positive CHECK (version > 0),
        partner_id uuid NOT NULL CONSTRAINT fk_person_versions_partner_id_partners REFERENCES partners,
        name text NOT NULL,
        roles text[] NOT NULL CONSTRAINT ck_person_versions_roles_known
            CHECK (cardinality(roles) > 0
                AND roles <@ ARRAY['owner', 'accounts', 'orders', 'service', 'dispatch', 'sales']),
        email text,
        phone text,
        language text NOT NULL CONSTRAINT ck_person_versions_language_known CHECK (language IN ('en', 'hi', 'mr')),
        channel text NOT NULL
            CONSTRAINT ck_person_versions_channel_known CHECK (channel IN ('email', 'portal', 'phone')),
        takes_optional boolean NOT NULL,
        is_active boolean NOT NULL,
        changed_at timestamptz NOT NULL,
        changed_by text NOT NULL,
        CONSTRAINT pk_person_versions PRIMARY KEY (person_id, version),
        CONSTRAINT ck_person_versions_can_be_reached
            CHECK (CASE channel WHEN 'phone' THEN phone ELSE email END IS NOT NULL)
    )
    """,
    "CREATE INDEX ix_person_versions_partner ON person_versions (partner_id, person_id, version)",
    """
    CREATE TABLE bank_details (
        id uuid NOT NULL CONSTRAINT pk_bank_details PRIMARY KEY,
        partner_id uuid NOT NULL CONSTRAINT fk_bank_details_partner_id_partners REFERENCES partners,
        holder_name text NOT NULL,
        account_number text NOT NULL,
        ifsc text NOT NULL CONSTRAINT ck_bank_details_ifsc_shape CHECK (ifsc ~ '^[A-Z]{4}0[A-Z0-9]{6}$'),
        reason text NOT NULL,
        proposed_at timestamptz NOT NULL,
        proposed_by text NOT NULL,
        CONSTRAINT uq_bank_details_id_proposed_by UNIQUE (id, proposed_by)
    )
    """,
    "CREATE INDEX ix_bank_details_partner ON bank_details (partner_id, id)",
    """
    CREATE TABLE bank_detail_decisions (
        bank_detail_id uuid NOT NULL CONSTRAINT pk_bank_detail_decisions PRIMARY KEY,
        proposed_by text NOT NULL,
        is_approved boolean NOT NULL,
        note text,
        decided_at timestamptz NOT NULL,
        decided_by text NOT NULL,
        CONSTRAINT fk_bank_detail_decisions_bank_detail_id_bank_details
            FOREIGN KEY (bank_detail_id, proposed_by) REFERENCES bank_details (id, proposed_by),
        CONSTRAINT ck_bank_detail_decisions_two_people
            CHECK (person_behind(decided_by) <> person_behind(proposed_by))
    )
    """,
    """
    CREATE TABLE partner_merges (
        id uuid NOT NULL CONSTRAINT pk_partner_merges PRIMARY KEY,
        duplicate_code text NOT NULL,
        survivor_code text NOT NULL,
        earlier_status text NOT NULL,
        reason text NOT NULL,
        merged_at timestamptz NOT NULL,
        merged_by text NOT NULL,
        CONSTRAINT ck_partner_merges_two_partners CHECK (duplicate_code <> survivor_code)
    )
    """,
    "CREATE INDEX ix_partner_merges_duplicate ON partner_merges (duplicate_code, id)",
    """
    CREATE TABLE partner_merge_reversals (
        merge_id uuid NOT NULL CONSTRAINT pk_partner_merge_reversals PRIMARY KEY
            CONSTRAINT fk_partner_merge_reversals_merge_id_partner_merges REFERENCES partner_merges,
        reason text NOT NULL,
        reversed_at timestamptz NOT NULL,
        reversed_by text NOT NULL
    )
    """,
    """
    CREATE TABLE duplicate_decisions (
        id uuid NOT NULL CONSTRAINT pk_duplicate_decisions PRIMARY KEY,
        first_code text NOT NULL,
        second_code text NOT NULL,
        is_duplicate boolean NOT NULL,
        note text NOT NULL,
        decided_at timestamptz NOT NULL,
        decided_by text NOT NULL,
        CONSTRAINT ck_duplicate_decisions_in_order CHECK (first_code < second_code)
    )
    """,
    "CREATE INDEX ix_duplicate_decisions_pair ON duplicate_decisions (first_code, second_code, id)",
)
HISTORIES = (
    "person_versions", "bank_details", "bank_detail_decisions", "partner_merges", "partner_merge_reversals",
    "duplicate_decisions",
)  # fmt: skip


def upgrade() -> None:
    added = ", ".join(f"ADD COLUMN {column} text" for column in COLUMNS)
    op.execute(f"ALTER TABLE partners {added}")
    op.execute(f"ALTER TABLE partner_versions {added}, ADD COLUMN merged_into text")
    for statement in (PERSON_BEHIND, *SEARCH, *TABLES, *append_only(HISTORIES)):
        op.execute(statement)


def downgrade() -> None:
    for table in HISTORIES:
        op.execute(f"DROP TABLE {table} CASCADE")
    op.execute("ALTER TABLE partners DROP COLUMN search_words, DROP COLUMN name_grams")
    op.execute("DROP FUNCTION name_grams(text)")
    dropped = ", ".join(f"DROP COLUMN {column}" for column in COLUMNS)
    op.execute(f"ALTER TABLE partners {dropped}")
    op.execute(f"ALTER TABLE partner_versions {dropped}, DROP COLUMN merged_into")
    op.execute("DROP INDEX ix_partners_gstin")
    op.execute("ALTER TABLE partner_contacts DROP COLUMN person_id, DROP COLUMN takes_optional")
    op.execute("DROP FUNCTION IF EXISTS person_behind(text) CASCADE")
