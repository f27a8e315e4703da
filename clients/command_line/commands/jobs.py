"""Work in the background: where it stands, and following it to its end."""

from typing import Annotated

import typer

from clients.command_line.connection import Call
from clients.command_line.desk import desk_of
from clients.command_line.job_watch import follow_job, must_have_succeeded

jobs = typer.Typer(help="Work in the background.", no_args_is_help=True)
JobId = Annotated[str, typer.Argument(metavar="ID", help="The job's id, the end of its address.")]


@jobs.command()
def show(context: typer.Context, job_id: JobId) -> None:
    """Show where a job stands."""
    desk = desk_of(context)
    with desk.connection() as connection:
        desk.screen.document(connection.get(f"/v1/jobs/{job_id}").json())


@jobs.command()
def follow(
    context: typer.Context,
    job_id: JobId,
    patience_seconds: Annotated[float, typer.Option("--timeout", help="Seconds to wait.")] = 900,
) -> None:
    """Wait for a job's end. Ends with 1 if it did not succeed."""
    desk = desk_of(context)
    with desk.connection() as connection, desk.screen.progress() as progress:
        job = follow_job(connection, f"/v1/jobs/{job_id}", progress, patience_seconds=patience_seconds)
    desk.screen.document(job)
    must_have_succeeded(job)


@jobs.command()
def cancel(context: typer.Context, job_id: JobId) -> None:
    """Keep a job from starting, or stop it soon; what it has done stays done."""
    desk = desk_of(context)
    with desk.connection() as connection:
        connection.send(Call("DELETE", f"/v1/jobs/{job_id}"))
    desk.screen.say("Cancelled.")
