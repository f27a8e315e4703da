"""Records are merged field by field: whatever order tellings arrive in, the same record stands at the end."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.salesforce_record import (
    Completeness,
    KeptRecord,
    RecordChange,
    RecordUnreadable,
    Stamp,
    change_of_row,
    instant_of,
    merged,
    whole_change,
)
from tests.factories.salesforce import NINE, ORGANIZATION, account_fields, record_id, told

KEY = told("Account", account_fields()).key
EMPTY = KeptRecord(key=KEY)


def partial(minute: int, commit: int = 1, **fields: str | None) -> RecordChange:
    stamp = Stamp(NINE + timedelta(minutes=minute), commit, 1)
    return RecordChange(key=KEY, stamp=stamp, fields=fields, completeness=Completeness.PARTIAL)


def after(*changes: RecordChange) -> KeptRecord:
    record = EMPTY
    for change in changes:
        record = merged(record, change)
    return record


def test_an_older_telling_changes_nothing_and_fills_in_only_what_is_missing() -> None:
    new = told("Account", account_fields(minute=5, Name="New name"))
    old = told("Account", account_fields(minute=1, Name="Old name", Fax="020-1"))

    record = after(new, old)

    assert record.fields["Name"] == "New name"
    assert record.fields["Fax"] == "020-1"


def test_partial_changes_of_different_fields_end_alike_in_both_orders() -> None:
    name, city = partial(1, Name="A"), partial(2, BillingCity="Pune")

    assert after(name, city).fields == after(city, name).fields == {"Name": "A", "BillingCity": "Pune"}


def test_a_cleared_field_stays_cleared_when_its_older_value_arrives_late() -> None:
    assert after(partial(2, Fax=None), partial(1, Fax="020-1")).fields["Fax"] is None


def test_within_one_instant_the_commit_decides_even_beyond_what_a_float_can_tell() -> None:
    commit = 1719876940980994049
    earlier, later = partial(1, commit, Name="A"), partial(1, commit + 1, Name="B")

    assert after(later, earlier).fields["Name"] == after(earlier, later).fields["Name"] == "B"


def test_a_field_the_newer_whole_telling_left_out_keeps_the_time_of_its_own_value() -> None:
    old = told("Account", account_fields(minute=1, Fax="1"))
    new = told("Account", account_fields(minute=9))
    between = partial(5, Fax="5")

    assert after(old, new, between).fields["Fax"] == "5"


def test_told_twice_is_the_same_record() -> None:
    change = told("Account", account_fields())
    once = after(change)

    assert merged(once, change) == once
    assert once.version == 1


def test_a_gap_stays_until_a_later_whole_telling() -> None:
    gap = replace(partial(5), completeness=Completeness.GAP)

    assert after(told("Account", account_fields(minute=1)), gap).gap_stamp is not None
    assert after(gap, told("Account", account_fields(minute=4))).gap_stamp is not None
    assert after(gap, told("Account", account_fields(minute=6))).gap_stamp is None
    assert after(told("Account", account_fields(minute=6)), gap).gap_stamp is None


FIELDS = st.dictionaries(st.sampled_from("ABCD"), st.one_of(st.none(), st.text(max_size=2)), max_size=3)


@st.composite
def tellings(draw: st.DrawFn) -> list[RecordChange]:
    """Changes of one record at different times, whole and partial."""
    minutes = draw(st.lists(st.integers(0, 50), unique=True, min_size=1, max_size=6))
    return [
        RecordChange(
            key=KEY,
            stamp=Stamp(NINE + timedelta(minutes=minute), draw(st.integers(0, 2**63 - 1)), 1),
            fields=draw(FIELDS),
            completeness=draw(st.sampled_from(list(Completeness))),
        )
        for minute in minutes
    ]


@settings(max_examples=60)
@given(tellings(), st.integers(0, 2**32))
def test_every_order_and_any_repetition_ends_in_the_same_record(changes, seed: int) -> None:
    random = Random(seed)
    in_time = after(*sorted(changes, key=lambda change: change.stamp))
    shuffled = [*changes, *random.sample(changes, k=random.randint(0, len(changes)))]
    random.shuffle(shuffled)

    record = after(*shuffled)

    assert dict(record.fields) == dict(in_time.fields)
    assert record.whole_stamp == in_time.whole_stamp
    assert record.gap_stamp == in_time.gap_stamp


@pytest.mark.parametrize(
    "fields",
    [
        account_fields(SystemModstamp=None),
        account_fields(SystemModstamp="yesterday"),
        account_fields(SystemModstamp="2026-11-25T09:00:00"),
        account_fields(SystemModstamp=10**30),
        account_fields(Id=None),
    ],
)
def test_without_id_or_time_a_record_cannot_be_read(fields) -> None:
    with pytest.raises(RecordUnreadable):
        whole_change(ORGANIZATION, "Account", fields)


def test_a_row_of_a_query_says_which_object_it_is_of() -> None:
    change = change_of_row(ORGANIZATION, {"attributes": {"type": "Account"}, **account_fields(7)})

    assert change.key.object_name == "Account"
    assert change.key.record_id == record_id("Account", 7)
    assert "attributes" not in change.fields


@pytest.mark.parametrize(
    "text", ["2026-11-25T03:30:00.000Z", "2026-11-25T03:30:00.000+0000", "2026-11-25T09:00:00+05:30"]
)
def test_times_are_read_in_every_way_salesforce_writes_them(text: str) -> None:
    assert instant_of(text, "") == NINE
    assert instant_of(int(NINE.timestamp() * 1000), "") == NINE
