"""Amounts as people in India read them: grouped by lakh and crore, and in words."""

from typing import Final

from shared.money import currency_exponent, text_from_minor

_ONES: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
).split()
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_GROUPS: Final = ((10_000_000, "crore"), (100_000, "lakh"), (1_000, "thousand"), (100, "hundred"))


def grouped_text(amount_minor: int, currency: str) -> str:
    """The digits alone: 41203716 INR is 4,12,037.16; other currencies are grouped by thousands."""
    whole, point, fraction = text_from_minor(abs(amount_minor), currency).partition(".")
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{_by_lakh(whole) if currency == 'INR' else f'{int(whole):,}'}{point}{fraction}"


def amount_text(amount_minor: int, currency: str) -> str:
    """With the rupee sign, or the code of another currency before it."""
    sign = "₹" if currency == "INR" else currency
    return f"{sign}\N{NO-BREAK SPACE}{grouped_text(amount_minor, currency)}"


def amount_in_words(amount_minor: int, currency: str) -> str:
    """Of an amount that is not negative: Rupees four lakh twelve thousand thirty-seven and sixteen paise only."""
    whole, fraction = divmod(amount_minor, 10 ** currency_exponent(currency))
    units, parts = ("Rupees", "paise") if currency == "INR" else (currency, "hundredths")
    if currency_exponent(currency) != 2:
        parts = "parts"
    rest = f" and {number_in_words(fraction)} {parts}" if fraction else ""
    return f"{units} {number_in_words(whole)}{rest} only"


def number_in_words(number: int) -> str:
    """In the Indian system: 1,20,00,00,000 is one hundred twenty crore."""
    words: list[str] = []
    for size, name in _GROUPS:
        count, number = divmod(number, size)
        if count:
            words += [number_in_words(count), name]
    if number or not words:
        words.append(_below_hundred(number))
    return " ".join(words)


def _below_hundred(number: int) -> str:
    if number < len(_ONES):
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")


def _by_lakh(digits: str) -> str:
    """Three digits from the right, then two by two."""
    head, tail = digits[:-3], digits[-3:]
    groups = [tail]
    while head:
        head, group = head[:-2], head[-2:]
        groups.insert(0, group)
    return ",".join(groups)
