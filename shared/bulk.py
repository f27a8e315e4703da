"""Bulk requests: thousands of items in, one verdict per item out, whatever the format they came in."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeVar
from uuid import UUID

import msgspec
from fastapi import Request
from pydantic import BaseModel, Field, ValidationError

from shared.bulk_tables import CSV, WORKBOOK, TableRow, csv_rows, placed, workbook_rows
from shared.errors import Conflict, FieldProblem, Malformed, Refusal, TooLarge, UnsupportedFormat
from shared.null_characters import null_characters_in

ITEMS_MAX: Final = 10_000
BODY_BYTES_MAX: Final = 32 * 1024 * 1024
Model = TypeVar("Model")


class ItemProblem(BaseModel):
    """Why one item is refused; `code` is stable."""

    code: str
    title: str
    detail: str
    errors: list[dict[str, str]] = Field(
        default_factory=list,
        description="`pointer` and `detail` of each bad field; `row` and `column` of a table, `cell` of a workbook",
    )


class ItemVerdict(BaseModel):
    """What became of one item; `index` counts from 0 in the order sent."""

    index: int
    status: Literal["accepted", "duplicate", "refused"]
    id: UUID | None = Field(default=None, description="The resource; null when refused")
    key: str | None = Field(default=None, description="The business key of the item, e.g. its invoice number")
    problem: ItemProblem | None = None


class BatchReply(BaseModel):
    """Counts and one verdict per item, in order."""

    accepted: int
    duplicate: int
    refused: int
    items: list[ItemVerdict]

    @classmethod
    def of(cls, items: Sequence[ItemVerdict]) -> "BatchReply":
        count = dict.fromkeys(("accepted", "duplicate", "refused"), 0)
        for item in items:
            count[item.status] += 1
        return cls(**count, items=list(items))


def refused(index: int, key: str | None, refusal: Refusal) -> ItemVerdict:
    """The verdict on an item that breaks a rule."""
    errors = [{"pointer": problem.pointer, "detail": problem.detail} for problem in refusal.problems]
    problem = ItemProblem(code=refusal.code, title=refusal.title, detail=refusal.detail, errors=errors)
    return ItemVerdict(index=index, status="refused", key=key, problem=problem)


async def read_records(
    request: Request, *, items_max: int = ITEMS_MAX, takes_workbooks: bool = False
) -> tuple[Sequence[object], bytes]:
    """The raw items of a JSON, NDJSON, CSV or XLSX body, at most 10,000 or as said, and the body; its media type decides.

    JSON is an array or an object with `items`. Malformed, TooLarge and UnsupportedFormat say what was expected.
    """
    body = await limited_body(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    readers: dict[str, Callable[[bytes], Sequence[object]]] = {
        "application/json": _json_records,
        "application/x-ndjson": _ndjson_records,
        CSV: csv_rows,
    }
    if takes_workbooks:
        readers[WORKBOOK] = lambda content: workbook_rows(content, rows_max=items_max)
    if media_type not in readers:
        expected = ", ".join(readers)
        raise UnsupportedFormat(f"Content-Type '{media_type}' is not read here; expected one of {expected}")
    # A workbook of ten thousand rows is read for seconds.
    records = await asyncio.to_thread(readers[media_type], body)
    if len(records) > items_max:
        raise TooLarge(
            f"{len(records)} items in one batch; expected at most {items_max}, send the rest in another"
        )
    return records, body


def validated(record: object, build: Callable[[object], Model], index: int) -> Model | ItemVerdict:
    """Build the item, or say which of its fields are wrong."""
    try:
        if unkept := list(null_characters_in(record)):
            raise ItemInvalid("The item has values that are not acceptable", problems=unkept)
        return build(record)
    except ValidationError as error:
        problems = [
            FieldProblem("/" + "/".join(map(str, one["loc"])), one["msg"])
            for one in error.errors(include_input=False, include_url=False)
        ]
        refusal: Refusal = ItemInvalid("The item has values that are not acceptable", problems=problems)
    except Refusal as error:
        refusal = error
    verdict = refused(index, None, refusal)
    if isinstance(record, TableRow) and verdict.problem is not None:
        verdict.problem.errors = placed(verdict.problem.errors, record)
    return verdict


class BatchRefused(Conflict):
    """An atomic batch with at least one refused item: nothing of it is kept."""

    code, title = "batch_refused", "The batch is refused as a whole"


def batch_refusal(reply: BatchReply) -> BatchRefused:
    """The refusal of an atomic batch, naming its bad items."""
    problems = [
        FieldProblem(f"/{item.index}", item.problem.detail)
        for item in reply.items
        if item.problem is not None
    ]
    return BatchRefused(f"{reply.refused} of {len(reply.items)} items are refused", problems=problems[:100])


def batch_body(
    model: type[BaseModel], *, csv_columns: str, csv_example: str, takes_workbooks: bool = False
) -> dict[str, object]:
    """The OpenAPI description of a batch body in its formats."""
    item = {"$ref": f"#/components/schemas/{model.__name__}"}
    listed = {"type": "array", "items": item, "maxItems": ITEMS_MAX}
    wrapped = {"type": "object", "properties": {"items": listed}, "required": ["items"]}
    return {
        "requestBody": {
            "required": True,
            "description": f"At most {ITEMS_MAX} items and {BODY_BYTES_MAX // 2**20} MiB. CSV columns: {csv_columns}.",
            "content": {
                "application/json": {"schema": {"anyOf": [listed, wrapped]}},
                "application/x-ndjson": {"schema": {"type": "string"}},
                "text/csv": {"schema": {"type": "string"}, "example": csv_example},
                **({WORKBOOK: {"schema": {"type": "string", "format": "binary"}}} if takes_workbooks else {}),
            },
        },
    }


class ItemInvalid(Refusal):
    """A field of an item has the wrong type or shape."""

    code, status, title = "item_invalid", 422, "Invalid item"


async def limited_body(request: Request) -> bytes:
    """All of the body, at most 32 MiB; TooLarge beyond."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise TooLarge(f"A batch is at most {BODY_BYTES_MAX // 2**20} MiB; send the rest in another")
    return bytes(body)


def _json_records(body: bytes) -> list[object]:
    document = _decoded_json(body, "The body")
    records = document.get("items") if isinstance(document, dict) else document
    if not isinstance(records, list):
        raise Malformed("Expected a JSON array of items, or an object with the array `items`")
    return records


def _ndjson_records(body: bytes) -> list[object]:
    return [_decoded_json(line, "A line of the body") for line in body.splitlines() if line.strip()]


def _decoded_json(text: bytes, what: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"{what} is not JSON: {error}") from error
    except RecursionError as error:
        raise Malformed(f"{what} is JSON nested too deeply to be read") from error
