"""Market analyses: what each figure is, on markets small enough to reckon by hand, in the sandbox of queries."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from services.research.adapters.market_analyses import analysis_named, analysis_sql, market_analyses
from services.research.adapters.query_parameters import with_values
from services.research.adapters.query_reading import datasets_named
from services.research.adapters.querying.sandbox import answer, check_tree, sandbox
from services.research.domain.errors import MarketAnalysisInvalid, MarketAnalysisUnknown
from services.research.domain.market import MarketQuestion, checked_columns
from services.research.domain.query_parameter import literals, resolved_arguments

TODAY = date(2026, 11, 26)
REGISTERED = """
    SELECT CAST(month AS DATE) AS month, state, segment, make, hp, CAST(units AS BIGINT) AS units FROM (VALUES
        ('2025-09-01', 'MH', 'HCV', 'Kaveri', '90', 40), ('2025-10-01', 'MH', 'HCV', 'Ours', '120', 20),
        ('2025-11-01', 'MH', 'HCV', 'Ours', '120', 500),
        ('2026-09-01', 'MH', 'HCV', 'kaveri ', '90', 60), ('2026-10-01', 'MH', 'HCV', 'Ours', '120', 30),
        ('2026-10-01', 'GJ', 'LCV', 'Deccan', 'many', 10), ('2026-10-01', 'GJ', 'LCV', 'Kaveri', '149', 5)
    ) AS told (month, state, segment, make, hp, units)
"""
FLEETS = """
    SELECT state, engine_make, CAST(power_units AS BIGINT) AS power_units FROM (VALUES
        ('MH', 'Ours', 30), ('mh', 'Kaveri', 10), ('GJ', NULL, 7), ('KL', 'Kaveri', 1)
    ) AS told (state, engine_make, power_units)
"""
PROJECTS = """
    SELECT state, stages, CAST(low AS DECIMAL(18, 2)) AS value_low, CAST(high AS DECIMAL(18, 2)) AS value_high,
        DATE '2027-01-01' AS start_on
    FROM (VALUES ('MH', ['Bidding', 'Design'], 100, 200), ('GJ', ['Start'], 50, NULL), ('GJ', ['Start'], NULL, NULL))
        AS told (state, stages, low, high)
"""
ZONES = "SELECT 'MH' AS region, 'west' AS zone UNION ALL SELECT 'GJ', 'west' UNION ALL SELECT 'gj', 'west'"
TABLES = {"registrations": REGISTERED, "carriers": FLEETS, "projects": PROJECTS, "zones": ZONES}


@pytest.fixture
def files(tmp_path: Path) -> Mapping[str, str]:
    with duckdb.connect() as engine:
        for name, rows in TABLES.items():
            engine.execute(f"COPY ({rows}) TO '{tmp_path}/{name}.parquet'")
    return {name: str(tmp_path / f"{name}.parquet") for name in TABLES}


class Asked:
    """An analysis of the small market."""

    def __init__(self, files: Mapping[str, str], folder: Path) -> None:
        self.files, self.folder, self.result = files, folder, ""

    def __call__(
        self, name: str, *, by: str = "", band: int | None = None, zones: bool = False, **arguments: str
    ) -> list[tuple[Any, ...]]:
        analysis = analysis_named(name)
        question = MarketQuestion(
            dataset=analysis.reads, by=by or None, band=band, zones_dataset="zones" if zones else None,
            arguments=arguments,
        )  # fmt: skip
        sql = analysis_sql(analysis, question, by or analysis.by, [("west", 3), ("north", 2)])
        resolved = resolved_arguments(analysis.parameters, arguments, TODAY)
        query = with_values(sql, literals(analysis.parameters, resolved))
        folder = self.folder / str(len(list(self.folder.iterdir())))
        folder.mkdir()
        self.result = f"read_parquet('{folder}/result.parquet')"
        tables = {one.table: self.files[one.name] for one in datasets_named(query)}
        engine = sandbox(folder, tables)
        check_tree(engine, query, tables)
        answer(engine, query, folder, 1_000)
        return engine.execute(f"SELECT * FROM {self.result}").fetchall()


@pytest.fixture
def asked(files: Mapping[str, str], tmp_path: Path) -> Asked:
    folder = tmp_path / "asked"
    folder.mkdir()
    return Asked(files, folder)


def texts(rows: Sequence[Sequence[Any]]) -> list[tuple[str, ...]]:
    return [tuple("–" if cell is None else str(cell) for cell in row) for row in rows]


def test_shares_are_of_each_part_and_makers_are_one_however_they_are_written(asked: Asked) -> None:
    assert texts(asked("market_share", by="state")) == [
        ("GJ", "DECCAN", "10", "66.67"), ("GJ", "KAVERI", "5", "33.33"),
        ("MH", "KAVERI", "60", "66.67"), ("MH", "OURS", "30", "33.33"),
    ]  # fmt: skip


def test_figures_are_parted_in_bands_and_what_is_no_figure_stands_apart(asked: Asked) -> None:
    rows = asked("market_share", by="hp", band=50)

    assert {(row[0], row[1], int(row[2])) for row in rows} == {
        (50, "KAVERI", 60), (100, "OURS", 30), (100, "KAVERI", 5), (None, "DECCAN", 10)
    }  # fmt: skip


def test_every_month_adds_up_whoever_is_shown_by_name(asked: Asked) -> None:
    rows = asked("share_over_time", makers="1", since="2026-09-01")

    assert texts(rows) == [
        ("2026-09-01", "KAVERI", "60", "100.00"),
        ("2026-10-01", "others", "40", "88.89"), ("2026-10-01", "KAVERI", "5", "11.11"),
    ]  # fmt: skip


def test_growth_compares_months_that_both_years_have(asked: Asked) -> None:
    """November 2025 had 500; November 2026 is not loaded yet."""
    assert texts(asked("growth")) == [("MH", "90", "60", "30", "50.00"), ("GJ", "15", "0", "15", "–")]


def test_a_trend_has_its_average_and_the_year_before(asked: Asked) -> None:
    rows = asked("registration_trend", make="Ours")

    assert texts(rows) == [
        ("2025-10-01", "HCV", "20", "20.00", "–"), ("2025-11-01", "HCV", "500", "260.00", "–"),
        ("2026-10-01", "HCV", "30", "30.00", "20"),
    ]  # fmt: skip


def test_seasons_count_whole_years_alone(asked: Asked) -> None:
    assert asked("seasonality") == []


def test_white_space_of_fleets_is_by_zone_beside_our_dealers(asked: Asked) -> None:
    assert texts(asked("fleet_white_space", zones=True, ours="ours")) == [
        ("west", "3", "2", "47", "17", "63.83", "3"), ("no zone", "1", "1", "1", "1", "0.00", "0")
    ]  # fmt: skip


def test_penetration_without_zones_is_by_part(asked: Asked) -> None:
    assert texts(asked("dealer_penetration", ours="OURS")) == [
        ("GJ", "15", "0", "0.00", "0"), ("MH", "90", "30", "33.33", "0")
    ]  # fmt: skip


def test_what_files_do_not_say_of_engines_is_not_counted_as_anybodys(asked: Asked) -> None:
    assert ("GJ", "not told", "1", "7", "100.00") in texts(asked("installed_base"))


def test_a_project_of_several_stages_counts_once(asked: Asked) -> None:
    assert texts(asked("project_pipeline")) == [
        ("Bidding, Design", "1", "1", "100.00", "200.00"), ("Start", "2", "1", "50.00", "50.00")
    ]  # fmt: skip
    assert texts(asked("project_white_space", zones=True)) == [("west", "3", "150.00", "250.00", "3")]


@pytest.mark.parametrize("name", sorted(market_analyses()))
def test_every_analysis_says_how_it_is_drawn_from_columns_that_it_has(asked: Asked, name: str) -> None:
    analysis = analysis_named(name)

    asked(name)

    with duckdb.connect() as engine:
        names = [row[0] for row in engine.execute(f"DESCRIBE SELECT * FROM {asked.result}").fetchall()]
    assert set(analysis.chart) <= set(names)
    assert len(analysis.chart) in (2, 3)


def test_a_dataset_without_the_columns_of_an_analysis_is_refused_with_what_is_missing() -> None:
    question = MarketQuestion(dataset="trucks", by="town", band=None, zones_dataset="towns", arguments={})

    with pytest.raises(MarketAnalysisInvalid) as refused:
        checked_columns(analysis_named("market_share"), question, ["month", "make"], ["town"])

    assert [one.pointer for one in refused.value.problems] == [
        "/dataset",
        "/by",
        "/zones_dataset",
        "/zones_dataset",
    ]
    with pytest.raises(MarketAnalysisUnknown):
        analysis_named("magic")


def test_a_column_called_like_a_place_of_the_query_stays_a_column() -> None:
    question = MarketQuestion(dataset="registrations", by=None, band=None, zones_dataset=None, arguments={})

    sql = analysis_sql(analysis_named("market_share"), question, "{dealers}", [("west", 3)])

    assert '"{dealers}"' in sql
