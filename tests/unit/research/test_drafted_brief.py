"""Drafts repeat what is held: every sentence with what it rests on, and what is not there in words."""

from datetime import date
from typing import Any

from uuid_utils.compat import uuid7

from services.research.domain.drafted_brief import (
    DatasetFacts,
    Held,
    Name,
    NamedRow,
    Surroundings,
    cited_words,
    drafted,
    readable,
)

MILL = Name(
    id=uuid7(), source="dataset:sites", source_key="k1", name="Shree Sugars", region="MH",
    how="written as the subject is, in sites",
)  # fmt: skip


def a_row(row: int, *, name: str = "Shree Sugars", key: str = "k1", **record: object) -> NamedRow:
    return NamedRow(row=row, role="owner", name=name, source_key=key, rows_of_name=12, record=record)


def held(**changes: Any) -> Held:
    nothing: dict[str, Any] = {
        "subject": "Shree Sugars", "zone": "west", "today": date(2026, 11, 26), "names": [], "alike": 0, "likenesses": [],
        "datasets": [], "partners_there": [], "competitors": {}, "standings": [],
    }  # fmt: skip
    return Held(**{**nothing, **changes})


def test_rows_are_told_by_their_telling_columns_and_cited_by_version_and_place() -> None:
    facts = DatasetFacts(
        dataset="sites",
        title="Sites of the west",
        version=3,
        profile="projects",
        names=[MILL],
        rows=[a_row(7, title="New boiler house", stages=["planning", "bidding"], value_low="12.5", fax="1")],
        around=[
            Surroundings(
                region="MH", others=4, strangers=1, named=[a_row(9, name="Om Mills", key="k2", title="Shed")]
            )
        ],
    )

    draft = drafted(held(names=[MILL], datasets=[facts]))

    assert [one["text"] for one in draft["statements"]] == [
        "Shree Sugars: written as the subject is, in sites.",
        "Sites of the west has 12 rows of Shree Sugars; the newest 1 follow.",
        "Sites of the west: Shree Sugars as owner: title New boiler house, stages planning / bidding, value low 12.5.",
        "Sites of the west names 4 other companies in MH; 1 of them are neither partner nor account of ours.",
        "Sites of the west: Om Mills as owner: title Shed.",
    ]
    assert [cited_words(one["citations"]) for one in draft["statements"]] == [
        "sites version 3", "sites version 3", "sites version 3, row 7", "sites version 3", "sites version 3, row 9",
    ]  # fmt: skip
    assert readable(draft["statements"], {"others"}) == []


def test_of_companies_written_alike_none_is_chosen() -> None:
    draft = drafted(held(alike=2, zone=None))

    assert draft["statements"] == []
    assert draft["not_found"] == [
        "2 companies are written like the subject; a person has to say which is meant",
        "No dataset has a row of the company",
        "The assignment names no zone, so that no partner is near it",
        "No dataset says in which region the company is, so that nobody is found around it",
        "No observations of competitors contradict each other there",
    ]
