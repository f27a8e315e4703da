import gzip

import pytest

from gateway.domain.compression import accepts_gzip, compressed, compressed_headers, is_compressible, weakened

JSON = (b"content-type", b"application/json; charset=utf-8")


@pytest.mark.parametrize(
    ("accept_encoding", "is_accepted"),
    [
        (b"gzip", True),
        (b"br, GZIP;q=0.5", True),
        (b"*", True),
        (b"deflate", False),
        (b"", False),
        (b"gzip;q=0", False),
        (b"gzip; q=0.0, *", False),
        (b"identity, *;q=0", False),
        (b"xgzip", False),
    ],
)
def test_gzip_is_used_only_when_the_caller_lists_it(accept_encoding: bytes, is_accepted: bool) -> None:
    assert accepts_gzip(accept_encoding) is is_accepted


@pytest.mark.parametrize(
    ("status", "headers", "is_worth_it"),
    [
        (200, [JSON], True),
        (404, [(b"content-type", b"application/problem+json")], True),
        (200, [(b"content-type", b"text/csv")], True),
        (200, [(b"content-type", b"text/event-stream")], False),
        (200, [(b"content-type", b"application/pdf")], False),
        (200, [JSON, (b"content-encoding", b"br")], False),
        (200, [JSON, (b"cache-control", b"private, no-transform")], False),
        (206, [JSON], False),
        (304, [JSON], False),
        (200, [], False),
    ],
)
def test_only_whole_text_that_nobody_encoded_is_compressed(
    status: int, headers: list[tuple[bytes, bytes]], is_worth_it: bool
) -> None:
    assert is_compressible(status, headers) is is_worth_it


def test_compressed_reply_has_no_length_of_the_plain_one_and_a_weak_etag() -> None:
    headers = compressed_headers([JSON, (b"content-length", b"5000"), (b"etag", b'"3"')])

    assert headers == [
        JSON,
        (b"etag", b'W/"3"'),
        (b"content-encoding", b"gzip"),
        (b"vary", b"Accept-Encoding"),
    ]


def test_weak_etag_stays_as_it_is() -> None:
    assert weakened([(b"etag", b'W/"3"')]) == [(b"etag", b'W/"3"')]


def test_same_body_is_compressed_to_the_same_bytes() -> None:
    body = b'{"a": 1}' * 1000

    assert compressed(body) == compressed(body)
    assert gzip.decompress(compressed(body)) == body
