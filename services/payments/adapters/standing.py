"""What operators watch of payments: whether credits are booked in time, whether anything stands still, and its months."""

from typing import Final

from shared.standing import Figure, Standing

PAYMENTS_STANDING: Final = Standing(
    """
    WITH running AS (
        SELECT credited_at, CASE WHEN now() >= due_at THEN 'overdue' WHEN now() >= warn_at THEN 'at_risk'
            WHEN now() >= half_at THEN 'half' ELSE 'in_time' END AS standing
        FROM booking_clocks WHERE booked_at IS NULL AND NOT is_excused AND paused_at IS NULL
    )
    SELECT 'bookings_waiting', standing, count(*) FROM running GROUP BY standing
    UNION ALL SELECT 'booking_oldest_seconds', '', extract(epoch FROM now() - min(credited_at)) FROM running
    UNION ALL SELECT 'statement_import_oldest_seconds', '', extract(epoch FROM now() - min(received_at))
        FROM bank_statements WHERE state IN ('received', 'importing')
    UNION ALL SELECT 'payment_exceptions_open', code, count(*)
        FROM payment_exceptions WHERE resolved_at IS NULL GROUP BY code
    UNION ALL SELECT 'payment_queries_overdue', '', count(*)
        FROM payment_queries WHERE state = 'open' AND due_at < now()
    UNION ALL SELECT 'einvoices_refused', '', count(*)
        FROM einvoices WHERE standing IN ('refused', 'cancel_refused')
    UNION ALL SELECT 'einvoice_oldest_seconds', '', extract(epoch FROM now() - min(updated_at))
        FROM einvoices WHERE standing IN ('pending', 'cancel_pending') AND failures > 0
    UNION ALL SELECT 'journal_months_ahead', '', count(*) FROM pg_inherits JOIN pg_class ON oid = inhrelid
        WHERE inhparent = 'journal_entries'::regclass AND relname ~ '^journal_entries_p[0-9]{6}$'
          AND relname > 'journal_entries_p' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')
    UNION ALL SELECT 'journal_entries_misplaced', '', count(*) FROM (
        SELECT FROM journal_entries_default LIMIT 100000) AS misplaced
    """,
    [
        Figure("bookings_waiting", "Credits whose 24 hours run, by how much is gone of them", "standing"),
        Figure("booking_oldest_seconds", "Since when the oldest of them was credited"),
        Figure("statement_import_oldest_seconds", "Since when the oldest statement that is not read has been here"),
        Figure("payment_exceptions_open", "Exceptions that wait for a person", "code"),
        Figure("payment_queries_overdue", "Questions about payments whose time to answer is over"),
        Figure("einvoices_refused", "Credit notes that the invoice registration portal refuses"),
        Figure("einvoice_oldest_seconds", "Since when the oldest note that the portal did not answer waits"),
        Figure("journal_months_ahead", "Months to come for which the journal has a partition"),
        Figure("journal_entries_misplaced", "Entries of the journal that no month takes, counted up to 100000"),
    ],
)  # fmt: skip
