"""The one way to make a list route: pages of JSON, and the whole list as CSV or XLSX, from the same function."""

import asyncio
import inspect
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from typing import IO, Annotated, Any, Final, ParamSpec, TypeVar, get_args, get_origin

from fastapi import APIRouter, Depends, params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_dependant
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from shared.dependencies import PageRequest
from shared.documents.attachment import attachment_headers
from shared.documents.body_table import BodyTable
from shared.documents.csv_table import CsvTable
from shared.documents.xlsx_table import SheetTable, Workbook
from shared.errors import Busy, Invalid, Refusal
from shared.medium import MEDIA_TYPES, Medium
from shared.pagination import CursorInvalid, Page
from shared.problem_details import refusals

# A row of XLSX takes ten times as long to write; both stay well within the time the gateway gives a reply.
ROWS_MAX: Final = {Medium.CSV: 200_000, Medium.XLSX: 50_000}
ROWS_AT_ONCE: Final = 1_000
SPOOL_MEMORY_BYTES: Final = 1024 * 1024
CHUNK_BYTES: Final = 64 * 1024
RETRY_AFTER_SECONDS: Final = 5
_NO_FILTERS: Final = frozenset({"limit", "cursor", "format"})
_FILES: Final = {
    MEDIA_TYPES[medium]: {"schema": {"type": "string", "format": "binary"}}
    for medium in (Medium.CSV, Medium.XLSX)
}
LINK_HEADER: Final = {
    "Link": {
        "description": 'The next page as `<…>; rel="next"`; absent on the last one',
        "schema": {"type": "string"},
    }
}

Asked = ParamSpec("Asked")
Body = TypeVar("Body", bound=BaseModel)
ReadPage = Callable[[PageRequest], Awaitable[Page[Any]]]


class ExportTooLarge(Invalid):
    """The whole list is more than one file should hold."""

    code, title = "export_too_large", "The list is too long for one file"


def listed(
    router: APIRouter,
    path: str,
    body: type[Body],
    *,
    page_model: type[Page[Any]] | None = None,
    refuses: Sequence[type[Refusal]] = (),
    **described: Any,  # noqa: ANN401 - passed on to FastAPI as it is
) -> Callable[[Callable[Asked, Awaitable[Page[Body]]]], Callable[Asked, Awaitable[Page[Body]]]]:
    """Serve the function at the path; it returns one `Page` of `body` and has a parameter `page: PageWanted`.

    `page_model` is a Page that says more than its items. `described` is what `router.get` takes: summary, tags and so
    on. A file is made by asking the function for page after page in the one snapshot of the request.
    """

    def register(function: Callable[Asked, Awaitable[Page[Body]]]) -> Callable[Asked, Awaitable[Page[Body]]]:
        name = function.__name__.removesuffix("_route").removeprefix("list_").replace("_", "-")
        export = _Export(name, BodyTable(body), ", ".join(_filters(get_dependant(path=path, call=function))))

        @wraps(function)
        async def reply(*args: Asked.args, **kwargs: Asked.kwargs) -> Page[Body] | Response:
            page = kwargs["page"]
            assert isinstance(page, PageRequest)
            if page.medium is Medium.JSON:
                found = await function(*args, **kwargs)
                page.head.headers.update(page.link(found.next_cursor))
                return found

            async def read(wanted: PageRequest) -> Page[Body]:
                kwargs["page"] = wanted
                return await function(*args, **kwargs)

            return await export.reply(page, read)

        reply.__signature__ = _signature_in_the_loop(function)  # type: ignore[attr-defined] # FastAPI reads it
        documented = {
            200: {"content": _FILES, "headers": LINK_HEADER},
            **refusals(CursorInvalid, ExportTooLarge, *refuses),
        }
        model = page_model or Page[body]  # type: ignore[valid-type] # made at run time
        router.get(path, response_model=model, responses=documented, **described)(reply)
        return function

    return register


def _signature_in_the_loop(function: Callable[..., object]) -> inspect.Signature:
    """The function's parameters, with a coroutine for each class that FastAPI would call in another thread.

    `Annotated[Filters, Depends()]` makes an object of query parameters; the way to a thread and back costs more than
    the query does.
    """
    signature = inspect.signature(function, eval_str=True)
    parameters = [
        parameter.replace(annotation=_in_the_loop(parameter.annotation))
        for parameter in signature.parameters.values()
    ]
    return signature.replace(parameters=parameters)


def _in_the_loop(annotation: Any) -> Any:  # noqa: ANN401 - any annotation
    kind, *marks = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
    if not any(isinstance(mark, params.Depends) and mark.dependency is None for mark in marks):
        return annotation

    async def made(**values: object) -> object:
        return kind(**values)

    made.__signature__ = inspect.signature(kind)  # type: ignore[attr-defined] # FastAPI reads it
    return Annotated[kind, Depends(made)]


@dataclass(frozen=True, slots=True)
class _Export:
    name: str
    table: BodyTable
    filters: str

    async def reply(self, page: PageRequest, read: ReadPage) -> Response:
        """The file is whole before the reply begins: an error is still told as one, and nobody gets half a list."""
        if page.exports.locked():
            raise Busy(
                "Other files are being made; try again in a moment", retry_after_seconds=RETRY_AFTER_SECONDS
            )
        spool = tempfile.SpooledTemporaryFile(max_size=SPOOL_MEMORY_BYTES)  # noqa: SIM115 - closed when it is sent
        try:
            async with page.exports:
                await self._write(spool, page, read)
        except BaseException:
            spool.close()
            raise
        at = datetime.now(UTC)
        headers = attachment_headers(f"{self.name}-{at:%Y-%m-%d}.{page.medium.value}")
        headers |= {"Content-Length": str(spool.tell()), "Cache-Control": "no-store", "Vary": "Accept"}
        spool.seek(0)
        media_type = MEDIA_TYPES[page.medium]
        if page.medium is Medium.CSV:
            media_type += "; charset=utf-8; header=present"
        return StreamingResponse(chunks(spool), media_type=media_type, headers=headers)

    async def _write(self, target: IO[bytes], page: PageRequest, read: ReadPage) -> None:
        table, file = self._opened(target, page.medium)
        rows, cursor = 0, page.cursor
        try:
            while True:
                part = await read(replace(page, limit=ROWS_AT_ONCE, cursor=cursor))
                rows, cursor = rows + len(part.items), part.next_cursor
                if rows > ROWS_MAX[page.medium]:
                    raise self._too_large(page.medium)
                await asyncio.to_thread(table.write, [self.table.row(item) for item in part.items])
                if cursor is None:
                    break
            await asyncio.to_thread(file.close)
        except BaseException:
            file.discard()
            raise

    def _opened(self, target: IO[bytes], medium: Medium) -> tuple[CsvTable | SheetTable, CsvTable | Workbook]:
        """What takes the rows, and what ends the file."""
        if medium is Medium.CSV:
            table = CsvTable(target, self.table.columns)
            return table, table
        title = self.name.replace("-", " ").capitalize()
        book = Workbook(target, title=title, made_at=datetime.now(UTC))
        return book.sheet(title, self.table.columns), book

    def _too_large(self, medium: Medium) -> ExportTooLarge:
        most = ROWS_MAX[medium]
        ways = [f"ask for CSV, which holds {ROWS_MAX[Medium.CSV]}"] if medium is Medium.XLSX else []
        ways.append(f"narrow it with {self.filters}" if self.filters else "ask for its pages")
        return ExportTooLarge(f"The list has more than {most} rows; {' or '.join(ways)}", rows_max=most)


def _filters(dependant: Dependant) -> Iterator[str]:
    """The parameters that narrow the list, those of its dependencies included."""
    for field in dependant.query_params:
        if field.alias not in _NO_FILTERS:
            yield field.alias
    for part in dependant.dependencies:
        yield from _filters(part)


def chunks(spool: IO[bytes]) -> Iterator[bytes]:
    """The file in parts; it is closed with the last one."""
    with spool:
        while chunk := spool.read(CHUNK_BYTES):
            yield chunk
