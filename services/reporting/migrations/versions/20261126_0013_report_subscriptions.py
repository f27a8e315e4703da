"""Subscriptions of reports with their versions, due instants, outcomes and letters; holiday calendars as told.

Reversible; what was subscribed and sent is forgotten. The calendars are those that partners begins with, as its own
migration has them; later ones are told by events.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NATIONAL_DAYS = (
    ("01-26", "Republic Day"),
    ("08-15", "Independence Day"),
    ("10-02", "Mahatma Gandhi Jayanti"),
)
# Government of Maharashtra, notification PHD.1125/C.R.199 of 5 December 2025.
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
SUBSCRIPTIONS = (
    """
    CREATE TABLE known_holiday_calendars (
        code text NOT NULL CONSTRAINT pk_known_holiday_calendars PRIMARY KEY,
        name text NOT NULL,
        closed_weekdays bigint[] NOT NULL,
        closed_saturdays bigint[] NOT NULL,
        days jsonb NOT NULL,
        changed_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE report_subscriptions (
        id uuid NOT NULL CONSTRAINT pk_report_subscriptions PRIMARY KEY,
        revision bigint NOT NULL CONSTRAINT ck_report_subscriptions_revision_positive CHECK (revision > 0),
        is_paused boolean NOT NULL,
        settled_until_at timestamptz NOT NULL,
        next_due_at timestamptz,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT ck_report_subscriptions_paused_rests CHECK (NOT is_paused OR next_due_at IS NULL)
    )
    """,
    """
    CREATE INDEX ix_report_subscriptions_next_due_at ON report_subscriptions (next_due_at)
        WHERE next_due_at IS NOT NULL
    """,
    """
    CREATE TABLE report_subscription_versions (
        subscription_id uuid NOT NULL
            CONSTRAINT fk_report_subscription_versions_subscription_id_report_subscriptions
            REFERENCES report_subscriptions (id) DEFERRABLE INITIALLY DEFERRED,
        revision bigint NOT NULL,
        rule jsonb NOT NULL,
        subscriber jsonb NOT NULL,
        is_paused boolean NOT NULL,
        note text,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        CONSTRAINT pk_report_subscription_versions PRIMARY KEY (subscription_id, revision)
    )
    """,
    """
    CREATE TABLE report_subscription_runs (
        id uuid NOT NULL CONSTRAINT pk_report_subscription_runs PRIMARY KEY,
        subscription_id uuid NOT NULL
            CONSTRAINT fk_report_subscription_runs_subscription_id_report_subscriptions
            REFERENCES report_subscriptions (id),
        revision bigint NOT NULL,
        due_at timestamptz NOT NULL,
        is_fired boolean NOT NULL,
        settled_at timestamptz NOT NULL,
        moved jsonb NOT NULL,
        job_id uuid,
        refusal text,
        CONSTRAINT uq_report_subscription_runs_subscription_id_due_at UNIQUE (subscription_id, due_at),
        CONSTRAINT ck_report_subscription_runs_job_of_fired CHECK (is_fired OR job_id IS NULL)
    )
    """,
    """
    CREATE TABLE report_subscription_misses (
        subscription_id uuid NOT NULL
            CONSTRAINT fk_report_subscription_misses_subscription_id_report_subscriptions
            REFERENCES report_subscriptions (id),
        due_at timestamptz NOT NULL,
        reason text NOT NULL CONSTRAINT ck_report_subscription_misses_reason_known
            CHECK (reason IN ('late', 'skipped', 'not_started')),
        noticed_at timestamptz NOT NULL,
        CONSTRAINT pk_report_subscription_misses PRIMARY KEY (subscription_id, due_at, reason)
    )
    """,
    """
    CREATE TABLE subscribed_reports (
        report_run_id uuid NOT NULL CONSTRAINT pk_subscribed_reports PRIMARY KEY
            CONSTRAINT fk_subscribed_reports_report_run_id_report_runs REFERENCES report_runs (id),
        subscription_run_id uuid NOT NULL
            CONSTRAINT fk_subscribed_reports_subscription_run_id_report_subscription_runs
            REFERENCES report_subscription_runs (id),
        subscription_id uuid NOT NULL,
        partner_code text
    )
    """,
    """
    CREATE INDEX ix_subscribed_reports_subscription_id_report_run_id
        ON subscribed_reports (subscription_id, report_run_id)
    """,
    """
    CREATE INDEX ix_subscribed_reports_subscription_run_id ON subscribed_reports (subscription_run_id)
    """,
    """
    CREATE TABLE subscribed_report_outcomes (
        report_run_id uuid NOT NULL CONSTRAINT pk_subscribed_report_outcomes PRIMARY KEY
            CONSTRAINT fk_subscribed_report_outcomes_report_run_id_subscribed_reports
            REFERENCES subscribed_reports (report_run_id),
        outcome text NOT NULL CONSTRAINT ck_subscribed_report_outcomes_outcome_known
            CHECK (outcome IN ('sent', 'empty', 'unchanged', 'failed')),
        compared_run_id uuid CONSTRAINT fk_subscribed_report_outcomes_compared_run_id_report_runs
            REFERENCES report_runs (id),
        comparison jsonb,
        refusal text,
        decided_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE report_letters (
        id uuid NOT NULL CONSTRAINT pk_report_letters PRIMARY KEY,
        report_run_id uuid NOT NULL CONSTRAINT fk_report_letters_report_run_id_subscribed_reports
            REFERENCES subscribed_reports (report_run_id),
        name text NOT NULL,
        address text NOT NULL,
        state text NOT NULL CONSTRAINT ck_report_letters_state_known CHECK (state IN ('queued', 'sent', 'failed')),
        attempts bigint NOT NULL CONSTRAINT ck_report_letters_attempts_not_negative CHECK (attempts >= 0),
        next_attempt_at timestamptz,
        said text,
        queued_at timestamptz NOT NULL,
        ended_at timestamptz,
        CONSTRAINT uq_report_letters_report_run_id_address UNIQUE (report_run_id, address),
        CONSTRAINT ck_report_letters_queued_is_due CHECK ((state = 'queued') = (next_attempt_at IS NOT NULL)),
        CONSTRAINT ck_report_letters_ended_has_end CHECK ((state = 'queued') = (ended_at IS NULL))
    )
    """,
    """
    CREATE INDEX ix_report_letters_next_attempt_at ON report_letters (next_attempt_at)
        WHERE next_attempt_at IS NOT NULL
    """,
)
APPEND_ONLY = (
    "report_subscription_versions",
    "report_subscription_runs",
    "report_subscription_misses",
    "subscribed_reports",
    "subscribed_report_outcomes",
)
TABLES = (
    "report_letters",
    "subscribed_report_outcomes",
    "subscribed_reports",
    "report_subscription_misses",
    "report_subscription_runs",
    "report_subscription_versions",
    "report_subscriptions",
    "known_holiday_calendars",
)


def upgrade() -> None:
    for statement in (*SUBSCRIPTIONS, *append_only(list(APPEND_ONLY))):
        op.execute(statement)
    national = [(f"{year}-{day}", name) for year in (2026, 2027, 2028) for day, name in NATIONAL_DAYS]
    _add_calendar("IN", "National holidays of India", national)
    _add_calendar("IN-MH", "Public holidays of Maharashtra", [*national, *STATE_DAYS])


def _add_calendar(code: str, name: str, days: list[tuple[str, str]]) -> None:
    listed = ", ".join(
        f"jsonb_build_object('day', '{day}', 'is_working', false, 'name', '{holiday}')"
        for day, holiday in days
    )
    op.execute(
        f"""
        INSERT INTO known_holiday_calendars VALUES
            ('{code}', '{name}', '{{7}}', '{{}}', jsonb_build_array({listed}), timestamptz '2026-01-01 00:00Z')
        """  # noqa: S608 - constants of this file
    )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
