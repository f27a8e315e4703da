"""Takes accounts of the CRM in as partners: each as it was told last, whatever order the tellings arrive in."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.partners.adapters.crm_accounts import AccountKey, AccountLink, tellings_held, write_links
from services.partners.adapters.repositories import partners_to_change
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.register_partners import register_partners
from services.partners.domain.crm_account import AccountStanding, told_details
from services.partners.domain.errors import PartnerInvalid
from services.partners.domain.partner import Partner, PartnerStatus, Registration
from shared.events.crm import AccountChangedV1
from shared.events.envelope import Envelope

NO_CODE = "The account names no partner code"


async def take_in_accounts(work: UnitOfWork, told: Sequence[Envelope[AccountChangedV1]]) -> None:
    """An account that cannot become a partner is kept with the reason, and taken in when it is told better."""
    newest = _newest(told)
    held = await tellings_held(work.connection, list(newest))
    now = datetime.now(UTC)
    later = [one for key, one in newest.items() if key not in held or _telling(one) > held[key]]
    codes = [one.data.partner_code for one in later if one.data.partner_code]
    known = await partners_to_change(work.connection, codes)
    links = [await _taken_in(work, one, known, now) for one in later]
    if links:
        await write_links(work.connection, links, at=now)


def _newest(told: Sequence[Envelope[AccountChangedV1]]) -> dict[AccountKey, Envelope[AccountChangedV1]]:
    """The last telling of each account, in the order of the tellings."""
    return {(one.data.organization_id, one.data.record_id): one for one in sorted(told, key=_telling)}


def _telling(one: Envelope[AccountChangedV1]) -> tuple[datetime, int]:
    return one.data.system_modstamp, one.sequence or 0


async def _taken_in(
    work: UnitOfWork, one: Envelope[AccountChangedV1], known: dict[str, Partner], at: datetime
) -> AccountLink:
    account = one.data
    if account.is_deleted:
        return _link(one, AccountStanding.DELETED, None)
    if not account.partner_code:
        return _link(one, AccountStanding.UNRESOLVED, NO_CODE)
    told = {name: getattr(account, name, None) for name in {*account.told, "name", "zone"}}
    try:
        details = told_details(told, account.partner_code, known.get(account.partner_code))
    except PartnerInvalid as refusal:
        named = "; ".join(f"{problem.pointer}: {problem.detail}" for problem in refusal.problems)
        return _link(one, AccountStanding.UNRESOLVED, f"{refusal.detail} ({named})")
    status = PartnerStatus(account.status) if account.status else None
    actor = f"salesforce:{account.organization_id}"
    verdicts = await register_partners(
        work, [Registration(details=details, status=status)], actor=actor, at=at
    )
    known[account.partner_code] = verdicts[0].partner
    return _link(one, AccountStanding.LINKED, None)


def _link(one: Envelope[AccountChangedV1], standing: AccountStanding, problem: str | None) -> AccountLink:
    account = one.data
    return AccountLink(
        organization_id=account.organization_id,
        record_id=account.record_id,
        system_modstamp=account.system_modstamp,
        sequence=one.sequence or 0,
        standing=standing,
        partner_code=account.partner_code,
        name=account.name,
        zone=account.zone,
        problem=problem,
    )
