"""Payer aliases say which line proved them and who, and can be counted against or withdrawn; nothing is overwritten."""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE payer_aliases ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid()",
    "ALTER TABLE payer_aliases ADD CONSTRAINT uq_payer_aliases_id UNIQUE (id)",
    """
    ALTER TABLE payer_aliases ADD COLUMN bank_line_id uuid
        CONSTRAINT fk_payer_aliases_bank_line_id_bank_lines REFERENCES bank_lines (id)
    """,
    "ALTER TABLE payer_aliases ADD COLUMN learned_by varchar NOT NULL DEFAULT 'matching'",
    "CREATE INDEX ix_payer_aliases_partner ON payer_aliases (partner_code, alias_key)",
    """
    CREATE TABLE payer_alias_withdrawals (
        id uuid NOT NULL CONSTRAINT pk_payer_alias_withdrawals PRIMARY KEY,
        alias_key varchar NOT NULL,
        partner_code varchar NOT NULL
            CONSTRAINT fk_payer_alias_withdrawals_partner_code_partners REFERENCES partners (code),
        kind varchar NOT NULL CONSTRAINT ck_payer_alias_withdrawals_kind_known
            CHECK (kind IN ('withdrawn', 'corrected', 'disproved')),
        bank_line_id uuid CONSTRAINT fk_payer_alias_withdrawals_bank_line_id_bank_lines REFERENCES bank_lines (id),
        reason varchar NOT NULL,
        withdrawn_by varchar NOT NULL,
        withdrawn_at timestamptz NOT NULL,
        CONSTRAINT ck_payer_alias_withdrawals_shown_by_a_line
            CHECK ((kind = 'withdrawn') = (bank_line_id IS NULL))
    )
    """,
    "CREATE INDEX ix_payer_alias_withdrawals_alias ON payer_alias_withdrawals (alias_key, partner_code)",
    # A withdrawal ends every proof before it. Since then each receipt taken back and each suggestion turned down outweighs
    # a proof, the oldest first; a suggestion turned down leaves one, because one payer may pay for several partners.
    """
    CREATE VIEW standing_payer_aliases AS
    WITH ended AS (
        SELECT alias_key, partner_code, max(withdrawn_at) FILTER (WHERE kind = 'withdrawn') AS since
        FROM payer_alias_withdrawals GROUP BY alias_key, partner_code
    ), against AS (
        SELECT e.alias_key, e.partner_code, e.since, count(*) FILTER (WHERE w.kind = 'corrected') AS corrected,
            count(*) FILTER (WHERE w.kind = 'disproved') AS disproved
        FROM ended e LEFT JOIN payer_alias_withdrawals w ON w.alias_key = e.alias_key
            AND w.partner_code = e.partner_code AND (e.since IS NULL OR w.withdrawn_at > e.since)
        GROUP BY e.alias_key, e.partner_code, e.since
    ), proofs AS (
        SELECT a.*, coalesce(g.disproved, 0) AS disproved, coalesce(g.corrected, 0) AS corrected,
            count(*) OVER (PARTITION BY a.alias_key, a.partner_code) AS learned,
            row_number() OVER (PARTITION BY a.alias_key, a.partner_code ORDER BY a.learned_at, a.source) AS place
        FROM payer_aliases a LEFT JOIN against g USING (alias_key, partner_code)
        WHERE g.since IS NULL OR a.learned_at > g.since
    )
    SELECT id, alias_key, partner_code, source, learned_at, bank_line_id, learned_by
    FROM proofs WHERE place > least(disproved + corrected, greatest(disproved, learned - 1))
    """,
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *append_only(("payer_aliases", "payer_alias_withdrawals"))):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What people taught about payers has no place in the older tables")
