"""Credit notes of law and of business, their grounds and rules as dated data, and the guards of their caps."""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE credit_note_reasons (
        note_type varchar NOT NULL CONSTRAINT ck_credit_note_reasons_type_known
            CHECK (note_type IN ('gst', 'commercial')),
        code varchar NOT NULL,
        valid_from date NOT NULL,
        name varchar NOT NULL,
        ground varchar NOT NULL,
        needs_agreement boolean NOT NULL,
        needs_invoices boolean NOT NULL,
        counts_goods boolean NOT NULL,
        is_tax_only boolean NOT NULL,
        is_allowed boolean NOT NULL,
        source varchar NOT NULL,
        added_at timestamptz NOT NULL,
        added_by varchar NOT NULL,
        CONSTRAINT pk_credit_note_reasons PRIMARY KEY (note_type, code, valid_from)
    )
    """,
    """
    CREATE TABLE credit_note_rules (
        valid_from date NOT NULL CONSTRAINT pk_credit_note_rules PRIMARY KEY,
        declare_until_month bigint NOT NULL CONSTRAINT ck_credit_note_rules_month_sensible
            CHECK (declare_until_month BETWEEN 1 AND 12),
        declare_until_day bigint NOT NULL CONSTRAINT ck_credit_note_rules_day_sensible
            CHECK (declare_until_day BETWEEN 1 AND 31),
        needs_itc_declaration boolean NOT NULL,
        reporting_days bigint,
        cancel_hours bigint NOT NULL,
        ims_pending_periods bigint NOT NULL,
        source varchar NOT NULL,
        added_at timestamptz NOT NULL,
        added_by varchar NOT NULL
    )
    """,
    """
    CREATE TABLE annual_returns (
        gstin varchar NOT NULL,
        financial_year varchar NOT NULL CONSTRAINT ck_annual_returns_year_shape
            CHECK (financial_year ~ '^[0-9]{4}$'),
        filed_on date NOT NULL,
        source varchar NOT NULL,
        added_at timestamptz NOT NULL,
        added_by varchar NOT NULL,
        CONSTRAINT pk_annual_returns PRIMARY KEY (gstin, financial_year)
    )
    """,
    """
    CREATE TABLE credit_note_series (
        note_type varchar NOT NULL CONSTRAINT ck_credit_note_series_type_known
            CHECK (note_type IN ('gst', 'commercial')),
        valid_from date NOT NULL,
        prefix varchar NOT NULL CONSTRAINT ck_credit_note_series_prefix_shape
            CHECK (prefix ~ '^[A-Z1-9][A-Z0-9]{0,2}$'),
        source varchar NOT NULL,
        added_at timestamptz NOT NULL,
        added_by varchar NOT NULL,
        CONSTRAINT pk_credit_note_series PRIMARY KEY (note_type, valid_from)
    )
    """,
    """
    CREATE TABLE credit_note_counters (
        supplier_gstin varchar NOT NULL,
        series varchar NOT NULL,
        financial_year varchar NOT NULL,
        last_number bigint NOT NULL CONSTRAINT ck_credit_note_counters_number_positive CHECK (last_number > 0),
        CONSTRAINT pk_credit_note_counters PRIMARY KEY (supplier_gstin, series, financial_year)
    )
    """,
    """
    CREATE TABLE credit_notes (
        id uuid NOT NULL CONSTRAINT pk_credit_notes PRIMARY KEY,
        note_type varchar NOT NULL CONSTRAINT ck_credit_notes_type_known CHECK (note_type IN ('gst', 'commercial')),
        standing varchar NOT NULL CONSTRAINT ck_credit_notes_standing_known CHECK
            (standing IN ('requested', 'approved', 'refused', 'withdrawn', 'issued', 'cancelled')),
        partner_code varchar NOT NULL CONSTRAINT fk_credit_notes_partner_code_partners REFERENCES partners (code),
        supplier_gstin varchar NOT NULL,
        place_of_supply varchar NOT NULL,
        supply_year varchar NOT NULL,
        reason_code varchar NOT NULL,
        reason_text varchar NOT NULL,
        agreement_reference varchar NOT NULL,
        is_itc_reversal_declared boolean NOT NULL,
        currency varchar NOT NULL,
        taxable_minor bigint NOT NULL,
        cgst_minor bigint NOT NULL,
        sgst_minor bigint NOT NULL,
        igst_minor bigint NOT NULL,
        total_minor bigint NOT NULL CONSTRAINT ck_credit_notes_total_positive CHECK (total_minor > 0),
        requested_by varchar NOT NULL,
        requested_at timestamptz NOT NULL,
        decided_by varchar,
        decided_at timestamptz,
        series varchar,
        financial_year varchar,
        number varchar,
        issued_on date,
        issued_by varchar,
        issued_at timestamptz,
        revision bigint NOT NULL,
        CONSTRAINT ck_credit_notes_amounts_not_negative
            CHECK (least(taxable_minor, cgst_minor, sgst_minor, igst_minor) >= 0),
        CONSTRAINT ck_credit_notes_total_adds_up
            CHECK (total_minor = taxable_minor + cgst_minor + sgst_minor + igst_minor),
        CONSTRAINT ck_credit_notes_commercial_has_no_tax
            CHECK (note_type = 'gst' OR cgst_minor + sgst_minor + igst_minor = 0),
        CONSTRAINT ck_credit_notes_two_people CHECK (decided_by <> requested_by),
        CONSTRAINT ck_credit_notes_decided_by_somebody CHECK
            (standing NOT IN ('approved', 'refused', 'issued', 'cancelled') OR decided_by IS NOT NULL),
        CONSTRAINT ck_credit_notes_number_when_issued CHECK
            ((standing IN ('issued', 'cancelled')) = (number IS NOT NULL)),
        CONSTRAINT ck_credit_notes_issued_whole
            CHECK (num_nulls(number, series, financial_year, issued_on, issued_by, issued_at) IN (0, 6)),
        CONSTRAINT ck_credit_notes_number_shape CHECK (number ~ '^[A-Z1-9][A-Z0-9/-]{0,15}$')
    )
    """,
    """
    CREATE UNIQUE INDEX uq_credit_notes_number ON credit_notes
    (supplier_gstin, financial_year, note_type, upper(number))
    """,
    "CREATE INDEX ix_credit_notes_partner ON credit_notes (partner_code, id)",
    "CREATE INDEX ix_credit_notes_standing ON credit_notes (standing, id)",
    """
    CREATE TABLE credit_note_lines (
        note_id uuid NOT NULL CONSTRAINT fk_credit_note_lines_note_id_credit_notes REFERENCES credit_notes (id),
        position bigint NOT NULL,
        invoice_id uuid CONSTRAINT fk_credit_note_lines_invoice_id_invoices REFERENCES invoices (id),
        line_number bigint,
        description varchar NOT NULL,
        hsn varchar NOT NULL,
        unit varchar NOT NULL,
        quantity numeric(18, 3) NOT NULL CONSTRAINT ck_credit_note_lines_quantity_not_negative CHECK (quantity >= 0),
        tax_rate numeric(6, 4) NOT NULL,
        taxable_minor bigint NOT NULL,
        cgst_minor bigint NOT NULL,
        sgst_minor bigint NOT NULL,
        igst_minor bigint NOT NULL,
        CONSTRAINT pk_credit_note_lines PRIMARY KEY (note_id, position),
        CONSTRAINT fk_credit_note_lines_invoice_id_invoice_lines
            FOREIGN KEY (invoice_id, line_number) REFERENCES invoice_lines (invoice_id, line_number),
        CONSTRAINT ck_credit_note_lines_amounts_not_negative
            CHECK (least(taxable_minor, cgst_minor, sgst_minor, igst_minor) >= 0),
        CONSTRAINT ck_credit_note_lines_something CHECK (taxable_minor + cgst_minor + sgst_minor + igst_minor > 0)
    )
    """,
    "CREATE INDEX ix_credit_note_lines_invoice ON credit_note_lines (invoice_id, line_number)",
    """
    CREATE TABLE credit_note_events (
        note_id uuid NOT NULL CONSTRAINT fk_credit_note_events_note_id_credit_notes REFERENCES credit_notes (id),
        revision bigint NOT NULL,
        standing varchar NOT NULL,
        detail varchar NOT NULL,
        at timestamptz NOT NULL,
        actor varchar NOT NULL,
        CONSTRAINT pk_credit_note_events PRIMARY KEY (note_id, revision)
    )
    """,
)
# Whoever inserts lines holds the invoices until the commit, so that two requests never see the same paisa as free.
WITHIN_INVOICE = """
CREATE FUNCTION refuse_credit_beyond_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong text;
BEGIN
    PERFORM 1 FROM invoices WHERE id IN (SELECT invoice_id FROM inserted) ORDER BY id FOR NO KEY UPDATE;
    SELECT i.number || ' line ' || l.line_number INTO wrong
    FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
    JOIN credit_note_lines c ON c.invoice_id = l.invoice_id AND c.line_number = l.line_number
    JOIN credit_notes n ON n.id = c.note_id AND n.standing NOT IN ('refused', 'withdrawn', 'cancelled')
    WHERE l.invoice_id IN (SELECT invoice_id FROM inserted)
    GROUP BY l.invoice_id, l.line_number, i.number
    HAVING sum(c.taxable_minor) > l.taxable_minor OR sum(c.cgst_minor) > l.cgst_minor
        OR sum(c.sgst_minor) > l.sgst_minor OR sum(c.igst_minor) > l.igst_minor OR sum(c.quantity) > l.quantity
    LIMIT 1;
    IF NOT FOUND THEN
        SELECT i.number INTO wrong
        FROM invoices i JOIN credit_note_lines c ON c.invoice_id = i.id
        JOIN credit_notes n ON n.id = c.note_id AND n.standing NOT IN ('refused', 'withdrawn', 'cancelled')
        WHERE i.id IN (SELECT invoice_id FROM inserted)
        GROUP BY i.id
        HAVING sum(c.taxable_minor + c.cgst_minor + c.sgst_minor + c.igst_minor)
            > greatest(i.total_minor, i.taxable_minor + i.tax_minor) LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION 'credit notes exceed invoice %', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""
LINES_SUM_UP = """
CREATE FUNCTION refuse_lines_beside_their_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong uuid;
BEGIN
    SELECT n.id INTO wrong FROM credit_notes n JOIN credit_note_lines c ON c.note_id = n.id
    WHERE n.id IN (SELECT note_id FROM inserted) GROUP BY n.id
    HAVING (sum(c.taxable_minor), sum(c.cgst_minor), sum(c.sgst_minor), sum(c.igst_minor))
        IS DISTINCT FROM (CAST(n.taxable_minor AS numeric), CAST(n.cgst_minor AS numeric),
            CAST(n.sgst_minor AS numeric), CAST(n.igst_minor AS numeric)) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'lines of credit note % do not sum to it', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""
ONLY_FORWARD = """
CREATE FUNCTION refuse_note_going_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (old.standing, new.standing) NOT IN (('requested', 'approved'), ('requested', 'refused'),
            ('requested', 'withdrawn'), ('approved', 'withdrawn'), ('approved', 'issued'), ('issued', 'cancelled'))
        OR new.revision <> old.revision + 1
        OR (old.id, old.note_type, old.partner_code, old.supplier_gstin, old.place_of_supply, old.supply_year,
            old.reason_code, old.currency, old.taxable_minor, old.cgst_minor, old.sgst_minor, old.igst_minor,
            old.total_minor, old.requested_by, old.requested_at)
          IS DISTINCT FROM (new.id, new.note_type, new.partner_code, new.supplier_gstin, new.place_of_supply,
            new.supply_year, new.reason_code, new.currency, new.taxable_minor, new.cgst_minor, new.sgst_minor,
            new.igst_minor, new.total_minor, new.requested_by, new.requested_at)
        OR (old.number IS NOT NULL AND (old.number, old.issued_on) IS DISTINCT FROM (new.number, new.issued_on))
    THEN
        RAISE EXCEPTION 'credit note % cannot go from % to %', old.id, old.standing, new.standing
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END $$
"""
TRIGGERS = (
    WITHIN_INVOICE,
    LINES_SUM_UP,
    ONLY_FORWARD,
    """
    CREATE TRIGGER within_invoice AFTER INSERT ON credit_note_lines REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_credit_beyond_invoice()
    """,
    """
    CREATE TRIGGER sum_up AFTER INSERT ON credit_note_lines REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_lines_beside_their_note()
    """,
    """
    CREATE TRIGGER only_forward BEFORE UPDATE ON credit_notes
    FOR EACH ROW EXECUTE FUNCTION refuse_note_going_back()
    """,
    """
    CREATE TRIGGER never_gone BEFORE DELETE OR TRUNCATE ON credit_notes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
)
SECTION_34 = "CGST Act 2017, section 34(1)"
SEED_REASONS = """
INSERT INTO credit_note_reasons VALUES
('gst', 'value_too_high', '2017-07-01', 'Value charged too high', 'SECTION_34', false, true, false, false, true,
 'SECTION_34', now(), 'migration'),
('gst', 'tax_too_high', '2017-07-01', 'Tax charged too high', 'SECTION_34', false, true, false, true, true,
 'SECTION_34', now(), 'migration'),
('gst', 'goods_returned', '2017-07-01', 'Goods returned', 'SECTION_34', false, true, true, false, true,
 'SECTION_34', now(), 'migration'),
('gst', 'deficient', '2017-07-01', 'Goods or services deficient', 'SECTION_34', false, true, false, false, true,
 'SECTION_34', now(), 'migration'),
('gst', 'post_supply_discount', '2017-07-01', 'Discount after the supply, agreed before it',
 'CGST Act 2017, section 15(3)(b): agreed at or before the supply, linked to its invoices', true, true, false, false,
 true, 'CGST Act 2017, section 15(3)(b); the Finance Act 2026 changes it from a date to be notified', now(),
 'migration'),
('commercial', 'post_supply_discount', '2017-07-01', 'Discount after the supply', 'Agreement of the parties', false,
 false, false, false, true, 'CBIC circular 251/08/2025-GST', now(), 'migration'),
('commercial', 'price_difference', '2017-07-01', 'Price difference', 'Agreement of the parties', false, false, false,
 false, true, 'CBIC circular 251/08/2025-GST', now(), 'migration'),
('commercial', 'scheme', '2017-07-01', 'Sales scheme', 'Terms of the scheme', false, false, false, false, true,
 'CBIC circular 251/08/2025-GST', now(), 'migration'),
('commercial', 'goods_returned', '2017-07-01', 'Goods returned', 'After the deadline of section 34(2)', false, true,
 false, false, true, 'CGST Act 2017, section 34(2)', now(), 'migration'),
('commercial', 'deficient', '2017-07-01', 'Goods or services deficient', 'After the deadline of section 34(2)', false,
 true, false, false, true, 'CGST Act 2017, section 34(2)', now(), 'migration'),
('commercial', 'value_too_high', '2017-07-01', 'Value charged too high', 'After the deadline of section 34(2)', false,
 true, false, false, true, 'CGST Act 2017, section 34(2)', now(), 'migration')
"""
SEED_RULES = """
INSERT INTO credit_note_rules VALUES
('2017-07-01', 9, 30, false, NULL, 24, 0, 'CGST Act 2017, section 34(2) as enacted', now(), 'migration'),
('2022-10-01', 11, 30, false, NULL, 24, 0, 'Finance Act 2022, section 105 (notification 18/2022-CT)', now(),
 'migration'),
('2025-04-01', 11, 30, false, 30, 24, 0, 'GSTN advisory of 5 November 2024: 30 days to report', now(), 'migration'),
('2025-10-01', 11, 30, true, 30, 24, 1,
 'Finance Act 2025, section 126 (notification 16/2025-CT); IMS: one period pending since October 2025', now(),
 'migration')
"""
SEED_SERIES = """
INSERT INTO credit_note_series VALUES
('gst', '2017-07-01', 'CN', 'Rule 53(1A) of the CGST Rules: one or more series', now(), 'migration'),
('commercial', '2017-07-01', 'FC', 'Own series, so that notes of law are without gaps', now(), 'migration')
"""


def upgrade() -> None:
    for statement in (
        *TABLES,
        *TRIGGERS,
        SEED_REASONS.replace("SECTION_34", SECTION_34),
        SEED_RULES,
        SEED_SERIES,
    ):
        op.execute(statement)
    for statement in append_only(
        (
            "credit_note_reasons",
            "credit_note_rules",
            "annual_returns",
            "credit_note_series",
            "credit_note_lines",
            "credit_note_events",
        )
    ):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Credit notes are part of the books")
