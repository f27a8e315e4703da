"""Lists, single resources and files of anything the API offers, found in its own document."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import httpx
import typer

from clients.command_line.catalogue import Readable
from clients.command_line.connection import Call, Connection
from clients.command_line.desk import Desk, desk_of
from clients.command_line.endings import WrongUse
from clients.command_line.profiles import ProfileStore

PAGE_MAX: Final = 200
FORMATS: Final = ("csv", "xlsx")


def known_lists(context: typer.Context) -> list[str]:
    """Names for completion in the shell, as last read; asks nobody."""
    desk = context.obj if isinstance(context.obj, Desk) else Desk(store=ProfileStore.of_user())
    profile = desk.store.all().get(desk.own_name)
    url = os.environ.get("SALESOPS_URL") or (profile.url if profile else "")
    return desk.cache.known_lists(url)


Resource = Annotated[
    str,
    typer.Argument(help="A list, such as receipts or bank-statements/ID/lines.", autocompletion=known_lists),
]
Filters = Annotated[
    list[str] | None, typer.Option("--filter", "-f", help="name=value, as often as you like.")
]

Single = Annotated[bool, typer.Option("--single", help="What `get` shows, instead of lists.")]
Whole = Annotated[bool, typer.Option("--all", help="Every item, page by page.")]


def resources(
    context: typer.Context,
    *,
    is_single: Single = False,
) -> None:
    """Show what can be listed and exported, with the filters it takes."""
    desk = desk_of(context)
    with desk.connection() as connection:
        found = desk.catalogue(connection).readables
    shown = sorted((one for one in found if one.is_list is not is_single), key=lambda one: one.name)
    desk.screen.documents(
        {"resource": one.name, "summary": one.summary, "filters": list(one.filters)} for one in shown
    )


def list_items(
    context: typer.Context,
    resource: Resource,
    *,
    filters: Filters = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    is_whole: Whole = False,
) -> None:
    """List anything. With --json, one item per line."""
    desk = desk_of(context)
    with desk.connection() as connection:
        readable, path = desk.catalogue(connection).list_at(resource)
        chosen = readable.checked_filters(filters or [])
        pages = Pages(connection, path, chosen, most=None if is_whole else limit)
        count = desk.screen.documents(pages)
    if pages.has_more:
        desk.screen.say(f"{count} shown, and there are more: --limit N or --all")


class Pages:
    """The items of a list, asked for page by page as they are taken."""

    def __init__(self, connection: Connection, path: str, filters: dict[str, str], most: int | None) -> None:
        self._connection = connection
        self._path = path
        self._filters = filters
        self._most = most
        self.has_more = False

    def __iter__(self) -> Iterator[dict[str, Any]]:
        given, cursor = 0, None
        while True:
            left = PAGE_MAX if self._most is None else min(self._most - given, PAGE_MAX)
            place: dict[str, str] = {"cursor": cursor} if cursor else {}
            page = self._connection.get(self._path, {**self._filters, "limit": left, **place}).json()
            yield from page["items"]
            given += len(page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return
            if self._most is not None and given >= self._most:
                self.has_more = True
                return


def get(
    context: typer.Context,
    resource: Annotated[
        str, typer.Argument(help="Such as receipts, trial-balance or accounts/CP0001/ageing.")
    ],
    identity: Annotated[str | None, typer.Argument(metavar="ID", help="Which one.")] = None,
    filters: Filters = None,
) -> None:
    """Show one resource. Its version, for changes, is told on standard error."""
    desk = desk_of(context)
    with desk.connection() as connection:
        readable, path = desk.catalogue(connection).item_at(resource, identity)
        reply = connection.get(path, readable.checked_filters(filters or []))
    desk.screen.document(_object(reply, readable))
    if etag := reply.headers.get("ETag"):
        desk.screen.say(f"ETag: {etag}")


def export(
    context: typer.Context,
    resource: Resource,
    target: Annotated[Path, typer.Option("--output", "-o", help="The file; - is standard output.")],
    filters: Filters = None,
    medium: Annotated[
        str | None, typer.Option("--format", help="csv or xlsx; the file's ending tells.")
    ] = None,
) -> None:
    """Write a whole list into a file, as a stream. A file that broke off is not left behind."""
    desk = desk_of(context)
    wanted = _format(medium, target)
    with desk.connection() as connection:
        readable, path = desk.catalogue(connection).list_at(resource)
        call = Call("GET", path, {**readable.checked_filters(filters or []), "format": wanted})
        with connection.streaming(call) as reply:
            size = _write(desk, reply, target)
    if str(target) != "-":
        if desk.screen.speaks_json:
            desk.screen.line({"path": str(target), "format": wanted, "size_bytes": size})
        else:
            desk.screen.say(f"{target}: {size:,} bytes")


def _format(medium: str | None, target: Path) -> str:
    wanted = (medium or target.suffix.removeprefix(".")).lower()
    if wanted not in FORMATS:
        raise WrongUse(f"'{wanted}' is no format of a file.", "Add --format csv or --format xlsx")
    return wanted


def _write(desk: Desk, reply: httpx.Response, target: Path) -> int:
    """Copy the body beside the target first, so that the target is either whole or as it was."""
    if str(target) == "-":
        try:
            return _copy(desk, reply, typer.get_binary_stream("stdout"))
        except BrokenPipeError:
            desk.screen.output.on_broken_pipe()
    draft = target.with_name(f"{target.name}.part")
    try:
        with draft.open("wb") as output:
            size = _copy(desk, reply, output)
        draft.replace(target)
    except OSError as error:
        raise WrongUse(
            f"{target} cannot be written: {error.strerror}", "Choose another place: -o FILE"
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return size


def _copy(desk: Desk, reply: httpx.Response, output: BinaryIO) -> int:
    size = 0
    with desk.screen.progress() as progress:
        task = progress.add_task("Writing", total=None, told="")
        for chunk in reply.iter_bytes():
            size += output.write(chunk)
            progress.update(task, told=f"{size:,} bytes")
    return size


def _object(reply: httpx.Response, readable: Readable) -> dict[str, Any]:
    if "json" not in reply.headers.get("Content-Type", ""):
        raise WrongUse(f"{readable.name} is a file, not a resource.", "Fetch it with curl -OJ")
    shown = reply.json()
    return shown if isinstance(shown, dict) else {"items": shown}
