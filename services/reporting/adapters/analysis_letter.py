"""Writes the letter that a saved analysis travels in: what was found, what changed since the last time, its files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.reporting.adapters.analysis_charts import chart_png
from services.reporting.adapters.analysis_files import analysis_heading, analysis_workbook
from services.reporting.adapters.analysis_store import Row
from services.reporting.adapters.analysis_words import figure_line, headline, moved_line
from services.reporting.adapters.letter_frame import (
    LetterFile,
    Sender,
    attach,
    can_be_attached,
    framed_letter,
)
from services.reporting.domain.analysis import AnalysisKind, AnalysisResult
from services.reporting.domain.analysis_letter import moved_figures
from services.reporting.domain.recipient import Recipient
from shared.medium import MEDIA_TYPES, Medium

LINES_MAX: Final = 12
NOTES_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedAnalysis:
    """The version of the saved analysis that was due, what came out, and what had come out the time before."""

    saved: Row
    due_at: datetime
    analysis: Row
    result: AnalysisResult
    before: tuple[datetime, AnalysisResult] | None


def analysis_letter_files(mailed: MailedAnalysis) -> list[LetterFile]:
    """The workbook and the first chart, if there is one, as a download would have them. Blocks while they are made."""
    row, result = mailed.analysis, mailed.result
    name = f"{row.kind}-{row.made_at:%Y-%m-%d}"
    book = analysis_workbook(result, analysis_heading(row), title=row.title, made_at=row.made_at)
    files = [LetterFile(name=f"{name}.xlsx", media_type=MEDIA_TYPES[Medium.XLSX], content=book)]
    if result.charts:
        picture = chart_png(result.charts[0])
        files.append(LetterFile(name=f"{name}.png", media_type="image/png", content=picture))
    return files


def analysis_letter(
    mailed: MailedAnalysis, to: tuple[UUID, Recipient], sender: Sender, files: Sequence[LetterFile]
) -> EmailMessage:
    """`to` is the letter's id, which makes its Message-ID, and whom it is for. The date is left to the caller."""
    result, saved = mailed.result, mailed.saved
    paragraphs = [
        f"{headline(AnalysisKind(mailed.analysis.kind), result)}.",
        _changes(mailed),
        _lines("Figures:", [figure_line(one) for one in result.figures], LINES_MAX),
        *_doubts(result),
        _where(mailed, files),
    ]
    message = framed_letter(
        sender,
        to[1],
        key=f"analysis-{to[0]}",
        subject=f"{saved.name}, {_day(mailed, mailed.due_at)}",
        paragraphs=paragraphs,
    )
    return attach(message, files)


def _changes(mailed: MailedAnalysis) -> str:
    if mailed.before is None:
        return "It is the first that the clock made: there is none before to compare it with."
    due_at, before = mailed.before
    since, moved = _day(mailed, due_at), moved_figures(before, mailed.result)
    if not moved:
        return f"No figure changed since {since}."
    count = f"{len(moved)} of {len(mailed.result.figures)} figures changed since {since}:"
    return _lines(count, [moved_line(row) for row in moved], LINES_MAX)


def _doubts(result: AnalysisResult) -> list[str]:
    """What does not come to nought, and what was left out or assumed."""
    wrong = [f"{one.sentence}: {one.residual}" for one in result.checks if not one.holds]
    return [
        *([_lines("These have to be nought and are not:", wrong, LINES_MAX)] if wrong else []),
        *([_lines("To be known:", result.notes, NOTES_MAX)] if result.notes else []),
    ]


def _where(mailed: MailedAnalysis, files: Sequence[LetterFile]) -> str:
    path = f"/v1/analyses/{mailed.analysis.id}"
    place = f"It stands at {path}, its workbook at {path}/content."
    if can_be_attached(files):
        what = "Its workbook and its chart are" if len(files) > 1 else "Its workbook is"
        place = f"{what} attached; it stands at {path}."
    of_zone = f" It is about the zone {mailed.analysis.zone}." if mailed.analysis.zone else ""
    rows = f"It was made of {mailed.analysis.row_count} rows told as “{mailed.saved.table_name}”.{of_zone}"
    return f"{place}\n{rows}\nYou get it because the saved analysis “{mailed.saved.name}” names you."


def _lines(head: str, lines: Sequence[str], most: int) -> str:
    more = [f"  … and {len(lines) - most} more"] if len(lines) > most else []
    return "\n".join([head, *(f"  {line}" for line in lines[:most]), *more])


def _day(mailed: MailedAnalysis, at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(mailed.saved.time_zone)):%d %b %Y}"
