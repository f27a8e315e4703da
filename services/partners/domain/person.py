"""Somebody at a partner: in which roles, how they are reached, in which language, and what they agreed to get."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.partners.domain.errors import PersonInvalid
from shared.errors import FieldProblem

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{7,14}")


class PersonRole(StrEnum):
    """What somebody is asked and told about."""

    OWNER = "owner"
    ACCOUNTS = "accounts"
    ORDERS = "orders"
    SERVICE = "service"
    DISPATCH = "dispatch"
    SALES = "sales"


class PersonLanguage(StrEnum):
    ENGLISH = "en"
    HINDI = "hi"
    MARATHI = "mr"


class PersonChannel(StrEnum):
    """How documents reach them; by phone nothing is sent."""

    EMAIL = "email"
    PORTAL = "portal"
    PHONE = "phone"


def is_of_a_person(channel: str, role: str) -> bool:
    """Letters in a role that people have go to people; files, webhooks and other roles are of systems."""
    return channel in (PersonChannel.EMAIL, PersonChannel.PORTAL) and role in set(PersonRole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as it is. PersonInvalid when it has no role or cannot be reached by its channel.

    `takes_optional` is the consent to documents that nobody is obliged to send; what the law asks for is sent anyway.
    """

    name: str
    roles: tuple[PersonRole, ...]
    email: str | None
    phone: str | None
    language: PersonLanguage
    channel: PersonChannel
    takes_optional: bool
    is_active: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", tuple(sorted(set(self.roles))))
        problems = [] if self.roles else [FieldProblem("/roles", "expected at least one role")]
        if self.email and not _EMAIL.fullmatch(self.email):
            problems.append(FieldProblem("/email", "expected an address as accounts@example.com"))
        if self.phone and not _PHONE.fullmatch(self.phone):
            problems.append(FieldProblem("/phone", "expected a number with its country as +919820012345"))
        needed = "phone" if self.channel is PersonChannel.PHONE else "email"
        if not getattr(self, needed):
            problems.append(FieldProblem(f"/{needed}", f"expected, because the channel is {self.channel}"))
        if problems:
            raise PersonInvalid(f"{self.name} cannot be a person like this", problems=problems)
