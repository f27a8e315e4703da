"""What the matching decided from: every part as it was kept, and for every decision the hashes of its parts.

A part is kept once however many decisions name it. Its `sha256` is the one it was kept under with the decision, over
`content` as UTF-8. Where personal data is withheld, parts with such fields have null in their place and name them in
`withheld`: the hash is then still that of the whole part, and cannot be made again from what is here.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
from psycopg.rows import namedtuple_row

from deploy.audit_export.contents import DECISION_PARTS, DECISIONS
from deploy.audit_export.files import ExportBroken, ExportFolder

PARTS_FILE: Final = "proof/decision_inputs.jsonl"
DECISIONS_FILE: Final = "proof/decisions.jsonl"
_PARTS_AT_ONCE: Final = 4
_ROWS_AT_ONCE: Final = 1_000
_ABOUT_HASHES: Final = {
    True: "sha256 is that of content, as it was kept with the decision",
    False: "sha256 is that of the whole part, as it was kept with the decision; where fields are withheld it can be compared"
    " with an export that has personal data, and not be made again from this content",
}
# Kinds that hold no personal data leave whole; of the others, these fields; of a kind that is not named here, nothing.
_WHOLE: Final = frozenset({"patterns", "invoices", "cheques", "policy", "certain", "opened", "shelf"})
_FIELDS: Final = {
    "lines": frozenset(
        {
            "line_number", "part_number", "booked_on", "value_on", "amount_minor", "currency", "bank_reference",
            "kind_code", "is_reversal", "is_final", "running_balance_minor", "credited_at",
        }
    ),
    "partners": frozenset({"code", "zone"}),
    "aliases": frozenset({"partner_code"}),
}  # fmt: skip


def write_decisions(
    connection: psycopg.Connection[Any],
    folder: ExportFolder,
    span: dict[str, Any],
    *,
    with_personal_data: bool,
) -> None:
    """ExportBroken when a part is not what was kept, or one is not there. Memory holds a few parts."""
    known = _write_parts(connection, folder, span, with_personal_data=with_personal_data)
    facts = {"decisions": 0, "without_inputs": 0}
    with (
        connection.cursor("decisions", row_factory=namedtuple_row) as cursor,
        folder.file(DECISIONS_FILE, facts) as file,
    ):
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(DECISIONS, span)
        row: Any
        for row in cursor:
            if not known.issuperset(bytes.fromhex(digest) for digest in (row.inputs or {}).values()):
                raise ExportBroken(f"what the line {row.bank_line_id} was decided from is not kept whole")
            words = _canonical(_decision(row))
            file.write(_line({"decision": words, "sha256": hashlib.sha256(words.encode()).hexdigest()}))
            facts["decisions"] += 1
            facts["without_inputs"] += row.inputs is None


def broken_decisions(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """What does not agree in written decisions and their parts; a folder of before has none."""
    rows = {str(one["path"]): one.get("rows") for one in manifest["files"]}
    if DECISIONS_FILE not in rows:
        return
    known = set()
    for number, part in _numbered(folder / PARTS_FILE):
        known.add(part["sha256"])
        if not part["withheld"] and _sha256(part["content"]) != part["sha256"]:
            yield f"part {number} of {PARTS_FILE} is not what was hashed"
    count = 0
    for number, line in _numbered(folder / DECISIONS_FILE):
        count += 1
        if _sha256(line["decision"]) != line["sha256"]:
            yield f"decision {number} of {DECISIONS_FILE} is not what was hashed"
        elif not known.issuperset((json.loads(line["decision"])["inputs"] or {}).values()):
            yield f"what decision {number} of {DECISIONS_FILE} was made from is not in {PARTS_FILE}"
    if count != rows.get("tables/line_decisions.csv"):
        yield f"{DECISIONS_FILE} has {count} decisions, the table line_decisions another number"


def _write_parts(
    connection: psycopg.Connection[Any],
    folder: ExportFolder,
    span: dict[str, Any],
    *,
    with_personal_data: bool,
) -> frozenset[bytes]:
    facts: dict[str, Any] = {"parts": 0, "parts_with_fields_withheld": 0}
    facts["hashes"] = _ABOUT_HASHES[with_personal_data]
    known = set()
    with (
        connection.cursor("decision_parts") as cursor,
        folder.file(PARTS_FILE, facts) as file,
    ):
        cursor.itersize = _PARTS_AT_ONCE
        cursor.execute(DECISION_PARTS, span)
        for digest, kind, packed in cursor:
            content = zlib.decompress(packed)
            if hashlib.sha256(content).digest() != digest:
                raise ExportBroken(f"the part {digest.hex()} of what was decided from is not what was kept")
            left, withheld = (content, []) if with_personal_data else _without_personal_data(kind, content)
            named = {"sha256": digest.hex(), "kind": kind, "withheld": withheld, "content": left.decode()}
            file.write(_line(named))
            known.add(digest)
            facts["parts"] += 1
            facts["parts_with_fields_withheld"] += bool(withheld)
    return frozenset(known)


def _without_personal_data(kind: str, content: bytes) -> tuple[bytes, list[str]]:
    """The part as it may leave, and which fields of it may not."""
    if kind in _WHOLE:
        return content, []
    if kind not in _FIELDS:
        return b"null", ["content"]
    rows: list[dict[str, Any]] = msgspec.json.decode(content)
    leaving = _FIELDS[kind]
    withheld = sorted({name for row in rows for name in row} - leaving)
    kept = [{name: value if name in leaving else None for name, value in row.items()} for row in rows]
    return msgspec.json.encode(kept), withheld


def _decision(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row has the columns that the query names
    """`place` counts the lines of the batch from 1; inputs are hashes by name, null where a person decided."""
    return {
        "bank_line_id": str(row.bank_line_id),
        "revision": row.revision,
        "decided_at": row.decided_at.astimezone(UTC).isoformat(),
        "decided_by": row.decided_by,
        "batch_id": str(row.batch_id) if row.batch_id else None,
        "place": row.place,
        "policy_version": row.policy_version,
        "code_version": row.code_version,
        "inputs": row.inputs,
    }


def _numbered(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            yield number, json.loads(line)


def _canonical(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _line(facts: Mapping[str, Any]) -> bytes:
    return json.dumps(facts, ensure_ascii=False).encode() + b"\n"


def _sha256(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()
