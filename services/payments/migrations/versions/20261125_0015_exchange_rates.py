"""Rates of foreign currencies, day by day."""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE exchange_rates (
            id uuid NOT NULL CONSTRAINT pk_exchange_rates PRIMARY KEY,
            currency varchar NOT NULL CONSTRAINT ck_exchange_rates_currency_foreign
                CHECK (currency ~ '^[A-Z]{3}$' AND currency <> 'INR'),
            rate_on date NOT NULL,
            publisher varchar NOT NULL CONSTRAINT ck_exchange_rates_publisher_known
                CHECK (publisher IN ('reference', 'customs', 'bank')),
            rate numeric(20, 10) NOT NULL CONSTRAINT ck_exchange_rates_rate_positive CHECK (rate > 0),
            source varchar NOT NULL,
            entered_by varchar NOT NULL,
            entered_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX ix_exchange_rates_day ON exchange_rates (currency, rate_on, publisher, id)")
    for statement in append_only(("exchange_rates",)):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What was booked by these rates stays")
