"""What deploy/observability asks of the metrics: every expression of an alarm or a panel, and what it selects."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import promql_parser
import yaml  # type: ignore[import-untyped]  # its stubs are not worth a dependency for one file
from promql_parser import AggModifierType, AggregateExpr, Expr, VectorSelector

FOLDER: Final = Path(__file__).parents[1] / "deploy/observability"
ALARMS: Final[list[dict[str, Any]]] = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
SCRAPES: Final[list[dict[str, Any]]] = yaml.safe_load((FOLDER / "prometheus.yml").read_text())[
    "scrape_configs"
]
DASHBOARDS: Final[dict[str, dict[str, Any]]] = {
    path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("grafana/dashboards/*.json"))
}


def expressions() -> Iterator[tuple[str, str]]:
    """Where each expression stands, and the expression."""
    for alarm in ALARMS:
        yield alarm["alert"], alarm["expr"]
    for name, dashboard in DASHBOARDS.items():
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                yield f"{name}: {panel['title']}", target["expr"]


def selected(expression: str) -> tuple[set[str], set[str]]:
    """The metrics an expression selects, and the labels it goes by. ValueError if it cannot be read."""
    metrics: set[str] = set()
    labels: set[str] = set()

    def visit(node: Expr) -> bool:
        if isinstance(node, VectorSelector):
            metrics.add(node.name or "")
            labels.update(matcher.name for matcher in node.matchers.matchers)
        if isinstance(node, AggregateExpr) and node.modifier and node.modifier.type == AggModifierType.By:
            labels.update(node.modifier.labels)
        return True

    promql_parser.walk(promql_parser.parse(expression), visit)
    return metrics, labels
