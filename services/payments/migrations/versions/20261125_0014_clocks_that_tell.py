"""The booking clock whole: half-time, late causes, pauses, calendars, escalation, and no late booking in silence."""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NEXT_TELL = """
    CASE
        WHEN is_excused OR told_percent = 100 THEN NULL
        WHEN booked_at IS NOT NULL THEN CASE WHEN booked_at > due_at THEN due_at END
        WHEN paused_at IS NOT NULL THEN NULL
        WHEN told_percent = 80 THEN due_at
        WHEN told_percent = 50 THEN warn_at
        ELSE half_at
    END
"""

STATEMENTS = (
    """
    ALTER TABLE booking_clocks
        ADD bank_account_id uuid
            CONSTRAINT fk_booking_clocks_bank_account_id_bank_accounts REFERENCES bank_accounts (id),
        ADD half_at timestamptz,
        ADD warn_at timestamptz,
        ADD paused_at timestamptz,
        ADD pause_code varchar NOT NULL DEFAULT '',
        ADD allocated_at timestamptz,
        ADD allocated_as varchar NOT NULL DEFAULT '',
        ADD told_percent bigint NOT NULL DEFAULT 0,
        ADD told_at timestamptz,
        ADD late_code varchar NOT NULL DEFAULT '',
        ADD revision bigint NOT NULL DEFAULT 1
    """,
    """
    UPDATE booking_clocks c SET bank_account_id = l.bank_account_id,
        half_at = c.credited_at + (c.due_at - c.credited_at) * 0.5,
        warn_at = c.credited_at + (c.due_at - c.credited_at) * 0.8,
        late_code = CASE WHEN c.booked_at > c.due_at AND NOT c.is_excused THEN
            CASE WHEN c.seen_at > c.due_at THEN 'statement_late' ELSE 'late' END ELSE '' END
    FROM bank_lines l WHERE l.id = c.bank_line_id
    """,
    """
    ALTER TABLE booking_clocks
        ALTER bank_account_id SET NOT NULL, ALTER half_at SET NOT NULL, ALTER warn_at SET NOT NULL,
        ALTER pause_code DROP DEFAULT, ALTER allocated_as DROP DEFAULT, ALTER told_percent DROP DEFAULT,
        ALTER late_code DROP DEFAULT, ALTER revision DROP DEFAULT,
        ADD CONSTRAINT ck_booking_clocks_late_never_silent
            CHECK (booked_at IS NULL OR is_excused OR booked_at <= due_at OR late_code <> ''),
        ADD CONSTRAINT ck_booking_clocks_told_percent_known CHECK (told_percent IN (0, 50, 80, 100)),
        ADD CONSTRAINT ck_booking_clocks_pause_has_a_reason CHECK ((paused_at IS NULL) = (pause_code = '')),
        ADD CONSTRAINT ck_booking_clocks_booked_ends_the_pause CHECK (paused_at IS NULL OR booked_at IS NULL),
        ADD CONSTRAINT ck_booking_clocks_allocated_as_known CHECK (allocated_as IN ('', 'settled', 'on_account')),
        ADD CONSTRAINT ck_booking_clocks_allocated_somehow CHECK ((allocated_at IS NULL) = (allocated_as = '')),
        ADD CONSTRAINT ck_booking_clocks_allocated_after_booking CHECK (allocated_at IS NULL OR booked_at IS NOT NULL)
    """,
    f"ALTER TABLE booking_clocks ADD next_tell_at timestamptz GENERATED ALWAYS AS ({NEXT_TELL}) STORED",
    "DROP INDEX ix_booking_clocks_due_at",
    "DROP INDEX ix_booking_clocks_running",
    """
    CREATE INDEX ix_booking_clocks_running ON booking_clocks (due_at, bank_line_id)
        WHERE booked_at IS NULL AND NOT is_excused
    """,
    "CREATE INDEX ix_booking_clocks_credited ON booking_clocks (credited_at, bank_line_id)",
    "CREATE INDEX ix_booking_clocks_next_tell ON booking_clocks (next_tell_at) WHERE next_tell_at IS NOT NULL",
    """
    CREATE TABLE booking_clock_steps (
        bank_line_id uuid NOT NULL CONSTRAINT fk_booking_clock_steps_bank_line_id_booking_clocks
            REFERENCES booking_clocks (bank_line_id),
        revision bigint NOT NULL,
        kind varchar NOT NULL CONSTRAINT ck_booking_clock_steps_kind_known
            CHECK (kind IN ('paused', 'resumed', 'late_cause', 'kept_on_account')),
        reason_code varchar NOT NULL,
        note varchar NOT NULL,
        actor varchar NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT pk_booking_clock_steps PRIMARY KEY (bank_line_id, revision)
    )
    """,
    """
    CREATE TABLE clock_reasons (
        kind varchar NOT NULL CONSTRAINT ck_clock_reasons_kind_known CHECK (kind IN ('pause', 'late')),
        code varchar NOT NULL,
        valid_from date NOT NULL,
        title varchar NOT NULL,
        is_offered boolean NOT NULL,
        set_by varchar NOT NULL,
        set_at timestamptz NOT NULL,
        CONSTRAINT pk_clock_reasons PRIMARY KEY (kind, code, valid_from)
    )
    """,
    """
    INSERT INTO clock_reasons (kind, code, valid_from, title, is_offered, set_by, set_at)
    SELECT kind, code, '2020-01-01', title, is_offered, 'installation', '2026-01-01T00:00:00Z' FROM (VALUES
        ('pause', 'bank_asked', 'The bank has been asked what the credit is', true),
        ('pause', 'payer_asked', 'The payer has been asked what it pays', true),
        ('pause', 'recall_announced', 'The bank has announced that it takes the credit back', true),
        ('pause', 'legal_hold', 'A court or an authority holds the money', true),
        ('late', 'late', 'Late; nobody has said why yet', false),
        ('late', 'statement_late', 'The statement came after the time had run out', true),
        ('late', 'payer_unknown', 'Nobody knew in time who had paid', true),
        ('late', 'invoice_missing', 'The invoice was not registered in time', true),
        ('late', 'partner_missing', 'The partner was not registered in time', true),
        ('late', 'desk_overloaded', 'There was more to do than hands at the desk', true),
        ('late', 'system_down', 'The system was not available', true),
        ('late', 'bank_error', 'The bank credited or described it wrongly', true),
        ('late', 'other', 'Another cause, told in the note', true)
    ) AS seed (kind, code, title, is_offered)
    """,
    """
    CREATE TABLE business_calendars (
        code varchar NOT NULL CONSTRAINT pk_business_calendars PRIMARY KEY,
        name varchar NOT NULL,
        closed_weekdays bigint[] NOT NULL,
        closed_saturdays bigint[] NOT NULL,
        source varchar NOT NULL,
        set_by varchar NOT NULL,
        set_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE calendar_days (
        id uuid NOT NULL CONSTRAINT pk_calendar_days PRIMARY KEY,
        calendar_code varchar NOT NULL CONSTRAINT fk_calendar_days_calendar_code_business_calendars
            REFERENCES business_calendars (code),
        day date NOT NULL,
        is_working boolean NOT NULL,
        name varchar NOT NULL,
        source varchar NOT NULL,
        set_by varchar NOT NULL,
        set_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_calendar_days_day ON calendar_days (calendar_code, day, id)",
    """
    CREATE TABLE clock_terms (
        id uuid NOT NULL CONSTRAINT pk_clock_terms PRIMARY KEY,
        bank_account_id uuid CONSTRAINT fk_clock_terms_bank_account_id_bank_accounts REFERENCES bank_accounts (id),
        valid_from date NOT NULL,
        calendar_code varchar CONSTRAINT fk_clock_terms_calendar_code_business_calendars
            REFERENCES business_calendars (code),
        note varchar NOT NULL,
        set_by varchar NOT NULL,
        set_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE clock_escalations (
        id uuid NOT NULL CONSTRAINT pk_clock_escalations PRIMARY KEY,
        zone varchar NOT NULL,
        percent bigint NOT NULL CONSTRAINT ck_clock_escalations_percent_known CHECK (percent IN (50, 80, 100)),
        valid_from date NOT NULL,
        role varchar NOT NULL,
        address varchar NOT NULL,
        set_by varchar NOT NULL,
        set_at timestamptz NOT NULL
    )
    """,
    """
    INSERT INTO clock_escalations
    SELECT CAST('00000000-0000-7000-8000-0000000000' || lpad(CAST(number AS text), 2, '0') AS uuid), zone, percent,
        '2020-01-01', role, '', 'installation', '2026-01-01T00:00:00Z'
    FROM (VALUES (1, '*', 50, 'zone_head'), (2, '*', 80, 'zone_head'), (3, '*', 100, 'zone_head'),
        (4, '', 50, 'coordinator'), (5, '', 80, 'coordinator'), (6, '', 100, 'approver')
    ) AS seed (number, zone, percent, role)
    """,
    *append_only(
        (
            "booking_clock_steps",
            "clock_reasons",
            "business_calendars",
            "calendar_days",
            "clock_terms",
            "clock_escalations",
        )
    ),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What people said about late credits would be lost; restore a backup")
