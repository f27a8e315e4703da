"""Takes a receipt back at a person's word; the bank line it was booked for waits again, with the reason."""

from typing import Final
from uuid import UUID

from services.payments.adapters.clock_store import restart_clocks
from services.payments.adapters.decision_store import REVIEW, DecidedLine, add_decisions
from services.payments.adapters.line_store import RaisedException, raise_exceptions
from services.payments.adapters.matching_inputs import number_patterns
from services.payments.adapters.repositories.waiting_lines import (
    line_of_receipt,
    line_states,
    lock_lines,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.learn_payers import DeniedPayer, count_denied
from services.payments.application.reverse_receipt import reverse_receipt
from services.payments.domain.decision import Reason
from services.payments.domain.narration import parse_narration
from services.payments.domain.posting import Posting
from services.payments.domain.receipt import Receipt
from services.payments.domain.review import put_back

# The bank took the money itself back: nothing of the line is left to be booked.
MONEY_GONE: Final = frozenset({"cheque_returned", "payment_recalled"})


async def take_receipt_back(
    work: UnitOfWork, receipt_id: UUID, reason_code: str, posting: Posting
) -> Receipt:
    """AlreadyReversed and ReceiptRefunded as reverse_receipt. Only a person books the line again."""
    line_id = await line_of_receipt(work.connection, receipt_id)
    if line_id is not None:
        await lock_lines(work.connection, [line_id])
    receipt = await reverse_receipt(
        work,
        receipt_id,
        reason_code=reason_code,
        reversed_on=posting.effective_on,
        bank_line_id=None,
        actor=posting.actor,
        at=posting.at,
    )
    if line_id is None:
        # The bank's line may have confirmed it while we waited for the receipt, which is ours now.
        line_id = await line_of_receipt(work.connection, receipt_id)
    if line_id is not None and reason_code not in MONEY_GONE:
        await _put_back(work, line_id, receipt, reason_code, posting)
    return receipt


async def _put_back(
    work: UnitOfWork, line_id: UUID, receipt: Receipt, reason_code: str, posting: Posting
) -> None:
    state = (await line_states(work.connection, [line_id]))[line_id]
    text = f"Receipt {receipt.id} of {receipt.partner_code} was taken back: {reason_code}"
    reason = Reason("receipt_taken_back", text)
    again = DecidedLine(
        bank_line_id=line_id,
        decision=put_back(state.line.amount_minor, state.decision, reason),
        receipt_id=None,
        policy_version=REVIEW,
        revision=state.revision + 1,
        decided_by=posting.actor,
    )
    await add_decisions(work.connection, [again], posting.at)
    await restart_clocks(work.connection, [line_id])
    if reason_code == "wrong_partner":
        narration = parse_narration(state.line, await number_patterns(work.connection))
        denied = DeniedPayer(line_id, narration, receipt.partner_code, text, is_booked=True)
        await count_denied(work, [denied], posting)
    raised = RaisedException(reason.code, f"Line {state.line.line_number}: {text}", line_id)
    await raise_exceptions(work.connection, state.statement_id, [raised], posting.at)
