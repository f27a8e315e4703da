"""What happens in Salesforce ends in partners, payments and research in its right state, once, whatever the way."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.e2e.desk import Desk, eventually
from tests.e2e.salesforce_org import MESSAGE_SECRET, SimulatedOrg
from tests.faults.processes import FragileSystem

ACCOUNTS = 120  # more than a message takes
UTR = "HDFCN52026112500009901"


def test_a_day_in_salesforce_reaches_every_service_once(
    whole_system: FragileSystem, salesforce: SimulatedOrg, desk: Desk
) -> None:
    endpoint = f"{whole_system.url('gateway')}/webhooks/salesforce/outbound-messages/{MESSAGE_SECRET}"
    accounts = salesforce.sends("Account", "Name AccountNumber Zone__c SystemModstamp", endpoint)
    salesforce.sends("Case", "Subject Description AccountId CaseNumber CreatedDate SystemModstamp", endpoint)
    salesforce.sends(
        "Payment_Advice__c", "Partner_Code__c UTR__c Amount__c Paid_On__c SystemModstamp", endpoint
    )
    opportunity_fields = "Name StageName AccountId Amount CloseDate Research_Requested__c SystemModstamp"
    opportunities = salesforce.sends("Opportunity", opportunity_fields, endpoint)
    sender = salesforce.salesforce.messages

    def misbehave() -> None:
        sender.sends_twice = sender.is_shuffled = sender.is_held = True

    salesforce.here(misbehave)
    account, *_ = [an_account(salesforce, number) for number in range(ACCOUNTS)]
    case, opportunity = business_of(salesforce, account)
    old = salesforce.envelope(accounts, account), salesforce.envelope(opportunities, opportunity)
    salesforce.here(lambda: setattr(salesforce.salesforce.organization, "clock", in_a_minute))
    salesforce.update("Account", account, Name="Sahyadri Diesel Agencies (renamed)")
    salesforce.update("Opportunity", opportunity, StageName="Proposal")
    with whole_system.frozen("payments worker"):
        salesforce.here(lambda: setattr(sender, "is_held", False))
        eventually(salesforce.waiting, lambda waiting: waiting == 0)
        for envelope in old:
            assert "true" in httpx.post(endpoint, content=envelope, headers={"Content-Type": "text/xml"}).text
        partners = eventually(lambda: partners_of(desk), lambda found: len(found) == ACCOUNTS)

    assert partners[0]["name"] == "Sahyadri Diesel Agencies (renamed)"
    the_question_is_opened_once(desk, case)
    the_advice_waits_once(desk)
    research_is_opened_once(whole_system, opportunity)


def in_a_minute() -> datetime:
    """Salesforce tells whole seconds: two changes within one could not be told apart."""
    return datetime.now(UTC) + timedelta(minutes=1)


def an_account(salesforce: SimulatedOrg, number: int) -> dict[str, Any]:
    return salesforce.create(
        "Account", Name=f"Dealer {number}", AccountNumber=f"SFE-{number:03d}", Zone__c="sf-end-to-end"
    )


def business_of(salesforce: SimulatedOrg, account: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    case = salesforce.create(
        "Case", Subject="Where is our RTGS?", Description=f"We sent it as {UTR}.", AccountId=account["Id"]
    )
    salesforce.create(
        "Payment_Advice__c", Name="A-1", Partner_Code__c="SFE-000", UTR__c=UTR, Amount__c=118000, Paid_On__c="2026-11-25"
    )  # fmt: skip
    opportunity = salesforce.create(
        "Opportunity", Name="Gensets for 2027", StageName="Prospecting", CloseDate="2027-03-31", Amount=450000,
        AccountId=account["Id"], Research_Requested__c=True,
    )  # fmt: skip
    return case, opportunity


def partners_of(desk: Desk) -> list[Any]:
    return desk.every("/v1/partners", zone="sf-end-to-end")


def the_question_is_opened_once(desk: Desk, case: dict[str, Any]) -> None:
    def questions() -> list[Any]:
        return desk.every("/v1/payment-queries", partner_code="SFE-000")

    (question,) = eventually(questions, lambda found: len(found) > 0)
    assert (question["channel"], question["external_id"]) == ("salesforce", case["Id"])


def the_advice_waits_once(desk: Desk) -> None:
    def advices() -> list[Any]:
        return desk.every("/v1/remittance-advices", partner_code="SFE-000")

    (advice,) = eventually(advices, lambda found: len(found) > 0)
    assert (advice["reference"], advice["state"], advice["amount"]["amount"]) == (UTR, "waiting", "118000.00")


def research_is_opened_once(system: FragileSystem, opportunity: dict[str, Any]) -> None:
    with Desk.at(system, role="zonal_sales", zones=["sf-end-to-end"]) as sales:
        (seen,) = eventually(
            lambda: sales.every("/v1/opportunities"),
            lambda found: [one["stage"] for one in found] == ["Proposal"],
        )
        assert (seen["record_id"], seen["partner_code"]) == (opportunity["Id"], "SFE-000")
        (assignment,) = sales.every("/v1/research-assignments", opportunity_id=seen["id"])
        assert (assignment["origin"], assignment["state"]) == ("crm", "open")
