"""The folder of an export: each file is hashed while it is written, and the manifest names them all."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

MANIFEST: Final = "manifest.json"
PIECE_BYTES: Final = 2**20


class ExportBroken(Exception):
    """An export that cannot be made, or is not what its manifest says; the words say where."""


class HashedFile:
    """A file that knows the SHA-256 of what was written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size_bytes = 0

    def write(self, content: bytes) -> int:
        self.digest.update(content)
        self.size_bytes += len(content)
        return self._file.write(content)

    def flush(self) -> None:
        self._file.flush()


@dataclass(slots=True)
class ExportFolder:
    """Writes the files of an export; the manifest is written last, so that a folder without one is unfinished."""

    path: Path
    files: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def file(self, name: str, facts: Mapping[str, Any]) -> Iterator[HashedFile]:
        """A new file; `facts` stand in the manifest beside its hash and are read when it is closed."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as opened:
            hashed = HashedFile(opened)
            yield hashed
        found = {"path": name, "sha256": hashed.digest.hexdigest(), "bytes": hashed.size_bytes}
        self.files.append({**found, **facts})

    def write_manifest(self, facts: Mapping[str, Any]) -> str:
        """Returns its own SHA-256, which whoever hands the export over tells on another way."""
        content = json.dumps({**facts, "files": self.files}, indent=1, ensure_ascii=False).encode() + b"\n"
        with (self.path / MANIFEST).open("xb") as file:
            file.write(content)
        return hashlib.sha256(content).hexdigest()


def manifest_of(folder: Path) -> tuple[dict[str, Any], str]:
    """What the manifest says, and its SHA-256; ExportBroken without one."""
    try:
        content = (folder / MANIFEST).read_bytes()
        found: dict[str, Any] = json.loads(content)
    except (OSError, ValueError) as error:
        raise ExportBroken(f"{folder} has no manifest that can be read: {error}") from error
    return found, hashlib.sha256(content).hexdigest()


def differences(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Files that are missing, changed, or in the folder and not in the manifest."""
    named = {str(one["path"]): one for one in manifest["files"]}
    there = {str(path.relative_to(folder)) for path in _files_below(folder)} - {MANIFEST}
    for name in sorted(there - named.keys()):
        yield f"{name} is not in the manifest"
    for name, one in named.items():
        if name not in there:
            yield f"{name} is missing"
        elif _sha256(folder / name) != one["sha256"]:
            yield f"{name} was changed"


def _files_below(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()
