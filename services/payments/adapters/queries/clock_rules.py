"""Reads about the rules by which clocks count and are told."""

from typing import Final

REASON_SELECT: Final = "SELECT r.* FROM clock_reasons r"
CALENDAR_SELECT: Final = "SELECT c.* FROM business_calendars c"
DAY_SELECT: Final = (
    "SELECT d.id, d.day, d.is_working, d.name, d.source, d.set_by, d.set_at FROM calendar_days d"
)
TERMS_SELECT: Final = (
    "SELECT t.id, b.number AS bank_account, t.valid_from, t.calendar_code AS calendar, t.note, t.set_by, t.set_at"
    " FROM clock_terms t LEFT JOIN bank_accounts b ON b.id = t.bank_account_id"
)
ESCALATION_SELECT: Final = "SELECT e.* FROM clock_escalations e"
