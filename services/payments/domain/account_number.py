"""Which of our bank accounts a statement names, as banks mask, pad and prefix its number."""

import re
from dataclasses import dataclass
from typing import Final

_MASKED: Final = re.compile(r".*[X*/]", re.DOTALL)


def is_same_account(written: str, registered: str) -> bool:
    """Tell whether the visible tail agrees: 'XXXXXX4821', '00' + number and 'HDFC0000001/' + number are the account."""
    tail, ours = _letters_and_digits(_MASKED.sub("", written)), _letters_and_digits(registered)
    return bool(tail) and (ours.endswith(tail.lstrip("0")) or tail.endswith(ours))


def _letters_and_digits(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


@dataclass(frozen=True, slots=True)
class AccountOfImport:
    """The account a file was sent for, and the others it may hold as well.

    `names_accounts`: the format always names its accounts in full and may hold several (BAI2, OFX), so a name that is
    not the account's means another one; elsewhere it may be a way of writing that nobody foresaw.
    """

    number: str
    others: tuple[str, ...]
    names_accounts: bool

    def is_elsewhere(self, written: str) -> bool:
        """Tell whether a part belongs to another account than the one the file was sent for."""
        if not written or is_same_account(written, self.number):
            return False
        return self.names_accounts or any(is_same_account(written, other) for other in self.others)
