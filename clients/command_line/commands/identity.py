"""Signing in and out, and who one is."""

import sys
from typing import Annotated, Any

import typer

from clients.command_line.desk import Desk, desk_of
from clients.command_line.endings import WrongUse
from clients.command_line.profiles import Kind, Profile, checked_url
from clients.command_line.sign_in import discovered_token_url, with_issued_token

Secret = Annotated[
    Kind, typer.Option("--with", help="What you sign in with; it is asked for, or read from standard input.")
]


def login(
    context: typer.Context,
    kind: Secret = Kind.API_KEY,
    client_id: Annotated[str, typer.Option(help="The client, with client credentials.")] = "",
    issuer: Annotated[str, typer.Option(help="Who issues tokens for client credentials.")] = "",
    token_url: Annotated[str, typer.Option(help="The issuer's token endpoint, if it publishes none.")] = "",
) -> None:
    """Check who you are and keep it for later commands.

    The secret is never an option: it would show in the list of processes and in your shell's history.
    """
    desk = desk_of(context)
    profile = Profile(_url(desk), kind, _secret(kind))
    if kind is Kind.CLIENT_CREDENTIALS:
        profile = _with_client(profile, client_id, issuer, token_url)
    with desk.connection(profile) as connection:
        me = connection.get("/v1/me").json()
    desk.store.keep(desk.own_name, profile)
    _show_me(desk, me, profile)
    desk.screen.say(f"Kept as profile '{desk.own_name}' in {desk.store.path}")


def logout(context: typer.Context) -> None:
    """Forget the profile and its secret on this machine."""
    desk = desk_of(context)
    desk.store.forget(desk.own_name)
    desk.screen.say(
        f"The profile '{desk.own_name}' is forgotten here; a key stays valid until it is revoked."
    )


def whoami(context: typer.Context) -> None:
    """Show who the system thinks you are, and what you may see."""
    desk = desk_of(context)
    profile = desk.profile()
    with desk.connection(profile) as connection:
        _show_me(desk, connection.get("/v1/me").json(), profile)


def profiles(context: typer.Context) -> None:
    """List the kept profiles, without their secrets."""
    desk = desk_of(context)
    kept = desk.store.all()
    desk.screen.documents({"name": name, "url": one.url, "with": str(one.kind)} for name, one in kept.items())


def _url(desk: Desk) -> str:
    kept = desk.store.all().get(desk.own_name)
    url = desk.url or (kept.url if kept else None)
    if url is None:
        raise WrongUse("Where is the system?", "salesops login --url https://salesops.example.com")
    return checked_url(url)


def _secret(kind: Kind) -> str:
    if sys.stdin.isatty():
        secret = typer.prompt(f"Your {kind.replace('-', ' ')}", hide_input=True, err=True)
    else:
        secret = sys.stdin.readline()
    if not (secret := secret.strip()):
        raise WrongUse("No secret was given.", "Type it when asked, or pipe it in: … < file")
    return str(secret)


def _with_client(profile: Profile, client_id: str, issuer: str, token_url: str) -> Profile:
    if not client_id or not (issuer or token_url):
        raise WrongUse("Client credentials need the client and its issuer.", "Add --client-id and --issuer")
    endpoint = token_url or discovered_token_url(issuer)
    return with_issued_token(
        Profile(profile.url, profile.kind, profile.secret, client_id=client_id, token_url=endpoint)
    )


def _show_me(desk: Desk, me: dict[str, Any], profile: Profile) -> None:
    desk.screen.document({**me, "url": profile.url})
