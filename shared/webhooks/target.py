"""Where a webhook may go: public addresses, and networks that an operator named; nothing that only looks so."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from shared.errors import FieldProblem, Invalid

URL_LENGTH_MAX: Final = 2_000
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Everything outside is special or translated: ::ffff:…, 64:ff9b::…, fe80::…, fc00::… (IANA, read 2026-01).
_GLOBAL_IPV6: Final = IPv6Network("2000::/3")
# Inside of it, but tunnels to IPv4 addresses that nobody checked: Teredo with its neighbours, and 6to4.
_TUNNELS: Final = (IPv6Network("2001::/23"), IPv6Network("2002::/16"))
# Systems read such hosts as IPv4 addresses in decimal, octal or hexadecimal: 2130706433, 0x7f.1, 0177.0.0.1.
_NUMERIC_END: Final = re.compile(r"(^|\.)(0[xX][0-9a-fA-F]*|[0-9]+)\.?$")
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


class TargetInvalid(Invalid):
    """The URL is not one that webhooks are sent to."""

    code, title = "webhook_target_invalid", "Webhooks cannot be sent there"


@dataclass(frozen=True, slots=True)
class TargetRules:
    """`networks` are allowed beside public addresses; http only where an operator said so."""

    networks: tuple[Network, ...] = ()
    is_http_allowed: bool = False

    def admits(self, address: Address) -> bool:
        """Tell whether a connection to the address may be opened."""
        return is_public(address) or any(
            address.version == network.version and address in network for network in self.networks
        )


def networks_from(text: str) -> tuple[Network, ...]:
    """Read `10.20.0.0/16, fd12::/48`; ValueError for what is no network."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def is_public(address: Address) -> bool:
    """Tell whether the address is one of the internet's own: not ours, not the machine's, not a tunnel's."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    is_tunnel = any(address in network for network in _TUNNELS)
    return address in _GLOBAL_IPV6 and address.is_global and not is_tunnel


def target_host(url: str, rules: TargetRules) -> str:
    """Return the host of a URL that webhooks may be sent to, as far as the text alone tells; else TargetInvalid."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _invalid("it is not a URL") from error
    if len(url) > URL_LENGTH_MAX or any(character <= " " or character > "~" for character in url):
        raise _invalid(f"expected at most {URL_LENGTH_MAX} printable ASCII characters")
    if parts.scheme != "https" and not (parts.scheme == "http" and rules.is_http_allowed):
        raise _invalid("expected https://")
    if parts.username is not None or parts.password is not None or "\\" in url:
        raise _invalid("a name or password has no place in it; deliveries are signed")
    if parts.fragment or port == 0:
        raise _invalid("expected no fragment and a port from 1 on")
    _check_host(host, rules)
    return host


def _check_host(host: str, rules: TargetRules) -> None:
    address = literal_address(host)
    if address is not None:
        if not rules.admits(address):
            raise _invalid("the address is not public and not in a network that an operator allowed")
    elif _NUMERIC_END.search(host):
        raise _invalid("write an IPv4 address as four decimal numbers")
    elif not _HOST.fullmatch(host):
        raise _invalid("the host is not a name")


def literal_address(host: str) -> Address | None:
    """Return the address that the host is, None when it is a name; zones of addresses are no addresses."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def refused(addresses: Iterable[Address], rules: TargetRules) -> list[Address]:
    """Return those that no connection may be opened to."""
    return [address for address in addresses if not rules.admits(address)]


def _invalid(detail: str) -> TargetInvalid:
    return TargetInvalid(f"Webhooks cannot be sent there: {detail}", problems=[FieldProblem("/url", detail)])
