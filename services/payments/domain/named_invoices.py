"""Which of a partner's open invoices a narration names, and what it costs an explanation to leave a name aside."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.payments.domain.invoice_number import InvoiceReference, ReferenceKind
from services.payments.domain.matching_policy import AmountWeights
from services.payments.domain.open_book import PartnerAccount
from services.payments.domain.written_numbers import OpenNumbers

# More digits than most serials have may be a whole number without its separators, cut at the text's end.
_SERIAL_DIGITS = 4


@dataclass(frozen=True, slots=True)
class _Meaning:
    """Positions a reference fits, positions it fits but for one wrong digit, and the nats for ignoring it."""

    exact: frozenset[int]
    mistyped: frozenset[int]
    ignored: float
    is_cut: bool = False
    is_whole: bool = False


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

    @property
    def meant(self) -> frozenset[int]:
        """The positions that some reference fits, exactly or but for one digit."""
        return self.positions.union(*(meaning.mistyped for meaning in self.meanings))

    def least_weight(self, items_max: int, weights: AmountWeights) -> float:
        """What `weight` cannot be less than for a choice among so many of the oldest invoices."""
        least = 0.0
        for meaning in self.meanings:
            possible = [meaning.ignored]
            if any(position < items_max for position in meaning.exact):
                possible.append(weights.named)
            if any(position < items_max for position in meaning.mistyped):
                possible.append(weights.mistyped_name)
            least += min(possible)
        return least

    def weight(self, chosen: Sequence[int], weights: AmountWeights) -> float:
        """Nats against a payer who means `chosen` having written these references."""
        total = 0.0
        members = frozenset(chosen)
        for meaning in self.meanings:
            if members & meaning.exact:
                total += weights.named
            elif members & meaning.mistyped:
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
        exact, mistyped = _by_serial(text, account.serials)
        if not exact and len(text) > _SERIAL_DIGITS and len(cut := account.numbers.beginning_with(text)) == 1:
            return _Meaning(cut, frozenset(), weights.ignored_number, is_cut=True)
        return _Meaning(exact, mistyped, _ignored_number(exact, reference, weights))
    if reference.kind is ReferenceKind.CUT:
        exact = account.numbers.beginning_with(text)
        return _Meaning(exact, frozenset(), weights.ignored_number if exact else 0.0, is_cut=True)
    exact = account.numbers.equal_to(text)
    mistyped = frozenset() if exact else account.numbers.one_off(text)
    return _Meaning(exact, mistyped, weights.ignored_name, is_whole=True)


def _ignored_number(exact: frozenset[int], reference: InvoiceReference, weights: AmountWeights) -> float:
    """A number that is one of the partner's invoices is hardly there by chance; one that is none may be anything."""
    if exact:
        return weights.ignored_name if len(exact) == 1 else weights.ignored_number
    return weights.ignored_number if reference.is_announced else weights.ignored_digits


def _by_serial(digits: str, serials: OpenNumbers) -> tuple[frozenset[int], frozenset[int]]:
    fitting = serials.equal_but_for_zeros(digits) or serials.ending_with(digits)
    return fitting, frozenset() if fitting else serials.ending_one_off(digits)
