"""The vocabulary of Indian bank narrations: what is routing, what is a note, what says that a line is no receipt."""

import re
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The first four letters of an IFSC, with the names under which statements spell the bank out.
BANK_NAMES: Final = {
    "HDFC": "HDFC", "HDFC BANK": "HDFC", "ICICI": "ICIC", "ICICI BANK": "ICIC", "SBI": "SBIN", "STATE BANK": "SBIN",
    "STATE BANK OF INDIA": "SBIN", "AXIS": "UTIB", "AXIS BANK": "UTIB", "BOB": "BARB", "BANK OF BARODA": "BARB",
    "KOTAK": "KKBK", "KOTAK BANK": "KKBK", "KOTAK MAHINDRA": "KKBK", "KOTAK MAHINDRA BANK": "KKBK", "PNB": "PUNB",
    "PUNJAB NATIONAL BANK": "PUNB", "CANARA": "CNRB", "CANARA BANK": "CNRB", "INDIAN BANK": "IDIB",
    "YES BANK": "YESB", "IOB": "IOBA", "INDIAN OVERSEAS BANK": "IOBA", "UNION BANK": "UBIN",
    "UNION BANK OF INDIA": "UBIN", "BANK OF INDIA": "BKID", "CENTRAL BANK OF INDIA": "CBIN", "IDBI": "IBKL",
    "IDBI BANK": "IBKL", "FEDERAL BANK": "FDRL", "INDUSIND BANK": "INDB", "IDFC FIRST BANK": "IDFB", "RBL BANK": "RATN",
    "UCO BANK": "UCBA", "BANDHAN BANK": "BDBL", "BANK OF MAHARASHTRA": "MAHB", "DBS BANK": "DBSS", "CITIBANK": "CITI",
}  # fmt: skip
BANK_CODES: Final = frozenset(BANK_NAMES.values()) | _words(
    "KVBL KARB SIBL TMBL CSBK DCBL JAKA PSIB SVCB COSB HSBC SCBL DEUT BOFA CHAS BNPA AUBL ESFB UJVN AIRP PYTM NKGS"
)
UPI_HANDLES: Final = _words(
    "UPI YBL IBL AXL PAYTM APL OKSBI OKHDFCBANK OKICICI OKAXIS PTYES PTSBI PTHDFC PTAXIS HDFCBANK ICICI SBI AXISBANK "
    "KOTAK BARODAMPAY CNRB INDUS FEDERAL IDFCBANK YESBANK YESBANKLTD UNIONBANK PNB INDIANBANK JUPITERAXIS"
)
RAILS: Final = (
    ("RTGS", re.compile(r"\bRTGS\b")),
    ("NEFT", re.compile(r"\bNEFT\b")),
    ("IMPS", re.compile(r"\b(?:IMPS|MMT|P2A)\b")),
    ("UPI", re.compile(r"\bUPI\b")),
    ("CHEQUE", re.compile(r"\b(?:CHQ|CHEQUE|CLG|CTS|CLEARING|CHQDEP|I/W|O/W)\b")),
    ("CASH", re.compile(r"\bCASH\b")),
    ("TRANSFER", re.compile(r"\b(?:IFT|INFT|TPT|FT|TRF|TRANSFER|ACH|NACH)\b")),
)
# Words of the bank's own routing; they are removed from the edges of what may be a name.
ROUTING_WORDS: Final = _words(
    "NEFT RTGS IMPS UPI CR DR CREDIT BY TRANSFER TO INB CMS MMT P2A P2M P2P MB IB NB INF INFT IFT FT TPT TRF ACH NACH C "
    "CHQ CHEQUE DEP DEPOSIT CLG CLEARING CTS INW INWARD OW IW O I W RECD RECEIVED FROM UTR RRN NO REF TXN ID VPA CASH FOR "
    "OUTWARD REMITTANCE FUND FUNDS ONLINE NET BANKING MOB MOBILE BANK XX TXT BRANCH DEPOSITED CLR ZONE SERIAL INST "
    "COLLECT COLL PAY BRN HO UPIN PAYC AC THE M MS"
)
# Words that open a note wherever they stand: no firm's name holds them.
NOTE_STARTS: Final = _words(
    "PAYMENT PAYMENTS PMT PYMT PAYMT PAID BILL BILLS INV INVOICE INVOICES INVS INVNO AGST AGAINST TOWARDS TWDS TOWARD BEING "
    "ONACCOUNT DUES OUTSTANDING UPI PAYME PAYM PYMNT SALARY "
    "INVO INVOI INVOIC AGAI AGAIN AGAINS TOWA TOWAR"  # as banks cut them
)
# Words that open a note only at its beginning, and even there may belong to a name (ADVANCE ENGINEERING, TI CYCLES).
NOTE_STARTS_OR_NAMES: Final = _words(
    "TI ADVANCE ADV SETTLEMENT SUPPLY PURCHASE GOODS MATERIAL VENDOR TEST NA NIL NONE OLD"
)
# Left over at the end of a name where a bank writes the number after it.
ROUTING_ENDS: Final = _words(
    "CHQ CHEQUE NO CLG REF UTR RRN TXN ID INST SERIAL DEP CTS INSTNO CHQNO OLD PART FULL FINAL FOR VIDE ON TAX"
)
ANNOUNCING_WORDS: Final = _words("INV INVS INVOICE INVOICES INVNO BILL BILLS TI TAXINVOICE BILLNO")
# Each with texts of which the wording holds one: they are looked for first, which costs next to nothing.
_NO_RECEIPTS: Final = (
    (
        "interest",
        ("INT",),
        r"\bINT(?:EREST)?\.? ?(?:PD|PAID|CREDIT|CR|ON FD|CAPITALI[SZ]ED)\b|\bINTEREST\b|^INT[ .]",
    ),
    (
        "tax_refund",
        ("REFUND", "RBIS", "ITDTAX"),
        r"\b(?:[CSI]?GST|TDS|TAX|ITD|INCOME ?TAX|IT)[ /-]*(?:TAX )?REFUND\b|\bRBIS0?[A-Z0-9]*GST|\bITDTAX",
    ),
    (
        "return_of_own_payment",
        ("RET", "REJ", "UNCREDITED"),
        r"\b(?:RETURN|RETURNED|RETD|REJECTED|REJECT|UNCREDITED)\b",
    ),
    ("return_of_own_payment", ("RTN", "RET", "REJ"), r"\b(?:NEFT|RTGS|IMPS)[ /_-]*(?:RTN|RET|REJ)\b"),
    (
        "reversal",
        ("REV", "RVSL", "WAIVE"),
        r"\b(?:REVERSAL|REVERSED|REV|RVSL|CHRG ?REV|CHGS? ?REV|WAIVER|WAIVED)\b",
    ),
    ("refund", ("REFUND", "CASH"), r"\b(?:REFUND|CASHBACK|CASH BACK)\b"),
    (
        "own_transfer",
        ("OWN", "SELF", "SWEEP", "INTRA"),
        r"\b(?:OWN|SELF) (?:A/?C|ACCOUNT|TRF|TRANSFER|FUNDS?)\b|\bSWEEP\b|\bSELF\b|\bINTRA ?COMPANY\b",
    ),
    (
        "deposit_or_loan",
        ("FD", "TD ", "MATURITY", "DISB", "DRAWDOWN"),
        r"\bFD\b|\bTD (?:CLOSURE|MATURITY)|\bMATURITY\b|\b(?:LOAN|OD|WCDL) (?:DISB|DISBURS\w*|DRAWDOWN)",
    ),
    ("dividend", ("DIV",), r"\bDIVIDEND\b|\bDIV PAID\b"),
    (
        "test_transfer",
        ("TEST",),
        r"\bUNKNOWN\b.*\bTEST\b|\bTEST (?:TXN|TRANSACTION|TRANSFER|PAYMENT|IMPS|CREDIT)\b",
    ),
    (
        "test_transfer",
        ("PENNY", "VALIDATION", "VERIFICATION"),
        r"\bPENNY ?(?:DROP|TEST|LESS)\b|\bACCOUNT (?:VALIDATION|VERIFICATION)\b",
    ),
)
NO_RECEIPTS: Final = tuple((reason, held, re.compile(wording)) for reason, held, wording in _NO_RECEIPTS)
CHEQUE_RETURN: Final = re.compile(
    r"\b(?:RET|RETD|RETURN|RETURNED|RTN|UNPAID|BOUNCED?|DISHONOU?RE?D?|REJECT|REJECTED)\b"
)
# Reasons a drawee gives, as banks word them, with the code of the clearing house's return list where it is plain.
BOUNCE_REASONS: Final = (
    ("01", re.compile(r"FUNDS? ?INSUF|INSUF\w* ?(?:FUND|BAL)|INSUFFICIENT|REASON 0?1\b")),
    ("02", re.compile(r"EXCEEDS? ?ARR|EXCEED|REASON 0?2\b")),
    ("03", re.compile(r"EFFECTS? NOT")),
    ("04", re.compile(r"REFER TO DRAWER")),
    ("12", re.compile(r"SIGN\w* ?(?:DIFF|MISMATCH|INCOMPLETE|REQ)|DRAWER'?S? SIGN")),
    ("20", re.compile(r"STOP(?:PED)?\b|PAYMENT STOPPED")),
    ("31", re.compile(r"STALE|OUT ?DATED")),
    ("30", re.compile(r"POST ?DATED")),
    ("34", re.compile(r"WORDS? (?:AND|&) FIG|AMOUNT DIFF")),
    ("50", re.compile(r"ACCOUNT CLOSED|A/?C CLOSED")),
)
