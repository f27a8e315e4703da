"""One load: the task comes as one line of JSON, progress and the result leave as lines of JSON."""

import hashlib
import json
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import duckdb

from services.research.adapters.bounded_process import end_with_parent, limit_self
from services.research.adapters.loading.conversion import (
    Converted,
    Plan,
    as_json,
    column_facts,
    converted,
)
from services.research.adapters.loading.engine import load_engine
from services.research.adapters.loading.findings import changes_between, column_profiles
from services.research.adapters.loading.sources import Source, opened_source
from services.research.adapters.mapping_profiles import mapping_profiles
from services.research.domain.errors import FileUnreadable, TooManyRejects
from services.research.domain.mapping import fitting_profile
from shared.errors import FieldProblem, Refusal

ADDRESS_SPACE_BYTES: Final = 4 << 30
# Shares of the whole, in percent: unpacked and checked, converted, kept, described, compared.
CONVERTING_FROM, CONVERTING_TO, KEPT, DESCRIBED = 10, 70, 80, 92


def main() -> None:
    task = json.loads(sys.stdin.readline())
    end_with_parent()
    limit_self(address_space_bytes=ADDRESS_SPACE_BYTES)
    try:
        say({"result": load(task)})
    except Refusal as refusal:
        problems = [{"pointer": one.pointer, "detail": one.detail} for one in refusal.problems]
        say({"refusal": {"code": refusal.code, "detail": refusal.detail, "problems": problems}})
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        say(
            {
                "refusal": {
                    "code": FileUnreadable.code,
                    "detail": f"Too large to be converted: {str(error)[:200]}",
                }
            }
        )


_writing: Final = threading.Lock()


def say(line: Mapping[str, Any]) -> None:
    with _writing:
        sys.stdout.write(as_json(line) + "\n")
        sys.stdout.flush()


def load(task: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the file of the task into its folder."""
    folder = Path(task["folder"])
    source = opened_source(Path(task["file"]), folder, lambda what: progress(what, 2))
    engine = load_engine(folder)
    profile = mapping_profiles()[task["profile"]] if task["profile"] else None
    plan = Plan(profile=profile, key=tuple(task["key"]), day_first=profile.day_first if profile else True)
    progress("converting", CONVERTING_FROM)
    share = CONVERTING_TO - CONVERTING_FROM
    try:
        found = converted(
            engine, source, plan, folder, lambda done: progress("converting", CONVERTING_FROM + int(done * share))
        )  # fmt: skip
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException) as error:
        raise FileUnreadable(f"The file cannot be read: {str(error)[:300]}") from error
    _check(found, task)
    progress("describing columns", KEPT)
    names = [one.column.name for one in found.columns]
    profiles = column_profiles(engine, found.data, names)
    progress("comparing with the version before", DESCRIBED)
    return {**_facts(source, found), "profiles": profiles, "changes": _changes(engine, found, task)}


def progress(message: str, percent: int) -> None:
    say({"progress": {"message": message, "percent": percent}})


def _check(found: Converted, task: Mapping[str, Any]) -> None:
    missing = [name for name in task["key"] if name not in {one.column.name for one in found.columns}]
    if task["profile"] is None and missing:
        raise FileUnreadable(f"The key {', '.join(missing)} is no column of the file")
    most = task["reject_percent_max"]
    if found.rows_rejected * 100 > found.rows_read * most:
        raise TooManyRejects(
            f"{found.rows_rejected} of {found.rows_read} rows cannot be taken; this dataset bears {most} percent",
            problems=[FieldProblem(**one) for one in found.problems],
        )
    if found.rows_kept == 0:
        raise FileUnreadable("The file has headings and no row that can be taken")


def _facts(source: Source, found: Converted) -> dict[str, Any]:
    fit = fitting_profile(found.headings, mapping_profiles().values())
    with found.data.open("rb") as data:
        sha256 = hashlib.file_digest(data, "sha256").hexdigest()
    return {
        "source_format": source.source_format,
        "encoding": source.encoding,
        "delimiter": source.delimiter,
        "columns": column_facts(found.columns),
        "key": found.key,
        "rows_read": found.rows_read,
        "rows_kept": found.rows_kept,
        "rows_rejected": found.rows_rejected,
        "rows_repeated": found.rows_repeated,
        "problems": found.problems,
        "suggested_profile": fit[0].name if fit else None,
        "suggested_share": round(fit[1], 2) if fit else None,
        "data_bytes": found.data.stat().st_size,
        "data_sha256": sha256,
    }


def _changes(
    engine: duckdb.DuckDBPyConnection, found: Converted, task: Mapping[str, Any]
) -> dict[str, int] | None:
    """None without a version before, or where the key is another one."""
    if task["previous"] is None or not found.key or list(found.key) != task["previous_key"]:
        return None
    return changes_between(
        engine,
        before=Path(task["previous"]),
        after=found.data,
        key=found.key,
        target=Path(task["folder"]) / "changes.parquet",
    )


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # the thread that watches the parent still waits for a line
