"""What people do with an issue: give it to somebody, or accept it for a while with a reason."""

from datetime import date, datetime
from uuid import UUID

from services.reporting.adapters.issue_queries import Row, issue_shown
from services.reporting.adapters.issue_store import change_issue, note_event
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.data_checks.errors import IssueChanged, IssueSettled, IssueUnknown
from services.reporting.domain.data_issue import IssueEventKind, IssueState, check_waiver, today_of
from shared.identity import Caller


async def assign_issue(
    work: UnitOfWork,
    issue_id: UUID,
    revision: int,
    wanted: tuple[str, date | None],
    *,
    who: tuple[Caller, datetime],
) -> None:
    """`wanted` is whose it is from now on, and until when it is to be mended, if that changes."""
    issue = await _unsettled(work, issue_id, revision, who)
    owner, due_on = wanted
    changed: dict[str, object] = {"owner": owner, "due_on": due_on or issue.due_on}
    await change_issue(work.connection, issue_id, changed)
    details = {"owner": owner, "owner_before": issue.owner, "due_on": str(due_on or issue.due_on)}
    await note_event(work.connection, issue_id, IssueEventKind.ASSIGNED, details, who=(who[0].actor, who[1]))


async def waive_issue(
    work: UnitOfWork, issue_id: UUID, revision: int, wanted: tuple[str, date], *, who: tuple[Caller, datetime]
) -> None:
    """`wanted` is the reason and the last day on which it is accepted. WaiverInvalid."""
    check_waiver(wanted[1], today_of(who[1]))
    await _unsettled(work, issue_id, revision, who)
    changed: dict[str, object] = {"state": IssueState.WAIVED.value, "waived_until": wanted[1]}
    await change_issue(work.connection, issue_id, changed)
    details = {"reason": wanted[0], "expires_on": str(wanted[1])}
    await note_event(work.connection, issue_id, IssueEventKind.WAIVED, details, who=(who[0].actor, who[1]))


async def _unsettled(work: UnitOfWork, issue_id: UUID, revision: int, who: tuple[Caller, datetime]) -> Row:
    caller, at = who
    issue = await issue_shown(work.connection, caller.row_scope(), issue_id, today_of(at), is_locked=True)
    if issue is None:
        raise IssueUnknown(f"There is no issue {issue_id}")
    if issue.revision != revision:
        raise IssueChanged(f"It is at revision {issue.revision} meanwhile", revision=issue.revision)
    if issue.state == IssueState.RESOLVED:
        raise IssueSettled("It vanished with a snapshot, or its rule counts no more")
    return issue
