"""Which of a partner's open invoices a narration names, and what it costs an explanation to leave a name aside."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from services.payments.domain.invoice_number import InvoiceReference, ReferenceKind
from services.payments.domain.matching_policy import AmountWeights
from services.payments.domain.open_book import PartnerAccount


@dataclass(frozen=True, slots=True)
class _Meaning:
    """Positions a reference fits, positions it fits but for one wrong digit, and the nats for ignoring it."""

    exact: frozenset[int]
    mistyped: frozenset[int]
    ignored: float


@dataclass(frozen=True, slots=True)
class NamedInvoices:
    meanings: tuple[_Meaning, ...]
    positions: frozenset[int]
    is_open_ended: bool

    def whole_set(self) -> tuple[int, ...]:
        """The positions named, when every reference that fits at all fits one invoice only."""
        chosen: set[int] = set()
        for meaning in self.meanings:
            if len(meaning.exact) > 1:
                return ()
            chosen |= meaning.exact
        return tuple(sorted(chosen))

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


def named_invoices(
    references: Sequence[InvoiceReference],
    account: PartnerAccount,
    weights: AmountWeights,
    *,
    is_truncated: bool,
) -> NamedInvoices:
    meanings = tuple(_meaning(reference, account, weights) for reference in references)
    positions = frozenset[int]().union(*(meaning.exact for meaning in meanings))
    is_cut = any(reference.kind is ReferenceKind.CUT for reference in references)
    return NamedInvoices(meanings, positions, is_open_ended=is_truncated or is_cut)


def _meaning(reference: InvoiceReference, account: PartnerAccount, weights: AmountWeights) -> _Meaning:
    text = reference.text
    if reference.kind is ReferenceKind.SHORT:
        exact, mistyped = _by_serial(text, account.serials)
        return _Meaning(exact, mistyped, _ignored_number(exact, reference, weights))
    if reference.kind is ReferenceKind.CUT:
        exact = frozenset(p for p, number in enumerate(account.numbers) if number.startswith(text))
        return _Meaning(exact, frozenset(), weights.ignored_number if exact else 0.0)
    exact = frozenset(p for p, number in enumerate(account.numbers) if number == text)
    mistyped = frozenset() if exact else _one_digit_off(text, account.numbers)
    return _Meaning(exact, mistyped, weights.ignored_name)


def _ignored_number(exact: frozenset[int], reference: InvoiceReference, weights: AmountWeights) -> float:
    """A number that is one of the partner's invoices is hardly there by chance; one that is none may be anything."""
    if exact:
        return weights.ignored_name if len(exact) == 1 else weights.ignored_number
    return weights.ignored_number if reference.is_announced else weights.ignored_digits


def _by_serial(digits: str, serials: Sequence[str]) -> tuple[frozenset[int], frozenset[int]]:
    bare = digits.lstrip("0")
    whole = frozenset(p for p, serial in enumerate(serials) if serial.lstrip("0") == bare)
    if whole:
        return whole, frozenset()
    ending = frozenset(p for p, serial in enumerate(serials) if serial.endswith(digits))
    if ending:
        return ending, frozenset()
    return ending, _one_digit_off(digits, [serial[-len(digits) :] for serial in serials])


def _one_digit_off(text: str, numbers: Sequence[str]) -> frozenset[int]:
    return frozenset(
        p
        for p, number in enumerate(numbers)
        if len(number) == len(text) and OSA.distance(number, text, score_cutoff=1) <= 1
    )
