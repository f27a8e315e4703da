"""The mappings the product comes with: standard objects by their standard fields, ours by the names the guide proposes."""

from collections.abc import Mapping
from typing import Final

from gateway.domain.salesforce_facts import FactKind
from gateway.domain.salesforce_mapping import FieldRule, ObjectMapping


def _from(*paths: str) -> FieldRule:
    return FieldRule(paths=paths)


_PARTNER_OF_ACCOUNT: Final = _from("Partner_Code__c", "Account.AccountNumber", "Account.Partner_Code__c")
# Organizations without several currencies have no such field.
_CURRENCY: Final = FieldRule(paths=("CurrencyIsoCode",), otherwise="INR")

_ACCOUNT: Final = ObjectMapping(
    object_name="Account",
    fact=FactKind.ACCOUNT,
    rules={
        "partner_code": _from("AccountNumber", "Partner_Code__c"),
        "name": _from("Name"),
        "zone": _from("Zone__c"),
        "city": _from("BillingCity"),
        "gstin": _from("GSTIN__c"),
        "legal_name": _from("Legal_Name__c"),
        "address": _from("BillingStreet"),
        "pin_code": _from("BillingPostalCode"),
    },
)
_OPPORTUNITY: Final = ObjectMapping(
    object_name="Opportunity",
    fact=FactKind.OPPORTUNITY,
    rules={
        "name": _from("Name"),
        "stage": _from("StageName"),
        "partner_code": _PARTNER_OF_ACCOUNT,
        "zone": _from("Zone__c", "Account.Zone__c"),
        "account_record_id": _from("AccountId"),
        "owner": _from("Owner.Email", "OwnerId"),
        "currency": _CURRENCY,
        "amount_minor": _from("Amount"),
        "close_on": _from("CloseDate"),
        "probability_percent": _from("Probability"),
        "is_closed": _from("IsClosed"),
        "is_won": _from("IsWon"),
        "research_requested": _from("Research_Requested__c"),
        "research_due_on": _from("Research_Due_On__c"),
        "research_questions": _from("Research_Questions__c"),
    },
)
_ORDER: Final = ObjectMapping(
    object_name="Order",
    fact=FactKind.ORDER,
    rules={
        "order_number": _from("OrderNumber"),
        "status": _from("Status"),
        "partner_code": _PARTNER_OF_ACCOUNT,
        "account_record_id": _from("AccountId"),
        "currency": _CURRENCY,
        "amount_minor": _from("TotalAmount"),
        "ordered_on": _from("EffectiveDate"),
        "requested_on": _from("Requested_On__c"),
        "ends_on": _from("EndDate"),
        "zone": _from("Zone__c", "Account.Zone__c"),
        "purchase_order": _from("PoNumber"),
        "lines": FieldRule(
            paths=("OrderItems",),
            each={
                "product_code": _from("Product2.ProductCode", "ProductCode"),
                "description": _from("Product2.Name", "Description"),
                "quantity": _from("Quantity"),
                "unit_price_minor": _from("UnitPrice"),
                "amount_minor": _from("TotalPrice"),
                "requested_on": _from("ServiceDate"),
            },
        ),
    },
)
_PAYMENT_ADVICE: Final = ObjectMapping(
    object_name="Payment_Advice__c",
    fact=FactKind.PAYMENT_ADVICE,
    rules={
        "partner_code": _from("Partner_Code__c", "Partner__r.AccountNumber", "Account__r.AccountNumber"),
        "reference": _from("UTR__c", "Reference__c"),
        "cheque_number": _from("Cheque_Number__c"),
        "currency": _CURRENCY,
        "amount_minor": _from("Amount__c"),
        "paid_on": _from("Paid_On__c"),
        "items": FieldRule(
            paths=("Items__r", "Invoices__c"),
            each={"item": _from("Invoice_Number__c"), "amount_minor": _from("Amount__c")},
        ),
        "note": _from("Note__c"),
    },
)
_CASE: Final = ObjectMapping(
    object_name="Case",
    fact=FactKind.CASE,
    rules={
        "partner_code": _PARTNER_OF_ACCOUNT,
        "case_number": _from("CaseNumber"),
        "category": FieldRule(paths=("Payment_Category__c",), otherwise="other"),
        "subject": _from("Subject"),
        "body": _from("Description", "Subject"),
        "opened_at": _from("CreatedDate"),
        "is_closed": _from("IsClosed"),
    },
)
DEFAULT_MAPPINGS: Final[Mapping[str, ObjectMapping]] = {
    mapping.object_name: mapping for mapping in (_ACCOUNT, _OPPORTUNITY, _ORDER, _PAYMENT_ADVICE, _CASE)
}
