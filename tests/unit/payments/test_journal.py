from dataclasses import FrozenInstanceError, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from services.payments.domain.journal import EntryUnbalanced, reversal_of
from shared.errors import Fault
from tests.factories.payments import journal_entry

amounts = st.lists(st.integers(-(10**14), 10**14).filter(bool), min_size=1, max_size=8)


@given(amounts.filter(lambda some: sum(some) != 0))
def test_an_entry_whose_debits_are_not_its_credits_cannot_exist(some: list[int]) -> None:
    with pytest.raises(EntryUnbalanced):
        journal_entry(*some)


@given(amounts.filter(lambda some: sum(some) != 0))
def test_an_entry_exists_once_its_difference_is_posted_too(some: list[int]) -> None:
    entry = journal_entry(*some, -sum(some))

    assert sum(line.amount_minor for line in entry.lines) == 0


@pytest.mark.parametrize("some", [(), (0,)])
def test_an_entry_of_less_than_two_lines_cannot_exist(some: tuple[int, ...]) -> None:
    with pytest.raises(EntryUnbalanced):
        journal_entry(*some)


def test_an_unbalanced_entry_is_a_fault_of_ours_never_the_callers() -> None:
    assert issubclass(EntryUnbalanced, Fault)


def test_an_entry_never_changes() -> None:
    entry = journal_entry(1, -1)

    with pytest.raises(FrozenInstanceError):
        entry.lines = ()  # type: ignore[misc]


@given(amounts.filter(lambda some: sum(some) != 0))
def test_an_entry_and_its_reversal_leave_nothing_on_any_account(some: list[int]) -> None:
    entry = journal_entry(*some, -sum(some))

    mirror = reversal_of(entry, id=uuid7(), effective_on=date(2026, 11, 2), description="Taken back")

    for line, mirrored in zip(entry.lines, mirror.lines, strict=True):
        assert mirrored == replace(line, amount_minor=-line.amount_minor)


def test_a_reversal_names_what_it_takes_back_and_counts_on_its_own_day() -> None:
    entry = journal_entry(5, -5, kind="receipt", effective_on=date(2026, 10, 14))

    mirror = reversal_of(entry, id=uuid7(), effective_on=date(2026, 11, 2), description="Taken back")

    assert (mirror.kind, mirror.reverses_entry_id) == ("receipt_reversal", entry.id)
    assert (mirror.source_id, mirror.currency) == (entry.source_id, entry.currency)
    assert (mirror.effective_on, entry.effective_on) == (date(2026, 11, 2), date(2026, 10, 14))
