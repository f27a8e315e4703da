"""Writes the letter that a report travels in: its figures, what changed since the one before, the report itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from io import BytesIO
from typing import Any, Final
from uuid import UUID

from services.reporting.adapters.definition_store import definition_of
from services.reporting.adapters.report_files import MEDIA_TYPES, PDF_ROWS_MAX, ReportFormat, write_report
from services.reporting.adapters.run_comparison import RunComparison, total_texts
from services.reporting.adapters.run_store import Row
from services.reporting.domain.report_definition import ResultColumn, result_columns
from services.reporting.domain.run_difference import RowChange
from shared.documents.amounts import grouped

ATTACHED_BYTES_MAX: Final = 15 * 1024 * 1024  # what most mail systems take
LINES_MAX: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who letters are from."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile:
    """The report in one format."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """To whom, by which subscription, what was beyond its limit; `id` makes the Message-ID: a repeat is recognised."""

    id: UUID
    name: str
    address: str
    subscription: str
    beyond: Sequence[str] = ()


def report_files(run: Row, content: bytes, formats: Sequence[str]) -> list[ReportFile]:
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
            ReportFile(name=name, media_type=MEDIA_TYPES[one].partition(";")[0], content=target.getvalue())
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
    run: Row, facts: Mapping[str, Any] | None, to: Addressed, sender: Sender, files: Sequence[ReportFile]
) -> EmailMessage:
    """`facts` are those of the comparison; without them it is the first report. The date is left to the caller."""
    title = definition_of(run.definition).title
    days = f"{run.first_on}" if run.first_on == run.last_on else f"{run.first_on} to {run.last_on}"
    message = EmailMessage(policy=SMTP)
    local, _, domain = sender.address.partition("@")
    message["From"] = Address(sender.name, local, domain)
    to_local, _, to_domain = to.address.partition("@")
    message["To"] = Address(to.name, to_local, to_domain)
    message["Subject"] = " ".join(f"{title}, {days}".split())
    message["Message-ID"] = f"<report-{to.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    is_attached = sum(len(one.content) for one in files) <= ATTACHED_BYTES_MAX
    parts = [
        f"Dear {to.name},",
        f"{title} of {days}{' is attached' if is_attached else ''}: {_rows(run)}.",
        *(
            ["Beyond the limit that was set:\n" + "\n".join(f"  {one}" for one in to.beyond)]
            if to.beyond
            else []
        ),
        *_total_lines(run, facts),
        *_changes(facts),
        _source(run, to),
        f"With kind regards\n{sender.name}",
    ]
    message.set_content("\n\n".join(parts))
    for file in files if is_attached else ():
        kind, _, subtype = file.media_type.partition("/")
        message.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
    return message


def dated(message: EmailMessage, at: datetime) -> EmailMessage:
    """The letter with the day on which it is handed in."""
    message["Date"] = format_datetime(at)
    return message


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
