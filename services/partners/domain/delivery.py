"""A delivery: one document on its way to one recipient, and the states it goes through."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.partners.domain.document import DocumentKind, Language, Period
from services.partners.domain.errors import RecipientInvalid
from shared.errors import FieldProblem

_EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)
_SFTP: Final = re.compile(
    r"sftp://[A-Za-z0-9._-]{1,64}@[A-Za-z0-9.-]{1,253}(?::\d{1,5})?(?:/[A-Za-z0-9._/-]{0,200})?"
)
_ROLE: Final = re.compile(r"[a-z][a-z_]{1,39}")


class Channel(StrEnum):
    """How a document travels. `portal` is a letter with a link and without the document itself."""

    EMAIL = "email"
    SFTP = "sftp"
    WEBHOOK = "webhook"
    PORTAL = "portal"


class DeliveryState(StrEnum):
    """`sent` means accepted by the next server; what follows is what we hear of it.

    `failed` is dead until somebody resends it; `unsubscribed` was never sent, because the recipient does not want it.
    """

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    OBJECTED = "objected"
    BOUNCED = "bounced"
    FAILED = "failed"
    UNSUBSCRIBED = "unsubscribed"


# What a delivery may become by what is heard of it: forward only, whatever order it is heard in.
FOLLOWING: Final[Mapping[DeliveryState, frozenset[DeliveryState]]] = {
    DeliveryState.DELIVERED: frozenset({DeliveryState.SENT}),
    DeliveryState.OPENED: frozenset({DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.BOUNCED}),
    DeliveryState.ACKNOWLEDGED: frozenset(
        {DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.OPENED, DeliveryState.BOUNCED}
    ),
    DeliveryState.OBJECTED: frozenset(
        {
            DeliveryState.SENT,
            DeliveryState.DELIVERED,
            DeliveryState.OPENED,
            DeliveryState.ACKNOWLEDGED,
            DeliveryState.BOUNCED,
        }
    ),
    DeliveryState.BOUNCED: frozenset({DeliveryState.SENT, DeliveryState.DELIVERED}),
}
RESENDABLE: Final = frozenset(DeliveryState) - {DeliveryState.QUEUED, DeliveryState.UNSUBSCRIBED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTerms:
    """How often a channel is tried, how long it waits in between, and how many letters are under way at a time."""

    attempts_max: int
    first_delay_seconds: int
    delay_seconds_max: int
    at_once: int


OBJECTION_LENGTH_MIN: Final = 3
OBJECTION_LENGTH_MAX: Final = 4000
TERMS: Final[Mapping[Channel, ChannelTerms]] = {
    Channel.EMAIL: ChannelTerms(
        attempts_max=12, first_delay_seconds=30, delay_seconds_max=4 * 3600, at_once=4
    ),
    Channel.PORTAL: ChannelTerms(
        attempts_max=12, first_delay_seconds=30, delay_seconds_max=4 * 3600, at_once=4
    ),
    Channel.SFTP: ChannelTerms(attempts_max=10, first_delay_seconds=60, delay_seconds_max=3600, at_once=2),
    Channel.WEBHOOK: ChannelTerms(
        attempts_max=10, first_delay_seconds=5, delay_seconds_max=6 * 3600, at_once=4
    ),
}
DELAY_FACTOR: Final = 3
JITTER_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who gets it and how. RecipientInvalid for an address that the channel cannot reach.

    Whoever is named without a `contact_id` gets letters only: files and webhooks go to registered receivers.
    """

    channel: Channel
    address: str
    name: str
    language: Language = Language.ENGLISH
    role: str | None = None
    contact_id: UUID | None = None

    def __post_init__(self) -> None:
        check_address(self.channel, self.address)
        if self.contact_id is None and self.channel in (Channel.SFTP, Channel.WEBHOOK):
            raise RecipientInvalid(f"A document goes by {self.channel} to registered contacts only")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryWish:
    """A document that is to reach somebody. `key` names the wish: wished twice, it is queued once.

    Contacts of the `roles` get it by `channel`, or each by its own; `recipients` get it beside them. A board or sheet is
    frozen when it is sent, with `period.last` as its cut-off; of other kinds the newest version of the period goes out.
    """

    key: str
    partner_code: str
    kind: DocumentKind
    period: Period
    roles: tuple[str, ...] = ()
    channel: Channel | None = None
    recipients: tuple[Recipient, ...] = ()
    formats: tuple[str, ...] = ("pdf",)
    is_optional: bool = True
    acknowledge_within_days: int | None = None
    document_id: UUID | None = None


def check_address(channel: Channel, address: str) -> None:
    """RecipientInvalid unless the address has the shape that its channel needs."""
    shapes = {Channel.EMAIL: _EMAIL, Channel.PORTAL: _EMAIL, Channel.SFTP: _SFTP}
    shape = shapes.get(channel)
    is_fine = shape.fullmatch(address) if shape else address.startswith(("https://", "http://"))
    if not is_fine or len(address) > 500 or ".." in address:
        expected = {
            Channel.SFTP: "sftp://user@host/folder",
            Channel.WEBHOOK: "https://…",
        }.get(channel, "name@example.com")
        raise RecipientInvalid(
            "The address cannot be delivered to",
            problems=[FieldProblem("/address", f"expected {expected} for {channel}")],
        )


def is_role(text: str) -> bool:
    """Roles of contacts are words such as `accounts` or `dispatch`."""
    return _ROLE.fullmatch(text) is not None


def next_delay(channel: Channel, attempts: int, *, chance: float) -> timedelta | None:
    """How long to wait after so many attempts, None after the last.

    `chance` between 0 and 1 spreads what failed together. After the second e-mail: 90 to 108 seconds.
    """
    terms = TERMS[channel]
    if attempts >= terms.attempts_max:
        return None
    usual = min(terms.first_delay_seconds * DELAY_FACTOR ** (attempts - 1), terms.delay_seconds_max)
    return timedelta(seconds=usual * (1 + JITTER_SHARE * chance))
