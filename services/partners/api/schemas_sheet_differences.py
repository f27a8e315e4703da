"""Bodies of proofs: whether payment sheets are what the ledger says, and where they are not."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.partners.adapters.sheet_differences import Row
from services.partners.domain.sheet_proof import ProofState, SheetProof
from shared.wire import WireModel


class FigureDifferenceBody(WireModel):
    """One figure that is not the same; amounts in the smallest unit of the currency."""

    figure: Annotated[
        str,
        Field(
            description="Which figure; on a sheet after its account", examples=["CP0001 INR invoices_minor"]
        ),
    ]
    sheet: Annotated[str, Field(description="What the sheet comes to", examples=["118000"])]
    ledger: Annotated[str, Field(description="What the ledger said", examples=["0"])]


class SheetProofBody(WireModel):
    """The sheet's own figures beside those that the ledger told last."""

    state: Annotated[
        ProofState,
        Field(
            description="equal; catching_up: facts or figures are on their way; differs: for minutes, an alarm;"
            " unchecked: the ledger has not told yet. A sheet that is not equal is not sent"
        ),
    ]
    ledger_position: Annotated[
        int | None, Field(description="Of the ledger's audit chain; null when nothing was told")
    ]
    told_at: Annotated[datetime | None, Field(description="When the ledger told these figures")]
    differences: Annotated[list[FigureDifferenceBody], Field(description="Empty when it is equal")]


class SheetDifferenceBody(WireModel):
    """An account whose sheet was not what the ledger says."""

    id: UUID
    partner_code: Annotated[str, Field(description="The code as the ledger has it")]
    owner_code: Annotated[str, Field(description="Whose sheet it is, after merges")]
    zone: str
    currency: str
    state: Annotated[
        Literal["catching_up", "differs", "agreed"], Field(description="differs: it is an alarm")
    ]
    noticed_at: Annotated[datetime, Field(description="When it was noticed; UTC")]
    alarmed_at: Annotated[datetime | None, Field(description="When it was told as an alarm; UTC")]
    agreed_at: Annotated[datetime | None, Field(description="When both were the same again; UTC")]
    ledger_position: Annotated[
        int | None, Field(description="Of the figures it was compared with; null when none were told")
    ]
    differences: Annotated[list[FigureDifferenceBody], Field(description="As they were seen last")]
    held_deliveries: Annotated[int, Field(ge=0, description="Wishes for this sheet that wait for it")]


def proof_body(proof: SheetProof) -> SheetProofBody:
    """What the sheet says of itself."""
    return SheetProofBody(
        state=proof.state,
        ledger_position=proof.position,
        told_at=proof.told_at,
        differences=[
            FigureDifferenceBody(figure=one.figure, sheet=one.sheet, ledger=one.ledger)
            for one in proof.differences
        ],
    )


def difference_body(row: Row) -> SheetDifferenceBody:
    """One account."""
    return SheetDifferenceBody(
        id=row.id,
        partner_code=row.partner_code,
        owner_code=row.owner_code,
        zone=row.zone,
        currency=row.currency,
        state="agreed" if row.agreed_at else "differs" if row.alarmed_at else "catching_up",
        noticed_at=row.noticed_at,
        alarmed_at=row.alarmed_at,
        agreed_at=row.agreed_at,
        ledger_position=row.position,
        differences=[FigureDifferenceBody.model_validate(one) for one in row.differences],
        held_deliveries=row.held_deliveries,
    )
