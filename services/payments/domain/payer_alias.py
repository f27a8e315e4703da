"""Payers that are not the partner but were proved to pay for it, kept so that their next payment is known."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.payments.domain.narration import Narration
from services.payments.domain.partner_names import FirmName, firm_name, name_misfit

_STEM = 3
_COMPACT_MIN = 7
_SAME_MISFIT = 7.5
_NAMES_MAX = 500
_OWN_MISFIT = 6.0
_ADDRESSES = frozenset({"account", "vpa"})


@dataclass(frozen=True, slots=True)
class PayerAlias:
    """`key` as made by `alias_keys`; `source` tells what proved it: the bank's reference, or who confirmed it."""

    key: str
    partner_code: str
    source: str


def alias_keys(narration: Narration) -> tuple[str, ...]:
    """Keys under which a payer is known again: its account or payment address alone, a name together with its bank."""
    compact = firm_name(narration.payer_name).compact
    keys = []
    if narration.payer_account:
        keys.append(f"account:{narration.payer_account}")
    if narration.vpa:
        keys.append(f"vpa:{narration.vpa}")
    if compact and narration.ifsc:
        keys.append(f"ifsc:{narration.ifsc}:{compact}")
    elif compact and narration.bank_code:
        keys.append(f"bank:{narration.bank_code}:{compact}")
    return tuple(keys)


def confirmed_keys(narration: Narration) -> tuple[str, ...]:
    """Keys that a person's word is enough for: also a long name whose bank is not told, as on deposited cheques."""
    keys = alias_keys(narration)
    compact = firm_name(narration.payer_name).compact
    if not keys and len(compact) >= _COMPACT_MIN:
        return (f"name:{compact}",)
    return keys


def is_partners_own(narration: Narration, partner_name: str) -> bool:
    """The payer shows the partner's own name: there is no alias to learn."""
    own = firm_name(partner_name)
    return any(name_misfit(firm_name(name), own) <= _OWN_MISFIT for name in narration.names)


def speaks_for(alias: PayerAlias, narration: Narration) -> bool:
    """The alias is one that the payer of the narration is known by."""
    names = [firm_name(name) for name in narration.names]
    return bool(names or narration.vpa or narration.payer_account) and bool(
        AliasBook([alias]).partners_of(narration, names)
    )


def place_of_alias(alias: PayerAlias) -> str:
    """The bank, the account or the payment address at which the payer can be met again; '' for a name alone."""
    kind, _, rest = alias.key.partition(":")
    if kind == "name":
        return ""
    return rest if kind in _ADDRESSES else rest[:4]


class _Met(NamedTuple):
    """A payer as it was proved: its bank or branch, its name without blanks, and the partner it paid for."""

    place: str
    name: str
    partner_code: str


class AliasBook:
    """Known payers of one batch. A name that the bank cut or shortened is compared with the names of the same bank that
    begin alike."""

    def __init__(self, aliases: Iterable[PayerAlias] = ()) -> None:
        self._by_address: dict[str, Counter[str]] = defaultdict(Counter)
        self._by_bank: dict[str, Counter[str]] = defaultdict(Counter)
        self._by_stem: dict[tuple[str, str], Counter[_Met]] = defaultdict(Counter)
        self._seen: set[PayerAlias] = set()
        self._alike: dict[tuple[str, str], bool] = {}
        for alias in aliases:
            self.add(alias)

    def add(self, alias: PayerAlias) -> bool:
        """False when it was known already."""
        if alias in self._seen:
            return False
        self._seen.add(alias)
        kind, _, rest = alias.key.partition(":")
        if kind in _ADDRESSES:
            self._by_address[alias.key][alias.partner_code] += 1
            return True
        place, _, name = rest.partition(":") if kind != "name" else ("", "", rest)
        if place:
            self._by_bank[place[:4]][alias.partner_code] += 1
        met = self._by_stem[place[:4], name[:_STEM]]
        if met.total() < _NAMES_MAX:
            met[_Met(place, name, alias.partner_code)] += 1
        return True

    def partners_of(self, narration: Narration, names: Sequence[FirmName]) -> Counter[str]:
        """Partners the payer has paid for, with the number of proofs; without a name, all that its bank pays for."""
        for address in (f"account:{narration.payer_account}", f"vpa:{narration.vpa}"):
            if found := self._by_address.get(address):
                return Counter(found)
        if not names:
            return Counter(self._by_bank.get(narration.bank_code, ()))
        counted: Counter[str] = Counter()
        for name in names:
            known = self._by_stem.get((narration.bank_code, name.compact[:_STEM]))
            for met, proofs in known.items() if known else ():
                if _is_same_place(met.place, narration) and self._is_same(name.compact, met.name):
                    counted[met.partner_code] += proofs
        return counted

    def _is_same(self, shown: str, known: str) -> bool:
        """Names of one batch are compared once."""
        is_alike = self._alike.get((shown, known))
        if is_alike is None:
            is_alike = self._alike[shown, known] = _is_same(_bare(shown), _bare(known))
        return is_alike


def _is_same_place(place: str, narration: Narration) -> bool:
    return len(place) in (0, 4) or not narration.ifsc or place == narration.ifsc


def _is_same(shown: FirmName, known: FirmName) -> bool:
    if shown.compact == known.compact:
        return True
    shorter, longer = sorted((shown, known), key=lambda name: len(name.compact))
    return len(shorter.compact) >= _COMPACT_MIN and name_misfit(shorter, longer) <= _SAME_MISFIT


def _bare(compact: str) -> FirmName:
    return FirmName((compact,), compact, "", compact)
