"""Which events this service listens to."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.payments.application.open_case_queries import Case, open_case_queries
from services.payments.application.open_query import OpenQuery, open_query
from services.payments.application.project_partners import project_partners
from services.payments.application.tell_accounts import tell_accounts
from services.payments.application.tell_advices import tell_advices, withdraw_record
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import PartnerAwaited, PartnerUnknown
from services.payments.domain.posting import Posting
from services.payments.domain.received_payment import PaymentPart
from services.payments.domain.remittance_advice import RemittanceAdvice
from shared.database import UnitOfWork
from shared.events.accounts import AccountsWantedV1
from shared.events.crm import CaseOpenedV1, PaymentAdvisedV1
from shared.events.envelope import Envelope
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1
from shared.events.payment_queries import DocumentObjectedV1
from shared.inbox import Subscription, on


async def apply_registered(work: UnitOfWork, envelopes: Sequence[Envelope[PartnersRegisteredV1]]) -> None:
    await project_partners(work, [state for envelope in envelopes for state in envelope.data.partners])


async def apply_changed(work: UnitOfWork, envelopes: Sequence[Envelope[PartnersChangedV1]]) -> None:
    await project_partners(work, [state for envelope in envelopes for state in envelope.data.partners])


async def open_objections(work: UnitOfWork, envelopes: Sequence[Envelope[DocumentObjectedV1]]) -> None:
    """An objection opens a question; told twice it is the same one."""
    for envelope in envelopes:
        told = envelope.data
        command = OpenQuery(
            partner_code=told.partner_code,
            category="document_objection",
            subject=f"Objection to {told.title}"[:200],
            body=told.objection,
            channel="objection",
            external_id=f"{told.document_id}:{told.objected_at.isoformat()}",
            links=(("document", str(told.document_id)),),
        )
        await open_query(
            work, command, Posting(told.partner_code, told.objected_at, business_day(told.objected_at))
        )


async def open_cases(work: UnitOfWork, envelopes: Sequence[Envelope[CaseOpenedV1]]) -> None:
    """Cases closed or deleted over there open nothing: the first sweep tells those of years."""
    cases = [
        Case(
            record_id=one.data.record_id,
            partner_code=one.data.partner_code,
            category=one.data.category,
            subject=one.data.subject,
            body=one.data.body,
            opened_at=one.data.opened_at,
        )
        for one in envelopes
        if not (one.data.is_closed or one.data.is_deleted)
    ]
    if cases:
        await open_case_queries(work, cases, at=envelopes[-1].time)


async def take_payment_advices(work: UnitOfWork, envelopes: Sequence[Envelope[PaymentAdvisedV1]]) -> None:
    """Each telling in its order; one that breaks a rule for good is refused alone, with its reason. PartnerAwaited while
    the partner is not known."""
    for envelope in envelopes:
        told = envelope.data
        posting = Posting("salesforce", envelope.time, business_day(envelope.time))
        if told.is_deleted:
            await withdraw_record(work, told.record_id, told.system_modstamp, posting)
            continue
        (verdict,) = await tell_advices(work, [_advice(told)], posting)
        if isinstance(verdict.refusal, PartnerUnknown):
            raise PartnerAwaited(verdict.refusal.detail) from verdict.refusal
        if verdict.refusal is not None:
            raise verdict.refusal


async def tell_wanted_accounts(work: UnitOfWork, envelopes: Sequence[Envelope[AccountsWantedV1]]) -> None:
    """As the ledger is now; asked twice it is told once."""
    wanted = {code for envelope in envelopes for code in envelope.data.partner_codes}
    await tell_accounts(work, sorted(wanted), datetime.now(UTC))


def _advice(told: PaymentAdvisedV1) -> RemittanceAdvice:
    return RemittanceAdvice(
        partner_code=told.partner_code,
        reference=told.reference,
        currency=told.currency,
        amount_minor=told.amount_minor,
        paid_on=told.paid_on,
        parts=tuple(
            PaymentPart(
                item.item,
                item.amount_minor,
                tuple((kept.kind, kept.amount_minor) for kept in item.deductions),
            )
            for item in told.items
        ),
        cheque_number=told.cheque_number,
        note=told.note,
        external_id=told.record_id,
        version=told.system_modstamp,
    )


SUBSCRIPTIONS: Sequence[Subscription[UnitOfWork]] = (
    on(PartnersRegisteredV1, apply_registered),
    on(PartnersChangedV1, apply_changed),
    on(DocumentObjectedV1, open_objections),
    on(AccountsWantedV1, tell_wanted_accounts),
    on(CaseOpenedV1, open_cases),
    on(PaymentAdvisedV1, take_payment_advices),
)
