"""Webhooks: where they go, what became of each, and sending them again."""

import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer

from clients.command_line.commands.reading import Pages
from clients.command_line.connection import Call
from clients.command_line.desk import desk_of
from clients.command_line.endings import WrongUse

webhooks = typer.Typer(help="Webhooks: where they go and what became of them.", no_args_is_help=True)
EndpointId = Annotated[str, typer.Argument(metavar="ENDPOINT", help="The endpoint's id.")]


@webhooks.command("list")
def list_endpoints(context: typer.Context) -> None:
    """List where webhooks go, and whether they do."""
    desk = desk_of(context)
    with desk.connection() as connection:
        desk.screen.documents(Pages(connection, "/v1/webhook-endpoints", {}, most=None))


@webhooks.command()
def deliveries(
    context: typer.Context,
    endpoint_id: EndpointId,
    state: Annotated[str, typer.Option(help="Only those that stand so, such as failed.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many at most, the newest first.")] = 50,
) -> None:
    """List what was sent to an endpoint."""
    desk = desk_of(context)
    filters = {"state": state} if state else {}
    with desk.connection() as connection:
        path = f"/v1/webhook-endpoints/{endpoint_id}/deliveries"
        desk.screen.documents(Pages(connection, path, filters, most=limit))


@webhooks.command()
def resend(
    context: typer.Context,
    endpoint_id: EndpointId,
    delivery_id: Annotated[
        str | None, typer.Argument(metavar="DELIVERY", help="One of its deliveries.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(help="Instead: all that was told since then, UTC.")
    ] = None,
) -> None:
    """Deliver once more: one delivery, or everything since a time at most a week ago."""
    if (delivery_id is None) == (since is None):
        raise WrongUse("What is to be sent again?", "Name a delivery, or a time: --since 2026-10-14T06:00:00")
    desk = desk_of(context)
    base = f"/v1/webhook-endpoints/{endpoint_id}"
    key = f"salesops-{secrets.token_hex(16)}"
    if since is None:
        call = Call("POST", f"{base}/deliveries/{delivery_id}/resend", key=key)
    else:
        span = {
            "told_from_at": since.replace(tzinfo=UTC).isoformat(),
            "told_until_at": datetime.now(UTC).isoformat(),
        }
        call = Call("POST", f"{base}/resends", json=span, key=key)
    with desk.connection() as connection:
        desk.screen.document(connection.send(call).json())
