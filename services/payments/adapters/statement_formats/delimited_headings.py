"""The words Indian banks head their columns with, and what they mean."""

import re
from typing import Final

from services.payments.adapters.statement_formats.delimited_values import cleaned

# As they read once currencies, date patterns, brackets and punctuation are gone; one heading a line.
_HEADINGS: Final = {
    "booked": """
        date
        txn date
        tran date
        trans date
        trxn date
        transaction date
        txn dt
        tran dt
        transaction dt
        date of transaction
        post date
        posted date
        posting date
        txn posted date
        booking date
        book date
        entry date
    """,
    "valued": """
        value date
        value dt
        val date
        val dt
        valuedate
        effective date
    """,
    "narration": """
        narration
        naration
        narrative
        description
        description narration
        txn description
        transaction description
        account description
        particulars
        particular
        transaction particulars
        remarks
        remark
        transaction remarks
        details
        transaction details
    """,
    "reference": """
        chq ref no
        chq ref number
        chq ref
        chq no
        chqno
        chq number
        chq no ref no
        cheque
        cheque no
        chequeno
        cheque number
        cheque id
        cheque details
        cheque ref no
        cheque reference no
        cheque no ref no
        cheque no reference no
        ref no
        ref no chq no
        ref no cheque no
        ref chq no
        ref cheque no
        reference
        reference no
        reference number
        instruments
        instrument id
        instrument no
        instrument number
        utr
        utr no
        utr number
    """,
    "transaction": """
        transaction id
        transaction no
        transaction number
        trans id
        tran id
        txn id
        txn no
    """,
    "debit": """
        withdrawal
        withdrawals
        withdrawls
        withdrawal amt
        withdrawal amount
        withdrawl amt
        withdrawl amount
        withdrawal dr
        withdrawals dr
        debit
        debits
        debit amt
        debit amount
        debit dr
        dr
        dr debit
        dr amt
        dr amount
        amount debited
        payments
        paid out
    """,
    "credit": """
        deposit
        deposits
        deposit amt
        deposit amount
        deposit cr
        deposits cr
        credit
        credits
        credit amt
        credit amount
        credit cr
        cr
        cr credit
        cr amt
        cr amount
        amount credited
        receipts
        paid in
    """,
    "amount": """
        amount
        amt
        transaction amount
        transaction amt
        txn amount
        tran amount
        withdrawal dr deposit cr
        debit credit amount
        amount dr cr
        amount cr dr
    """,
    "mark": """
        dr cr
        cr dr
        drcr
        crdr
        dr or cr
        d c
        c d
        debit credit
        credit debit
        dr cr indicator
        cr dr indicator
    """,
    "soft_mark": """
        type
        transaction type
        txn type
        tran type
    """,
    "balance": """
        balance
        bal
        balance amt
        balance amount
        closing balance
        closing bal
        running balance
        available balance
        account balance
        book balance
        ledger balance
    """,
}
_ROLES: Final = {
    heading.strip(): role for role, headings in _HEADINGS.items() for heading in headings.strip().splitlines()
}
_UNIT_WORDS: Final = re.compile(r"\b(?:inr|rs|rupees?|usd|eur|gbp|in|dd|mm|mmm|yy|yyyy)\b")


def role_of_heading(cell: str) -> str:
    """Return the name of the column in `Columns` that a heading stands for, '' for any other text."""
    words = re.sub(r"[^a-z]+", " ", cleaned(cell).casefold())
    return _ROLES.get(" ".join(_UNIT_WORDS.sub(" ", words).split()), "")
