"""The law on tax deducted at source, who deducts, and agreements on discounts and freight: dated data with a source."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE tax_rules (
        kind varchar NOT NULL,
        valid_from date NOT NULL,
        valid_to date,
        section varchar NOT NULL,
        payment_code varchar,
        rate numeric(8, 6) NOT NULL CONSTRAINT ck_tax_rules_rate_sensible CHECK (rate > 0 AND rate < 1),
        rate_without_pan numeric(8, 6) NOT NULL
            CONSTRAINT ck_tax_rules_rate_without_pan_sensible CHECK (rate_without_pan >= rate AND rate_without_pan < 1),
        threshold_minor bigint NOT NULL CONSTRAINT ck_tax_rules_threshold_not_negative CHECK (threshold_minor >= 0),
        base varchar NOT NULL,
        source varchar NOT NULL,
        added_at timestamptz NOT NULL,
        added_by varchar NOT NULL,
        CONSTRAINT pk_tax_rules PRIMARY KEY (kind, valid_from),
        CONSTRAINT ck_tax_rules_ends_after_its_beginning CHECK (valid_to >= valid_from)
    )
    """,
    # The payment code for goods is left open: what secondary pages say of it differs.
    """
    INSERT INTO tax_rules VALUES
        ('TDS194Q', '2021-07-01', '2026-03-31', 'Income-tax Act 1961, s.194Q', NULL, 0.001, 0.05, 500000000,
         'Value without GST when it is shown apart; CBDT circular 13/2021 of 30 June 2021',
         'Income-tax Act 1961, s.194Q: 0.1 % beyond 50 lakh a year, 5 % without PAN', now(), 'installation'),
        ('TDS194Q', '2026-04-01', NULL, 'Income-tax Act 2025, s.393', NULL, 0.001, 0.05, 500000000,
         'Value without GST when it is shown apart',
         'Income-tax Act 2025, s.393, in force from 1 April 2026; payers still call it 194Q', now(), 'installation')
    """,
    """
    CREATE TABLE tax_deductors (
        partner_code varchar NOT NULL CONSTRAINT fk_tax_deductors_partner_code_partners REFERENCES partners (code),
        valid_from date NOT NULL,
        tan varchar CONSTRAINT ck_tax_deductors_tan_shaped CHECK (tan ~ '^[A-Z]{4}[0-9]{5}[A-Z]$'),
        is_deductor boolean NOT NULL,
        has_pan boolean NOT NULL,
        source varchar NOT NULL,
        added_at timestamptz NOT NULL,
        added_by varchar NOT NULL,
        CONSTRAINT pk_tax_deductors PRIMARY KEY (partner_code, valid_from),
        CONSTRAINT ck_tax_deductors_deductor_has_tan CHECK (NOT is_deductor OR tan IS NOT NULL)
    )
    """,
    """
    CREATE TABLE discount_terms (
        id uuid NOT NULL CONSTRAINT pk_discount_terms PRIMARY KEY,
        partner_code varchar CONSTRAINT fk_discount_terms_partner_code_partners REFERENCES partners (code),
        percent numeric(5, 2) NOT NULL CONSTRAINT ck_discount_terms_percent_sensible
            CHECK (percent > 0 AND percent <= 20),
        within_days bigint NOT NULL CONSTRAINT ck_discount_terms_days_sensible CHECK (within_days BETWEEN 0 AND 365),
        valid_from date NOT NULL,
        valid_to date,
        source varchar NOT NULL,
        added_at timestamptz NOT NULL,
        added_by varchar NOT NULL,
        CONSTRAINT ck_discount_terms_ends_after_its_beginning CHECK (valid_to >= valid_from)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_discount_terms_once ON discount_terms
        (coalesce(partner_code, ''), percent, within_days, valid_from)
    """,
    """
    CREATE TABLE freight_terms (
        id uuid NOT NULL CONSTRAINT pk_freight_terms PRIMARY KEY,
        partner_code varchar CONSTRAINT fk_freight_terms_partner_code_partners REFERENCES partners (code),
        amount_minor bigint CONSTRAINT ck_freight_terms_amount_positive CHECK (amount_minor > 0),
        cap_minor bigint CONSTRAINT ck_freight_terms_cap_positive CHECK (cap_minor > 0),
        valid_from date NOT NULL,
        valid_to date,
        source varchar NOT NULL,
        added_at timestamptz NOT NULL,
        added_by varchar NOT NULL,
        CONSTRAINT ck_freight_terms_amount_or_cap CHECK (num_nonnulls(amount_minor, cap_minor) = 1),
        CONSTRAINT ck_freight_terms_ends_after_its_beginning CHECK (valid_to >= valid_from)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_freight_terms_once ON freight_terms
        (coalesce(partner_code, ''), coalesce(amount_minor, 0), coalesce(cap_minor, 0), valid_from)
    """,
    """
    CREATE TABLE tax_certificates (
        id uuid NOT NULL CONSTRAINT pk_tax_certificates PRIMARY KEY,
        partner_code varchar NOT NULL CONSTRAINT fk_tax_certificates_partner_code_partners REFERENCES partners (code),
        financial_year varchar NOT NULL CONSTRAINT ck_tax_certificates_year_shaped
            CHECK (financial_year ~ '^20[0-9]{2}-[0-9]{2}$'),
        quarter bigint NOT NULL CONSTRAINT ck_tax_certificates_quarter_known CHECK (quarter BETWEEN 1 AND 4),
        certificate_number varchar NOT NULL,
        evidence varchar NOT NULL CONSTRAINT ck_tax_certificates_evidence_known
            CHECK (evidence IN ('form_16a', 'annual_statement')),
        amount_minor bigint NOT NULL CONSTRAINT ck_tax_certificates_amount_not_zero CHECK (amount_minor <> 0),
        currency varchar NOT NULL,
        note varchar NOT NULL,
        recorded_at timestamptz NOT NULL,
        recorded_by varchar NOT NULL,
        CONSTRAINT uq_tax_certificates_number UNIQUE (partner_code, financial_year, quarter, certificate_number)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(sa.text(statement))
    for statement in append_only(
        ("tax_rules", "tax_deductors", "discount_terms", "freight_terms", "tax_certificates")
    ):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Decisions rest on these rules")
