"""A collection is opened: whom it asks, the rows that each workbook comes with, and that each of them hears of it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.reporting.adapters.collection_facts import tell_asked
from services.reporting.adapters.collection_letter_store import add_recipients, queue_letters
from services.reporting.adapters.collection_store import NewCollection, NewRespondent, add_collection
from services.reporting.adapters.template_facts import (
    Span,
    accepted_before,
    list_entries,
    ordered_quantities,
    partners_named,
)
from services.reporting.adapters.template_store import KeptTemplate
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.collection_letter import LetterOccasion
from services.reporting.domain.errors import CollectionInvalid
from services.reporting.domain.given_rows import GivenFacts, Ordered, Whose, given_rows
from services.reporting.domain.recipient import Recipient
from services.reporting.domain.template import ROWS_MAX, RowSource, ShownFigure, Template, months_from
from services.reporting.domain.template_collection import CollectionPlan, RespondentKind, check_plan
from shared.errors import FieldProblem

SIGNING_KEY_BYTES: Final = 32
YEAR_MONTHS: Final = 12
_BY_ORDERS: Final = {ShownFigure.ORDERED_BEFORE, ShownFigure.ORDERED_YEAR_BEFORE}


@dataclass(frozen=True, slots=True, kw_only=True)
class RespondentWish:
    """Whom to ask: a partner or zone by its code or name, or a person by the token's subject, for a zone perhaps."""

    kind: RespondentKind
    key: str
    name: str | None
    zone: str | None
    recipients: tuple[Recipient, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Who opens a collection, when, and where people of the house have their addresses."""

    actor: str
    at: datetime
    house_domains: frozenset[str]


async def open_collection(
    work: UnitOfWork,
    kept: KeptTemplate,
    plan: CollectionPlan,
    wishes: Sequence[RespondentWish],
    opening: Opening,
) -> UUID:
    """CollectionInvalid says what cannot be, and which respondents are not known."""
    template = kept.template
    check_plan(plan, template, opening.at)
    check_recipients(wishes, opening.house_domains)
    asked = await _respondents(work, wishes)
    facts = await _facts(work, template, plan, asked)
    respondents = [
        NewRespondent(
            id=uuid7(),
            kind=one.kind,
            key=one.key,
            name=one.name or one.key,
            partner_code=one.key if one.kind is RespondentKind.PARTNER else None,
            zone=one.zone,
            person=one.key if one.kind is RespondentKind.PERSON else None,
            rows=given_rows(template, facts, _whose(one), (one.kind, one.key)),
        )
        for one in asked
    ]
    _check_rows(template, respondents)
    new = NewCollection(
        id=uuid7(),
        template_id=kept.id,
        revision=kept.revision,
        plan=plan,
        signing_key=secrets.token_bytes(SIGNING_KEY_BYTES),
        opened_by=opening.actor,
        opened_at=opening.at,
    )
    await add_collection(work.connection, new, respondents)
    tell_asked(work, new, template.name, respondents)
    await _invite(work, respondents, asked, opening.at)
    return new.id


def check_recipients(wishes: Sequence[RespondentWish], house_domains: frozenset[str]) -> None:
    """Each respondent's once, with addresses; outside of the house only of a partner, whose workbook has its own rows.

    CollectionInvalid names each that cannot be written to.
    """
    problems: list[FieldProblem] = []
    house = ", ".join(sorted(house_domains))
    for place, wish in enumerate(wishes):
        seen: set[str] = set()
        for number, one in enumerate(wish.recipients):
            pointer = f"/respondents/{place}/recipients/{number}/address"
            if not one.has_address:
                problems.append(FieldProblem(pointer, "expected name@example.com"))
            elif wish.kind is not RespondentKind.PARTNER and not one.is_of(house_domains):
                problems.append(FieldProblem(pointer, f"expected an address at {house}"))
            elif one.address.lower() in seen:
                problems.append(FieldProblem(pointer, "expected each address once"))
            seen.add(one.address.lower())
    if problems:
        raise CollectionInvalid("Letters cannot go to all of these", problems=problems)


async def _invite(
    work: UnitOfWork, respondents: Sequence[NewRespondent], asked: Sequence[RespondentWish], at: datetime
) -> None:
    people = {new.id: wish.recipients for new, wish in zip(respondents, asked, strict=True)}
    await add_recipients(work.connection, people)
    await queue_letters(work.connection, [(one, LetterOccasion.INVITATION, 0) for one in people], at)


async def _respondents(work: UnitOfWork, wishes: Sequence[RespondentWish]) -> list[RespondentWish]:
    """With the names and zones that partners have."""
    codes = [one.key for one in wishes if one.kind is RespondentKind.PARTNER]
    known = await partners_named(work.connection, codes)
    problems: list[FieldProblem] = []
    seen: set[tuple[str, str]] = set()
    found: list[RespondentWish] = []
    for place, one in enumerate(wishes):
        if (one.kind, one.key) in seen:
            problems.append(FieldProblem(f"/respondents/{place}", "expected each respondent once"))
        seen.add((one.kind, one.key))
        if one.kind is RespondentKind.PARTNER and one.key not in known:
            problems.append(FieldProblem(f"/respondents/{place}/key", "expected the code of a known partner"))
            continue
        partner = known.get(one.key) if one.kind is RespondentKind.PARTNER else None
        zone = one.key if one.kind is RespondentKind.ZONE else partner.zone if partner else one.zone
        name = one.name or (f"{partner.name} ({one.key})" if partner else None)
        found.append(replace(one, name=name, zone=zone))
    if problems:
        raise CollectionInvalid("The collection cannot ask all of these", problems=problems)
    return found


async def _facts(
    work: UnitOfWork, template: Template, plan: CollectionPlan, asked: Sequence[RespondentWish]
) -> GivenFacts:
    """Read once for all respondents."""
    shown = {column.shows for column in template.columns}
    ordered: dict[ShownFigure | None, Ordered] = {}
    whose = [_whose(one) for one in asked]
    if template.rows_from is RowSource.ORDERED:
        ordered[None] = await ordered_quantities(
            work.connection, whose, _span(plan.first_month, -YEAR_MONTHS, 0)
        )
    for figure, span in (
        (ShownFigure.ORDERED_BEFORE, _span(plan.first_month, -plan.months, 0)),
        (
            ShownFigure.ORDERED_YEAR_BEFORE,
            _span(plan.first_month, -YEAR_MONTHS, plan.months - YEAR_MONTHS),
        ),
    ):
        if figure in shown:
            ordered[figure] = await ordered_quantities(work.connection, whose, span)
    lists: dict[tuple[str, Whose], list[str]] = {}
    if template.rows_from is RowSource.COMBINED:
        for column in template.columns:
            for one in set(whose) if column.is_key and column.values_of else ():
                entries = await list_entries(work.connection, column.values_of, one)  # type: ignore[arg-type] # it has one
                lists[(column.name, one)] = [value for value, _ in entries]
    is_wanted = template.rows_from is RowSource.ACCEPTED_BEFORE or ShownFigure.ACCEPTED_BEFORE in shown
    before = await accepted_before(work.connection, template.name, plan.first_month) if is_wanted else {}
    return GivenFacts(ordered=ordered, lists=lists, accepted=before)


def _whose(one: RespondentWish) -> Whose:
    if one.kind is RespondentKind.PARTNER:
        return Whose(partner_code=one.key)
    return Whose(zone=one.zone)


def _span(first_month: date, from_months: int, before_months: int) -> Span:
    return Span(_moved(first_month, from_months), _moved(first_month, before_months))


def _moved(month: date, months: int) -> date:
    place = month.year * 12 + month.month - 1 + months
    return months_from(date(place // 12, place % 12 + 1, 1), 1)[0]


def _check_rows(template: Template, respondents: Sequence[NewRespondent]) -> None:
    total = sum(len(one.rows) for one in respondents)
    for place, one in enumerate(respondents):
        if len(one.rows) > template.rows_max:
            told = f"{len(one.rows)} rows would stand in the workbook; expected at most {template.rows_max}"
            raise CollectionInvalid(told, problems=[FieldProblem(f"/respondents/{place}", told)])
        if not template.takes_new_rows and not one.rows:
            told = "no rows to fill: nothing is known of what the template's rows come from"
            raise CollectionInvalid(told, problems=[FieldProblem(f"/respondents/{place}", told)])
    if total > ROWS_MAX * 10:
        raise CollectionInvalid(f"{total} rows in all; expected at most {ROWS_MAX * 10}")
