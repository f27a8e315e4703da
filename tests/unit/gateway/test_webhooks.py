"""Where webhooks may go, how they are signed, when they are tried again; checked with the standard's own library."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from gateway.domain.webhook import DELAYS_SECONDS, hold, next_delay
from shared.secret_box import SecretBox, SecretUnreadable
from shared.webhooks.attempt import Outcome, Reply
from shared.webhooks.signature import SECRET_PREFIX, new_secret, signatures
from shared.webhooks.target import (
    TargetInvalid,
    TargetRules,
    is_public,
    networks_from,
    target_host,
)

BODY = '{"type": "receipt.booked"}'
STRICT = TargetRules()
HOUSE = TargetRules(networks=networks_from("10.20.0.0/16, fd12::/48"), is_http_allowed=True)


def a_reply(status: int | None = 500, **facts: object) -> Reply:
    return Reply(**{"status": status, "error": None, "excerpt": "", "duration_ms": 1, **facts})  # type: ignore[arg-type]


def signed(*secrets: str, at: datetime | None = None, body: str = BODY) -> dict[str, str]:
    timestamp = int((at or datetime.now(UTC)).timestamp())
    return {
        "webhook-id": "msg-1",
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures(secrets, message_id="msg-1", timestamp=timestamp, body=body),
    }


def test_the_standards_own_library_accepts_what_we_sign() -> None:
    secret = new_secret()

    assert Webhook(secret).verify(BODY, signed(secret)) == {"type": "receipt.booked"}


def test_while_secrets_rotate_both_verify() -> None:
    old, new = new_secret(), new_secret()

    headers = signed(new, old)

    assert Webhook(old).verify(BODY, headers) == Webhook(new).verify(BODY, headers)
    assert len(headers["webhook-signature"].split(" ")) == 2


@pytest.mark.parametrize(
    "headers_of",
    [
        lambda secret: signed(new_secret()),
        lambda secret: signed(secret, body=BODY + " "),
        lambda secret: signed(secret) | {"webhook-id": "msg-2"},
        lambda secret: signed(secret, at=datetime.now(UTC) - timedelta(minutes=6)),
        lambda secret: signed(secret, at=datetime.now(UTC) + timedelta(minutes=6)),
    ],
    ids=["other secret", "other body", "other id", "replayed later", "from the future"],
)
def test_what_was_not_signed_just_now_for_this_body_is_refused(headers_of) -> None:  # type: ignore[no-untyped-def]
    secret = new_secret()

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers_of(secret))


def test_secrets_are_random_and_long_enough_for_the_standard() -> None:
    first, second = new_secret(), new_secret()

    assert first != second
    assert first.startswith(SECRET_PREFIX)
    assert 24 <= len(first.removeprefix(SECRET_PREFIX)) * 3 // 4 <= 64


def test_attempts_go_on_for_three_days_and_then_end() -> None:
    waits = [next_delay(attempts, a_reply(), chance=0) for attempts in range(1, len(DELAYS_SECONDS) + 1)]

    assert waits[:3] == [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)]
    assert waits[-1] is None
    assert timedelta(days=3) < sum((wait for wait in waits if wait), timedelta(0)) < timedelta(days=3.5)


def test_attempts_that_failed_together_are_spread() -> None:
    assert next_delay(2, a_reply(), chance=1.0) == timedelta(seconds=330)


def test_what_the_endpoint_asks_for_is_granted_up_to_a_day() -> None:
    assert next_delay(1, a_reply(429, retry_after_seconds=120), chance=0) == timedelta(seconds=120)
    assert next_delay(1, a_reply(503, retry_after_seconds=10**9), chance=0) == timedelta(days=1)
    assert next_delay(2, a_reply(503, retry_after_seconds=1), chance=0) == timedelta(minutes=5)


def test_an_endpoint_that_fails_is_left_alone_longer_each_time() -> None:
    assert [hold(failures, a_reply()).seconds for failures in (1, 2, 3, 20)] == [2, 4, 8, 300]
    assert hold(1, a_reply(429)) == timedelta(seconds=30)
    assert hold(1, a_reply(503, retry_after_seconds=90)) == timedelta(seconds=90)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (302, Outcome.REFUSED),
        (400, Outcome.REFUSED),
        (410, Outcome.GONE),
        (500, Outcome.REFUSED),
        (None, Outcome.UNREACHABLE),
    ],
)
def test_only_2xx_is_success(status: int | None, outcome: Outcome) -> None:
    assert a_reply(status).outcome is outcome


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:db8::1",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
    ],
)
def test_addresses_that_are_not_the_internets_own_are_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    assert not STRICT.admits(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001::1"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert STRICT.admits(ip_address(address))


def test_a_network_that_an_operator_named_is_allowed_and_no_other() -> None:
    assert HOUSE.admits(ip_address("10.20.3.4"))
    assert HOUSE.admits(ip_address("fd12::5"))
    assert not HOUSE.admits(ip_address("10.21.0.1"))
    assert not HOUSE.admits(ip_address("::ffff:10.20.3.4"))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "example.com",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com\\@127.0.0.1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1./",
        "https://127%2e0.0.1/",
        "https://exa mple.com/",
        "https://example.com/\r\nHost: x",
        "https://ex\u0430mple.com/",
        "https://example.com/#part",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com/" + "x" * 2_000,
    ],
)
def test_urls_that_could_lead_elsewhere_are_refused_by_their_text(url: str) -> None:
    with pytest.raises(TargetInvalid) as refused:
        target_host(url, STRICT)

    assert refused.value.problems[0].pointer == "/url"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://erp.example.com:8443/hooks?x=1", "erp.example.com"),
        ("https://93.184.216.34/", "93.184.216.34"),
        ("https://[2606:4700::1111]/", "2606:4700::1111"),
    ],
)
def test_ordinary_urls_are_taken(url: str, host: str) -> None:
    assert target_host(url, STRICT) == host


def test_http_is_taken_only_where_it_is_allowed() -> None:
    assert target_host("http://10.20.0.5:9000/", HOUSE) == "10.20.0.5"


def test_a_sealed_secret_opens_for_its_owner_with_its_key_and_shows_nothing() -> None:
    box = SecretBox(["a passphrase that is long"])

    sealed = box.seal("whsec_abc", owner=b"endpoint 1")

    assert b"whsec" not in sealed
    assert sealed != box.seal("whsec_abc", owner=b"endpoint 1")
    assert box.open(sealed, owner=b"endpoint 1") == "whsec_abc"
    for other, owner in ((box, b"endpoint 2"), (SecretBox(["another passphrase, long"]), b"endpoint 1")):
        with pytest.raises(SecretUnreadable):
            other.open(sealed, owner=owner)


def test_after_the_passphrase_changed_old_secrets_open_and_new_ones_are_sealed_with_the_new() -> None:
    before = SecretBox(["the passphrase of yesterday"])
    now = SecretBox(["the passphrase of today, long", "the passphrase of yesterday"])

    assert now.open(before.seal("whsec_abc", owner=b"1"), owner=b"1") == "whsec_abc"
    with pytest.raises(SecretUnreadable):
        before.open(now.seal("whsec_abc", owner=b"1"), owner=b"1")
