"""Credit notes on payment sheets: what is in work, what is issued, what of it was used."""

import random
from typing import Any

from shared.identity import Caller
from tests.factories.payment_facts import a_credit_note, an_invoice, credited, noted, registered
from tests.integration.partners.conftest import PartnersService
from tests.integration.partners.test_payment_sheet import APartner, registered_partner, sheet_reply
from tests.integration.service_callers import a_caller


async def sheet(service: PartnersService, partner: APartner, caller: Caller | None = None) -> dict[str, Any]:
    body: dict[str, Any] = (await sheet_reply(service, partner, caller)).json()
    return body


async def test_an_issued_note_lowers_what_is_to_pay_and_an_applied_one_its_invoice(
    service: PartnersService,
) -> None:
    partner = await registered_partner(service)
    invoice = an_invoice(partner_code=partner.code, total_minor=1_000_00)
    note = a_credit_note(partner_code=partner.code, total_minor=118_00)

    await service[1]([registered(invoice), noted(note), credited(note, invoice, 100_00)])

    shown = await sheet(service, partner)
    (totals,) = shown["totals"]
    assert (totals["open"]["amount"], totals["credit_notes"]["amount"], totals["net_to_pay"]["amount"]) == (
        "900.00",
        "18.00",
        "882.00",
    )
    (line,) = shown["invoices"]
    assert (line["received"]["amount"], line["credited"]["amount"], line["open"]["amount"]) == (
        "0.00",
        "100.00",
        "900.00",
    )
    (one,) = shown["credit_notes"]
    assert (one["number"], one["unused"]["amount"], one["applied"][0]["amount"]["amount"]) == (
        "CN/2627/0000001",
        "18.00",
        "100.00",
    )


async def test_a_note_in_work_counts_for_nothing_and_is_internal(service: PartnersService) -> None:
    partner = await registered_partner(service)
    await service[1](
        [
            noted(
                a_credit_note(
                    partner_code=partner.code, standing="requested", number=None, issued_on=None, revision=1
                )
            )
        ]
    )

    ours = await sheet(service, partner)
    theirs = await sheet(service, partner, a_caller("partner", partner_code=partner.code))

    assert [(one["is_issued"], one["unused"]["amount"]) for one in ours["credit_notes"]] == [(False, "0.00")]
    assert theirs["credit_notes"] == []
    assert ours["totals"] == []


async def test_steps_told_in_any_order_and_twice_end_in_the_last(service: PartnersService) -> None:
    partner = await registered_partner(service)
    last = a_credit_note(partner_code=partner.code)
    steps = [
        a_credit_note(
            note_id=last.note_id, partner_code=partner.code, standing=standing, number=None, revision=revision
        )
        for revision, standing in enumerate(("requested", "approved"), start=1)
    ]
    told = [noted(one) for one in (*steps, last)] * 2
    random.Random(7).shuffle(told)

    for one in told:
        await service[1]([one])

    assert [one["is_issued"] for one in (await sheet(service, partner))["credit_notes"]] == [True]


async def test_an_ended_note_leaves_the_sheet(service: PartnersService) -> None:
    partner = await registered_partner(service)
    note = a_credit_note(partner_code=partner.code)
    await service[1]([noted(note)])

    await service[1](
        [
            noted(
                a_credit_note(
                    note_id=note.note_id, partner_code=partner.code, standing="cancelled", revision=4
                )
            )
        ]
    )

    shown = await sheet(service, partner)
    assert (shown["credit_notes"], shown["totals"]) == ([], [])
