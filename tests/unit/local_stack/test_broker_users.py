"""What a service may touch at the broker."""

import re

import pytest

from deploy.local.broker_users import account_definitions, service_user
from shared.events.catalogue import CATALOGUE
from shared.events.envelope import Event

ALLOWED = [
    "salesops.events",
    "salesops.payments.retries",
    "salesops.payments.dead-letters",
    "salesops.payments.inbox",
    "salesops.payments.dead",
]
FORBIDDEN = [
    "salesops.retries",
    "salesops.dead-letters",
    "salesops.partners.retries",
    "salesops.partners.dead-letters",
    "salesops.partners",
    "salesops.paymentsx",
    "amq.topic",
    "",
    "salesops.events.other",
]


@pytest.mark.parametrize("name", ALLOWED)
def test_a_service_may_use_its_own_queues_and_the_exchanges(name: str) -> None:
    user = service_user("payments", "secret")

    assert all(re.search(pattern, name) for pattern in (user.configure, user.write, user.read))


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_service_may_not_use_anything_else(name: str) -> None:
    user = service_user("payments", "secret")

    assert not any(re.search(pattern, name) for pattern in (user.configure, user.write, user.read))


def test_the_gateway_may_read_the_dead_letters_of_all_and_give_them_back_but_not_make_any() -> None:
    user = service_user("gateway", "secret")

    assert re.search(user.read, "salesops.payments.dead")
    assert not any(re.search(pattern, "salesops.payments.dead") for pattern in (user.configure, user.write))
    assert re.search(user.write, "salesops.payments.retries")
    assert not re.search(user.write, "salesops.payments.dead-letters")
    assert not any(re.search(user.read, name) for name in FORBIDDEN)
    assert not any(re.search(user.configure, name) for name in FORBIDDEN)


def test_a_service_publishes_its_own_events_only() -> None:
    user = service_user("payments", "secret")

    assert re.search(user.published_topics, "salesops.payments.receipts_booked.v1")
    assert not re.search(user.published_topics, "salesops.partners.partner_registered.v1")


def test_definitions_hold_no_password_in_the_clear() -> None:
    definitions = account_definitions([service_user("payments", "open-sesame")], ["salesops"])

    assert "open-sesame" not in str(definitions)


@pytest.mark.parametrize("event", CATALOGUE, ids=lambda event: event.type_name)
def test_the_service_an_event_comes_from_may_publish_it(event: type[Event]) -> None:
    assert re.search(service_user(event.source, "secret").published_topics, event.type_name)
