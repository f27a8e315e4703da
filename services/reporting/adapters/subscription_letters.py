"""Letters of a subscription, with the due instants that their reports were made for."""

from typing import Final
from uuid import UUID

from services.reporting.adapters.letter_list import LetterList
from services.reporting.adapters.letter_store import LetterTable


def letters_of_subscription(subscription_id: UUID) -> LetterList:
    return LetterList(LetterTable.REPORTS, "subscription", subscription_id, _LETTERS, {})


_LETTERS: Final = """
    SELECT l.*, r.due_at FROM report_letters l JOIN subscribed_reports s USING (report_run_id)
    JOIN report_subscription_runs r ON r.id = s.subscription_run_id
    WHERE s.subscription_id = :owner_id
"""
