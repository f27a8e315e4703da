"""Figures of a service's database that operators watch: read by every worker, so that any of them may be asked."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Gauge
from sqlalchemy import Row, text
from sqlalchemy.exc import SQLAlchemyError

from shared.database import Database

log = structlog.get_logger()

READ_SECONDS: Final = 15.0
DATABASE_ERRORS: Final = (SQLAlchemyError, OSError)

# A figure's name, the value of its label (empty where it has none), and the number.
StandingRow = Row[str, str, float | None]


@dataclass(frozen=True, slots=True)
class Figure:
    """A gauge; `label` names what its several values are told apart by."""

    name: str
    meaning: str
    label: str = ""


class Standing:
    """Gauges, and the one statement that fills them with rows of (figure, label, value)."""

    def __init__(
        self, statement: str, figures: Iterable[Figure], registry: CollectorRegistry = REGISTRY
    ) -> None:
        self._statement = text(statement)
        self._labelled = {figure.name: bool(figure.label) for figure in figures}
        self._gauges = {
            figure.name: Gauge(
                figure.name, figure.meaning, [figure.label] if figure.label else [], registry=registry
            )
            for figure in figures
        }
        self._seen: set[tuple[str, str]] = set()

    async def read(self, database: Database) -> None:
        """Read once. What had a value and has none now is zero: a gauge that vanishes would end its own alarm."""
        async with database.reading() as connection:
            rows: Sequence[StandingRow] = (await connection.execute(self._statement)).all()
        values = {(row[0], row[1]): float(row[2] or 0) for row in rows}
        self._seen |= values.keys()
        for key in self._seen:
            self._set(*key, values.get(key, 0.0))

    def _set(self, name: str, label: str, value: float) -> None:
        gauge = self._gauges[name]
        (gauge.labels(label) if self._labelled[name] else gauge).set(value)


def watch(*standings: Standing) -> Callable[[Database, asyncio.Event], Coroutine[None, None, None]]:
    """The part of a worker that reads them every quarter of a minute, until it is told to stop."""

    async def read_standings(database: Database, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                for standing in standings:
                    await standing.read(database)
            except DATABASE_ERRORS as error:
                log.warning("standing_unread", error=repr(error))
            try:
                await asyncio.wait_for(stop.wait(), READ_SECONDS)
            except TimeoutError:
                continue

    return read_standings
