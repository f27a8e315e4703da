"""Composes a partner's account statement from the books and proves it before anybody sees it."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.accounts_as_of import AccountFacts, account_facts
from services.payments.adapters.queries.instruments import cheques_in_hand
from services.payments.adapters.queries.listing import one_row
from services.payments.adapters.repositories import Row
from services.payments.domain.account_statement import (
    AccountSection,
    AccountStatement,
    BookFigures,
    MemoCheque,
    StatementParty,
    StatementWanted,
    prove,
)
from services.payments.domain.ageing import ageing_of
from shared.errors import NotFound

_NO_BOOKS: Final = BookFigures(0, 0, None)
HOUSE_CURRENCY: Final = "INR"


async def compose_statement(connection: AsyncConnection, wanted: StatementWanted) -> AccountStatement:
    """NotFound for an unknown partner; StatementUnproved when the books do not agree with each other.

    An account that never moved has one empty section in the house currency.
    """
    partner = await one_row(connection, "SELECT * FROM partners", "code = :code", code=wanted.partner_code)
    if partner is None:
        raise NotFound(f"There is no partner {wanted.partner_code}")
    facts = await account_facts(connection, wanted.partner_code, wanted.period)
    cheques = await cheques_in_hand(connection, wanted.partner_code, wanted.period.last)
    currencies = {*facts.currencies, *(cheque.currency for cheque in cheques)} or {HOUSE_CURRENCY}
    sections = tuple(_section(currency, facts, wanted, cheques) for currency in sorted(currencies, key=_rank))
    prove(wanted.partner_code, wanted.period.last, sections)
    party = StatementParty(
        code=partner.code,
        name=partner.legal_name or partner.name,
        address=partner.address,
        city=partner.city,
        zone=partner.zone,
        gstin=partner.gstin,
    )
    return AccountStatement(wanted, party, sections)


def _rank(currency: str) -> tuple[bool, str]:
    return currency != HOUSE_CURRENCY, currency


def _section(
    currency: str, facts: AccountFacts, wanted: StatementWanted, cheques: Sequence[Row]
) -> AccountSection:
    items = tuple(facts.items.get(currency, ()))
    return AccountSection(
        currency=currency,
        opening_minor=facts.openings.get(currency, 0),
        movements=tuple(facts.movements.get(currency, ())),
        items=items,
        ageing=ageing_of(items, wanted.period.last, wanted.basis, wanted.bounds),
        cheques=tuple(
            MemoCheque(one.cheque_number, one.drawee_bank, one.cheque_on, one.received_on, one.amount_minor)
            for one in cheques
            if one.currency == currency
        ),
        deductions=tuple(facts.deductions.get(currency, ())),
        books=facts.books.get(currency, _NO_BOOKS),
    )
