"""Who paid: partners that a narration's name, bank, account, place and payment address speak for, each with a weight."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.payments.domain.matching_policy import PayerWeights
from services.payments.domain.narration import Narration
from services.payments.domain.partner_names import FirmName, firm_name, name_misfit
from services.payments.domain.payer_alias import AliasBook

_BUCKET_MAX = 60
_GOOD_MISFIT = 6.0
_STEM = 3
_ADDRESS_MIN = 5
_PAYERS_KEPT = 4_096


@dataclass(frozen=True, slots=True)
class PartnerProfile:
    code: str
    name: str
    city: str
    zone: str
    gstin: str
    ifsc: str
    bank_account: str


class Relation(StrEnum):
    """How the payer is tied to the partner."""

    OWN = "own"
    KNOWN_PAYER = "known_payer"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class PayerCandidate:
    """`weight`: nats against this partner; `evidence`: what speaks for it, as stable codes."""

    partner_code: str
    weight: float
    relation: Relation
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PayerView:
    """`stranger_weight`: nats against the payer being somebody we do not know who pays for any of the partners."""

    candidates: tuple[PayerCandidate, ...]
    stranger_weight: float
    is_named: bool


@dataclass(frozen=True, slots=True)
class _Known:
    profile: PartnerProfile
    name: FirmName
    place: str


@dataclass(frozen=True, slots=True)
class _Shown:
    """A narration with its names told apart from the places among them."""

    narration: Narration
    names: list[FirmName]
    places: list[str]


class PartnerIndex:
    """Finds partners by the keys a narration may hold. Built once for many batches; a look-up touches short lists only."""

    def __init__(self, profiles: Iterable[PartnerProfile]) -> None:
        self.known = {
            p.code: _Known(p, firm_name(p.name), " ".join(p.city.upper().split())) for p in profiles
        }
        self.places = frozenset(partner.place for partner in self.known.values() if partner.place)
        buckets: dict[str, list[str]] = defaultdict(list)
        for code, partner in self.known.items():
            for key in _partner_keys(partner):
                buckets[key].append(code)
        self._buckets = dict(buckets)
        # By what a narration shows of the payer: the partners that it fits, and how badly.
        self.compared: dict[tuple[str, ...], dict[str, float]] = {}

    def __len__(self) -> int:
        return len(self.known)

    def bucket(self, key: str) -> list[str]:
        """Partners under a key; an overfull bucket tells nothing and is not searched."""
        codes = self._buckets.get(key, [])
        return codes if len(codes) <= _BUCKET_MAX else []

    def similar(self, compact: str) -> list[str]:
        """Partners that share one of the three rarest letter triples of a name: finds misspelt beginnings."""
        sizes = sorted(
            (len(codes), key)
            for key in {f"t:{compact[i : i + 3]}" for i in range(len(compact) - 2)}
            if (codes := self._buckets.get(key))
        )
        return [code for size, key in sizes[:3] if size <= _BUCKET_MAX for code in self._buckets[key]]


def _partner_keys(partner: _Known) -> Iterator[str]:
    profile, name = partner.profile, partner.name
    yield f"ifsc:{profile.ifsc}"
    yield f"account:{profile.bank_account[-4:]}"
    yield f"place:{profile.ifsc[:4]}:{partner.place}"
    yield f"place:{partner.place}"
    yield f"stem:{name.compact[:_STEM]}"
    yield f"address:{name.compact[:_ADDRESS_MIN]}"
    yield f"name:{name.compact}"
    for second in name.core[1:2]:
        yield f"stems:{name.compact[:_STEM]}:{second[:_STEM]}"
    for start in range(len(name.compact) - 2):
        yield f"t:{name.compact[start : start + 3]}"


def payer_candidates(
    narration: Narration, index: PartnerIndex, aliases: AliasBook, weights: PayerWeights
) -> PayerView:
    """The likeliest partners, best first; at most `candidates_max` of them."""
    shown = _Shown(
        narration,
        [firm_name(name) for name in narration.names if name not in index.places],
        [name for name in narration.names if name in index.places],
    )
    found: dict[str, PayerCandidate] = {}
    for candidate in (
        *_own(shown, index, weights),
        *_known_payers(shown, index, aliases, weights),
        *_addressed(shown, index, weights),
    ):
        if candidate.partner_code not in found or candidate.weight < found[candidate.partner_code].weight:
            found[candidate.partner_code] = candidate
    best = sorted(found.values(), key=lambda c: (c.weight, c.partner_code))[: weights.candidates_max]
    reach = best[0].weight + weights.reach if best else 0.0
    stranger = _stranger_weight(shown.names, best, weights)
    if best and best[0].relation is Relation.KNOWN_PAYER:
        proofs = aliases.partners_of(narration, shown.names)[best[0].partner_code]
        stranger = min(stranger, best[0].weight + weights.known_elsewhere + 2 * math.log(max(proofs, 1)))
    return PayerView(tuple(c for c in best if c.weight <= reach), stranger, is_named=bool(shown.names))


def _stranger_weight(names: list[FirmName], best: list[PayerCandidate], weights: PayerWeights) -> float:
    """A stranger has to account for the name that is shown and for all that agrees with the best partner; without a
    name, bank and place are what the partner was looked up by and prove nothing more."""
    letters = max((len(name.compact) for name in names), default=0)
    weight = weights.third_party + min(weights.unknown_name, letters * weights.unknown_letter)
    evidence = best[0].evidence if best and best[0].relation is Relation.OWN else ()
    chances = {"account": weights.same_account, "address": weights.same_address}
    if names:
        chances |= {"ifsc": weights.same_ifsc, "bank": weights.same_bank, "place": weights.same_place}
    else:
        weight += math.log(2)
    return weight + sum(chances.get(agreeing, 0.0) for agreeing in evidence)


def _own(shown: _Shown, index: PartnerIndex, weights: PayerWeights) -> Iterator[PayerCandidate]:
    """The payer is the partner itself."""
    misfits = _misfits(shown, index) if shown.names else _nameless(shown, index)
    stem = _address_stem(shown.narration)
    for code, misfit in misfits.items():
        weight, evidence = _circumstances(shown, index.known[code], weights)
        if stem and index.known[code].name.compact.startswith(stem):
            evidence.append("address")
        elif stem:
            weight += weights.other_address
        named = ("name",) if shown.names else ()
        yield PayerCandidate(code, misfit + weight, Relation.OWN, (*named, *evidence))


def _misfits(shown: _Shown, index: PartnerIndex) -> dict[str, float]:
    """A month shows the same payer in the same words again and again."""
    narration = shown.narration
    key = (narration.ifsc, narration.account_suffix, *narration.names)
    known = index.compared.get(key)
    if known is None:
        if len(index.compared) >= _PAYERS_KEPT:
            index.compared.clear()
        known = index.compared[key] = _compared(shown, index)
    return known


def _compared(shown: _Shown, index: PartnerIndex) -> dict[str, float]:
    narration, names = shown.narration, shown.names
    codes: list[str] = []
    if narration.ifsc:
        codes += index.bucket(f"ifsc:{narration.ifsc}")
    if narration.account_suffix:
        codes += index.bucket(f"account:{narration.account_suffix[-4:]}")
    for name in names:
        codes += _namesakes(name, index)
    misfits = _fitting(dict.fromkeys(codes), names, index)
    if min(misfits.values(), default=99.0) > _GOOD_MISFIT:
        similar = (code for name in names for code in index.similar(name.compact))
        misfits |= _fitting(dict.fromkeys(similar), names, index)
    return misfits


def _namesakes(name: FirmName, index: PartnerIndex) -> list[str]:
    codes = list(index.bucket(f"name:{name.compact}"))
    stem = name.compact[:_STEM]
    if len(name.core) > 1:
        codes += index.bucket(f"stems:{stem}:{name.core[1][:_STEM]}")
    return codes or index.bucket(f"stem:{stem}")


def _fitting(codes: Iterable[str], names: list[FirmName], index: PartnerIndex) -> dict[str, float]:
    fitting = {}
    for code in codes:
        misfit = min(name_misfit(name, index.known[code].name) for name in names)
        if misfit < 13.0:
            fitting[code] = misfit
    return fitting


def _nameless(shown: _Shown, index: PartnerIndex) -> dict[str, float]:
    narration = shown.narration
    if narration.ifsc:
        return dict.fromkeys(index.bucket(f"ifsc:{narration.ifsc}"), 0.0)
    codes: list[str] = []
    if stem := _address_stem(narration):
        codes += _at_address(stem, index)
    if narration.account_suffix:
        codes += index.bucket(f"account:{narration.account_suffix[-4:]}")
    for place in shown.places:
        if narration.bank_code:
            codes += index.bucket(f"place:{narration.bank_code}:{place}")
        codes += index.bucket(f"place:{place}")
    return dict.fromkeys(codes, 0.0)


def _circumstances(shown: _Shown, partner: _Known, weights: PayerWeights) -> tuple[float, list[str]]:
    """Bank, account and place: what does not agree weighs, what agrees is evidence. Unknown data of ours weighs less."""
    narration, profile = shown.narration, partner.profile
    weight, evidence = 0.0, []
    if narration.ifsc and profile.ifsc == narration.ifsc:
        evidence.append("ifsc")
    elif narration.ifsc:
        weight += weights.other_ifsc - (3.0 if not profile.ifsc else 0.0)
    elif narration.bank_code and profile.ifsc[:4] == narration.bank_code:
        evidence.append("bank")
    elif narration.bank_code:
        weight += weights.other_bank - (3.0 if not profile.ifsc else 0.0)
    if narration.account_suffix and profile.bank_account.endswith(narration.account_suffix):
        evidence.append("account")
    elif narration.account_suffix:
        weight += weights.other_account - (3.0 if not profile.bank_account else 0.0)
    if partner.place in shown.places:
        evidence.append("place")
    elif shown.places:
        weight += weights.other_place
    return weight, evidence


def _known_payers(
    shown: _Shown, index: PartnerIndex, aliases: AliasBook, weights: PayerWeights
) -> Iterator[PayerCandidate]:
    """The payer was proved before to pay for the partner; without a name only its bank and the place tell it."""
    found = aliases.partners_of(shown.narration, shown.names)
    proofs = sum(found.values())
    addressed = _at_address(stem, index) if (stem := _address_stem(shown.narration)) else []
    for code, count in found.items():
        if code not in index.known:
            continue
        is_there = not shown.places or index.known[code].place in shown.places
        if not shown.names and not is_there:
            continue
        weight = weights.known_third_party + math.log(proofs / count)
        weight += 0.0 if is_there else weights.other_place
        weight += 0.0 if shown.names else weights.third_party
        # Another partner's name in the payment address is hardly there by chance.
        if addressed and code not in addressed:
            weight += weights.same_address + weights.other_address
        yield PayerCandidate(code, weight, Relation.KNOWN_PAYER, ("known_payer",))


def _addressed(shown: _Shown, index: PartnerIndex, weights: PayerWeights) -> Iterator[PayerCandidate]:
    """Another name is shown, but the payment address or the account is the partner's."""
    narration = shown.narration
    stranger = weights.third_party + (weights.unknown_name if shown.names else 0.0)
    if stem := _address_stem(narration):
        for code in _at_address(stem, index):
            yield PayerCandidate(code, stranger + weights.address_of_partner, Relation.STRANGER, ("address",))
    if narration.account_suffix:
        for code in index.bucket(f"account:{narration.account_suffix[-4:]}"):
            yield PayerCandidate(code, stranger + weights.address_of_partner, Relation.STRANGER, ("account",))


def _address_stem(narration: Narration) -> str:
    """The letters of a payment address, when they are enough to be a name."""
    stem = "".join(letter for letter in narration.vpa.split("@")[0] if letter.isalpha())
    return stem if len(stem) >= _ADDRESS_MIN else ""


def _at_address(stem: str, index: PartnerIndex) -> list[str]:
    codes = index.bucket(f"address:{stem[:_ADDRESS_MIN]}")
    return [code for code in codes if index.known[code].name.compact.startswith(stem)]
