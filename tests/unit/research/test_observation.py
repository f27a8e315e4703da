"""What holds of a competitor: freshness, grades, contradictions, and products beside ours."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from services.research.domain.comparison import preferred
from services.research.domain.competitor import Product, checked_products, met_by
from services.research.domain.errors import CompetitorInvalid, ObservationInvalid
from services.research.domain.grade import Grade, Reliability
from services.research.domain.observation import (
    Attribute,
    Better,
    Observation,
    Standing,
    Value,
    ValueKind,
    checked_value,
    disagree,
    standings,
)

TODAY = date(2026, 11, 26)
LEAD_TIME = Attribute(
    code="lead_time", title="Lead time", kind=ValueKind.NUMBER, unit="weeks", is_single=True, shelf_life_days=60,
    tolerance_percent=Decimal(10), better=Better.LOWER,
)  # fmt: skip
DEALER = Attribute(
    code="dealer", title="Dealer", kind=ValueKind.TEXT, unit="", is_single=False, shelf_life_days=365,
    tolerance_percent=Decimal(0), better=Better.NEITHER,
)  # fmt: skip
ATTRIBUTES = {one.code: one for one in (LEAD_TIME, DEALER)}


def seen(
    value: str, source: str, *, days_ago: int = 1, grade: str = "B2", attribute: str = "lead_time"
) -> Observation:
    return Observation(
        id=uuid7(),
        competitor="kaveri",
        product="k125",
        attribute=attribute,
        zone=None,
        value=Value(number=Decimal(value)) if attribute == "lead_time" else Value(text=value),
        note="",
        source=source,
        seen_on=TODAY - timedelta(days=days_ago),
        grade=Grade(reliability=Reliability(grade[0]), credibility=int(grade[1])),
    )


def product(code: str, range_from: str, range_to: str, **changes: str) -> Product:
    facts = {"name": code, "segment": "Gensets", "range_unit": "kVA", **changes}
    return Product(code=code, range_from=Decimal(range_from), range_to=Decimal(range_to), **facts)


def holding(*observations: Observation) -> Standing:
    (one,) = standings(observations, ATTRIBUTES, TODAY)
    return one


def test_the_better_grade_counts_and_of_two_the_later() -> None:
    worse, older, newer = seen("9", "fair", grade="D4"), seen("9", "mill", days_ago=5), seen("9", "dealer")

    assert holding(worse, newer, older).observation == newer


def test_a_later_word_of_the_same_source_takes_the_place_of_the_earlier() -> None:
    before, after = seen("9", "Deccan  Gensets", days_ago=30), seen("5", "deccan gensets")

    found = holding(after, before)

    assert (found.observation, found.contradicted_by) == (after, ())


def test_two_fresh_sources_that_disagree_contradict_each_other() -> None:
    believed, other = seen("9", "mill", grade="A1"), seen("5", "fair", grade="D4")

    assert holding(other, believed).contradicted_by == (other,)


def test_what_is_stale_contradicts_nothing() -> None:
    fresh, stale = seen("9", "mill", grade="D4"), seen("5", "fair", days_ago=61, grade="A1")

    found = holding(fresh, stale)

    assert (found.observation, found.is_stale, found.contradicted_by) == (fresh, False, ())


@pytest.mark.parametrize(("days_ago", "is_stale"), [(60, False), (61, True)])
def test_the_last_day_of_a_shelf_life_is_a_day_of_it(days_ago: int, is_stale: bool) -> None:
    assert holding(seen("9", "mill", days_ago=days_ago)).is_stale is is_stale


def test_what_adds_up_stands_beside_itself_and_never_disagrees() -> None:
    found = standings(
        [seen(name, "visit", attribute="dealer") for name in ("Deccan", "Konkan", "deccan ")],
        ATTRIBUTES,
        TODAY,
    )

    assert [(one.observation.value.text, one.contradicted_by) for one in found] == [
        ("deccan ", ()),
        ("Konkan", ()),
    ]


@pytest.mark.parametrize(
    ("other", "is_disagreement"), [("90", False), ("89.9", True), ("100", False), ("-100", True)]
)
def test_numbers_agree_within_the_tolerance_of_the_greater(other: str, is_disagreement: bool) -> None:
    assert disagree(LEAD_TIME, Value(number=Decimal(100)), Value(number=Decimal(other))) is is_disagreement


@given(st.decimals(-1000, 1000, places=2), st.decimals(-1000, 1000, places=2))
def test_disagreement_has_no_direction(one: Decimal, other: Decimal) -> None:
    left, right = Value(number=one), Value(number=other)

    assert disagree(LEAD_TIME, left, right) is disagree(LEAD_TIME, right, left)
    assert not disagree(LEAD_TIME, left, left)


def test_amounts_of_two_currencies_are_not_compared() -> None:
    assert not disagree(
        LEAD_TIME, Value(amount_minor=1, currency="INR"), Value(amount_minor=2, currency="USD")
    )


def test_not_known_ranks_before_known_to_be_bad() -> None:
    grades = [
        Grade(reliability=Reliability(one[0]), credibility=int(one[1]))
        for one in ("A1", "C3", "F6", "D4", "E5")
    ]

    assert [str(one) for one in sorted(grades, key=lambda one: one.rank)] == ["A1", "C3", "F6", "D4", "E5"]
    assert grades[0].words == "completely reliable, confirmed by other sources"


@pytest.mark.parametrize("value", [Value(text="nine"), Value(number=Decimal(9), text="nine"), Value()])
def test_a_value_is_of_its_attributes_kind(value: Value) -> None:
    with pytest.raises(ObservationInvalid):
        checked_value(LEAD_TIME, value)


def test_products_meet_where_segment_and_range_do_and_the_nearest_is_first() -> None:
    theirs = product("k125", "100", "125")
    wide, near = product("wide", "50", "500"), product("near", "125", "140")
    others = [
        product("small", "15", "99.9"),
        product("kw", "100", "125", range_unit="kW"),
        product("e", "100", "125", segment="Engines"),
    ]

    assert met_by(theirs, [wide, *others, near]) == [near, wide]


def test_a_profile_names_a_product_once_and_its_range_from_below() -> None:
    with pytest.raises(CompetitorInvalid) as refused:
        checked_products([product("k", "2", "1"), product("k", "1", "2")])

    assert [one.pointer for one in refused.value.problems] == ["/products/0/range_to", "/products/1/code"]


def test_what_is_disputed_or_old_is_preferred_to_nothing() -> None:
    nine, four = holding(seen("9", "mill")), holding(seen("4", "order board"))
    disputed = holding(seen("9", "mill"), seen("5", "fair", grade="D4"))

    assert preferred(LEAD_TIME, nine, four) == "ours"
    assert preferred(LEAD_TIME, four, nine) == "theirs"
    assert preferred(LEAD_TIME, nine, nine) == "even"
    assert [preferred(LEAD_TIME, one, four) for one in (disputed, None)] == [None, None]
