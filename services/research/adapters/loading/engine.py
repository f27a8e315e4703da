"""The engine of a load: bounded in memory, with files in its own folder only, and a word on how far it is."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb

MEMORY: Final = "200MB"
THREADS: Final = 2
SPILL: Final = "60GB"
LOOK_SECONDS: Final = 0.5


def load_engine(scratch: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory that spills into the folder."""
    spill = scratch / "spill"
    spill.mkdir(exist_ok=True)
    engine = duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "threads": THREADS,
            "temp_directory": str(spill),
            "max_temp_directory_size": SPILL,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
            "preserve_insertion_order": True,
        }
    )
    engine.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
    engine.execute(f"SET allowed_directories = ['{scratch}']; SET enable_external_access = false")
    engine.execute("SET lock_configuration = true")
    return engine


def one(engine: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """The only row of a statement."""
    row = engine.execute(sql).fetchone()
    assert row is not None, sql
    return row


@contextmanager
def watched(engine: duckdb.DuckDBPyConnection, tell: Callable[[float], None]) -> Iterator[None]:
    """Tell the share of the statement under way, 0 to 1, twice a second."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            tell(max(0.0, min(float(engine.query_progress()), 100.0)) / 100)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
