"""Folders for work that may die at any moment: what a dead run left is removed by the next one of the same name."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


@asynccontextmanager
async def scratch_folder(parent: Path, name: str) -> AsyncIterator[Path]:
    """An empty folder that only we may enter, gone afterwards."""
    folder = parent / name
    await asyncio.to_thread(_emptied, folder)
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
