import pytest

from gateway.domain.client_address import TrustedProxies, counted_as

PROXIES = TrustedProxies(["10.0.0.0/8", "::1"])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 2.2.2.2, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.2.3.4", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("::1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1, unknown", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.2"),
    ],
    ids=[
        "a stranger's word counts nothing",
        "a proxy's word counts",
        "what the caller wrote itself stands on the left",
        "chain of proxies",
        "with port",
        "IPv6",
        "proxy itself",
        "nonsense ends the chain",
        "only proxies",
    ],
)
def test_client_is_the_last_address_that_no_trusted_proxy_has(
    peer: str, forwarded_for: str, client: str
) -> None:
    assert PROXIES.client_of(peer, forwarded_for) == client


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert TrustedProxies([]).client_of("127.0.0.1", "1.2.3.4") == "127.0.0.1"


def test_name_that_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        TrustedProxies(["proxy.internal"])


def test_all_addresses_of_one_ipv6_network_count_as_one() -> None:
    assert counted_as("2001:db8::1") == counted_as("2001:db8::ffff:2") != counted_as("2001:db8:0:1::1")
    assert counted_as("::ffff:192.0.2.1") == counted_as("192.0.2.1")
