"""What the posting of letters asks of those who write them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Protocol

from services.reporting.adapters.letter_frame import Sender
from services.reporting.adapters.letter_store import LetterTable, Row
from shared.database import Database


class LetterOvertaken(Exception):
    """What it was to say does not hold any more; `reason` is written down in its place."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class LeasedLetter:
    """A letter's row, who it is from, and the instant at which it is handed in."""

    row: Row
    sender: Sender
    at: datetime


class LetterWriter(Protocol):
    """Writes letters of one table; made anew for each few of them, and keeps what several of those carry."""

    async def write(self, database: Database, letter: LeasedLetter) -> EmailMessage:
        """Without its date. LetterOvertaken when it is not to go any more."""


@dataclass(frozen=True, slots=True)
class Mailbag:
    """The letters of one table, and who writes them."""

    table: LetterTable
    writer: Callable[[], LetterWriter]
