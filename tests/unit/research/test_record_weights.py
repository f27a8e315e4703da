"""Odds are learnt from the records, and say in words what they are made of."""

import pytest

from services.research.domain.company_name import compared_words
from services.research.domain.record_weights import (
    COMPARISONS,
    UNKNOWN,
    Band,
    band,
    learnt_weights,
    probability,
    reasons,
)

SAME = (4, 3, 3, 2, 2, UNKNOWN)
OTHER = (0, 0, 0, 0, 0, UNKNOWN)
BLIND = [{0: 9_990, len(one.levels) - 1: 10} for one in COMPARISONS]


def test_agreement_on_everything_is_the_same_company_and_on_nothing_is_not() -> None:
    weights = learnt_weights({SAME: 100, OTHER: 5_000}, BLIND, 1_000_000)

    assert probability(weights.bits_before + sum(weights.bits(SAME))) > 0.9999
    assert probability(weights.bits_before + sum(weights.bits(OTHER))) < 1e-6
    assert weights.share == pytest.approx(1e-4, rel=0.05)


def test_what_is_not_known_says_nothing() -> None:
    weights = learnt_weights({SAME: 100}, BLIND, 1_000_000)

    assert sum(weights.bits((UNKNOWN,) * len(COMPARISONS))) == 0


def test_a_comparison_on_which_records_of_one_company_often_differ_weighs_less() -> None:
    moved = (4, 0, 3, 2, 2, UNKNOWN)
    settled = learnt_weights({SAME: 1_000, OTHER: 5_000}, BLIND, 1_000_000)
    moving = learnt_weights({SAME: 500, moved: 500, OTHER: 5_000}, BLIND, 1_000_000)

    assert settled.bits(moved)[1] < moving.bits(moved)[1] < 0


def test_nothing_at_all_teaches_nothing() -> None:
    weights = learnt_weights({}, [{} for _ in COMPARISONS], 0)

    assert weights.m[0] == pytest.approx([level.m for level in COMPARISONS[0].levels])


def test_the_worked_figure_of_the_module_holds() -> None:
    assert probability(-9.966 + 9.814) == pytest.approx(0.47, abs=0.01)


@pytest.mark.parametrize(
    ("chance", "pattern", "wanted"),
    [
        (0.99, SAME, Band.SAME),
        (0.6, SAME, Band.REVIEW),
        (0.1, SAME, Band.DIFFERENT),
        (0.999, (0, 3, 3, 2, 2, UNKNOWN), Band.REVIEW),
        (0.999, (0, 3, 3, 2, 2, 2), Band.SAME),
    ],
)
def test_names_that_differ_are_for_people_unless_an_identifier_agrees(
    chance: float, pattern: tuple[int, ...], wanted: Band
) -> None:
    assert band(chance, pattern) is wanted


def test_reasons_are_words_the_weightiest_first() -> None:
    weights = learnt_weights({SAME: 100, OTHER: 5_000}, BLIND, 1_000_000)

    told = reasons(weights, (4, UNKNOWN, 3, UNKNOWN, UNKNOWN, UNKNOWN))

    assert {says for _, says, _ in told} == {"same name", "same place"}
    assert abs(told[0][2]) >= abs(told[1][2])


@pytest.mark.parametrize(
    ("name", "bare", "full"),
    [
        ("M/s Om Sai Engg. Pvt. Ltd.", "om sai engineering", "om sai engineering pvt ltd"),
        ("SMITH BROS TRANSP LLC", "smith brothers transport", "smith brothers transport llc"),
        ("The Company, Inc.", "the", "the company inc"),
        ("Pvt. Ltd.", "pvt ltd", "pvt ltd"),
    ],
)
def test_names_are_compared_without_legal_forms_and_written_out(name: str, bare: str, full: str) -> None:
    assert compared_words(name) == (bare, full)
