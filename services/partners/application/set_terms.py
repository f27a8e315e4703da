"""Sets the terms a partner buys on; what held before stays in the history."""

from datetime import datetime

from services.partners.adapters.terms_store import TermsSet, add_terms, lock_terms
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.partner import Partner
from services.partners.domain.terms import PartnerTerms
from shared.errors import Stale


async def set_terms(
    work: UnitOfWork, partner: Partner, terms: PartnerTerms, *, decided_on: int, by: tuple[str, datetime]
) -> TermsSet:
    """`decided_on` is the revision that the caller saw; Stale when it is no longer the latest."""
    held = await lock_terms(work.connection, partner.id)
    if held.revision != decided_on:
        raise Stale(f"The terms are at revision {held.revision}, not {decided_on}; read them again")
    if held.revision and held.terms == terms:
        return held
    await add_terms(work.connection, partner.id, terms, version=held.revision + 1, by=by)
    return TermsSet(terms, held.revision + 1, by[1], by[0])
