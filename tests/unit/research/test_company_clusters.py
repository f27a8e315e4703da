"""Pairs become companies, and nothing that a person or an identifier says is overruled."""

from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.research.domain.company_clusters import (
    COMPANY_RECORDS_MAX,
    HeldBy,
    Member,
    Pair,
    grouped,
    named_companies,
    pair_of,
)

FREE = Member({}, None)
IDS = [UUID(int=number) for number in range(1, 9)]
A, B, C, D = IDS[:4]
pairs = st.lists(
    st.tuples(st.sampled_from(IDS), st.sampled_from(IDS))
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda p: pair_of(*p)),
    max_size=12,
)


def an_identified(kind: str, value: str) -> Member:
    return Member({kind: frozenset({value})}, None)


def test_pairs_chain_into_one_company() -> None:
    found = grouped(dict.fromkeys((A, B, C, D), FREE), decided=[], apart=[], matched=[(A, B), (B, C)])

    assert set(found.groups) == {frozenset({A, B, C}), frozenset({D})}


def test_a_chain_never_joins_two_that_were_decided_to_be_different() -> None:
    found = grouped(dict.fromkeys((A, B, C), FREE), decided=[], apart=[(A, C)], matched=[(A, B), (B, C)])

    assert set(found.groups) == {frozenset({A, B}), frozenset({C})}
    assert found.held == {(B, C): HeldBy.DECISION}


def test_identifiers_of_one_kind_that_differ_hold_apart_unless_a_person_says_otherwise() -> None:
    members = {
        A: an_identified("gstin", "1"),
        B: FREE,
        C: an_identified("gstin", "2"),
        D: an_identified("dot", "9"),
    }

    found = grouped(members, decided=[], apart=[], matched=[(A, B), (B, C), (A, D)])
    decided = grouped(members, decided=[(A, C)], apart=[], matched=[])

    assert set(found.groups) == {frozenset({A, B, D}), frozenset({C})}
    assert found.held == {(B, C): HeldBy.IDENTIFIERS}
    assert frozenset({A, C}) in decided.groups


def test_two_rows_of_a_source_that_names_each_company_once_are_never_one() -> None:
    members = {A: Member({}, "dataset:census"), B: FREE, C: Member({}, "dataset:census")}

    found = grouped(members, decided=[], apart=[], matched=[(A, B), (B, C)])

    assert found.held == {(B, C): HeldBy.ONE_SOURCE}


def test_a_company_does_not_grow_without_bounds() -> None:
    ids = [UUID(int=number) for number in range(1, COMPANY_RECORDS_MAX + 3)]

    found = grouped(dict.fromkeys(ids, FREE), decided=[], apart=[], matched=list(pairwise(ids)))

    assert max(len(group) for group in found.groups) == COMPANY_RECORDS_MAX
    assert set(found.held.values()) == {HeldBy.SIZE}


def test_the_company_keeps_its_id_with_most_of_its_records() -> None:
    one, two = UUID(int=100), UUID(int=200)

    named = named_companies([frozenset({A, B, C}), frozenset({D})], {A: one, B: one, C: two, D: one})

    assert named == [(frozenset({A, B, C}), one), (frozenset({D}), None)]


@given(decided=pairs, apart=pairs, matched=pairs)
def test_everybody_is_in_one_group_and_no_group_holds_two_kept_apart(
    decided: list[Pair], apart: list[Pair], matched: list[Pair]
) -> None:
    found = grouped(dict.fromkeys(IDS, FREE), decided=decided, apart=set(apart), matched=matched)

    assert sorted(key for group in found.groups for key in group) == sorted(IDS)
    assert not any(one in group and other in group for group in found.groups for one, other in apart)
    together = {key: group for group in found.groups for key in group}
    assert all(
        together[one] is together[other] or (one, other) in found.held for one, other in (*decided, *matched)
    )
