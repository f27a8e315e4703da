"""An invented organisation to try things out on: dealers, opportunities, orders and payment advices."""

from datetime import date, timedelta

from tests.salesforce.object_types import ACCOUNT, OPPORTUNITY, ORDER, ORGANIZATION, PAYMENT_ADVICE
from tests.salesforce.organization import Organization, Record

# Codes of their own: a system may have other months of other dealers in it.
DEALERS = (
    ("SF0001", "Sahyadri Diesel Agencies", "Pune", "west"),
    ("SF0002", "Deccan Power Traders", "Hyderabad", "south"),
    ("SF0003", "Ganga Engine Stores", "Kanpur", "north"),
    ("SF0004", "Marwar Machinery Mart", "Jodhpur", "north"),
    ("SF0005", "Coromandel Motors & Pumps", "Chennai", "south"),
    ("SF0006", "Vidarbha Genset House", "Nagpur", "west"),
    ("SF0007", "Bengal Marine Engines", "Kolkata", "east"),
    ("SF0008", "Konkan Boats & Engines", "Ratnagiri", "west"),
)


def fill(organization: Organization) -> None:
    """The same every time, but for the dates."""
    today = organization.clock().date()
    organization.create(ORGANIZATION, {"Name": "Engines (simulated)", "IsSandbox": True})
    for place, dealer in enumerate(DEALERS):
        account = add_dealer(organization, dealer)
        _add_business(organization, account, today, place)


def add_dealer(organization: Organization, dealer: tuple[str, str, str, str]) -> Record:
    code, name, city, zone = dealer
    return organization.create(
        ACCOUNT,
        {
            "Name": name,
            "AccountNumber": code,
            "SalesOps_Partner_Code__c": code,
            "BillingCity": city,
            "Zone__c": zone,
            "Type": "Channel Partner",
        },
    )


def _add_business(organization: Organization, account: Record, today: date, place: int) -> None:
    name, code = account["Name"], account["AccountNumber"]
    organization.create(
        OPPORTUNITY,
        {
            "Name": f"{name}: gensets for {today.year + 1}",
            "AccountId": account["Id"],
            "StageName": ("Prospecting", "Qualification", "Proposal/Price Quote")[place % 3],
            "CloseDate": (today + timedelta(days=30 + place * 7)).isoformat(),
            "Amount": 450_000 + place * 125_000,
        },
    )
    organization.create(
        ORDER,
        {
            "AccountId": account["Id"],
            "EffectiveDate": today.isoformat(),
            "Status": "Activated",
            "PoNumber": f"PO-{code}-{today:%y%m}",
            "TotalAmount": 180_000 + place * 20_000,
        },
    )
    organization.create(
        PAYMENT_ADVICE,
        {
            "Name": f"Advice of {name}",
            "Partner_Code__c": code,
            "UTR__c": f"HDFCN5202611{place:010d}",
            "CurrencyIsoCode": "INR",
            "Amount__c": 118_000 + place * 1_180,
            "Paid_On__c": today.isoformat(),
        },
    )
