"""Alarms and dashboards can be read, lead to the runbook, and ask the processes that there are."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.unit.local_stack.test_containers import COMPOSE, PROCESSES
from tests.watched_files import ALARMS, DASHBOARDS, SCRAPES, expressions, selected

RUNBOOK = Path(__file__).parents[3] / "docs/runbook.md"


def headings() -> set[str]:
    """The runbook's headings as links name them."""
    found = re.findall(r"^## (.+)$", RUNBOOK.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_an_expression_selects_something(where: str, expression: str) -> None:
    metrics, _ = selected(expression)

    assert metrics, where
    assert "" not in metrics, where


def test_no_two_alarms_share_a_name() -> None:
    assert len({alarm["alert"] for alarm in ALARMS}) == len(ALARMS)


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm["alert"])
def test_an_alarm_says_how_urgent_it_is_what_happened_and_where_the_runbook_helps(
    alarm: dict[str, Any],
) -> None:
    assert alarm["labels"]["severity"] in {"critical", "warning"}
    assert alarm["annotations"]["summary"]
    assert alarm["annotations"]["runbook"] in headings()


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm["alert"])
def test_what_an_alarm_says_names_only_labels_that_its_expression_keeps(alarm: dict[str, Any]) -> None:
    named = set(re.findall(r"\$labels\.(\w+)", alarm["annotations"]["summary"]))
    _, kept = selected(alarm["expr"])

    assert named <= kept | {"instance"}


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_panel_says_what_it_shows_and_in_which_unit(name: str) -> None:
    panels = DASHBOARDS[name]["panels"]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert [panel["title"] for panel in panels if not panel["description"]] == []
    assert [panel["title"] for panel in panels if not panel["fieldConfig"]["defaults"]["unit"]] == []


@pytest.mark.parametrize("name", DASHBOARDS)
def test_no_two_panels_lie_over_each_other(name: str) -> None:
    places = [panel["gridPos"] for panel in DASHBOARDS[name]["panels"]]
    cells = [
        (x, y)
        for at in places
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]

    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_every_process_of_the_system_is_asked_on_the_port_that_answers() -> None:
    asked = {target for job in SCRAPES for group in job["static_configs"] for target in group["targets"]} - {
        "rabbitmq:15692"
    }

    assert asked == {f"{name}:{metrics_port(name)}" for name in PROCESSES}


def metrics_port(process: str) -> str:
    """Services answer scrapes beside their requests; workers and the gateway on a port of their own."""
    environment = COMPOSE["services"][process]["environment"]
    kind = "PORT" if process.endswith("-api") else "METRICS_PORT"
    owner = process.removesuffix("-api").removesuffix("-worker").upper()
    return str(environment[f"{owner}_{kind}"])
