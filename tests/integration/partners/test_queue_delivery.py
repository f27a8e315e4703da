"""Wishing that a document reaches somebody: once per key, to contacts by role and to whoever is named."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi import FastAPI
from uuid_utils.compat import uuid7

from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.queue_delivery import QueuedDelivery, queue_delivery
from services.partners.domain.delivery import Channel, DeliveryWish, Recipient, next_delay
from services.partners.domain.document import DocumentKind, Period
from services.partners.domain.errors import NobodyToDeliverTo, RecipientInvalid
from tests.factories.partners import a_registered_partner
from tests.integration.partners.conftest import PartnersService
from tests.integration.service_callers import a_caller

AT = datetime(2026, 11, 25, 20, tzinfo=UTC)


def a_wish(partner_code: str, **facts: object) -> DeliveryWish:
    usual: dict[str, object] = {
        "key": f"test:{uuid7()}",
        "partner_code": partner_code,
        "kind": DocumentKind.PAYMENT_SHEET,
        "period": Period.cut_off(date(2026, 11, 25)),
        "recipients": (Recipient(channel=Channel.EMAIL, address="meera@dealer.example", name="Meera"),),
    }
    return DeliveryWish(**{**usual, **facts})


async def wished(app: FastAPI, wish: DeliveryWish, not_before: datetime | None = None) -> QueuedDelivery:
    async with UnitOfWork(app.state.database) as work:
        queued = await queue_delivery(work, wish, actor="test", at=AT, not_before=not_before)
        await work.commit()
    return queued


async def test_the_same_wish_at_the_same_moment_is_queued_once(
    service: PartnersService, app: FastAPI
) -> None:
    partner = await a_registered_partner(service)
    wish = a_wish(partner.code, acknowledge_within_days=3)
    morning = AT + timedelta(hours=8)

    both = await asyncio.gather(*(wished(app, wish, morning) for _ in range(4)))

    assert sorted(one.is_new for one in both) == [False, False, False, True]
    assert len({one.request_id for one in both}) == 1
    async with service[0](a_caller()) as client:
        (delivery,) = (await client.get(f"/v1/deliveries?partner_code={partner.code}")).json()["items"]
        history = (await client.get(f"/v1/deliveries/{delivery['id']}")).json()["steps"]
    assert (delivery["state"], delivery["document_id"]) == ("queued", None)
    assert delivery["acknowledge_by_on"] == "2026-11-29"  # the letter leaves on the 26th in India
    assert datetime.fromisoformat(delivery["next_attempt_at"]) == morning
    assert [one["step"] for one in history] == ["queued"]


async def test_a_wish_for_nobody_is_refused_and_its_key_stays_free(
    service: PartnersService, app: FastAPI
) -> None:
    partner = await a_registered_partner(service)
    wish = a_wish(partner.code, recipients=(), roles=("accounts",))

    with pytest.raises(NobodyToDeliverTo):
        await wished(app, wish)
    known = await wished(app, a_wish(partner.code, key=wish.key))

    assert known.is_new


async def test_files_go_to_registered_receivers_only() -> None:
    for channel, address in (
        (Channel.SFTP, "sftp://drop@dealer.example/in"),
        (Channel.WEBHOOK, "https://dealer.example/hook"),
        (Channel.EMAIL, "meera@dealer.example\r\nBcc: all@dealer.example"),
    ):
        with pytest.raises(RecipientInvalid):
            Recipient(channel=channel, address=address, name="somebody")


def test_attempts_spread_out_and_end() -> None:
    waits = [next_delay(Channel.EMAIL, attempts, chance=0.0) for attempts in range(1, 13)]
    late = next_delay(Channel.EMAIL, 2, chance=1.0)

    assert [wait.total_seconds() for wait in waits if wait][:5] == [30, 90, 270, 810, 2430]
    assert max(wait for wait in waits if wait) == timedelta(hours=4)
    assert waits[-1] is None
    assert late == timedelta(seconds=108)
