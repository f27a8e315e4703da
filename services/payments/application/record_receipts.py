"""Books payments told by hand or by a virtual account; what a statement told or will tell is the same receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.invoices import known_partner_codes
from services.payments.adapters.repositories.settlements import NamedItem, items_named
from services.payments.adapters.repositories.told_receipts import (
    accounts_for_update,
    standing_receipts,
    waiting_lines,
)
from services.payments.adapters.repositories.waiting_lines import LineState
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.book_receipts import book_receipts
from services.payments.application.link_receipts import link_waiting_lines
from services.payments.domain.chart_of_accounts import DEDUCTION_ACCOUNTS
from services.payments.domain.errors import (
    BankAccountUnknown,
    DeductionUnknown,
    ItemNotPayable,
    ItemSettled,
    PartnerUnknown,
    RateUnknown,
    ReceiptTaken,
)
from services.payments.domain.exchange_rate import BASE_CURRENCY
from services.payments.domain.posting import Posting
from services.payments.domain.receipt import MONEY, Receipt, ReceiptAllocation
from services.payments.domain.received_payment import PaymentPart, ReceivedPayment
from shared.errors import Refusal


@dataclass(frozen=True, slots=True)
class PaymentVerdict:
    """Booked (id), known before by any channel (id, is_duplicate) or refused."""

    receipt_id: UUID | None
    is_duplicate: bool = False
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What the payments of one batch refer to."""

    accounts: Mapping[str, Row]
    partners: set[str]
    items: Mapping[str, NamedItem]
    receipts: Mapping[tuple[UUID, str], Row]
    lines: Mapping[tuple[UUID, str, int], LineState]


async def record_receipts(
    work: UnitOfWork, payments: Sequence[ReceivedPayment], posting: Posting
) -> list[PaymentVerdict]:
    """One verdict per payment in order; a refused one never stops the others.

    The reference names a payment within one of our accounts: told again with the same partner and amount it is a
    duplicate, with others it is refused (ReceiptTaken). A credit of the bank that waits for a person is booked by it.
    """
    known = await _known(work, payments)
    fresh: dict[tuple[UUID, str], Receipt] = {}
    verdicts = [_verdict(payment, known, fresh) for payment in payments]
    outcome = await book_receipts(work, list(fresh.values()), actor=posting.actor, at=posting.at)
    await link_waiting_lines(work, outcome.booked, posting.at)
    settled = {receipt.id for receipt in outcome.refused}
    return [_after_booking(verdict, settled, outcome.unvalued) for verdict in verdicts]


async def _known(work: UnitOfWork, payments: Sequence[ReceivedPayment]) -> _Known:
    connection = work.connection
    accounts = await accounts_for_update(connection, [payment.bank_account for payment in payments])
    ids = [account.id for account in accounts.values()]
    references = [payment.reference_key for payment in payments]
    lines = await waiting_lines(connection, ids, references)
    # Once the lines are locked: a person may have booked one of them a moment ago.
    receipts = await standing_receipts(connection, ids, references)
    return _Known(
        accounts,
        await known_partner_codes(connection, [payment.partner_code for payment in payments]),
        await items_named(connection, [part.item for payment in payments for part in payment.parts]),
        {(row.bank_account_id, row.reference): row for row in receipts},
        {(one.bank_account_id, one.strong_reference, one.line.amount_minor): one for one in lines},
    )


def _verdict(
    payment: ReceivedPayment, known: _Known, fresh: dict[tuple[UUID, str], Receipt]
) -> PaymentVerdict:
    try:
        account = _account(payment, known)
        key = (account.id, payment.reference_key)
        earlier = fresh.get(key) or known.receipts.get(key)
        if earlier is not None:
            _refuse_other_facts(payment, earlier)
            return PaymentVerdict(earlier.id, is_duplicate=True)
        fresh[key] = _receipt(payment, account, known)
    except Refusal as refusal:
        return PaymentVerdict(None, refusal=refusal)
    return PaymentVerdict(fresh[key].id)


def _account(payment: ReceivedPayment, known: _Known) -> Row:
    account = known.accounts.get(payment.bank_account)
    if account is None:
        raise BankAccountUnknown(f"Bank account {payment.bank_account} is not registered")
    if payment.partner_code not in known.partners:
        raise PartnerUnknown(f"There is no partner {payment.partner_code}")
    credited = BASE_CURRENCY if payment.credited_minor is not None else payment.currency
    if account.currency != credited:
        raise ItemNotPayable(f"Account {account.number} is kept in {account.currency}, not in {credited}")
    return account


def _refuse_other_facts(payment: ReceivedPayment, earlier: Receipt | Row) -> None:
    known = earlier.partner_code, earlier.amount_minor, earlier.currency
    if known != (payment.partner_code, payment.amount_minor, payment.currency):
        raise ReceiptTaken(
            f"{payment.reference} is booked for another partner or over another amount; take that receipt back first"
        )


def _receipt(payment: ReceivedPayment, account: Row, known: _Known) -> Receipt:
    credited_minor = payment.credited_minor or payment.amount_minor
    line = known.lines.get((account.id, payment.reference_key, credited_minor))
    return Receipt(
        id=uuid7(),
        bank_line_id=line.id if line else None,
        bank_account_id=account.id,
        bank_account_number=account.number,
        partner_code=payment.partner_code,
        currency=payment.currency,
        amount_minor=payment.amount_minor,
        on_account_minor=payment.on_account_minor,
        received_on=line.line.booked_on if line else payment.received_on,
        rail=payment.rail,
        reference=payment.reference_key,
        cheque_number=payment.cheque_number and payment.reference_key,
        allocations=tuple(one for part in payment.parts for one in _allocations(payment, part, known)),
        channel=payment.channel,
        value=payment.value,
        attempt=line.origin.attempt if line else 1,
    )


def _allocations(payment: ReceivedPayment, part: PaymentPart, known: _Known) -> list[ReceiptAllocation]:
    item = known.items.get(part.item)
    if item is None or (item.partner_code, item.currency) != (payment.partner_code, payment.currency):
        raise ItemNotPayable(
            f"{payment.partner_code} has no invoice or charge {part.item} in {payment.currency}"
        )
    for kind, _ in part.deductions:
        if kind not in DEDUCTION_ACCOUNTS:
            known_kinds = ", ".join(sorted(DEDUCTION_ACCOUNTS))
            raise DeductionUnknown(f"{kind} is no kind of deduction; expected one of {known_kinds}")
    return [
        ReceiptAllocation(item.id, item.document_number, kind, amount)
        for kind, amount in ((MONEY, part.amount_minor), *part.deductions)
    ]


def _after_booking(verdict: PaymentVerdict, settled: set[UUID], unvalued: frozenset[UUID]) -> PaymentVerdict:
    if verdict.receipt_id not in settled:
        return verdict
    refusal: Refusal = ItemSettled(
        "Less is open of its invoices than it allocates; read what is open and send it again"
    )
    if verdict.receipt_id in unvalued:
        refusal = RateUnknown(
            "No rate of its day is known; send it with the bank's, or enter the day's first"
        )
    return replace(verdict, receipt_id=None, is_duplicate=False, refusal=refusal)
