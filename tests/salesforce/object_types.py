"""The objects of the simulated organisation: their fields, what is required, what is an external id."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tests.salesforce.refusals import Refused

SYSTEM_FIELDS = ("Id", "IsDeleted", "CreatedDate", "LastModifiedDate", "SystemModstamp")


@dataclass(frozen=True)
class FieldType:
    """`kind` is the type as describe tells it; an external id need not be unique, as in the real one."""

    name: str
    kind: str = "string"
    length: int = 255
    is_required: bool = False
    is_external_id: bool = False
    is_unique: bool = False
    refers_to: str | None = None  # a lookup, to records of this object
    children_name: str | None = None  # how those records call the list of ours

    @property
    def relation(self) -> str | None:
        return self.name.removesuffix("Id") if self.refers_to else None

    def checked(self, value: Any) -> Any:
        """The value as it is stored; Refused with the code of the real one."""
        if value is None or value == "":
            if self.is_required:
                raise Refused(
                    400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{self.name}]", [self.name]
                )
            return None
        if self.kind in ("double", "currency", "percent"):
            return self._number(value)
        if self.kind == "boolean":
            return value if isinstance(value, bool) else self._unreadable("BOOLEAN", value)
        if self.kind in ("date", "datetime"):
            return self._time(value)
        if not isinstance(value, str):
            self._unreadable("STRING", value)
        if len(value) > self.length:
            message = f"{self.name}: data value too large: {value[:40]} (max length={self.length})"
            raise Refused(400, "STRING_TOO_LONG", message, [self.name])
        return value

    def _number(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            self._unreadable("DOUBLE", value)
        try:
            return float(value)
        except ValueError:
            return float(self._unreadable("DOUBLE", value))

    def _time(self, value: Any) -> str:
        read = date if self.kind == "date" else datetime
        try:
            found = read.fromisoformat(value)
        except (TypeError, ValueError):
            self._unreadable(self.kind.upper(), value)
        if isinstance(found, datetime):
            return instant(found)
        return found.isoformat()

    def _unreadable(self, kind: str, value: Any) -> Any:
        message = f"Cannot deserialize instance of {kind.lower()} from VALUE_STRING value {value}"
        raise Refused(400, "JSON_PARSER_ERROR", message, [])


@dataclass(frozen=True)
class ObjectType:
    """One object; the three characters of `prefix` begin the id of each of its records."""

    name: str
    prefix: str
    fields: tuple[FieldType, ...]

    def field(self, name: str) -> FieldType | None:
        return next((one for one in self.fields if one.name == name), None)

    def knows(self, name: str) -> bool:
        """Fields of its own, and by one dot those of what a lookup names."""
        head, dot, rest = name.partition(".")
        if dot:
            lookup = self.lookup(head)
            return lookup is not None and OBJECT_TYPES[str(lookup.refers_to)].knows(rest)
        return name in SYSTEM_FIELDS or self.field(name) is not None

    def lookup(self, relation: str) -> FieldType | None:
        return next((one for one in self.fields if one.relation == relation), None)

    def described(self) -> dict[str, Any]:
        """What describe answers, as far as clients look at it."""
        system = [
            {
                "name": name,
                "type": "id" if name == "Id" else "datetime",
                "externalId": False,
                "updateable": False,
                "createable": False,
            }
            for name in SYSTEM_FIELDS
        ]
        own = [
            {
                "name": one.name,
                "label": one.name.removesuffix("__c").replace("_", " "),
                "type": one.kind,
                "length": one.length if one.kind == "string" else 0,
                "nillable": not one.is_required,
                "externalId": one.is_external_id,
                "unique": one.is_unique,
                "idLookup": one.is_external_id,
                "createable": True,
                "updateable": True,
                "relationshipName": one.relation,
                "referenceTo": [one.refers_to] if one.refers_to else [],
            }
            for one in self.fields
        ]
        children = [
            {"childSObject": other.name, "field": one.name, "relationshipName": one.children_name}
            for other in OBJECT_TYPES.values()
            for one in other.fields
            if one.refers_to == self.name
        ]
        return {
            "name": self.name,
            "keyPrefix": self.prefix,
            "custom": self.name.endswith("__c"),
            "fields": system + own,
            "childRelationships": children,
        }


def instant(at: datetime) -> str:
    """The real one tells no fractions of a second in SystemModstamp: two changes may show the same."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000+0000"


def _text(*names: str) -> tuple[FieldType, ...]:
    return tuple(FieldType(name) for name in names)


def _numbers(*names: str) -> tuple[FieldType, ...]:
    return tuple(FieldType(name, "double") for name in names)


NAME = FieldType("Name", is_required=True)

ACCOUNT = ObjectType(
    "Account",
    "001",
    (
        NAME,
        FieldType("SalesOps_Partner_Code__c", length=40, is_external_id=True),
        *_text("AccountNumber", "BillingCity", "BillingState", "BillingStreet", "BillingPostalCode", "Type"),
        *_text(
            "GSTIN__c",
            "Zone__c",
            "Legal_Name__c",
            "IFSC__c",
            "Bank_Account__c",
            "SalesOps_Status__c",
            "CurrencyIsoCode",
        ),
        FieldType("Description", length=32000),
        *_numbers("SalesOps_Outstanding__c", "SalesOps_Overdue__c", "SalesOps_On_Time_Percent__c"),
        FieldType("SalesOps_Oldest_Due_On__c", "date"),
        FieldType("SalesOps_Last_Receipt_On__c", "date"),
        FieldType("SalesOps_Figures_As_Of__c", "date"),
    ),
)
OPPORTUNITY = ObjectType(
    "Opportunity",
    "006",
    (
        NAME,
        FieldType("StageName", is_required=True),
        FieldType("CloseDate", "date", is_required=True),
        FieldType("Amount", "currency"),
        *_text("AccountId", "OwnerId", "Type", "LeadSource", "CurrencyIsoCode", "Zone__c"),
        *_numbers("Probability"),
        FieldType("IsClosed", "boolean"),
        FieldType("IsWon", "boolean"),
        FieldType("Research_Requested__c", "boolean"),
        FieldType("Research_Due_On__c", "date"),
        FieldType("Research_Questions__c", length=4000),
        FieldType("Description", length=32000),
    ),
)
ORDER = ObjectType(
    "Order",
    "801",
    (
        FieldType("AccountId", is_required=True),
        FieldType("EffectiveDate", "date", is_required=True),
        FieldType("Status", is_required=True),
        *_text("OrderNumber", "PoNumber", "CurrencyIsoCode", "Type"),
        FieldType("EndDate", "date"),
        FieldType("TotalAmount", "currency"),
        FieldType("Description", length=32000),
    ),
)
PRODUCT = ObjectType("Product2", "01t", (NAME, *_text("ProductCode")))
ORDER_ITEM = ObjectType(
    "OrderItem",
    "802",
    (
        FieldType("OrderId", is_required=True, refers_to="Order", children_name="OrderItems"),
        FieldType("Product2Id", refers_to="Product2"),
        FieldType("Quantity", "double", is_required=True),
        FieldType("UnitPrice", "currency"),
        FieldType("TotalPrice", "currency"),
        FieldType("ServiceDate", "date"),
        FieldType("Description"),
    ),
)
PAYMENT_ADVICE = ObjectType(
    "Payment_Advice__c",
    "a01",
    (
        NAME,
        *_text("Partner_Code__c", "UTR__c", "Cheque_Number__c", "CurrencyIsoCode"),
        FieldType("Amount__c", "currency"),
        FieldType("Paid_On__c", "date"),
        FieldType("Items__c", length=32000),
        FieldType("Note__c", length=500),
    ),
)
PAYMENT_QUERY = ObjectType(
    "SalesOps_Payment_Query__c",
    "a02",
    (
        FieldType(
            "SalesOps_Query_Number__c", length=40, is_required=True, is_external_id=True, is_unique=True
        ),
        *_text("Partner_Code__c", "Category__c", "State__c", "Case__c"),
        FieldType("Answered_At__c", "datetime"),
        FieldType("Is_On_Time__c", "boolean"),
    ),
)
CASE = ObjectType(
    "Case",
    "500",
    (
        FieldType("Subject", is_required=True),
        *_text("CaseNumber", "Partner_Code__c", "AccountId", "Payment_Category__c", "Status"),
        FieldType("IsClosed", "boolean"),
        FieldType("Description", length=32000),
    ),
)
ORGANIZATION = ObjectType("Organization", "00D", (NAME, FieldType("IsSandbox", "boolean")))

OBJECT_TYPES = {
    one.name: one
    for one in (
        ACCOUNT,
        OPPORTUNITY,
        ORDER,
        ORDER_ITEM,
        PRODUCT,
        PAYMENT_ADVICE,
        PAYMENT_QUERY,
        CASE,
        ORGANIZATION,
    )
}
