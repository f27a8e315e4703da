"""One query: the task comes as one line of JSON, the answer leaves as one."""

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
from services.research.adapters.querying.sandbox import RESULT, answer, check_tree, sandbox
from services.research.domain.errors import QueryFailed, QueryRefused, QueryTooLarge, QueryTooSlow
from shared.errors import Refusal

ADDRESS_SPACE_BYTES: Final = 2 << 30
RESULT_BYTES_MAX: Final = 1 << 30


def main() -> None:
    task = json.loads(sys.stdin.readline())
    end_with_parent()
    limit_self(
        address_space_bytes=ADDRESS_SPACE_BYTES,
        processor_seconds=task["seconds"] * 2 + 10,
        file_bytes=RESULT_BYTES_MAX,
    )
    try:
        said: dict[str, Any] = {"result": queried(task)}
    except Refusal as refusal:
        said = {"refusal": {"code": refusal.code, "detail": refusal.detail}}
    sys.stdout.write(json.dumps(said, default=str) + "\n")


def queried(task: Mapping[str, Any]) -> dict[str, Any]:
    """QueryRefused, QueryTooSlow, QueryTooLarge or QueryFailed, each in the words of the engine where they help."""
    folder = Path(task["folder"])
    engine = sandbox(folder, task["tables"])
    watch = threading.Timer(task["seconds"], engine.interrupt)
    watch.start()
    try:
        check_tree(engine, task["sql"], task["tables"])
        told = answer(engine, task["sql"], folder, task["rows_max"])
    except duckdb.InterruptException as error:
        raise QueryTooSlow(f"The query took longer than {task['seconds']} seconds and was stopped") from error
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise QueryTooLarge(
            "The query needs more memory than one may have; aggregate or filter first"
        ) from error
    except duckdb.PermissionException as error:
        raise QueryRefused("A query reads nothing but datasets") from error
    except duckdb.Error as error:
        raise QueryFailed(str(error)[:500]) from error
    finally:
        watch.cancel()
    with (folder / RESULT).open("rb") as result:
        told["sha256"] = hashlib.file_digest(result, "sha256").hexdigest()
        told["bytes"] = result.tell()
    return told


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # the thread that watches the parent still waits for a line
