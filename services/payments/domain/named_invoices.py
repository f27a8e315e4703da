"""Which of a partner's open invoices a narration names, and what it costs an explanation to leave a name aside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from services.payments.domain.invoice_number import InvoiceReference, ReferenceKind
from services.payments.domain.matching_policy import AmountWeights
from services.payments.domain.open_book import PartnerAccount

# More digits than most serials have may be a whole number without its separators, cut at the text's end.
_SERIAL_DIGITS = 4


def _nowhere() -> frozenset[int]:
    return frozenset()


@dataclass(frozen=True)
class _Meaning:
    """Positions a reference fits, positions it fits but for one wrong digit, and the nats for ignoring it. The latter
    are looked for when they are asked for first: most numbers are met by an amount that settles the matter."""

    exact: frozenset[int]
    ignored: float
    near_misses: Callable[[], frozenset[int]] = _nowhere
    is_cut: bool = False
    is_whole: bool = False

    @cached_property
    def mistyped(self) -> frozenset[int]:
        return self.near_misses()

    def least_met(self, items_max: int, weights: AmountWeights) -> float:
        """What it weighs at least to mean one of so many of the oldest invoices, as far as that is less than ignoring."""
        if any(position < items_max for position in self.exact):
            return weights.named
        if self.ignored > weights.mistyped_name and any(place < items_max for place in self.mistyped):
            return weights.mistyped_name
        return self.ignored


@dataclass(frozen=True, slots=True)
class NamedInvoices:
    """`positions` fit some reference; `told` fit one that was not cut, which is enough to believe an odd difference."""

    meanings: tuple[_Meaning, ...]
    positions: frozenset[int]
    told: frozenset[int]
    is_open_ended: bool

    def whole_set(self) -> tuple[int, ...]:
        """The positions named, when every reference that fits at all fits one invoice only."""
        chosen: set[int] = set()
        for meaning in self.meanings:
            if len(meaning.exact) > 1:
                return ()
            chosen |= meaning.exact
        return tuple(sorted(chosen))

    def leaves_aside(self, chosen: Sequence[int]) -> bool:
        """A number written in full is none of `chosen`, nor one of them mistyped: it may be paid already."""
        members = frozenset(chosen)
        return any(m.is_whole and not members & (m.exact | m.mistyped) for m in self.meanings)

    def means(self, position: int) -> bool:
        """Some reference fits, exactly or but for one digit."""
        return position in self.positions or any(position in meaning.mistyped for meaning in self.meanings)

    def least_weight(self, items_max: int, weights: AmountWeights) -> float:
        """What `weight` cannot be less than for a choice among so many of the oldest invoices."""
        least = 0.0
        for meaning in self.meanings:
            least += min(meaning.ignored, meaning.least_met(items_max, weights))
        return least

    def weight_unmet(self, weights: AmountWeights) -> float:
        """What `weight` cannot be less than for a choice without any invoice that a reference fits."""
        return sum(
            (meaning.ignored if meaning.exact else min(meaning.ignored, weights.mistyped_name))
            for meaning in self.meanings
        )

    def weight(self, chosen: Sequence[int], weights: AmountWeights) -> float:
        """Nats against a payer who means `chosen` having written these references."""
        total = 0.0
        members = frozenset(chosen)
        for meaning in self.meanings:
            if members & meaning.exact:
                total += weights.named
            elif members and members & meaning.mistyped:
                total += weights.mistyped_name
            else:
                total += meaning.ignored
        if self.positions:
            unnamed = len(members - self.positions) if members & self.positions else 0
            total += unnamed * (
                weights.unnamed_after_cut if self.is_open_ended else weights.unnamed_beside_named
            )
        return total


# Without a name it does not matter whether one was cut off.
_NAMELESS = NamedInvoices((), frozenset(), frozenset(), is_open_ended=False)


def weight_of_no_invoice(references: Sequence[InvoiceReference], weights: AmountWeights) -> float:
    """Nats against somebody having written these references who owes none of our invoices."""
    return sum((_ignored_by_stranger(reference, weights) for reference in references), 0.0)


def _ignored_by_stranger(reference: InvoiceReference, weights: AmountWeights) -> float:
    if reference.kind is ReferenceKind.CUT:
        return 0.0
    if reference.kind is ReferenceKind.SHORT:
        return _ignored_number(frozenset(), reference, weights)
    return weights.ignored_name


def named_invoices(
    references: Sequence[InvoiceReference],
    account: PartnerAccount,
    weights: AmountWeights,
    *,
    is_truncated: bool,
) -> NamedInvoices:
    if not references:
        return _NAMELESS
    meanings = tuple(_meaning(reference, account, weights) for reference in references)
    positions = frozenset[int]().union(*(meaning.exact for meaning in meanings))
    told = frozenset[int]().union(*(meaning.exact for meaning in meanings if not meaning.is_cut))
    is_cut = any(reference.kind is ReferenceKind.CUT for reference in references)
    return NamedInvoices(meanings, positions, told, is_open_ended=is_truncated or is_cut)


def _meaning(reference: InvoiceReference, account: PartnerAccount, weights: AmountWeights) -> _Meaning:
    text = reference.text
    if reference.kind is ReferenceKind.SHORT:
        exact = account.serials.equal_but_for_zeros(text) or account.serials.ending_with(text)
        if not exact and len(text) > _SERIAL_DIGITS and len(cut := account.numbers.beginning_with(text)) == 1:
            return _Meaning(cut, weights.ignored_number, is_cut=True)
        ignored = _ignored_number(exact, reference, weights)
        return (
            _Meaning(exact, ignored)
            if exact
            else _Meaning(exact, ignored, partial(account.serials.ending_one_off, text))
        )
    if reference.kind is ReferenceKind.CUT:
        exact = account.numbers.beginning_with(text)
        return _Meaning(exact, weights.ignored_number if exact else 0.0, is_cut=True)
    exact = account.numbers.equal_to(text)
    near_misses = _nowhere if exact else partial(account.numbers.one_off, text)
    return _Meaning(exact, weights.ignored_name, near_misses, is_whole=True)


def _ignored_number(exact: frozenset[int], reference: InvoiceReference, weights: AmountWeights) -> float:
    """A number that is one of the partner's invoices is hardly there by chance; one that is none may be anything."""
    if exact:
        return weights.ignored_name if len(exact) == 1 else weights.ignored_number
    return weights.ignored_number if reference.is_announced else weights.ignored_digits
