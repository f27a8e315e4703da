"""What a backup has to hold by its own manifest, and whether it does.

PostgreSQL has pg_verifybackup for it; the one in the wheel of its programs ends with a segmentation fault.
"""

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any, Final

from deploy.local.errors import StackError

MANIFEST: Final = "backup_manifest"
SEGMENT_BYTES: Final = 16 * 2**20
PIECE_BYTES: Final = 2**20


def verify(backup: Path) -> None:
    """Compare every file of a base backup in tar form with the SHA-256 of the manifest; StackError names what differs."""
    wanted = {file["Path"]: file["Checksum"] for file in _manifest(backup)["Files"]}
    found = {}
    with tarfile.open(backup / "base.tar.gz", "r:gz") as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is not None and member.name in wanted:
                digest = hashlib.sha256()
                while piece := content.read(PIECE_BYTES):
                    digest.update(piece)
                found[member.name] = digest.hexdigest()
    wrong = sorted(name for name in wanted if found.get(name) != wanted[name])
    if wrong:
        raise StackError(f"the copy is not what its manifest says: {', '.join(wrong[:5])}; take another")


def first_segment(backup: Path) -> str:
    """The oldest file of the write-ahead log that the backup needs."""
    (span, *_) = _manifest(backup)["WAL-Ranges"]
    high, low = (int(part, 16) for part in span["Start-LSN"].split("/"))
    return f"{int(span['Timeline']):08X}{high:08X}{low // SEGMENT_BYTES:08X}"


def _manifest(backup: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((backup / MANIFEST).read_text())
    return manifest
