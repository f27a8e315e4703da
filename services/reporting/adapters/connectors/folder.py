"""Reads files that another system drops into a folder of ours; nothing outside of the operator's folder is read."""

import asyncio
import os
import stat
from pathlib import Path

from services.reporting.adapters.connectors.dropped_files import (
    FILE_BYTES_MAX,
    DroppedFile,
    newest_file,
    rows_of_file,
)
from services.reporting.adapters.connectors.port import Found
from services.reporting.domain.data_checks.errors import SourceAccessRefused, SourceUnreachable
from services.reporting.domain.source_system import SourceObject


class FolderConnector:
    """`place` lies below the root, whatever links there are on the way."""

    def __init__(self, root: Path, place: str) -> None:
        self._root, self._place = root, place

    async def found(self, one: SourceObject) -> Found:
        try:
            return await rows_of_file(*await asyncio.to_thread(self._read, one))
        except OSError as error:
            raise SourceUnreachable(f"{self._place}: {error.strerror}") from error

    def _read(self, one: SourceObject) -> tuple[DroppedFile, bytes, DroppedFile]:
        folder = (self._root / self._place).resolve()
        if not folder.is_relative_to(self._root.resolve()):
            raise SourceAccessRefused(f"{self._place} leads out of the folder that the operator opened")
        with os.scandir(folder) as entries:
            files = [
                _dropped(entry.name, entry.stat(follow_symlinks=False))
                for entry in entries
                if entry.is_file(follow_symlinks=False)
            ]
        file = newest_file(one, files)
        with open(folder / file.name, "rb", opener=_without_links) as opened:
            content = opened.read(FILE_BYTES_MAX + 1)
            after = os.fstat(opened.fileno())
        if not stat.S_ISREG(after.st_mode):
            raise SourceAccessRefused(f"{file.name} is no file")
        return file, content, _dropped(file.name, after)


def _dropped(name: str, found: os.stat_result) -> DroppedFile:
    return DroppedFile(name, found.st_size, found.st_mtime)


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
