"""API keys: how one looks, what it may be given, and how long it counts."""

import re
import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from gateway.domain.errors import GrantTooWide
from gateway.domain.routing import RESOURCES
from shared.access import RULES
from shared.errors import FieldProblem, Forbidden, Invalid
from shared.identity import Caller, RowScope

PREFIX: Final = "sk_"
SECRET_BYTES: Final = 32
VALID_DAYS_USUAL: Final = 90
VALID_DAYS_MAX: Final = 365
OVERLAP_MAX: Final = timedelta(days=30)
# The others are for people: a decision needs somebody who makes it.
MACHINE_ROLES: Final = frozenset({"integration", "analyst", "auditor", "partner", "zonal_sales"})
SCOPE_PATTERN: Final = r"^(\*|[a-z][a-z0-9-]{0,60}):(read|write)$"

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LETTERS, _SECRET_LETTERS, _CHECK_LETTERS = 22, 43, 6  # 128, 256 and 32 bits to the base of 62
_FORM: Final = re.compile(
    rf"({PREFIX}([0-9A-Za-z]{{{_ID_LETTERS}}})_[0-9A-Za-z]{{{_SECRET_LETTERS}}})([0-9A-Za-z]{{{_CHECK_LETTERS}}})"
)


def key_text(key_id: UUID, secret: bytes) -> str:
    """Return `sk_<id>_<secret><checksum>`: one word to select, told from other texts by its prefix and checksum.

    The checksum (CRC-32) keeps no secret: it lets typing errors and secret scanners be answered without a look-up.
    """
    body = f"{PREFIX}{_letters(key_id.int, _ID_LETTERS)}_{_letters(int.from_bytes(secret), _SECRET_LETTERS)}"
    return body + _checksum(body)


def key_id_of(text: str) -> UUID | None:
    """Return the id that a key names, or None for a text that is no whole key."""
    match = _FORM.fullmatch(text)
    if match is None or match[3] != _checksum(match[1]):
        return None
    number = 0
    for letter in match[2]:
        number = number * 62 + _ALPHABET.index(letter)
    return UUID(int=number) if number < 1 << 128 else None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a key opens: roles as a person's, narrowed by `scopes` unless None, and by rows."""

    roles: frozenset[str]
    scopes: frozenset[str] | None
    zones: frozenset[str]
    partner_code: str | None

    def refuse_unsuitable(self) -> None:
        """Invalid for what no key may be: people's roles, resources that do not exist, rows that fit no role."""
        problems: list[FieldProblem] = []
        if not self.roles or not self.roles <= MACHINE_ROLES:
            problems.append(FieldProblem("/roles", f"expected some of {', '.join(sorted(MACHINE_ROLES))}"))
        unknown = sorted({scope.partition(":")[0] for scope in self.scopes or ()} - RESOURCES.keys() - {"*"})
        if unknown:
            problems.append(FieldProblem("/scopes", f"there is no resource {unknown[0]}"))
        if ("zonal_sales" in self.roles) != bool(self.zones):
            problems.append(FieldProblem("/zones", "a zonal_sales key names its zones, others name none"))
        if ("partner" in self.roles) != (self.partner_code is not None):
            problems.append(
                FieldProblem("/partner_code", "a partner key names its partner, others name none")
            )
        if problems:
            raise Invalid("A key cannot be given this", problems=problems)

    def refuse_excess(self, creator: Caller) -> None:
        """Forbidden for a key that wants a key; GrantTooWide when it would open what its creator may not do or see."""
        if creator.owner is not None:
            raise Forbidden("A key makes no keys; sign in as the person who answers for it")
        own, rows = creator.row_scope(), self._row_scope()
        if rows.sees_all and not own.sees_all:
            raise GrantTooWide("You do not see all rows, so your keys do not either")
        if not own.sees_all and not (
            rows.zones <= own.zones and rows.partner_code in (None, own.partner_code)
        ):
            raise GrantTooWide("Your keys see the rows that you see, and no others")
        if "admin" in creator.roles:
            return
        for rule in RULES:
            if rule.roles & self.roles and not rule.roles & creator.roles:
                raise GrantTooWide(f"You may not {rule.method} {rule.path_template}, so your keys may not")

    def _row_scope(self) -> RowScope:
        return Caller("", self.roles, self.zones, self.partner_code, "").row_scope()


def _letters(number: int, count: int) -> str:
    letters = ""
    for _ in range(count):
        number, rest = divmod(number, 62)
        letters = _ALPHABET[rest] + letters
    return letters


def _checksum(body: str) -> str:
    return _letters(zlib.crc32(body.encode("ascii")), _CHECK_LETTERS)
