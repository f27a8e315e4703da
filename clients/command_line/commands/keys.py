"""API keys: what machines sign in with."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from clients.command_line.commands.reading import Pages
from clients.command_line.connection import Call
from clients.command_line.desk import Desk, desk_of

keys = typer.Typer(help="API keys: what machines sign in with.", no_args_is_help=True)
KeyId = Annotated[str, typer.Argument(metavar="ID", help="The key's id, not its text.")]
ValidDays = Annotated[int, typer.Option(min=1, help="Days until it expires.")]


@keys.command("list")
def list_keys(context: typer.Context) -> None:
    """List your keys, or all if you may see them. Never their texts."""
    desk = desk_of(context)
    with desk.connection() as connection:
        desk.screen.documents(Pages(connection, "/v1/api-keys", {}, most=None))


@keys.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Annotated[list[str], typer.Option(help="Such as integration; as often as you like.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="Narrows the roles, such as bank-statements:write.")
    ] = None,
    valid_days: ValidDays = 90,
) -> None:
    """Make a key. Its text is shown this once."""
    desk = desk_of(context)
    draft = {"name": name, "roles": role, "scopes": scope or None, "valid_days": valid_days}
    with desk.connection() as connection:
        _show_once(desk, connection.send(_once("/v1/api-keys", draft)).json())


@keys.command()
def rotate(
    context: typer.Context,
    key_id: KeyId,
    overlap_minutes: Annotated[int, typer.Option(min=0, help="How long the text before still counts.")] = 60,
    valid_days: ValidDays = 90,
) -> None:
    """Give a key a new text, shown this once; the one before counts a while longer, so that nothing stops."""
    desk = desk_of(context)
    draft = {"overlap_minutes": overlap_minutes, "valid_days": valid_days}
    with desk.connection() as connection:
        seen = connection.get(f"/v1/api-keys/{key_id}")
        call = _once(f"/v1/api-keys/{key_id}/rotation", draft, {"If-Match": seen.headers["ETag"]})
        _show_once(desk, connection.send(call).json())


@keys.command()
def revoke(
    context: typer.Context,
    key_id: KeyId,
    reason: Annotated[str, typer.Option(help="Kept with it.")],
) -> None:
    """End a key for good, at once."""
    desk = desk_of(context)
    with desk.connection() as connection:
        revoked = connection.send(_once(f"/v1/api-keys/{key_id}/revocation", {"reason": reason})).json()
    desk.screen.document(revoked)


def _once(path: str, draft: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Call:
    """A change with a key of its own, so that a try that got lost is not done twice."""
    return Call("POST", path, headers=headers or {}, json=draft, key=f"salesops-{secrets.token_hex(16)}")


def _show_once(desk: Desk, issued: Mapping[str, Any]) -> None:
    desk.screen.document(issued)
    if issued["key"] is None:
        desk.screen.say(
            f"The reply with its text was lost. Make a new one: salesops keys rotate {issued['id']}"
        )
    else:
        desk.screen.say("Keep the key now: it is shown nowhere again.")
