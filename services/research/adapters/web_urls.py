"""Reads URLs and the operator's list of hosts as the domain knows them."""

from typing import Final
from urllib.parse import urlsplit

from services.research.domain.web_page import AllowedHost, Origin

_PORTS: Final = {"https": 443, "http": 80}


def origin_of(url: str) -> Origin:
    """ValueError for a URL without a host, or of another scheme than http and https."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("expected https:// and a host")
    port = parts.port if parts.port is not None else _PORTS[parts.scheme]
    return Origin(scheme=parts.scheme, host=parts.hostname.rstrip(".").lower(), port=port)


def allowed_hosts(text: str) -> tuple[AllowedHost, ...]:
    """Read `example.com, *.example.org, http://intranet.example:8080`; ValueError for what is no host."""
    return tuple(_entry(part.strip()) for part in text.split(",") if part.strip())


def _entry(text: str) -> AllowedHost:
    origin = origin_of(text if "://" in text else f"https://{text}")
    is_domain = origin.host.startswith("*.")
    host = origin.host.removeprefix("*.")
    if "*" in host or not host or (is_domain and "." not in host):
        raise ValueError(f"{text} is neither a host nor *. and a domain")
    return AllowedHost(scheme=origin.scheme, host=host, is_domain=is_domain, port=origin.port)
