"""Bodies of partners."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.partners.adapters.queries import PartnerTold
from services.partners.application.register_partners import RegistrationVerdict
from services.partners.domain.partner import Partner, PartnerDetails, PartnerStatus, Registration, doubts
from shared.bulk import BatchReply, ItemVerdict
from shared.wire import WireModel

# A tab or a line break inside a cell is a blank to us; other control characters are nobody's name.
_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
Name = Annotated[str, Field(max_length=200, pattern=_TEXT)]
Number = Annotated[str | None, Field(max_length=40, pattern=_TEXT)]


class PartnerDraft(BaseModel):
    """One partner of a batch, told whole: what is left out is cleared. Other fields are ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "code": "CP0001",
                    "name": "Godavari Energy Enterprises Private Limited",
                    "city": "Bengaluru",
                    "zone": "South",
                    "gstin": "29AJUFG4984A1ZE",
                    "ifsc": "ICIC0419849",
                    "bank_account": "749165300829",
                }
            ]
        },
    )
    code: Annotated[str, Field(max_length=64, description="At most 32 letters, digits or `.` `_` `-`")]
    name: Name
    zone: Annotated[Name, Field(description="Sales zone; decides who sees the partner", examples=["South"])]
    city: Annotated[Number, Field(max_length=100)] = None
    gstin: Annotated[Number, Field(description="GST registration; a wrong one is a warning")] = None
    ifsc: Annotated[Number, Field(description="Branch the partner pays from")] = None
    bank_account: Annotated[Number, Field(description="Account the partner pays from")] = None
    legal_name: Annotated[
        str | None, Field(max_length=200, pattern=_TEXT, description="As in its GST registration")
    ] = None
    address: Annotated[
        str | None, Field(max_length=300, pattern=_TEXT, description="Street and place, for documents")
    ] = None
    pin_code: Annotated[Number, Field(description="Postal code, six digits", examples=["560001"])] = None
    state_code: Annotated[
        Number, Field(description="GST State code if the partner has no GSTIN", examples=["29"])
    ] = None
    pan: Annotated[
        Number,
        Field(description="Income tax number, if not the one inside the GSTIN", examples=["AJUFG4984A"]),
    ] = None
    tan: Annotated[Number, Field(description="Tax deduction number", examples=["BLRG01234B"])] = None
    territory: Annotated[Number, Field(max_length=100, description="Part of the zone")] = None
    shipping_address: Annotated[
        str | None, Field(max_length=300, pattern=_TEXT, description="Where goods go, if not to the address")
    ] = None
    shipping_city: Annotated[Number, Field(max_length=100)] = None
    shipping_pin_code: Number = None
    shipping_state_code: Number = None
    status: Annotated[PartnerStatus | None, Field(description="Without it the present status stays")] = None

    def registration(self) -> Registration:
        """The domain's registration; PartnerInvalid when code, name or zone cannot be used."""
        details = PartnerDetails(
            code=self.code,
            name=self.name,
            zone=self.zone,
            city=self.city,
            gstin=self.gstin,
            ifsc=self.ifsc,
            bank_account=self.bank_account,
            legal_name=self.legal_name,
            address=self.address,
            pin_code=self.pin_code,
            state_code=self.state_code,
            stated_pan=self.pan,
            tan=self.tan,
            territory=self.territory,
            shipping_address=self.shipping_address,
            shipping_city=self.shipping_city,
            shipping_pin_code=self.shipping_pin_code,
            shipping_state_code=self.shipping_state_code,
        )
        return Registration(details=details, status=self.status)


class PartnerWarning(WireModel):
    """Something that looks mistyped but was kept."""

    pointer: Annotated[str, Field(examples=["/gstin"])]
    detail: str


KEPT_ACCOUNT: Final = PartnerWarning(
    pointer="/bank_account",
    detail="two people approved another account; propose this one under /bank-details",
)


class PartnerVerdict(ItemVerdict):
    """What became of one partner of the batch."""

    warnings: list[PartnerWarning] = Field(default_factory=list)


class PartnerBatchReply(BaseModel):
    """Counts and one verdict per partner, in order. A change of a known partner counts as accepted."""

    accepted: int
    duplicate: int
    refused: int
    items: list[PartnerVerdict]
    import_id: Annotated[UUID | None, Field(description="Under /v1/partner-imports")] = None


class PartnerBody(WireModel):
    """A channel partner."""

    id: UUID
    code: str
    name: str
    city: str | None
    zone: str
    gstin: str | None
    pan: Annotated[str | None, Field(description="Income tax number, as stated or from the GSTIN")]
    tan: str | None
    territory: str | None
    ifsc: str | None
    bank_account: str | None
    legal_name: str | None
    address: str | None
    pin_code: str | None
    state_code: str | None
    shipping_address: str | None
    shipping_city: str | None
    shipping_pin_code: str | None
    shipping_state_code: str | None
    status: PartnerStatus
    merged_into: Annotated[str | None, Field(description="The partner it is another code of")]
    version: Annotated[int, Field(description="Grows by one with every change")]
    revision: Annotated[int, Field(description="The version, as If-Match names it")]
    warnings: list[PartnerWarning]


class PartnerChange(WireModel):
    """What changes of a partner; what is left out stays, null clears."""

    name: Name | None = None
    zone: Name | None = None
    city: Annotated[Number, Field(max_length=100)] = None
    gstin: Number = None
    ifsc: Number = None
    bank_account: Number = None
    legal_name: Annotated[str | None, Field(max_length=200, pattern=_TEXT)] = None
    address: Annotated[str | None, Field(max_length=300, pattern=_TEXT)] = None
    pin_code: Number = None
    state_code: Number = None
    pan: Number = None
    tan: Number = None
    territory: Annotated[Number, Field(max_length=100)] = None
    shipping_address: Annotated[str | None, Field(max_length=300, pattern=_TEXT)] = None
    shipping_city: Annotated[Number, Field(max_length=100)] = None
    shipping_pin_code: Number = None
    shipping_state_code: Number = None
    status: PartnerStatus | None = None

    def changes(self) -> dict[str, Any]:
        """What was told, by the names of the domain, without the status."""
        told = self.model_dump(exclude_unset=True, exclude={"status"})
        return {"stated_pan" if name == "pan" else name: value for name, value in told.items()}


class PartnerVersionBody(PartnerBody):
    """A partner as it was told, by whom and when."""

    told_at: datetime
    told_by: str


def partner_version_body(told: PartnerTold) -> PartnerVersionBody:
    """The reply for one version."""
    body = partner_body(told.partner).model_dump()
    return PartnerVersionBody(**body, told_at=told.told_at, told_by=told.told_by)


def partner_body(partner: Partner) -> PartnerBody:
    """The reply for one partner."""
    details = partner.details
    return PartnerBody(
        id=partner.id,
        code=details.code,
        name=details.name,
        city=details.city,
        zone=details.zone,
        gstin=details.gstin,
        pan=details.pan,
        tan=details.tan,
        territory=details.territory,
        ifsc=details.ifsc,
        bank_account=details.bank_account,
        legal_name=details.legal_name,
        address=details.address,
        pin_code=details.pin_code,
        state_code=details.state_code,
        shipping_address=details.shipping_address,
        shipping_city=details.shipping_city,
        shipping_pin_code=details.shipping_pin_code,
        shipping_state_code=details.shipping_state_code,
        status=partner.status,
        merged_into=partner.merged_into,
        version=partner.version,
        revision=partner.version,
        warnings=_warnings(details),
    )


def partner_verdict(index: int, verdict: RegistrationVerdict) -> PartnerVerdict:
    """The verdict on a partner that was taken in, changed or known before."""
    return PartnerVerdict(
        index=index,
        status="duplicate" if verdict.is_duplicate else "accepted",
        id=verdict.partner.id,
        key=verdict.partner.code,
        warnings=[
            *_warnings(verdict.partner.details),
            *([KEPT_ACCOUNT] if verdict.keeps_account else []),
            *(
                PartnerWarning(pointer="/name", detail=f"may be {other}: {why}")
                for other, why in verdict.alike
            ),
        ],
    )


def refused_verdict(item: ItemVerdict) -> PartnerVerdict:
    """The verdict on an item that is no partner."""
    return PartnerVerdict(index=item.index, status=item.status, key=item.key, problem=item.problem)


def batch_reply(verdicts: list[PartnerVerdict]) -> PartnerBatchReply:
    """The verdicts with their counts."""
    counts = BatchReply.of(verdicts)
    return PartnerBatchReply(
        accepted=counts.accepted, duplicate=counts.duplicate, refused=counts.refused, items=verdicts
    )


def _warnings(details: PartnerDetails) -> list[PartnerWarning]:
    return [PartnerWarning(pointer=doubt.pointer, detail=doubt.detail) for doubt in doubts(details)]
