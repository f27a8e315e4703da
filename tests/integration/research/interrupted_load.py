"""A worker's load in a process of its own that stands still at a message, for a test to kill it there.

`python -m tests.integration.research.interrupted_load <database> <store folder> <scratch> <upload> <message>`
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from services.research.adapters.dataset_store import DatasetStore
from services.research.application.load_dataset import LoadParts, load_dataset
from shared.database import Database
from shared.errors import FieldProblem
from shared.object_store import object_store_opener


async def main(database_url: str, store: str, scratch: str, upload: str, message_wanted: str) -> None:
    async def progress(
        *, message: str, percent: int | None = None, errors: Sequence[FieldProblem] = ()
    ) -> None:
        if message == message_wanted:
            sys.stdout.write("here\n")
            sys.stdout.flush()
            await asyncio.Event().wait()

    database = Database(database_url, application_name="test-interrupted")
    parts = LoadParts(
        database, DatasetStore(object_store_opener(Path(store).as_uri())), scratch=Path(scratch)
    )
    await load_dataset(parts, UUID(upload), progress)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
