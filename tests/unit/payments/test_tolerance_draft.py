import pytest
from pydantic import ValidationError

from services.payments.api.schemas_reconciliation_rules import ToleranceDraft

DRAFT = {"name": "Rounding of the bank", "reason": "Less than a rupee", "valid_from": "2026-04-01"}


@pytest.mark.parametrize("amount", ["0.00", "-1.00"])
def test_a_tolerance_of_nothing_is_refused_before_the_database_has_to(amount: str) -> None:
    money = {"amount": amount, "currency": "INR"}

    with pytest.raises(ValidationError, match="positive"):
        ToleranceDraft.model_validate({**DRAFT, "amount": money, "valid_to": "2026-04-30"})
