"""Reads about reported credit notes."""

from typing import Final

from services.payments.adapters.repositories.credit_note_rules import rules_on as rules_on
from services.payments.adapters.repositories.ims import ims_steps as ims_steps
from services.payments.adapters.repositories.ims import steps_of_notes as steps_of_notes

REPORTED_SELECT: Final = (
    "SELECT n.*, f.period AS reported_period, l.action AS last_action FROM credit_notes n"
    " JOIN partners p ON p.code = n.partner_code JOIN ims_steps f ON f.note_id = n.id AND f.step = 1"
    " JOIN LATERAL (SELECT s.action FROM ims_steps s WHERE s.note_id = n.id ORDER BY s.step DESC LIMIT 1) AS l ON true"
)
