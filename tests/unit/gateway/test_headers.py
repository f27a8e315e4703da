import pytest

from gateway.domain.headers import reply_headers, request_headers


def passed(*headers: tuple[bytes, bytes]) -> bytes:
    return b"".join(request_headers(headers))


@pytest.mark.parametrize(
    "name",
    [
        b"x-user-id",
        b"x-tenant",
        b"x-internal-token",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"forwarded",
        b"x-real-ip",
        b"x-original-url",
        b"authorization",
        b"cookie",
        b"host",
        b"te",
        b"upgrade",
        b"proxy-authorization",
        b"transfer-encoding",
        b"content-length",
        b"expect",
    ],
)
def test_identity_and_connection_headers_of_callers_stay_outside(name: bytes) -> None:
    assert passed((name, b"evil")) == b""


def test_other_headers_pass_unchanged_and_in_order() -> None:
    headers = ((b"accept", b"text/csv"), (b"idempotency-key", b"k"), (b"x-order", b"1"), (b"accept", b"*/*"))

    assert passed(*headers) == b"accept: text/csv\r\nidempotency-key: k\r\nx-order: 1\r\naccept: */*\r\n"


def test_headers_named_by_connection_are_dropped() -> None:
    assert (
        passed((b"x-hop", b"1"), (b"connection", b"keep-alive, X-Hop"), (b"accept", b"a")) == b"accept: a\r\n"
    )


def test_reply_hides_the_inside_and_is_safe_for_browsers() -> None:
    upstream = [
        (b"server", b"uvicorn"),
        (b"connection", b"close"),
        (b"location", b"http://10.0.0.7:8001/v1/jobs/7"),
        (b"x-frame", b"kept"),
        (b"content-security-policy", b"sandbox"),
    ]

    headers = dict(reply_headers(upstream, origin=b"http://10.0.0.7:8001", request_id=b"r"))

    assert headers == {
        b"location": b"/v1/jobs/7",
        b"x-frame": b"kept",
        b"content-security-policy": b"sandbox",
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"no-referrer",
        b"strict-transport-security": b"max-age=31536000",
        b"cache-control": b"no-store",
        b"x-request-id": b"r",
    }


@pytest.mark.parametrize(
    ("told", "has_etag", "passed_on"),
    [
        (b"private, no-cache", True, b"private, no-cache"),
        (b"private, no-store", False, b"private, no-store"),
        (b"private, no-cache", False, b"no-store"),
        (b"max-age=60", True, b"no-store"),
        (b"public", False, b"no-store"),
        (b"no-transform", False, b"no-store, no-transform"),
    ],
)
def test_only_who_asks_again_by_an_etag_may_keep_a_reply(
    told: bytes, has_etag: bool, passed_on: bytes
) -> None:
    upstream = [(b"cache-control", told), *([(b"etag", b'"3"')] if has_etag else [])]

    headers = reply_headers(upstream, origin=b"http://a", request_id=b"r")

    assert [value for name, value in headers if name == b"cache-control"] == [passed_on]
