from datetime import date
from decimal import Decimal

import pytest

from services.payments.domain.deduction import PayableInvoice, differences_explained, tax_on
from services.payments.domain.matching_policy import MatchingPolicy, TdsRule, default_policy
from tests.unit.payments.matching_factories import SOME_DAY, an_invoice


def payable(total_minor: int, tax_minor: int, serial: int = 1) -> PayableInvoice:
    invoice = an_invoice(serial, total_minor, tax_minor=tax_minor)
    return PayableInvoice(invoice, invoice.open_minor, invoice.taxable_minor)


def codes(
    paid_minor: int, *payables: PayableInvoice, is_named: bool = False, on: date = SOME_DAY
) -> list[str]:
    explained = differences_explained(paid_minor, payables, default_policy(), on, is_named=is_named)
    return [e.code for e in explained]


def test_tax_is_rounded_half_up_to_the_paisa() -> None:
    assert tax_on(5_111_650, Decimal("0.001")) == 5112


def test_tax_is_taken_from_the_value_without_gst_per_invoice() -> None:
    first, second = payable(18_748_625, 2_859_960, 1), payable(22_232_554, 4_863_371, 2)
    short = tax_on(first.taxable_minor, Decimal("0.001")) + tax_on(second.taxable_minor, Decimal("0.001"))

    explained = list(
        differences_explained(
            18_748_625 + 22_232_554 - short, (first, second), default_policy(), SOME_DAY, is_named=False
        )
    )

    assert [(e.code, sum(e.deducted)) for e in explained] == [("tds_on_taxable", short)]
    assert explained[0].deducted == (15889, 17369)


@pytest.mark.parametrize(
    ("short", "code"),
    [
        (0, ["exact"]),
        (3000, ["tds_on_taxable"]),
        (3540, ["tds_on_total"]),
        (590, ["bank_charge"]),
        (591, []),
        (-40, ["overpaid"]),
        (-500_000, ["overpaid"]),
        (-123_457, []),
        (-500_100, []),
    ],
)
def test_only_known_differences_are_explained(short: int, code: list[str]) -> None:
    assert codes(3_540_000 - short, payable(3_540_000, 540_000)) == code


def test_an_odd_difference_is_believed_when_the_invoice_is_named() -> None:
    assert codes(3_540_000 - 591, payable(3_540_000, 540_000), is_named=True) == ["bank_charge"]
    assert codes(3_540_000 + 123_457, payable(3_540_000, 540_000), is_named=True) == ["overpaid"]


def test_a_tax_rule_counts_on_its_days_only() -> None:
    policy = default_policy()
    rule = TdsRule("TDS194Q", Decimal("0.001"), date(2021, 7, 1), date(2026, 3, 31), "")
    ended = MatchingPolicy("t", (rule,), policy.bank_charges_minor, policy.bank_charge_cap_minor, 0)
    payables = (payable(3_540_000, 540_000),)

    before = [
        e.code for e in differences_explained(3_537_000, payables, ended, date(2026, 3, 31), is_named=False)
    ]
    after = [
        e.code for e in differences_explained(3_537_000, payables, ended, date(2026, 4, 1), is_named=False)
    ]

    assert (before, after) == (["tds_on_taxable"], [])


def test_a_deduction_never_takes_all_that_is_open_of_an_invoice() -> None:
    small, large = payable(500, 0, 1), payable(3_540_000, 540_000, 2)

    assert codes(3_540_500 - 590, small, large) == []
    assert codes(1, payable(2, 0, 3), payable(1, 0, 4), is_named=True) == []
