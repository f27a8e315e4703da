"""How people in India read amounts: rupees grouped by lakh and crore, other currencies by thousands."""

from typing import Final

SIGNS: Final = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def grouped(amount: str, currency: str) -> str:
    """A plain decimal with separators: 1234567.50 INR is 12,34,567.50, in dollars 1,234,567.50."""
    sign = "-" if amount.startswith("-") else ""
    whole, point, fraction = amount.lstrip("-").partition(".")
    if len(whole) <= 3:
        return sign + whole + point + fraction
    size = 2 if currency == "INR" else 3
    head, tail = whole[:-3], whole[-3:]
    groups = []
    while head:
        groups.append(head[-size:])
        head = head[:-size]
    return sign + ",".join([*reversed(groups), tail]) + point + fraction


def with_sign(amount: str, currency: str) -> str:
    """With the currency before it: ₹ 12,34,567.50; a currency without a sign of its own by its code."""
    shown = grouped(amount.lstrip("-"), currency)
    return f"{'-' if amount.startswith('-') else ''}{SIGNS.get(currency, currency)} {shown}"
