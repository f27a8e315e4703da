"""Who gets letters: a name and an address, which is of the house unless it is said to be a partner's."""

import re
from dataclasses import dataclass
from typing import Final

_EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody by name and address."""

    name: str
    address: str

    @property
    def has_address(self) -> bool:
        """Whether it is one that mail systems take, e.g. meera@example.com."""
        return bool(_EMAIL.fullmatch(self.address)) and ".." not in self.address

    def is_of(self, domains: frozenset[str]) -> bool:
        """Whether the address is at one of these; `domains` are in small letters."""
        return self.address.rpartition("@")[2].lower() in domains
