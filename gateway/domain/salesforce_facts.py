"""Which facts Salesforce's records may become, and what each of their values must look like."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class FactKind(StrEnum):
    """What a record is to us."""

    ACCOUNT = "account"
    OPPORTUNITY = "opportunity"
    ORDER = "order"
    PAYMENT_ADVICE = "payment_advice"
    CASE = "case"


class Shape(StrEnum):
    """How a value is read out of a field."""

    TEXT = "text"
    CURRENCY = "currency"
    AMOUNT = "amount"
    DATE = "date"
    INSTANT = "instant"
    PERCENT = "percent"
    FLAG = "flag"
    QUANTITY = "quantity"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Target:
    """One value of a fact; `choices` are the only texts it may be, when there are any. `parts` are the values of each row
    of a list; `written_as` names the two that a text may hold, as in INV-1=5000.00; INV-2=300."""

    shape: Shape = Shape.TEXT
    is_required: bool = False
    length_max: int = 200
    choices: frozenset[str] = frozenset()
    parts: Mapping[str, "Target"] = field(default_factory=dict)
    written_as: tuple[str, str] | None = None


# Those of payments, which answers the questions.
QUERY_CATEGORIES: Final = frozenset(
    {
        "where_is_my_payment",
        "payment_difference",
        "credit_note",
        "account_statement",
        "tax_deducted",
        "refund",
        "document_objection",
        "other",
    }
)

_CODE: Final = Target(length_max=40)
_REQUIRED_CODE: Final = Target(is_required=True, length_max=40)
_REQUIRED: Final = Target(is_required=True)
_AMOUNT: Final = Target(Shape.AMOUNT)
_CURRENCY: Final = Target(Shape.CURRENCY, is_required=True)
_ITEMS: Final = Target(
    Shape.LIST,
    parts={"item": _REQUIRED_CODE, "amount_minor": Target(Shape.AMOUNT, is_required=True)},
    written_as=("item", "amount_minor"),
)
_ORDER_LINES: Final = Target(
    Shape.LIST,
    parts={
        "product_code": _REQUIRED_CODE,
        "description": Target(),
        "quantity": Target(Shape.QUANTITY, is_required=True),
        "unit_price_minor": _AMOUNT,
        "amount_minor": _AMOUNT,
        "requested_on": Target(Shape.DATE),
    },
)

TARGETS: Final[Mapping[FactKind, Mapping[str, Target]]] = {
    FactKind.ACCOUNT: {
        "partner_code": _CODE,
        "name": _REQUIRED,
        "zone": _REQUIRED,
        **dict.fromkeys(
            ("city", "gstin", "ifsc", "bank_account", "legal_name", "pin_code", "state_code"), Target()
        ),
        "address": Target(length_max=500),
        "status": Target(choices=frozenset({"active", "on_hold", "closed"})),
    },
    FactKind.OPPORTUNITY: {
        "name": _REQUIRED,
        "stage": _REQUIRED,
        "partner_code": _CODE,
        "zone": Target(),
        "account_record_id": Target(length_max=18),
        "owner": Target(),
        "currency": _CURRENCY,
        "amount_minor": _AMOUNT,
        "close_on": Target(Shape.DATE),
        "probability_percent": Target(Shape.PERCENT),
        "is_closed": Target(Shape.FLAG),
        "is_won": Target(Shape.FLAG),
        "research_requested": Target(Shape.FLAG),
        "research_due_on": Target(Shape.DATE),
        "research_questions": Target(length_max=4000),
    },
    FactKind.ORDER: {
        "order_number": _REQUIRED_CODE,
        "status": _REQUIRED,
        "partner_code": _CODE,
        "account_record_id": Target(length_max=18),
        "currency": _CURRENCY,
        "amount_minor": _AMOUNT,
        "ordered_on": Target(Shape.DATE),
        "requested_on": Target(Shape.DATE),
        "ends_on": Target(Shape.DATE),
        "zone": Target(),
        "purchase_order": _CODE,
        "lines": _ORDER_LINES,
    },
    FactKind.PAYMENT_ADVICE: {
        "partner_code": _REQUIRED_CODE,
        "reference": _CODE,
        "cheque_number": Target(length_max=10),
        "currency": _CURRENCY,
        "amount_minor": Target(Shape.AMOUNT, is_required=True),
        "paid_on": Target(Shape.DATE, is_required=True),
        "items": _ITEMS,
        "note": Target(length_max=500),
    },
    FactKind.CASE: {
        "partner_code": _REQUIRED_CODE,
        "case_number": _CODE,
        "category": Target(choices=QUERY_CATEGORIES),
        "subject": _REQUIRED,
        "body": Target(length_max=4000),
        "opened_at": Target(Shape.INSTANT, is_required=True),
        "is_closed": Target(Shape.FLAG),
    },
}
