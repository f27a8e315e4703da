"""Bodies of payer aliases."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from shared.wire import WireModel

AliasKind = Literal["account", "vpa", "name"]


class AliasProofBody(WireModel):
    """What proved it: the bank's reference, or `review:` with the line and revision a person decided."""

    source: str
    bank_line_id: UUID | None
    by: Annotated[str, Field(description="Who took it for a proof: `matching` or a person")]
    at: datetime


class AliasObjectionBody(WireModel):
    """What speaks against it: ended by a person, a receipt taken back, or a suggestion turned down."""

    kind: Literal["withdrawn", "disproved", "corrected"]
    reason: str
    bank_line_id: UUID | None
    by: str
    at: datetime


class PayerAliasBody(WireModel):
    """A payer that is not the partner and was proved to pay for it."""

    id: UUID
    kind: AliasKind
    payer: Annotated[str, Field(description="Account number, payment address, or name without blanks")]
    place: Annotated[str, Field(description="For a name: branch or bank it pays from; empty for any")]
    partner_code: str
    is_standing: Annotated[bool, Field(description="The matching knows the payer by it")]
    proofs_standing: int
    proofs: Annotated[int, Field(description="Ever learned")]
    evidence: Annotated[list[AliasProofBody], Field(description="The latest 20 first")]
    objections: list[AliasObjectionBody]
    first_learned_at: datetime


class AliasWithdrawalDraft(WireModel):
    reason: Annotated[
        str, Field(min_length=3, max_length=500, examples=["The agency pays for several dealers"])
    ]


def payer_alias_body(row: Row) -> PayerAliasBody:
    """The reply for one alias."""
    kind, _, rest = row.alias_key.partition(":")
    place, _, payer = rest.partition(":") if kind in ("ifsc", "bank") else ("", "", rest)
    return PayerAliasBody(
        id=row.id,
        kind=row.kind,
        payer=payer,
        place=place,
        partner_code=row.partner_code,
        is_standing=row.standing > 0,
        proofs_standing=row.standing,
        proofs=row.proofs,
        evidence=[_proof(one) for one in row.evidence],
        objections=[AliasObjectionBody.model_validate(one) for one in row.objections],
        first_learned_at=row.first_learned_at,
    )


def _proof(stored: dict[str, Any]) -> AliasProofBody:
    return AliasProofBody.model_validate(stored)
