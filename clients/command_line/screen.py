"""What a person or a script gets to see: data on standard output, everything else on standard error."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from clients.command_line.endings import CommandEnded

COLUMNS_MAX: Final = 8


class Output(Console):
    """Standard output. A reader that has seen enough, as `head` has, ends the command and is no error."""

    def on_broken_pipe(self) -> None:
        # What is buffered must not be written when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0)


@dataclass(slots=True)
class Screen:
    """With `speaks_json`, each document is one line of JSON in the field order of the API, and nothing is coloured."""

    speaks_json: bool = False
    output: Output = field(default_factory=lambda: Output(highlight=False))
    messages: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    def document(self, document: Mapping[str, Any]) -> None:
        """One resource."""
        if self.speaks_json:
            self.line(document)
            return
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        for name, value in document.items():
            table.add_row(escape(name), escape(shown(value)))
        self.output.print(table)

    def documents(self, documents: Iterable[Mapping[str, Any]]) -> int:
        """Resources of one kind; returns how many. JSON is written as they come, a table when all are there."""
        if self.speaks_json:
            return sum(self.line(document) for document in documents)
        rows = list(documents)
        names = telling_columns(rows)
        table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
        for name in names:
            table.add_column(escape(name), overflow="ellipsis")
        for row in rows:
            table.add_row(*(escape(shown(row.get(name))) for name in names))
        self.output.print(table)
        return len(rows)

    def line(self, document: Mapping[str, Any]) -> bool:
        """Write one line of JSON now: a reader at the other end of a pipe should not have to wait."""
        try:
            sys.stdout.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            self.output.on_broken_pipe()
        return True

    def event(self, identity: str, kind: str, facts: Any) -> None:  # noqa: ANN401 - JSON of any shape
        """One event, now: its id is where to go on after it."""
        if self.speaks_json:
            self.line({"id": identity, "type": kind, "data": facts})
        else:
            text = json.dumps(facts, ensure_ascii=False)
            self.output.print(
                f"[dim]{escape(identity)}[/] [bold]{escape(kind)}[/] {escape(text)}", soft_wrap=True
            )

    def say(self, message: str) -> None:
        """A message for a person; scripts that asked for JSON get it too, on standard error."""
        self.messages.print(escape(message), soft_wrap=True)

    def progress(self) -> Progress:
        """A bar on standard error that follows work; silent when nobody looks at a terminal."""
        return Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            console=self.messages,
            disable=self.speaks_json or not self.messages.is_terminal,
            transient=True,
        )

    def ended(self, error: CommandEnded) -> None:
        """Say why it ended and what to do next; to a script as the problem document."""
        if self.speaks_json:
            told = error.problem or {"code": error.code, "detail": error.message}
            sys.stderr.write(json.dumps({**told, "next_step": error.next_step}, ensure_ascii=False) + "\n")
            return
        self.messages.print(f"[bold red]✗[/] {escape(error.message)}", soft_wrap=True)
        if error.next_step:
            self.messages.print(f"  → {escape(error.next_step)}", soft_wrap=True)


def shown(value: object) -> str:
    """A value as a person reads it: money as figure and currency, what is nested as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        if value.keys() == {"amount", "currency"}:
            return f"{value['amount']} {value['currency']}"
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return ", ".join(shown(one) for one in value)
    return str(value)


def telling_columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The first fields that fit a column: figures, words and money, unless no row has any."""
    names = list(rows[0]) if rows else []
    fitting = [name for name in names if any(_fits(row.get(name)) for row in rows)]
    return fitting[:COLUMNS_MAX]


def _fits(value: object) -> bool:
    is_money = isinstance(value, Mapping) and value.keys() == {"amount", "currency"}
    return is_money or (value is not None and value != "" and not isinstance(value, (Mapping, list)))
