"""Bank statements: sending a file and following its import."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer
from rich.progress import Progress, TaskID

from clients.command_line.connection import Call, Connection
from clients.command_line.desk import Desk, desk_of
from clients.command_line.endings import Refused, WrongUse
from clients.command_line.job_watch import follow_job

CHUNK_BYTES: Final = 256 * 1024
statements = typer.Typer(help="Bank statements: import a file and follow it.", no_args_is_help=True)


@statements.command("import")
def import_statement(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="As the bank gave it.")
    ],
    bank_account: Annotated[str, typer.Option(help="The number of our account that it is of.")],
    patience_seconds: Annotated[
        float, typer.Option("--timeout", help="Seconds to wait for the import.")
    ] = 900,
) -> None:
    """Send a statement file, follow its import, and sum up what became of its lines.

    Safe to run again: the same file is recognised, and what it brought is never booked twice.
    """
    desk = desk_of(context)
    if file.stat().st_size == 0:
        raise WrongUse(f"{file} is empty.", "Download it from the bank again.")
    with desk.connection() as connection, desk.screen.progress() as progress:
        statement = _sent(connection, file, bank_account, progress)
        follow_job(connection, statement["job_url"], progress, patience_seconds=patience_seconds)
        ended = connection.get(f"/v1/bank-statements/{statement['id']}").json()
    _tell(desk, {**ended, "is_repeated": statement["is_repeated"]})


def _sent(connection: Connection, file: Path, bank_account: str, progress: Progress) -> Mapping[str, Any]:
    """The statement as received. The key is made of the file, so that a try that got lost is not sent twice."""
    size = file.stat().st_size
    task = progress.add_task("Sending", total=size, told=file.name)
    call = Call(
        "POST",
        "/v1/bank-statements",
        {"bank_account": bank_account},
        {
            "Prefer": "wait=0",
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
        },
        content=lambda: _chunks(file, progress, task),
        key=f"statement-{_fingerprint(file, bank_account)}",
    )
    reply = connection.send(call)
    progress.remove_task(task)
    is_replay = reply.headers.get("Idempotency-Replayed") == "true"
    statement: dict[str, Any] = reply.json()
    return {**statement, "is_repeated": statement["is_repeated"] or is_replay}


def _chunks(file: Path, progress: Progress, task: TaskID) -> Iterator[bytes]:
    progress.reset(task)
    with file.open("rb") as content:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk
            progress.advance(task, len(chunk))


def _fingerprint(file: Path, bank_account: str) -> str:
    """One text for this content sent for this account."""
    digest = hashlib.sha256(bank_account.encode() + b"\0")
    with file.open("rb") as content:
        while chunk := content.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _tell(desk: Desk, statement: Mapping[str, Any]) -> None:
    counts, screen = statement["counts"], desk.screen
    if screen.speaks_json:
        screen.line(statement)
    else:
        screen.document({"statement": statement["id"], "state": statement["state"], **counts})
        for part in statement["parts"]:
            screen.say(f"Balances: {part['proof']}")
    if statement["is_repeated"]:
        screen.say("This very file came before: nothing was added.")
    if statement["state"] == "failed":
        failure = statement["failure"] or {}
        raise Refused(
            f"The import failed: {failure.get('detail', 'no reason given')} ({failure.get('code')})",
            f"Lines before the failure stand: salesops list bank-statements/{statement['id']}/lines",
            problem=failure,
        )
    if counts["suggested"] or counts["exceptions"]:
        screen.say("Lines wait for a person: salesops list suggestions")
