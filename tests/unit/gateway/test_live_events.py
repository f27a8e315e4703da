"""What is told outside of each event, and who hears it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from gateway.adapters.live_tail import PENDING_BYTES_MAX, Listener
from gateway.api.schemas_events import BODIES
from gateway.application.keep_dead_letters import RAISED
from gateway.application.queue_deliveries import TESTED
from gateway.application.translate_events import TRANSLATIONS, tellings
from gateway.consumers import SUBSCRIPTIONS
from gateway.domain.live_event import Audience, LiveEvent
from gateway.domain.live_event_types import BY_NAME, LIVE_EVENT_TYPES, heard_by, wanted_types, within_scopes
from shared.access import RULES, AccessMatrix
from shared.errors import Forbidden, Invalid
from shared.events.catalogue import consumed_by
from shared.events.envelope import Event
from shared.events.payments import ReceiptsBookedV1
from shared.identity import ROLES, RowScope
from tests.factories.event_samples import an_event
from tests.factories.payment_facts import a_receipt

EVERYTHING = RowScope(sees_all=True, zones=frozenset(), partner_code=None)


def an_event_of(**facts: Any) -> LiveEvent:
    usual: dict[str, Any] = {
        "position": 1,
        "id": uuid7(),
        "type": "receipt.booked",
        "occurred_at": datetime(2026, 10, 14, tzinfo=UTC),
        "partner_code": "CP1",
        "zone": "South",
        "recipient": None,
        "body": "{}",
    }
    return LiveEvent(**{**usual, **facts})


def an_audience(scope: RowScope = EVERYTHING, **facts: Any) -> Audience:
    return Audience(**{"types": frozenset({"receipt.booked"}), "scope": scope, **facts})


def scope_of(*zones: str, partner_code: str | None = None) -> RowScope:
    return RowScope(sees_all=False, zones=frozenset(zones), partner_code=partner_code)


def test_the_gateway_reads_exactly_the_events_that_name_it_as_a_consumer() -> None:
    assert {one.event_class for one in SUBSCRIPTIONS} == set(consumed_by("gateway"))


@pytest.mark.parametrize("event_class", TRANSLATIONS, ids=lambda event_class: event_class.__name__)
def test_what_is_told_of_an_event_keeps_the_published_form_of_its_type(event_class: type[Event]) -> None:
    told = [telling for _, telling in tellings([an_event(event_class)])]

    assert told
    for telling in told:
        kind = BY_NAME[telling.type]
        assert type(telling.data) is kind.data
        assert AccessMatrix(RULES).rule_for("GET", kind.link(telling.key)).roles == kind.roles
        assert telling.data == kind.data.model_validate_json(telling.data.model_dump_json())


def test_every_type_is_told_by_some_event() -> None:
    told = {telling.type for _, telling in tellings([an_event(one) for one in TRANSLATIONS])}

    assert told | {TESTED, RAISED} == set(BY_NAME) == set(BODIES)


def test_a_batch_of_receipts_is_told_receipt_by_receipt_with_amounts_as_texts() -> None:
    receipts = (a_receipt(partner_code="CP1", amount_minor=1_00), a_receipt(partner_code="CP2", zone="West"))

    first, second = [telling for _, telling in tellings([ReceiptsBookedV1(receipts=receipts)])]

    assert (first.partner_code, second.partner_code, second.zone) == ("CP1", "CP2", "West")
    assert first.data.model_dump(mode="json")["amount"] == {"amount": "1.00", "currency": "INR"}


def test_the_link_of_a_type_holds_nothing_that_could_lead_elsewhere() -> None:
    assert BY_NAME["partner.changed"].link("CP/1?x") == "/v1/partners/CP%2F1%3Fx"


@pytest.mark.parametrize(
    ("scope", "partner_code", "zone", "is_heard"),
    [
        (EVERYTHING, None, None, True),
        (EVERYTHING, "CP1", "South", True),
        (scope_of("South"), "CP1", "South", True),
        (scope_of("South"), None, "South", True),
        (scope_of("South"), "CP1", "North", False),
        (scope_of("South"), None, None, False),
        (scope_of(partner_code="CP1"), "CP1", "North", True),
        (scope_of(partner_code="CP1"), "CP2", "North", False),
        (scope_of(partner_code="CP1"), None, None, False),
        (scope_of(), None, None, False),
    ],
)
def test_rows_are_heard_as_they_would_be_read(
    scope: RowScope, partner_code: str | None, zone: str | None, is_heard: bool
) -> None:
    event = an_event_of(partner_code=partner_code, zone=zone)

    assert an_audience(scope).hears(event) is is_heard


def test_what_is_for_one_person_is_heard_by_nobody_else() -> None:
    event = an_event_of(recipient="asha")

    assert an_audience(scope_of()).hears(event, subject="asha")
    assert not an_audience().hears(event, subject="ravi")
    assert not an_audience().hears(event)


def test_filters_narrow_and_never_widen() -> None:
    assert an_audience(partner_code="CP1", zone="South").hears(an_event_of())
    assert not an_audience(partner_code="CP2").hears(an_event_of())
    assert not an_audience(zone="North").hears(an_event_of())
    assert not an_audience(scope_of("North"), partner_code="CP1").hears(an_event_of())
    assert not an_audience(types=frozenset({"refund.paid"})).hears(an_event_of())


def test_a_role_hears_of_what_it_may_read() -> None:
    partner = heard_by({"partner"})

    assert {"receipt.booked", "credit_note.issued", "payment_query.answered"} <= partner
    assert partner.isdisjoint({"bank_statement.imported", "booking.at_risk", "partner.changed"})
    assert "booking.overdue" in heard_by({"zonal_sales"}) & heard_by({"analyst"})
    assert heard_by({"coordinator"}) == set(BY_NAME) - {RAISED}
    assert heard_by({"admin"}) == set(BY_NAME)
    assert all(kind.roles <= ROLES for kind in LIVE_EVENT_TYPES)


def test_a_key_with_scopes_hears_of_what_it_could_read() -> None:
    heard = heard_by({"integration"})

    assert within_scopes(heard, None) == heard
    assert within_scopes(heard, frozenset({"*:read"})) == heard
    assert within_scopes(heard, frozenset({"events:read", "refunds:read"})) == {"refund.paid"}
    assert within_scopes(heard, frozenset({"receipts:write"})) == frozenset()


def test_types_are_named_alone_or_by_family() -> None:
    wanted = wanted_types(["receipt.booked", "credit_note.*"], {"coordinator"}, pointer="types")

    assert "credit_note.applied" in wanted
    assert wanted.isdisjoint({"receipt.reversed", "refund.paid"})
    assert wanted_types([], {"analyst"}, pointer="types") == heard_by({"analyst"})


@pytest.mark.parametrize("name", ["receipt", "receipt.bookd", "*", ".*", "nothing.*"])
def test_an_unknown_type_is_refused_by_name(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        wanted_types([name], {"admin"}, pointer="types")

    assert name in refused.value.problems[0].detail


def test_a_type_that_no_role_opens_is_forbidden() -> None:
    with pytest.raises(Forbidden):
        wanted_types(["bank_statement.imported"], {"partner"}, pointer="types")


def test_a_listener_that_reads_nothing_is_cut_off_before_it_costs_memory() -> None:
    listener = Listener(an_audience(), "asha")

    for _ in range(3):
        listener.put(b"x" * (PENDING_BYTES_MAX // 2))

    assert listener.is_closed
    assert listener.take() is None


def test_a_listener_gets_what_waits_in_its_order() -> None:
    listener = Listener(an_audience(), "asha")
    listener.put(b"one")
    listener.put(b"x" * (PENDING_BYTES_MAX - 3))

    assert listener.take() == b"one"
    assert len(listener.take() or b"") == PENDING_BYTES_MAX - 3
    assert not listener.is_closed
