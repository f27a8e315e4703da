"""What the person at the terminal sees: a moving line while something starts, else plain lines."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

from deploy.local.supervisor import Crash, Part


class Report:
    """Prints what happens, each line also with the seconds since the command was given."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began_at = time.monotonic()

    @property
    def elapsed_seconds(self) -> float:
        return time.monotonic() - self._began_at

    @contextmanager
    def waiting_for(self, what: str) -> Iterator[None]:
        if self._console.is_terminal:
            with self._console.status(f"{what} …"):
                yield
        else:
            self.say(f"{what} …")
            yield

    def say(self, text: str) -> None:
        self._console.print(escape(text), soft_wrap=True, highlight=False)

    def trouble(self, text: str) -> None:
        self._console.print(f"[bold red]{escape(text)}[/]", soft_wrap=True, highlight=False)

    def done(self, what: str, seconds: float) -> None:
        line = f"  [green]ok[/] {escape(what):<20} {seconds:5.1f} s   (at {self.elapsed_seconds:.1f} s)"
        self._console.print(line, highlight=False)

    def started(self, part: Part, seconds: float) -> None:
        self.done(part.name, seconds)

    def crashed(self, crash: Crash) -> None:
        ended = f"code {crash.exit_code}" if crash.exit_code >= 0 else f"signal {-crash.exit_code}"
        log = crash.part.child.program.log if crash.part.child else "its log"
        self.trouble(
            f"{crash.part.name} ended with {ended}; starting it again in {crash.restart_in_seconds:.0f} s. "
            f"Its words are in {log}"
        )
