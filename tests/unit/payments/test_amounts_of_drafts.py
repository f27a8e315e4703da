"""An amount that a rule of the database forbids is refused while it is still the caller's mistake."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from services.payments.api.schemas_deductions import TaxCertificateDraft
from services.payments.api.schemas_instruments import ChargeRuleDraft, InstrumentDraft
from services.payments.api.schemas_reconciliation_rules import ToleranceDraft

TOLERANCE = {"name": "Rounding of the bank", "reason": "Less than a rupee", "valid_from": "2026-04-01"}
CHEQUE = {
    "partner_code": "CP0001",
    "cheque_number": "918178",
    "drawee_bank": "HDFC",
    "cheque_on": "2026-04-01",
}
CERTIFICATE = {"partner_code": "CP0001", "financial_year": "2026-27", "quarter": 3, "evidence": "form_16a"}
CHARGE = {"valid_from": "2026-04-01", "gst_rate": "0.18", "source": "Schedule of charges"}


@pytest.mark.parametrize(
    ("draft", "given", "amount"),
    [
        (ToleranceDraft, TOLERANCE | {"valid_to": "2026-04-30"}, "0.00"),
        (ToleranceDraft, TOLERANCE | {"valid_to": "2026-04-30"}, "-1.00"),
        (InstrumentDraft, CHEQUE | {"received_on": "2026-04-01"}, "0.00"),
        (InstrumentDraft, CHEQUE | {"received_on": "2026-04-01"}, "-1.00"),
        (TaxCertificateDraft, CERTIFICATE | {"certificate_number": "ABCDEFG"}, "0.00"),
        (ChargeRuleDraft, CHARGE, "-1.00"),
    ],
)
def test_an_amount_that_cannot_be_is_refused_by_its_field(
    draft: type[BaseModel], given: dict[str, Any], amount: str
) -> None:
    draft.model_validate({**given, "amount": {"amount": "1.00", "currency": "INR"}})

    with pytest.raises(ValidationError, match=r"amount\n"):
        draft.model_validate({**given, "amount": {"amount": amount, "currency": "INR"}})


def test_a_certificate_may_be_taken_back_and_a_charge_may_be_nothing() -> None:
    taken_back = CERTIFICATE | {
        "certificate_number": "ABCDEFG",
        "amount": {"amount": "-1.00", "currency": "INR"},
    }

    TaxCertificateDraft.model_validate(taken_back)
    ChargeRuleDraft.model_validate({**CHARGE, "amount": {"amount": "0.00", "currency": "INR"}})
