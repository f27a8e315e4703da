"""What the gateway tells the services of Salesforce's records."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from gateway.domain.salesforce_facts import FactKind
from gateway.domain.salesforce_mapping import ObjectMapping
from gateway.domain.salesforce_record import KeptRecord
from shared.database import UnitOfWork
from shared.errors import FieldProblem, Invalid
from shared.events.crm import (
    AccountChangedV1,
    CaseOpenedV1,
    OpportunityChangedV1,
    OrderChangedV1,
    PaymentAdvisedV1,
)
from shared.events.envelope import Event

EVENT_OF: Final[Mapping[FactKind, type[Event]]] = {
    FactKind.ACCOUNT: AccountChangedV1,
    FactKind.OPPORTUNITY: OpportunityChangedV1,
    FactKind.ORDER: OrderChangedV1,
    FactKind.PAYMENT_ADVICE: PaymentAdvisedV1,
    FactKind.CASE: CaseOpenedV1,
}


class FactInvalid(Invalid):
    """The values fit their fields but not the event; `problems` say where."""

    code, title = "fact_invalid", "The record does not make a fact"


def event_of(record: KeptRecord, mapping: ObjectMapping, values: Mapping[str, object]) -> Event:
    """The event that tells the record; FactInvalid when its schema refuses a value."""
    told: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    if mapping.fact is FactKind.ACCOUNT:
        told["told"] = tuple(sorted(mapping.rules))
    if mapping.fact is FactKind.PAYMENT_ADVICE:
        told.setdefault("reference", "")
    told |= {
        "record_id": record.key.record_id,
        "organization_id": record.key.organization_id,
        "system_modstamp": record.stamp.modified_at,
        "is_deleted": record.is_deleted,
    }
    try:
        return EVENT_OF[mapping.fact](**told)
    except ValidationError as error:
        problems = [
            FieldProblem("/" + "/".join(map(str, one["loc"])), one["msg"])
            for one in error.errors(include_input=False, include_url=False)
        ]
        raise FactInvalid("The record does not make a fact; see problems", problems=problems) from error


def publish_record(work: UnitOfWork, record: KeptRecord, event: Event) -> None:
    """Tell it in the record's own order: the sequence is the record's version."""
    key = record.key
    work.publish(
        event,
        partition_key=f"salesforce:{key.organization_id}:{key.record_id}",
        subject=key.record_id,
        sequence=record.version,
    )
