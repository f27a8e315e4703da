"""Salesforce records as somebody tells them, with everything but what a test names left usual."""

from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.domain.salesforce_ids import record_id_18
from gateway.domain.salesforce_record import Fields, RecordChange, Value, whole_change

ORGANIZATION: Final = "00D5g00000ABCDE"
NINE: Final = datetime(2026, 11, 25, 3, 30, tzinfo=UTC)
_PREFIXES: Final = {
    "Account": "001",
    "Opportunity": "006",
    "Order": "801",
    "Case": "500",
    "Payment_Advice__c": "a0B",
}


def record_id(object_name: str, number: int) -> str:
    """The 18-character id of the object's record of this number."""
    return record_id_18(f"{_PREFIXES[object_name]}5g0{number:09d}")


def at_minute(minute: int) -> str:
    return (NINE + timedelta(minutes=minute)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def account_fields(number: int = 1, *, minute: int = 0, **changes: Value) -> dict[str, Value]:
    """An account as an outbound message or a query tells it."""
    fields: dict[str, Value] = {
        "Id": record_id("Account", number),
        "AccountNumber": f"SF-{number:04d}",
        "Name": f"Asha Diesels {number}",
        "Zone__c": "west",
        "BillingCity": "Pune",
        "SystemModstamp": at_minute(minute),
    }
    return fields | changes


def advice_fields(number: int = 1, *, minute: int = 0, **changes: Value) -> dict[str, Value]:
    """A payment advice of the guide's custom object."""
    fields: dict[str, Value] = {
        "Id": record_id("Payment_Advice__c", number),
        "Partner_Code__c": "SF-0001",
        "UTR__c": f"HDFCN5202611{number:010d}",
        "Amount__c": "120000.0",
        "Paid_On__c": "2026-11-25",
        "SystemModstamp": at_minute(minute),
    }
    return fields | changes


def told(object_name: str, fields: Fields, organization_id: str = ORGANIZATION) -> RecordChange:
    return whole_change(organization_id, object_name, fields)
