"""How spreadsheets show money: rupees grouped by lakh and crore, other currencies by thousands."""

from typing import Final

from shared.money import currency_exponent

_CRORE: Final = 10_000_000
_HUNDRED_CRORE: Final = 100 * _CRORE


def number_format(text: str, currency: str) -> str:
    """The number format of a cell with this amount.

    A format has room for two conditions, enough for positive amounts below a hundred crore; it then fits whatever
    number is typed over it. Negative and larger amounts get a format of their own length: a condition on negative
    numbers shows the sign in some programs and not in others.
    """
    exponent = currency_exponent(currency)
    fraction = "." + "0" * exponent if exponent else ""
    if currency != "INR":
        return f"#,##0{fraction}"
    whole = int(text.partition(".")[0].lstrip("-") or 0)
    if not text.startswith("-") and whole < _HUNDRED_CRORE:
        return f"[>={_CRORE}]##\\,##\\,##\\,##0{fraction};[>=100000]##\\,##\\,##0{fraction};##,##0{fraction}"
    groups = max(0, (len(str(whole)) - 2) // 2)
    return "##\\," * groups + "##0" + fraction
