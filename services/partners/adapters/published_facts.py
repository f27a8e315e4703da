"""Turns what was written into the events other services read."""

from collections.abc import Sequence

from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.partner import Partner
from shared.events.envelope import in_events
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1, PartnerState, PartnerStatus

PARTITION_KEY = "partners"


def publish_versions(work: UnitOfWork, versions: Sequence[Partner]) -> None:
    """Tell first versions as registered and later ones as changed, a few hundred in one event."""
    for part in in_events([_state(partner) for partner in versions if partner.version == 1]):
        work.publish(PartnersRegisteredV1(partners=part), partition_key=PARTITION_KEY, subject=part[0].code)
    for part in in_events([_state(partner) for partner in versions if partner.version > 1]):
        work.publish(PartnersChangedV1(partners=part), partition_key=PARTITION_KEY, subject=part[0].code)


def _state(partner: Partner) -> PartnerState:
    details = partner.details
    return PartnerState(
        code=details.code,
        name=details.name,
        city=details.city,
        zone=details.zone,
        gstin=details.gstin,
        ifsc=details.ifsc,
        bank_account=details.bank_account,
        status=PartnerStatus(partner.status.value),
        version=partner.version,
        legal_name=details.legal_name,
        address=details.address,
        pin_code=details.pin_code,
        state_code=details.state_code,
        pan=details.pan,
        tan=details.tan,
        territory=details.territory,
        shipping_address=details.shipping_address,
        shipping_city=details.shipping_city,
        shipping_pin_code=details.shipping_pin_code,
        shipping_state_code=details.shipping_state_code,
        merged_into=partner.merged_into,
    )
