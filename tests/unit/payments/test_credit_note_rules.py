"""What the law allows for credit notes, day by day."""

from dataclasses import replace
from datetime import date

import pytest

from services.payments.domain.credit_note import NUMBER_PATTERN, note_number
from services.payments.domain.credit_note_rules import (
    Claim,
    NoteRules,
    Reason,
    declaration_deadline,
    refuse_ground,
    refuse_late,
    refuse_undeclared,
    reporting_due_on,
)
from services.payments.domain.errors import (
    AgreementMissing,
    DeadlinePassed,
    DeclarationMissing,
    ReasonNotAllowed,
)
from services.payments.domain.gst_registration import GstRegistration
from services.payments.domain.indian_state import state_name
from tests.factories.gst import registration

RULES = NoteRules((11, 30), True, 30, 24, 1)
DISCOUNT = Reason("gst", "post_supply_discount", "Discount", "s. 15(3)(b)", True, True, False, False, True)
CLAIM = Claim("Dealer agreement of 1 April 2026, clause 7", True, True)


def test_the_deadline_is_the_end_of_november_after_the_year_of_supply() -> None:
    assert declaration_deadline("2526", RULES, None) == date(2026, 11, 30)


def test_an_annual_return_filed_earlier_ends_the_time_earlier() -> None:
    assert declaration_deadline("2526", RULES, date(2026, 10, 2)) == date(2026, 10, 2)
    assert declaration_deadline("2526", RULES, date(2026, 12, 20)) == date(2026, 11, 30)


def test_the_last_day_is_in_time_and_the_next_is_not() -> None:
    refuse_late(date(2026, 11, 30), date(2026, 11, 30), "2526")

    with pytest.raises(DeadlinePassed, match="commercial note"):
        refuse_late(date(2026, 11, 30), date(2026, 12, 1), "2526")


def test_a_discount_after_the_supply_needs_its_agreement_under_the_old_rule_alone() -> None:
    without = replace(CLAIM, agreement_reference="")

    with pytest.raises(AgreementMissing):
        refuse_ground(DISCOUNT, without, "post_supply_discount")

    newer = replace(DISCOUNT, needs_agreement=False)
    assert refuse_ground(newer, without, "post_supply_discount") is newer


@pytest.mark.parametrize("reason", [None, replace(DISCOUNT, is_allowed=False)])
def test_a_ground_that_is_unknown_or_ended_is_refused(reason: Reason | None) -> None:
    with pytest.raises(ReasonNotAllowed):
        refuse_ground(reason, CLAIM, "post_supply_discount")


def test_a_ground_about_invoices_needs_them() -> None:
    with pytest.raises(ReasonNotAllowed):
        refuse_ground(DISCOUNT, replace(CLAIM, has_invoices=False), "post_supply_discount")


def test_only_a_registered_recipient_has_a_credit_to_reverse() -> None:
    undeclared = replace(CLAIM, is_itc_reversal_declared=False)

    with pytest.raises(DeclarationMissing):
        refuse_undeclared(RULES, undeclared, is_registered=True)

    refuse_undeclared(RULES, undeclared, is_registered=False)
    refuse_undeclared(replace(RULES, needs_itc_declaration=False), undeclared, is_registered=True)


def test_a_note_is_reported_within_the_days_of_its_rule() -> None:
    assert reporting_due_on(date(2026, 10, 15), RULES) == date(2026, 11, 14)
    assert reporting_due_on(date(2024, 10, 15), replace(RULES, reporting_days=None)) is None


@pytest.mark.parametrize("prefix", ["CN", "FC", "C", "CN1"])
def test_numbers_are_short_enough_for_the_law_and_begin_as_the_portal_wants(prefix: str) -> None:
    number = note_number(prefix, "2627", 9_999_999)

    assert NUMBER_PATTERN.fullmatch(number)
    assert note_number("CN", "2627", 123) == "CN/2627/0000123"


def test_states_have_names() -> None:
    ours: GstRegistration = registration()

    assert (state_name(ours.state_code), state_name("99")) == ("Maharashtra", "99")
