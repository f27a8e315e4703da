"""Writes letters about a collection: what is asked and by when, what was found, and the workbook it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.reporting.adapters.collection_store import Row
from services.reporting.adapters.letter_frame import (
    LetterFile,
    Sender,
    attach,
    can_be_attached,
    framed_letter,
)
from services.reporting.domain.collection_letter import LetterOccasion
from services.reporting.domain.recipient import Recipient

INDIA: Final = ZoneInfo("Asia/Kolkata")
FINDINGS_MAX: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionLetter:
    """What one letter is about; `submission` with its first findings is that of a letter about one."""

    id: UUID
    occasion: LetterOccasion
    recipient: Recipient
    collection: Row
    respondent: Row
    workbook_path: str
    submission: Row | None = None
    findings: Sequence[Mapping[str, Any]] = ()


def collection_letter(letter: CollectionLetter, sender: Sender, files: Sequence[LetterFile]) -> EmailMessage:
    """The date is left to the caller. What is too large to be attached is named by its path."""
    message = framed_letter(
        sender,
        letter.recipient,
        key=f"collection-{letter.id}",
        subject=_SUBJECTS[letter.occasion].format(title=letter.collection.title),
        paragraphs=[
            *_said(letter),
            *_where(letter, files),
            f"It is about {letter.respondent.name}.",
        ],
    )
    return attach(message, files)


_SUBJECTS: Final = {
    LetterOccasion.INVITATION: "Please fill: {title}",
    LetterOccasion.REMINDER: "Reminder: {title}",
    LetterOccasion.OVERDUE: "Overdue: {title}",
    LetterOccasion.CHECKED: "Thank you: {title}",
    LetterOccasion.ACCEPTED: "Thank you, accepted: {title}",
    LetterOccasion.RETURNED: "Please correct: {title}",
}


def _said(letter: CollectionLetter) -> list[str]:
    due = f"{letter.collection.due_at.astimezone(INDIA):%d %b %Y, %H:%M} IST"
    title, sent = letter.collection.title, letter.submission
    version = f"version {sent.version}" if sent else ""
    match letter.occasion:
        case LetterOccasion.INVITATION:
            return [f"{title}: please fill the yellow cells of the workbook and send it in by {due}."]
        case LetterOccasion.REMINDER:
            return [f"{title} is due at {due}, and nothing that can be taken came so far."]
        case LetterOccasion.OVERDUE:
            return [
                f"{title} was due at {due}, and nothing that can be taken came so far. It is still taken in."
            ]
        case LetterOccasion.CHECKED:
            return [
                f"{title}: thank you for {version}. Nothing is wrong with it; it now waits to be accepted."
            ]
        case LetterOccasion.ACCEPTED:
            return [f"{title}: thank you, {version} was accepted and counts from now on.", *_note(sent)]
    return [f"{title}: {version} cannot be taken as it is.", *_note(sent), *_findings(letter)]


def _note(sent: Row | None) -> list[str]:
    return [f"{sent.decided_by}: {sent.note}"] if sent and sent.note and not sent.findings_count else []


def _findings(letter: CollectionLetter) -> list[str]:
    count = letter.submission.findings_count if letter.submission else 0
    if not count:
        return []
    lines = [
        f"  {one['cell'] or 'the file'}: {one['expected']}" for one in list(letter.findings)[:FINDINGS_MAX]
    ]
    more = [f"  … and {count - len(lines)} more"] if count > len(lines) else []
    return ["\n".join([f"{count} {'finding' if count == 1 else 'findings'}:", *lines, *more])]


def _where(letter: CollectionLetter, files: Sequence[LetterFile]) -> list[str]:
    if letter.occasion in {LetterOccasion.CHECKED, LetterOccasion.ACCEPTED}:
        return []
    sent = letter.submission
    path = f"/v1/submissions/{sent.id}/marked-copy" if sent else letter.workbook_path
    what = "The marked copy, wrong cells in red," if sent else "The workbook"
    place = f"is attached, and stands at {path}" if can_be_attached(files) else f"stands at {path}"
    send = f"/v1/collections/{letter.collection.id}/submissions?respondent={letter.respondent.id}"
    return [f"{what} {place}.\nIt is sent in, as it is, at {send}."]
