"""Which hosts an operator's list admits."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.research.adapters.web_urls import allowed_hosts, origin_of
from services.research.domain.web_page import is_allowed
from services.research.settings import ResearchSettings

LIST = "www.example.com, *.example.org, http://intranet.example:8080"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.example.com/a", True),
        ("https://WWW.EXAMPLE.COM.:443/a", True),
        ("https://example.com/a", False),
        ("https://www.example.com:444/a", False),
        ("http://www.example.com/a", False),
        ("https://a.b.example.org/", True),
        ("https://example.org/", False),
        ("https://evilexample.org/", False),
        ("https://www.example.com.evil.test/", False),
        ("http://intranet.example:8080/", True),
        ("https://intranet.example/", False),
    ],
)
def test_a_host_is_admitted_by_scheme_name_and_port(url: str, expected: bool) -> None:
    assert is_allowed(origin_of(url), allowed_hosts(LIST)) is expected


@pytest.mark.parametrize(
    "text", ["*", "*.com", "a.*.com", "ftp://a.com", "https://", "*.*.com", "a.com:port"]
)
def test_what_is_no_host_is_refused_when_a_process_starts(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of several places, each a ValueError by contract
        allowed_hosts(text)


def test_whoever_allows_hosts_says_whom_their_owners_may_write_to() -> None:
    facts: dict[str, Any] = {"database_url": "postgresql://x", "amqp_url": "amqp://x", "internal_token_public_key": "x",
             "cursor_secret": "x" * 32}  # fmt: skip

    with pytest.raises(ValidationError, match="RESEARCH_FETCHER_CONTACT"):
        ResearchSettings(**facts, fetcher_allowed_hosts="example.com")
