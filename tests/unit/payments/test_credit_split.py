"""Tax that goes with parts of a line: exact in sum, never more than the line, divided as the line divides it."""

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.credit_split import (
    Credited,
    credit_of_goods,
    credit_of_tax,
    credit_of_value,
    split_over_lines,
)
from services.payments.domain.invoice_tax import InvoiceLine
from tests.factories.gst import line

AMOUNT = st.integers(1, 10**12)


@st.composite
def lines(draw: st.DrawFn) -> InvoiceLine:
    taxable = draw(AMOUNT)
    if draw(st.booleans()):
        half = draw(st.integers(0, taxable // 2))
        return line(1, taxable, cgst_minor=half + draw(st.integers(0, 1)), sgst_minor=half)
    return line(1, taxable, is_igst=True, igst_minor=draw(st.integers(0, taxable)))


@st.composite
def lines_in_parts(draw: st.DrawFn) -> tuple[InvoiceLine, list[int]]:
    """A line and amounts that sum to its value."""
    whole = draw(lines())
    cuts = sorted(draw(st.lists(st.integers(1, max(1, whole.taxable_minor - 1)), max_size=8)))
    edges = [0, *(cut for cut in cuts if cut < whole.taxable_minor), whole.taxable_minor]
    return whole, [b - a for a, b in pairwise(edges) if b > a]


@given(lines_in_parts())
def test_parts_that_sum_to_the_line_credit_its_tax_to_the_paisa(
    given_parts: tuple[InvoiceLine, list[int]],
) -> None:
    whole, parts = given_parts
    credited = Credited()

    for part in parts:
        credited = credited.plus(credit_of_value(whole, credited, part))
        assert not credited.exceeds(whole)

    assert (credited.taxable_minor, credited.cgst_minor, credited.sgst_minor, credited.igst_minor) == (
        whole.taxable_minor, whole.cgst_minor, whole.sgst_minor, whole.igst_minor,
    )  # fmt: skip


@given(lines_in_parts())
def test_each_part_is_within_a_paisa_of_its_exact_share(given_parts: tuple[InvoiceLine, list[int]]) -> None:
    whole, parts = given_parts
    credited = Credited()

    for part in parts:
        one = credit_of_value(whole, credited, part)
        for mine, theirs in ((one.cgst_minor, whole.cgst_minor), (one.igst_minor, whole.igst_minor)):
            assert abs(mine * whole.taxable_minor - theirs * part) <= whole.taxable_minor
        credited = credited.plus(one)


@given(st.integers(1, 10**9), st.integers(1, 40), st.data())
def test_goods_that_come_back_one_after_the_other_credit_the_whole_line(
    taxable: int, pieces: int, data: st.DataObject
) -> None:
    whole = line(1, taxable, quantity=Decimal(pieces))
    credited, left = Credited(), pieces

    while left:
        back = data.draw(st.integers(1, left))
        credited = credited.plus(credit_of_goods(whole, credited, Decimal(back)))
        left -= back
        assert not credited.exceeds(whole)

    assert credited.total_minor == whole.taxable_minor + whole.tax_minor


@given(st.lists(AMOUNT, min_size=1, max_size=20), st.data())
def test_a_value_for_the_whole_invoice_is_split_exactly_and_within_each_line(
    values: list[int], data: st.DataObject
) -> None:
    billed = [line(number, value) for number, value in enumerate(values, start=1)]
    wanted = data.draw(st.integers(1, sum(values)))

    parts = split_over_lines(billed, {}, wanted)

    assert sum(parts.values()) == wanted
    assert all(parts.get(one.line_number, 0) <= one.taxable_minor for one in billed)


def test_what_an_earlier_note_left_decides_how_a_value_is_split() -> None:
    billed = [line(1, 100_000), line(2, 100_000)]

    parts = split_over_lines(billed, {1: Credited(100_000)}, 50_000)

    assert parts == {2: 50_000}


@given(lines(), st.integers(1, 10**6))
def test_tax_alone_is_divided_as_the_line_divides_it(whole: InvoiceLine, tax: int) -> None:
    credited = credit_of_tax(whole, tax)

    assert credited.total_minor == tax
    assert credited.taxable_minor == 0
    if whole.tax_minor and not whole.igst_minor:
        assert abs(credited.cgst_minor - credited.sgst_minor) * whole.tax_minor <= tax + whole.tax_minor


def test_equal_halves_stay_equal() -> None:
    credited = credit_of_value(line(1, 99_999, cgst_minor=9_000, sgst_minor=9_000), Credited(), 33_333)

    assert credited.cgst_minor == credited.sgst_minor == 3_000


def test_three_notes_over_a_paisa_each_credit_one_paisa_of_tax_in_all() -> None:
    whole = line(1, 3, cgst_minor=0, sgst_minor=0, igst_minor=1)
    credited, told = Credited(), []

    for _ in range(3):
        one = credit_of_value(whole, credited, 1)
        told.append(one.igst_minor)
        credited = credited.plus(one)

    assert told == [0, 1, 0]
