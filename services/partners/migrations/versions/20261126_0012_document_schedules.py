"""Schedules of documents with their versions, runs and items, and the holiday calendars that move them.

Reversible; what was set and what ran is forgotten.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NATIONAL = "The three national holidays of India, the same days every year"
STATE = "Government of Maharashtra, notification PHD.1125/C.R.199 of 5 December 2025"
STATE_DAYS = (
    ("2026-02-15", "Mahashivratri"),
    ("2026-02-19", "Chhatrapati Shivaji Maharaj Jayanti"),
    ("2026-03-03", "Holi (second day)"),
    ("2026-03-19", "Gudhi Padwa"),
    ("2026-03-21", "Ramzan-Id (Id-ul-Fitr)"),
    ("2026-03-26", "Ram Navami"),
    ("2026-03-31", "Mahavir Janmakalyanak"),
    ("2026-04-03", "Good Friday"),
    ("2026-04-14", "Dr. Babasaheb Ambedkar Jayanti"),
    ("2026-05-01", "Maharashtra Din and Buddha Pournima"),
    ("2026-05-28", "Bakri Id (Id-uz-Zuha)"),
    ("2026-06-26", "Moharum"),
    ("2026-08-26", "Id-e-Milad"),
    ("2026-09-14", "Ganesh Chaturthi"),
    ("2026-10-20", "Dasara"),
    ("2026-11-08", "Diwali Amavasya (Laxmi Pujan)"),
    ("2026-11-10", "Diwali (Bali Pratipada)"),
    ("2026-11-24", "Guru Nanak Jayanti"),
    ("2026-12-25", "Christmas"),
)
NATIONAL_DAYS = (
    ("01-26", "Republic Day"),
    ("08-15", "Independence Day"),
    ("10-02", "Mahatma Gandhi Jayanti"),
)


def upgrade() -> None:
    _calendars()
    _seeds()
    _schedules()
    _runs()
    guarded = ("holiday_calendar_days", "document_schedule_versions", "document_schedule_runs")
    for statement in append_only([*guarded, "document_schedule_misses"]):
        op.execute(statement)


def _calendars() -> None:
    op.execute(
        """
        CREATE TABLE holiday_calendars (
            code text NOT NULL CONSTRAINT pk_holiday_calendars PRIMARY KEY,
            name text NOT NULL,
            base_code text CONSTRAINT fk_holiday_calendars_base_code_holiday_calendars
                REFERENCES holiday_calendars (code),
            closed_weekdays bigint[] NOT NULL,
            closed_saturdays bigint[] NOT NULL,
            source text NOT NULL,
            set_by text NOT NULL,
            set_at timestamptz NOT NULL
        )
        """
    )
    op.execute(
        """
        CREATE TABLE holiday_calendar_days (
            id uuid NOT NULL CONSTRAINT pk_holiday_calendar_days PRIMARY KEY,
            calendar_code text NOT NULL CONSTRAINT fk_holiday_calendar_days_calendar_code_holiday_calendars
                REFERENCES holiday_calendars (code),
            day date NOT NULL,
            is_working boolean NOT NULL,
            name text NOT NULL,
            source text NOT NULL,
            set_by text NOT NULL,
            set_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX ix_holiday_calendar_days_day ON holiday_calendar_days (calendar_code, day, id)")


def _seeds() -> None:
    op.execute(
        f"""
        INSERT INTO holiday_calendars VALUES
            ('IN', 'National holidays of India', NULL, '{{7}}', '{{}}', '{NATIONAL}', 'migration', now()),
            ('IN-MH', 'Public holidays of Maharashtra', 'IN', '{{7}}', '{{}}', '{STATE}', 'migration', now())
        """  # noqa: S608 - constants of this file
    )
    national = [
        (f"{year}-{day}", name, "IN", NATIONAL) for year in (2026, 2027, 2028) for day, name in NATIONAL_DAYS
    ]
    state = [(day, name, "IN-MH", STATE) for day, name in STATE_DAYS]
    rows = ", ".join(
        f"(gen_random_uuid(), '{calendar}', date '{day}', false, '{name}', '{source}', 'migration', now())"
        for day, name, calendar, source in national + state
    )
    op.execute(f"INSERT INTO holiday_calendar_days VALUES {rows}")  # noqa: S608 - constants of this file


def _schedules() -> None:
    op.execute(
        """
        CREATE TABLE document_schedules (
            id uuid NOT NULL CONSTRAINT pk_document_schedules PRIMARY KEY,
            revision bigint NOT NULL CONSTRAINT ck_document_schedules_revision_positive CHECK (revision > 0),
            is_paused boolean NOT NULL,
            settled_until_at timestamptz NOT NULL,
            next_due_at timestamptz,
            created_by text NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT ck_document_schedules_paused_ones_wait CHECK (NOT is_paused OR next_due_at IS NULL),
            CONSTRAINT ck_document_schedules_due_behind_settled CHECK (next_due_at > settled_until_at)
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_document_schedules_next_due_at ON document_schedules (next_due_at)"
        " WHERE next_due_at IS NOT NULL"
    )
    op.execute(
        """
        CREATE TABLE document_schedule_versions (
            schedule_id uuid NOT NULL CONSTRAINT fk_document_schedule_versions_schedule_id_document_schedules
                REFERENCES document_schedules (id),
            revision bigint NOT NULL,
            name text NOT NULL,
            kinds text[] NOT NULL,
            audience text NOT NULL CONSTRAINT ck_document_schedule_versions_audience_known
                CHECK (audience IN ('partners', 'zones', 'all')),
            partner_codes text[] NOT NULL,
            zones text[] NOT NULL,
            recipient_roles text[] NOT NULL,
            channel text NOT NULL,
            condition text NOT NULL,
            catch_up text NOT NULL,
            cron text NOT NULL,
            time_zone text NOT NULL,
            on_closed_day text NOT NULL,
            calendar_code text CONSTRAINT fk_document_schedule_versions_calendar_code_holiday_calendars
                REFERENCES holiday_calendars (code),
            quiet_from time,
            quiet_until time,
            valid_from date NOT NULL,
            valid_to date,
            is_paused boolean NOT NULL,
            note text,
            set_by text NOT NULL,
            set_at timestamptz NOT NULL,
            CONSTRAINT pk_document_schedule_versions PRIMARY KEY (schedule_id, revision),
            CONSTRAINT ck_document_schedule_versions_quiet_hours_whole
                CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
            CONSTRAINT ck_document_schedule_versions_shift_has_calendar
                CHECK (on_closed_day = 'run' OR calendar_code IS NOT NULL)
        )
        """
    )


def _runs() -> None:
    op.execute(
        """
        CREATE TABLE document_schedule_runs (
            id uuid NOT NULL CONSTRAINT pk_document_schedule_runs PRIMARY KEY,
            schedule_id uuid NOT NULL,
            revision bigint NOT NULL,
            due_at timestamptz NOT NULL,
            is_fired boolean NOT NULL,
            settled_at timestamptz NOT NULL,
            moved jsonb NOT NULL,
            release_at timestamptz,
            CONSTRAINT fk_document_schedule_runs_schedule_id_document_schedule_versions
                FOREIGN KEY (schedule_id, revision) REFERENCES document_schedule_versions (schedule_id, revision),
            CONSTRAINT ck_document_schedule_runs_not_before_due CHECK (settled_at >= due_at)
        )
        """
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_document_schedule_runs_due ON document_schedule_runs (schedule_id, due_at)"
    )
    op.execute(
        """
        CREATE TABLE document_schedule_items (
            run_id uuid NOT NULL CONSTRAINT fk_document_schedule_items_run_id_document_schedule_runs
                REFERENCES document_schedule_runs (id),
            partner_code text NOT NULL,
            kind text NOT NULL,
            schedule_id uuid NOT NULL,
            zone text,
            state text NOT NULL CONSTRAINT ck_document_schedule_items_state_known
                CHECK (state IN ('planned', 'queued', 'nothing_to_send', 'failed')),
            reason text,
            fingerprint text,
            attempts bigint NOT NULL DEFAULT 0,
            document_id uuid,
            request_id uuid,
            settled_at timestamptz,
            CONSTRAINT pk_document_schedule_items PRIMARY KEY (run_id, partner_code, kind),
            CONSTRAINT ck_document_schedule_items_says_why
                CHECK (state NOT IN ('nothing_to_send', 'failed') OR reason IS NOT NULL)
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_document_schedule_items_planned ON document_schedule_items (run_id, partner_code, kind)"
        " WHERE state = 'planned'"
    )
    op.execute(
        "CREATE INDEX ix_document_schedule_items_partner"
        " ON document_schedule_items (schedule_id, partner_code, kind, run_id)"
    )
    op.execute(
        """
        CREATE TABLE document_schedule_misses (
            schedule_id uuid NOT NULL CONSTRAINT fk_document_schedule_misses_schedule_id_document_schedules
                REFERENCES document_schedules (id),
            due_at timestamptz NOT NULL,
            reason text NOT NULL CONSTRAINT ck_document_schedule_misses_reason_known
                CHECK (reason IN ('late', 'skipped', 'not_started')),
            noticed_at timestamptz NOT NULL,
            CONSTRAINT pk_document_schedule_misses PRIMARY KEY (schedule_id, due_at, reason)
        )
        """
    )


def downgrade() -> None:
    for table in (
        "document_schedule_misses",
        "document_schedule_items",
        "document_schedule_runs",
        "document_schedule_versions",
        "document_schedules",
        "holiday_calendar_days",
        "holiday_calendars",
    ):
        op.execute(f"DROP TABLE {table}")
