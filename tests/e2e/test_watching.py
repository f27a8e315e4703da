"""Alarms and dashboards ask for metrics that the running processes really show, by labels that these really have."""

import re
from collections.abc import Iterator
from typing import Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.conftest import SERVICES
from tests.faults.processes import FragileSystem
from tests.watched_files import expressions, selected

PROCESSES: Final = (
    *(f"{service} {kind}" for service in SERVICES for kind in ("API", "worker")), "gateway", "gateway worker"
)  # fmt: skip
# What Prometheus itself and the broker's plugin show.
OF_OTHERS: Final = re.compile(r"up|rabbitmq_detailed_\w+")
OF_THE_TARGET: Final = {"job", "instance", "service"}


def shown_by(system: FragileSystem) -> dict[str, set[str]]:
    """Every sample's name with the labels it has; a counter that counted nothing yet has a name and no labels."""
    names: dict[str, set[str]] = {}
    for name, labels in _samples(system):
        names.setdefault(name, set()).update(labels)
    return names


def _samples(system: FragileSystem) -> Iterator[tuple[str, set[str]]]:
    for process in PROCESSES:
        page = httpx.get(system.metrics_url(process)).raise_for_status().text
        for family in text_string_to_metric_families(page):
            yield family.name + ("_total" if family.type == "counter" else ""), set()
            for sample in family.samples:
                yield sample.name, set(sample.labels)


def test_what_is_watched_is_shown_by_the_processes_with_the_labels_it_is_told_apart_by(
    whole_system: FragileSystem,
) -> None:
    shown = shown_by(whole_system)
    unknown = []
    for where, expression in expressions():
        metrics, labels = selected(expression)
        ours = {name for name in metrics if not OF_OTHERS.fullmatch(name)}
        unknown += [(where, name) for name in ours - shown.keys()]
        seen = [shown[name] for name in ours & shown.keys()]
        if seen and all(seen):
            unknown += [(where, label) for label in labels - set().union(*seen) - OF_THE_TARGET]

    assert unknown == []
