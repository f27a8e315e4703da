"""Records evidence that a payer handed deducted tax to the tax office: from then on the receivable can be claimed.

The ledger does not move: the tax stays receivable until the tax office sets it off. What was never certified is left over
and can be chased.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.repositories.deductions import add_certificate, certificate_of_number
from services.payments.adapters.repositories.invoices import known_partner_codes
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import CertificateTaken, PartnerUnknown
from services.payments.domain.posting import Posting
from shared.events.payments import TaxCertificateRecordedV1


@dataclass(frozen=True, slots=True)
class RecordTaxCertificate:
    """`quarter` 1 is April to June; a negative amount takes an earlier certificate back, in part or whole."""

    partner_code: str
    financial_year: str
    quarter: int
    certificate_number: str
    evidence: str
    amount_minor: int
    currency: str
    note: str = ""


async def record_tax_certificate(
    work: UnitOfWork, command: RecordTaxCertificate, posting: Posting
) -> tuple[UUID, bool]:
    """Its id and whether it is new. CertificateTaken when the number is recorded over another amount."""
    if not await known_partner_codes(work.connection, [command.partner_code]):
        raise PartnerUnknown(f"There is no partner {command.partner_code}")
    certificate_id = uuid7()
    values = {"id": certificate_id, **asdict(command), "at": posting.at, "by": posting.actor}
    if await add_certificate(work.connection, values):
        _publish(work, certificate_id, command, posting.at)
        return certificate_id, True
    known = await certificate_of_number(work.connection, values)
    if (known.amount_minor, known.currency) != (command.amount_minor, command.currency):
        raise CertificateTaken(f"Certificate {command.certificate_number} is recorded over another amount")
    return known.id, False


def _publish(work: UnitOfWork, certificate_id: UUID, command: RecordTaxCertificate, at: datetime) -> None:
    event = TaxCertificateRecordedV1(
        certificate_id=certificate_id,
        partner_code=command.partner_code,
        financial_year=command.financial_year,
        quarter=command.quarter,
        certificate_number=command.certificate_number,
        evidence=command.evidence,
        currency=command.currency,
        amount_minor=command.amount_minor,
        recorded_at=at,
    )
    work.publish(event, partition_key="receivables", subject=str(certificate_id))
