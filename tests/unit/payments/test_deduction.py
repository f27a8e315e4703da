from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.deduction import (
    Circumstances,
    PayableInvoice,
    beyond_threshold,
    differences_explained,
    tax_on,
)
from services.payments.domain.deduction_terms import (
    DeductionTerms,
    DeductorStanding,
    DiscountTerm,
    FreightTerm,
    PartnerTerms,
    TanInvalid,
    TdsRule,
    TermsByPartner,
    checked_tan,
)
from services.payments.domain.matching_policy import MatchingPolicy, default_policy
from tests.unit.payments.matching_factories import SOME_DAY, an_invoice


def payable(total_minor: int, tax_minor: int, serial: int = 1) -> PayableInvoice:
    invoice = an_invoice(serial, total_minor, tax_minor=tax_minor)
    return PayableInvoice(invoice, invoice.open_minor, invoice.taxable_minor)


def codes(
    paid_minor: int, *payables: PayableInvoice, is_named: bool = False, on: date = SOME_DAY
) -> list[str]:
    given = Circumstances(default_policy(), on, is_named=is_named)
    explained = differences_explained(paid_minor, payables, given)
    return [e.code for e in explained]


def test_tax_is_rounded_half_up_to_the_paisa() -> None:
    assert tax_on(5_111_650, Decimal("0.001")) == 5112


def test_tax_is_taken_from_the_value_without_gst_per_invoice() -> None:
    first, second = payable(18_748_625, 2_859_960, 1), payable(22_232_554, 4_863_371, 2)
    short = tax_on(first.taxable_minor, Decimal("0.001")) + tax_on(second.taxable_minor, Decimal("0.001"))

    explained = list(
        differences_explained(
            18_748_625 + 22_232_554 - short, (first, second), Circumstances(default_policy(), SOME_DAY)
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
        e.code for e in differences_explained(3_537_000, payables, Circumstances(ended, date(2026, 3, 31)))
    ]
    after = [
        e.code for e in differences_explained(3_537_000, payables, Circumstances(ended, date(2026, 4, 1)))
    ]

    assert (before, after) == (["tds_on_taxable"], [])


def test_a_deduction_never_takes_all_that_is_open_of_an_invoice() -> None:
    small, large = payable(500, 0, 1), payable(3_540_000, 540_000, 2)

    assert codes(3_540_500 - 590, small, large) == []
    assert codes(1, payable(2, 0, 3), payable(1, 0, 4), is_named=True) == []


LAW = default_policy().tds_rules[0]
LAKH = 1_00_000_00


def under(**given: object) -> Circumstances:
    """By the delivered policy on some day; terms by name."""
    return Circumstances(default_policy(), SOME_DAY, PartnerTerms(**given))  # type: ignore[arg-type]


def bought(total_minor: int, taxable_minor: int, before_minor: int | None, serial: int = 1) -> PayableInvoice:
    invoice = an_invoice(serial, total_minor, tax_minor=total_minor - taxable_minor)
    return PayableInvoice(
        replace(invoice, purchases_before_minor=before_minor), invoice.open_minor, taxable_minor
    )


@pytest.mark.parametrize(
    ("before_minor", "beyond_minor"),
    [
        (None, LAKH),
        (0, 0),
        (49 * LAKH, 0),
        (4950_000_00, 50_000_00),
        (50 * LAKH, LAKH),
        (90 * LAKH, LAKH),
    ],
)
def test_tax_is_due_beyond_the_threshold_of_the_year(before_minor: int | None, beyond_minor: int) -> None:
    assert beyond_threshold(bought(118_000_00, LAKH, before_minor), LAW) == beyond_minor


def test_of_an_invoice_half_paid_half_of_what_lies_beyond_bears_tax() -> None:
    invoice = bought(118_000_00, LAKH, 4950_000_00)
    half = replace(invoice, open_minor=59_000_00, taxable_minor=50_000_00)

    assert beyond_threshold(half, LAW) == 25_000_00


@pytest.mark.parametrize(
    ("short", "code", "expected"),
    [
        (50_00, "tds_beyond_threshold", 50_00),
        (100_00, "tds_on_taxable", 100_00),
        (118_00, "tds_on_total", 118_00),
    ],
)
def test_the_base_that_the_payer_used_is_told_with_what_it_asks_for(
    short: int, code: str, expected: int
) -> None:
    explained = list(
        differences_explained(118_000_00 - short, [bought(118_000_00, LAKH, 4950_000_00)], under())
    )

    assert [(e.code, e.kind, e.expected_minor, sum(e.deducted)) for e in explained] == [
        (code, "TDS194Q", expected, short)
    ]


def test_who_has_not_reached_the_threshold_but_deducts_is_believed_with_less_certainty() -> None:
    (reached,) = differences_explained(117_900_00, [bought(118_000_00, LAKH, 60 * LAKH)], under())
    (below,) = differences_explained(117_900_00, [bought(118_000_00, LAKH, 0)], under())

    assert (reached.code, below.code) == ("tds_on_taxable", "tds_on_taxable")
    assert below.weight > reached.weight


def test_a_known_deductor_is_believed_more_and_a_known_other_less() -> None:
    invoice = bought(118_000_00, LAKH, 60 * LAKH)

    def weight(*standings: DeductorStanding) -> float:
        (explained,) = differences_explained(117_900_00, [invoice], under(deductors=standings))
        return explained.weight

    since = date(2026, 4, 1)
    deductor = DeductorStanding("P1", since, is_deductor=True, has_pan=True)
    other = DeductorStanding("P1", since, is_deductor=False, has_pan=True)
    later = DeductorStanding("P1", date(2027, 4, 1), is_deductor=False, has_pan=True)
    assert weight(deductor) < weight() < weight(other)
    assert weight(deductor, later) == weight(deductor)


def test_without_our_pan_the_higher_rate_is_expected() -> None:
    standing = DeductorStanding("P1", date(2026, 4, 1), is_deductor=True, has_pan=False)

    (explained,) = differences_explained(
        118_000_00 - 5_000_00, [bought(118_000_00, LAKH, 60 * LAKH)], under(deductors=(standing,))
    )

    assert (explained.code, explained.expected_minor) == ("tds_on_taxable", 5_000_00)


@pytest.mark.parametrize(("off", "is_explained"), [(99, True), (101, True), (1_300, False)])
def test_tax_near_what_the_law_asks_for_is_accepted(off: int, is_explained: bool) -> None:
    invoice, named = bought(118_000_00, LAKH, 60 * LAKH), replace(under(), is_named=True)

    explained = [
        e for e in differences_explained(117_900_00 - off, [invoice], named) if e.code == "tds_on_taxable"
    ]

    assert bool(explained) is is_explained
    assert [(sum(e.deducted), e.expected_minor) for e in explained] == [(100_00 + off, 100_00)] * is_explained


TWO_PERCENT = DiscountTerm("", Decimal(2), 10, date(2026, 4, 1), None)


@pytest.mark.parametrize(
    ("issued_on", "short", "is_explained"),
    [
        (date(2026, 10, 2), 2_360_00, True),
        (date(2026, 10, 2), 2_360_40, True),
        (date(2026, 10, 2), 2_000_00, True),
        (date(2026, 10, 1), 2_360_00, False),
        (date(2026, 10, 2), 2_400_00, False),
        (date(2026, 3, 31), 2_360_00, False),
    ],
)
def test_a_discount_is_earned_by_paying_in_time(issued_on: date, short: int, is_explained: bool) -> None:
    payable_ = bought(118_000_00, LAKH, None)
    invoice = replace(payable_, invoice=replace(payable_.invoice, issued_on=issued_on))

    explained = list(differences_explained(118_000_00 - short, [invoice], under(discounts=(TWO_PERCENT,))))

    assert [(e.kind, e.deducted) for e in explained] == [("DISCOUNT", (short,))] * is_explained


@pytest.mark.parametrize(
    ("term", "is_named", "is_explained"),
    [
        (FreightTerm("", 750_00, None, date(2026, 4, 1), None), False, True),
        (FreightTerm("", 751_00, None, date(2026, 4, 1), None), False, False),
        (FreightTerm("", None, 800_00, date(2026, 4, 1), None), True, True),
        (FreightTerm("", None, 800_00, date(2026, 4, 1), None), False, False),
        (FreightTerm("", None, 700_00, date(2026, 4, 1), None), True, False),
        (FreightTerm("", 750_00, None, date(2026, 11, 1), None), True, False),
    ],
)
def test_freight_is_kept_back_as_agreed(term: FreightTerm, is_named: bool, is_explained: bool) -> None:
    given = replace(under(freights=(term,)), is_named=is_named)

    explained = list(differences_explained(118_000_00 - 750_00, [bought(118_000_00, LAKH, None)], given))

    assert [e.kind for e in explained if e.kind == "FREIGHT"] == ["FREIGHT"] * is_explained


def test_a_rounding_of_a_rupee_at_most_is_explained_and_believed_when_whole_rupees_are_paid() -> None:
    def weight(total_minor: int, paid_minor: int) -> list[float]:
        explained = differences_explained(paid_minor, [bought(total_minor, total_minor, None)], under())
        return [e.weight for e in explained if e.kind == "ROUNDING"]

    (whole,), (uneven,) = weight(118_000_45, 118_000_00), weight(118_000_45, 118_000_05)
    assert whole < uneven
    assert weight(118_001_01, 118_000_00) == []


def test_terms_of_a_partner_come_before_terms_for_all() -> None:
    own = replace(TWO_PERCENT, partner_code="P1", percent=Decimal(3))
    book = TermsByPartner(DeductionTerms(discounts=(TWO_PERCENT, own)))

    assert [t.percent for t in book.of("P1").discounts] == [3]
    assert [t.percent for t in book.of("P2").discounts] == [2]


@pytest.mark.parametrize("tan", ["PNES1234A", "PNE112345A", "PNES12345", "PNES123451", "ＰＮＥＳ12345A"])
def test_a_tan_has_its_shape(tan: str) -> None:
    with pytest.raises(TanInvalid):
        checked_tan(tan)

    assert checked_tan(" pnes12345a ") == "PNES12345A"


@given(
    st.lists(
        st.tuples(st.integers(200, 10**9), st.integers(0, 28), st.integers(0, 2 * 10**9)),
        min_size=1,
        max_size=5,
    ),
    st.integers(0, 10**7),
)
def test_every_explanation_adds_up_to_the_paisa(parts: list[tuple[int, int, int]], short: int) -> None:
    invoices = [
        bought(total, total * 100 // (100 + rate), before, serial)
        for serial, (total, rate, before) in enumerate(parts, start=1)
    ]
    owed = sum(invoice.open_minor for invoice in invoices)
    amount = max(1, owed - short)
    freight = FreightTerm("", None, 1_000_00, date(2026, 4, 1), None)
    terms = PartnerTerms(discounts=(replace(TWO_PERCENT, within_days=365),), freights=(freight,))

    for explained in differences_explained(
        amount, invoices, Circumstances(default_policy(), SOME_DAY, terms, is_named=True)
    ):
        assert sum(explained.deducted) == owed - amount + explained.on_account_minor
        assert all(
            0 <= cut < invoice.open_minor for cut, invoice in zip(explained.deducted, invoices, strict=False)
        )
