"""Writes the letter that a report travels in: its figures, what changed since the one before, the report itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from io import BytesIO
from typing import Any, Final
from uuid import UUID

from services.reporting.adapters.definition_store import definition_of
from services.reporting.adapters.letter_frame import (
    LetterFile,
    Sender,
    attach,
    can_be_attached,
    framed_letter,
)
from services.reporting.adapters.report_files import MEDIA_TYPES, PDF_ROWS_MAX, ReportFormat, write_report
from services.reporting.adapters.run_comparison import RunComparison, total_texts
from services.reporting.adapters.run_store import Row
from services.reporting.domain.recipient import Recipient
from services.reporting.domain.report_definition import ResultColumn, result_columns
from services.reporting.domain.run_difference import RowChange
from shared.documents.amounts import grouped

LINES_MAX: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """To whom, by which subscription, what was beyond its limit; `id` makes the Message-ID: a repeat is recognised."""

    id: UUID
    recipient: Recipient
    subscription: str
    beyond: Sequence[str] = ()


def report_files(run: Row, content: bytes, formats: Sequence[str]) -> list[LetterFile]:
    """Blocks for as long as they are set. What is too long for paper comes as a workbook instead."""
    wanted = [ReportFormat(one) for one in formats]
    if run.rows_count > PDF_ROWS_MAX:
        wanted = [ReportFormat.XLSX if one is ReportFormat.PDF else one for one in wanted]
    files = []
    for one in dict.fromkeys(wanted):
        target = BytesIO()
        write_report(target, run, content, one)
        name = f"{run.definition_name}-{run.first_on}-to-{run.last_on}.{one}"
        files.append(
            LetterFile(name=name, media_type=MEDIA_TYPES[one].partition(";")[0], content=target.getvalue())
        )
    return files


def comparison_facts(found: RunComparison, before: Row) -> dict[str, Any]:
    """What a letter says of the report before: counts, the first differences in words, the totals then."""
    counts = {change: sum(one.change is change for one in found.differences) for change in RowChange}
    return {
        "before_on": before.asked_at.date(),
        "rows_alike": found.rows_alike,
        **{change.value: count for change, count in counts.items()},
        "lines": [
            _difference_line(found.columns, found.places, one) for one in found.differences[:LINES_MAX]
        ],
        "totals": [total_texts(found.columns, total) for total in before.totals],
    }


def report_letter(
    run: Row, facts: Mapping[str, Any] | None, to: Addressed, sender: Sender, files: Sequence[LetterFile]
) -> EmailMessage:
    """`facts` are those of the comparison; without them it is the first report. The date is left to the caller."""
    title = definition_of(run.definition).title
    days = f"{run.first_on}" if run.first_on == run.last_on else f"{run.first_on} to {run.last_on}"
    paragraphs = [
        f"{title} of {days}{' is attached' if can_be_attached(files) else ''}: {_rows(run)}.",
        *(
            ["Beyond the limit that was set:\n" + "\n".join(f"  {one}" for one in to.beyond)]
            if to.beyond
            else []
        ),
        *_total_lines(run, facts),
        *_changes(facts),
        _source(run, to),
    ]
    subject = f"{title}, {days}"
    message = framed_letter(
        sender, to.recipient, key=f"report-{to.id}", subject=subject, paragraphs=paragraphs
    )
    return attach(message, files)


def _source(run: Row, to: Addressed) -> str:
    again = f"It can be shown again at /v1/report-runs/{run.id}, as it is now."
    return f"{again}\nYou get it by the subscription “{to.subscription}”."


def _rows(run: Row) -> str:
    if run.rows_count == 0:
        return "there is nothing to report"
    return f"{run.rows_count} row{'s' if run.rows_count != 1 else ''}"


def _total_lines(run: Row, facts: Mapping[str, Any] | None) -> list[str]:
    columns = result_columns(definition_of(run.definition))
    titles = {column.name: column.title for column in columns}
    before = {total.get("currency"): total for total in (facts or {}).get("totals", ())}
    lines = []
    for total in run.totals or ():
        texts = total_texts(columns, total)
        then = before.get(texts.get("currency"), {})
        currency = texts.get("currency") or ""
        for name, text in texts.items():
            if name == "currency" or text is None:
                continue
            was = f" (before: {_figure(then[name])})" if then.get(name) not in (None, text) else ""
            lines.append(f"{titles[name]}: {_figure(text)} {currency}".rstrip() + was)
    return ["\n".join(lines)] if lines else []


def _changes(facts: Mapping[str, Any] | None) -> list[str]:
    if facts is None:
        return ["It is the first of its kind to you: there is none before to compare it with."]
    rows = "row" if facts["changed"] == 1 else "rows"
    counts = f"{facts['changed']} {rows} changed, {facts['added']} came, {facts['removed']} went"
    if not facts["changed"] + facts["added"] + facts["removed"]:
        return [f"Nothing changed since the report of {facts['before_on']}."]
    more = facts["changed"] + facts["added"] + facts["removed"] - len(facts["lines"])
    lines = [f"Since the report of {facts['before_on']}: {counts}.", *facts["lines"]]
    return ["\n".join([*lines, *([f"… and {more} more."] if more > 0 else [])])]


def _difference_line(
    columns: Sequence[ResultColumn],
    places: tuple[list[int], list[int]],
    one: Any,  # noqa: ANN401 - one difference
) -> str:
    groups, measures = ([columns[place] for place in which] for which in places)
    key = dict(zip((column.name for column in groups), one.key, strict=True))
    named = ", ".join(str(value) for value in one.key if value is not None)
    if one.change is not RowChange.CHANGED:
        return f"  {'came' if one.change is RowChange.ADDED else 'went'}: {named}"
    moved = [
        f"{column.title} {_figure(_text(column, key, then))} → {_figure(_text(column, key, now))}"
        for column, then, now in zip(measures, one.before or (), one.now or (), strict=True)
        if then != now
    ]
    return f"  {named}: {'; '.join(moved)}"


def _text(column: ResultColumn, key: Mapping[str, object], value: object) -> str | None:
    return total_texts(
        [column, ResultColumn("currency", column.kind, "", "", is_measure=False)],
        {column.name: value, "currency": key.get("currency", "INR")},
    )[column.name]


def _figure(text: str | None) -> str:
    """Amounts and counts by lakh and crore, as on paper."""
    if text is None:
        return "–"
    return grouped(text, "INR") if text.lstrip("-").replace(".", "", 1).isdigit() else text
