"""Puts the commands together and turns the way they end into an exit code."""

import sys
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from clients.command_line.commands.events import events
from clients.command_line.commands.identity import login, logout, profiles, whoami
from clients.command_line.commands.jobs import jobs
from clients.command_line.commands.keys import keys
from clients.command_line.commands.reading import export, get, list_items, resources
from clients.command_line.commands.statements import statements
from clients.command_line.commands.webhooks import webhooks
from clients.command_line.desk import Desk, desk_of
from clients.command_line.endings import CommandEnded, ExitCode, WrongUse

EPILOG: Final = (
    "Ends with 0 when done, 1 when refused or failed, 2 when called wrongly, 3 when not signed in or not allowed, "
    "4 when not found, 5 when the system cannot be reached or is busy (try again), 130 when interrupted."
)
# Options of the whole command line, which may stand anywhere on it; the number is how many words they take.
_COMMON: Final = {"--json": 1, "--profile": 2, "--url": 2}
SpeaksJson = Annotated[bool, typer.Option("--json", help="JSON for scripts: one document per line.")]


def choose(
    context: typer.Context,
    *,
    speaks_json: SpeaksJson = False,
    profile: Annotated[str | None, typer.Option(help="Who calls, if you keep several profiles.")] = None,
    url: Annotated[str | None, typer.Option(help="Where the system is, if no profile says so.")] = None,
) -> None:
    """The command line of SalesOps. --json, --profile and --url may stand anywhere.

    SALESOPS_URL and SALESOPS_TOKEN, where set, win over every kept profile.
    """
    desk = desk_of(context)
    desk.screen.speaks_json, desk.profile_name, desk.url = speaks_json, profile, url


def application() -> typer.Typer:
    app = typer.Typer(
        name="salesops", callback=choose, no_args_is_help=True, epilog=EPILOG, pretty_exceptions_enable=False
    )
    for command in (login, logout, whoami, profiles, resources, get, export):
        app.command()(command)
    app.command("list")(list_items)
    app.add_typer(statements, name="statements")
    app.add_typer(jobs, name="jobs")
    app.add_typer(events, name="events")
    app.add_typer(keys, name="keys")
    app.add_typer(webhooks, name="webhooks")
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    desk = Desk()
    words = hoisted(sys.argv[1:] if arguments is None else arguments)
    try:
        ended = application()(words, prog_name="salesops", standalone_mode=False, obj=desk)
    except CommandEnded as error:
        desk.screen.ended(error)
        return error.exit_code
    except typer.TyperException as error:
        if not error.format_message():  # no command was named, and the help is on the screen
            return ExitCode.WRONG_USE
        desk.screen.speaks_json = "--json" in words
        desk.screen.ended(WrongUse(error.format_message(), "Add --help to see what it takes."))
        return ExitCode.WRONG_USE
    except (KeyboardInterrupt, typer.Abort):
        desk.screen.say("Interrupted.")
        return ExitCode.INTERRUPTED
    if ended == ExitCode.INTERRUPTED:
        desk.screen.say("Interrupted.")
    return ended if isinstance(ended, int) else ExitCode.OK


def hoisted(words: Sequence[str]) -> list[str]:
    """The words with the common options first, where the parser expects them; after `--` they mean nothing."""
    common: list[str] = []
    others: list[str] = []
    left = list(words)
    while left:
        word = left[0]
        if word == "--":
            others += left
            break
        count = _COMMON.get(word.split("=")[0], 0)
        taken = 1 if "=" in word else max(count, 1)
        (common if count else others).extend(left[:taken])
        del left[:taken]
    return [*common, *others]
