"""What is told and taken about records written to Salesforce."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from gateway.domain.salesforce_write import WriteMapping, WriteState, WriteSubject
from shared.wire import WireModel

ApiName = Annotated[str, Field(min_length=1, max_length=80, examples=["SalesOps_Overdue__c"])]


class SalesforceWriteBody(WireModel):
    """The state that one record of Salesforce should have, and what became of it."""

    id: UUID = Field(description="The entry of this list")
    subject: WriteSubject = Field(description="What the record tells")
    name: str = Field(
        description="What its external id holds: a partner code or a query number", examples=["CP0042"]
    )
    object_name: str = Field(description="The object it goes to by the mapping of now", examples=["Account"])
    external_id_field: str = Field(
        description="The field there that names the record", examples=["SalesOps_Partner_Code__c"]
    )
    fields: dict[str, str | float | bool | None] = Field(
        description="What is sent, or in a dry run would be", examples=[{"SalesOps_Overdue__c": 118000.0}]
    )
    state: WriteState = Field(description="`dead` waits for a person, `dry_run` was only shown")
    revision: int = Field(description="Grows with every change of the values", examples=[3])
    failures: int = Field(description="How often it failed in its present state", examples=[0])
    queued_at: datetime = Field(description="When its values changed last; UTC")
    next_attempt_at: datetime | None = Field(description="When it is due; null once it was sent or is dead")
    sent_at: datetime | None = Field(description="When Salesforce last took it")
    record_id: str | None = Field(description="Salesforce's own id of the record, once it was taken")
    error_code: str | None = Field(
        description="Salesforce's own word for what is wrong", examples=["REQUIRED_FIELD_MISSING"]
    )
    error: str | None = Field(description="What is wrong", examples=["Required fields are missing: [Name]"])


class WriteMappingDraft(WireModel):
    """Where a subject goes from now on."""

    object_name: ApiName = Field(description="The object it goes to")
    external_id_field: ApiName = Field(description="A field marked as external id and unique")
    fields: Annotated[dict[str, ApiName], Field(max_length=50)] = Field(
        description="The field of Salesforce for each value of ours; a value without one is not sent",
        examples=[{"outstanding": "SalesOps_Outstanding__c", "overdue": "SalesOps_Overdue__c"}],
    )
    is_active: bool = Field(description="False: it waits, and nothing is sent or shown", examples=[True])
    is_dry_run: bool = Field(
        description="True: it is shown in the list, and nothing is sent", examples=[False]
    )


class WriteMappingBody(WriteMappingDraft):
    """A mapping as it is."""

    subject: WriteSubject
    revision: int = Field(description="Also the ETag; for callers that see no headers", examples=[1])


def mapping_body(mapping: WriteMapping) -> WriteMappingBody:
    return WriteMappingBody(
        subject=mapping.subject,
        object_name=mapping.object_name,
        external_id_field=mapping.external_id_field,
        fields=dict(mapping.fields),
        is_active=mapping.is_active,
        is_dry_run=mapping.is_dry_run,
        revision=mapping.revision,
    )
