"""Whose request it is by address: the peer, unless the peer is a proxy that may speak for others."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


class TrustedProxies:
    """The proxies whose X-Forwarded-For is believed, as addresses and networks."""

    def __init__(self, names: Iterable[str]) -> None:
        """ValueError when one is neither an address nor a network."""
        self._networks = tuple(ip_network(name.strip()) for name in names)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def client_of(self, peer: str, forwarded_for: str) -> str:
        """Return the last address that no trusted proxy has; what stands before it is hearsay.

        Whoever writes an X-Forwarded-For of their own only lengthens the list on its left.
        """
        client = peer
        for named in reversed(forwarded_for.split(",")):
            if not self.is_trusted(client):
                break
            address = _plain(named)
            if address is None:
                break
            client = address
        return client

    def is_trusted(self, address: str) -> bool:
        """Whether what this peer says of others is believed."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False  # a UNIX socket or a name
        return any(parsed in network for network in self._networks)


@lru_cache(maxsize=10_000)
def counted_as(address: str) -> str:
    """Return what an address is counted as: an IPv6 address as its /64, of which one host has all."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((int(parsed) >> 64 << 64, 64)))
    return address


def _plain(named: str) -> str | None:
    """Return an address without port and brackets, or None when it is none."""
    text = named.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return None
