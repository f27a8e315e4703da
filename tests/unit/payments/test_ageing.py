"""Ages fall into exactly one bucket, the last one never ends, and credits stay apart."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from services.payments.domain.ageing import AgeingBasis, BoundsInvalid, OpenAmount, ageing_of, bounds_of

AS_OF = date(2026, 10, 31)


def an_item(
    open_minor: int = 100, *, due_days_ago: int = 0, kind: str = "invoice", credit_days: int = 30
) -> OpenAmount:
    due_on = AS_OF - timedelta(days=due_days_ago)
    issued_on = due_on - timedelta(days=credit_days)
    return OpenAmount(uuid7(), kind, "INV/1", issued_on, due_on, open_minor, open_minor)


@pytest.mark.parametrize(
    ("days_ago", "place"),
    [(-40, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (90, 3), (120, 4), (121, 5), (9_999, 5)],
)
def test_an_item_ages_from_its_due_day(days_ago: int, place: int) -> None:
    ageing = ageing_of([an_item(due_days_ago=days_ago)], AS_OF, AgeingBasis.DUE)

    assert [bucket.amount_minor for bucket in ageing.buckets].index(100) == place


@pytest.mark.parametrize(("days_ago", "place"), [(-30, 0), (0, 0), (1, 1), (31, 2), (91, 4)])
def test_by_document_the_youngest_bucket_begins_with_the_document(days_ago: int, place: int) -> None:
    ageing = ageing_of([an_item(due_days_ago=days_ago)], AS_OF, AgeingBasis.DOCUMENT)

    assert [bucket.amount_minor for bucket in ageing.buckets].index(100) == place


def test_credits_are_apart_and_taken_off_the_total() -> None:
    ageing = ageing_of([an_item(700), an_item(250, kind="advance")], AS_OF, AgeingBasis.DUE)

    assert (ageing.credits_minor, ageing.total_minor) == (250, 450)


@given(
    items=st.lists(
        st.tuples(
            st.integers(1, 10**12),
            st.integers(-400, 4_000),
            st.sampled_from(["invoice", "charge", "advance"]),
        )
    ),
    bounds=st.lists(st.integers(1, 3_650), min_size=1, max_size=12, unique=True).map(sorted),
    basis=st.sampled_from(AgeingBasis),
)
def test_whatever_the_bounds_nothing_is_lost(
    items: list[tuple[int, int, str]], bounds: list[int], basis: AgeingBasis
) -> None:
    amounts = [an_item(minor, due_days_ago=days, kind=kind) for minor, days, kind in items]

    ageing = ageing_of(amounts, AS_OF, basis, bounds)

    assert ageing.total_minor == sum(item.signed_minor for item in amounts)
    assert len(ageing.buckets) == len(bounds) + (2 if basis is AgeingBasis.DUE else 1)


@pytest.mark.parametrize(
    "text", ["", "a", "30,30", "60,30", "0,30", "-1", "1,2,3,4,5,6,7,8,9,10,11,12,13", "9999"]
)
def test_bounds_that_make_no_buckets_are_refused(text: str) -> None:
    with pytest.raises(BoundsInvalid):
        bounds_of(text)


def test_bounds_may_be_written_with_spaces() -> None:
    assert bounds_of("15, 45,75") == (15, 45, 75)
