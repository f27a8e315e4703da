"""One step of a resolution: the task comes as one line of JSON, progress and the answer leave as such."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from services.research.adapters.bounded_process import end_with_parent, limit_self
from services.research.adapters.resolving.engine import Bounds, as_task_result, resolved
from services.research.adapters.resolving.reading import read_entities
from services.research.adapters.resolving.rows import rows_named

ADDRESS_SPACE_BYTES: Final = 12 << 30


def main() -> None:
    task = json.loads(sys.stdin.readline())
    end_with_parent()
    limit_self(address_space_bytes=ADDRESS_SPACE_BYTES)
    sys.stdout.write(json.dumps({"result": _done(task)}) + "\n")


def _done(task: Mapping[str, Any]) -> dict[str, Any]:
    if task["step"] == "rows":
        return {"rows": rows_named(Path(task["data"]), task["names"], task["keys"], task["newest_by"])}
    folder = Path(task["folder"])
    if task["step"] == "read":
        return {"entities": read_entities(Path(task["data"]), task["names"], folder)}
    return as_task_result(resolved(Path(task["records"]), folder, Bounds(), _tell))


def _tell(message: str, percent: int) -> None:
    sys.stdout.write(json.dumps({"progress": {"message": message, "percent": percent}}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # the thread that watches the parent still waits for a line
