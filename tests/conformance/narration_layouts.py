"""How banks write the same payment down, each in its own order and with its own separators."""

import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

_BANK_NAMES = {
    "HDFC": "HDFC BANK", "ICIC": "ICICI BANK", "SBIN": "STATE BANK OF INDIA", "UTIB": "AXIS BANK",
    "BARB": "BANK OF BARODA", "KKBK": "KOTAK MAHINDRA BANK", "PUNB": "PUNJAB NATIONAL BANK", "CNRB": "CANARA BANK",
    "UBIN": "UNION BANK OF INDIA", "INDB": "INDUSIND BANK", "FDRL": "FEDERAL BANK", "IOBA": "INDIAN OVERSEAS BANK",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What the payer's bank tells. `note` is '' when the payer wrote nothing."""

    name: str
    ifsc: str
    account: str
    city: str
    note: str
    address: str
    rail: str

    @property
    def bank(self) -> str:
        return self.ifsc[:4]

    @property
    def bank_name(self) -> str:
        return _BANK_NAMES[self.bank]

    @property
    def masked(self) -> str:
        return "XXXXXX" + self.account[-4:]


Layout = Callable[[Said, random.Random, date], tuple[str, str]]


def _digits(chance: random.Random, count: int) -> str:
    return chance.choice("123456789") + "".join(chance.choices(string.digits, k=count - 1))


def _reference(said: Said, chance: random.Random, day: date) -> str:
    if said.rail in ("IMPS", "UPI"):
        return _digits(chance, 12)
    if said.rail == "CHEQUE":
        return _digits(chance, 6)
    if said.rail == "NEFT" and chance.random() < 0.5:
        return f"{said.bank}N{day:%y}{day.timetuple().tm_yday:03d}{_digits(chance, 6)}"
    return f"{said.bank}{said.rail[0]}5{day:%Y%m%d}{_digits(chance, 8)}"


def _joined(separator: str, *parts: str) -> str:
    return separator.join(part for part in parts if part)


def hdfc(said: Said, chance: random.Random, day: date) -> tuple[str, str]:
    ref = _reference(said, chance, day)
    if said.rail in ("NEFT", "RTGS"):
        return _joined("-", f"{said.rail} CR", said.ifsc, said.name, said.note, ref), ref
    if said.rail == "IMPS":
        return _joined(
            "-", "IMPS", ref, said.name, said.bank, said.masked, said.note or "PAYMENT"
        ), "0000" + ref
    if said.rail == "UPI":
        return _joined("-", "UPI", said.name, said.address, said.ifsc, ref, said.note or "UPI"), "0000" + ref
    return _joined("-", "CHQ DEP", ref, "CLG", f"{said.bank} {said.city}", said.name), ref


def icici(said: Said, chance: random.Random, day: date) -> tuple[str, str]:
    ref = _reference(said, chance, day)
    if said.rail == "NEFT":
        return _joined("-", "NEFT", ref, said.name, said.note, said.ifsc), ""
    if said.rail == "RTGS":
        return _joined("-", "RTGS", ref, said.name, said.account, said.ifsc), ""
    if said.rail == "IMPS":
        return _joined("/", "MMT", "IMPS", ref, said.note or "NA", said.name, said.bank_name), ""
    if said.rail == "UPI":
        return _joined(
            "/", "UPI", ref, said.note or "NA", said.address, said.bank_name, "ICI" + _digits(chance, 20)
        ), ""
    return _joined("/", "CLG", said.name, ref, said.bank, f"{day:%d.%m.%Y}"), ref


def sbi(said: Said, chance: random.Random, day: date) -> tuple[str, str]:
    ref = _reference(said, chance, day)
    if said.rail == "NEFT":
        return f"BY TRANSFER-NEFT*{said.ifsc}*{ref}*{said.name}--{said.note}", ""
    if said.rail == "RTGS":
        return f"BY TRANSFER-RTGS UTR NO: {ref}-{said.name}--{said.note}", ""
    if said.rail == "IMPS":
        return (
            f"BY TRANSFER-INB IMPS{ref}/{_digits(chance, 10)}/XX{said.account[-4:]}/{said.name}/{said.note}",
            "",
        )
    if said.rail == "UPI":
        return f"BY TRANSFER-UPI/CR/{ref}/{said.name}/{said.bank}/{said.address}/{said.note or 'UPI'}", ""
    return f"CHEQUE DEPOSIT-{said.name}--{ref}", ref


def axis(said: Said, chance: random.Random, day: date) -> tuple[str, str]:
    ref = _reference(said, chance, day)
    if said.rail == "NEFT":
        return _joined("/", "NEFT", ref, said.name, said.ifsc, said.note), ref
    if said.rail == "RTGS":
        return _joined("/", "RTGS", ref, said.ifsc, said.name, said.note), ref
    if said.rail == "IMPS":
        return _joined("/", "IMPS", "P2A", ref, said.name, said.bank_name, said.note), ref
    if said.rail == "UPI":
        return _joined("/", "UPI", "P2A", ref, said.name, said.bank_name, said.note), ref
    return f"BY CLG CHQ {ref} {said.bank} {said.city}-{said.name}", ref


def bob(said: Said, chance: random.Random, day: date) -> tuple[str, str]:
    ref = _reference(said, chance, day)
    if said.rail in ("NEFT", "RTGS"):
        return f"Cr. For {said.rail} {ref} {said.name}" + (f" {said.note}" if said.note else ""), ""
    if said.rail == "IMPS":
        return f"IMPS/{ref}/{said.name}/{said.bank}/{said.note}", ""
    if said.rail == "UPI":
        return f"UPI/{ref}/{said.name}/{said.address}/{said.note}", ""
    return f"By Chq {ref} CLG {said.name}", ref


def kotak(said: Said, chance: random.Random, day: date) -> tuple[str, str]:
    ref = _reference(said, chance, day)
    if said.rail in ("NEFT", "RTGS"):
        return f"{said.rail} {ref} {said.name} {said.note}".strip(), ref
    if said.rail == "IMPS":
        return f"Recd:IMPS/{ref}/{said.name}/{said.bank}/{said.masked}/{said.note or 'IMPS'}", ref
    if said.rail == "UPI":
        return f"UPI/{said.name}/{ref}/{said.note or 'UPI'}", ref
    return f"CLG TO {said.name} CHQ NO {ref}", ref


def yes(said: Said, chance: random.Random, day: date) -> tuple[str, str]:
    ref = _reference(said, chance, day)
    if said.rail in ("NEFT", "RTGS"):
        return _joined("-", f"{said.rail} Cr", ref, said.name, said.ifsc, said.note), ref
    if said.rail == "IMPS":
        return _joined("/", "IMPS", ref, said.name, said.bank_name, said.note), ref
    if said.rail == "UPI":
        return _joined("/", "UPI", ref, f"From:{said.address}", "To:engines@yesbank", said.note), ref
    return _joined("/", "CHQ DEP", ref, said.bank_name, said.name), ref


def indusind(said: Said, chance: random.Random, day: date) -> tuple[str, str]:
    ref = _reference(said, chance, day)
    if said.rail in ("NEFT", "RTGS"):
        return _joined("/", said.rail[0], ref, said.ifsc, said.name, said.note), ref
    if said.rail == "IMPS":
        return _joined("/", "IMPS", "P2A", ref, said.masked, said.name, said.note), ref
    if said.rail == "UPI":
        return _joined("/", "UPI", ref, "CR", said.name, said.bank, said.address, said.note), ref
    return _joined("/", "CLG", ref, said.name), ref


def idbi(said: Said, chance: random.Random, day: date) -> tuple[str, str]:
    ref = _reference(said, chance, day)
    if said.rail in ("NEFT", "RTGS", "IMPS"):
        return _joined("-", said.rail, ref, said.name, said.note), ""
    if said.rail == "UPI":
        return _joined("/", "UPI", ref, said.name, said.address, said.note), ""
    return f"CHQ DEP {ref} {said.bank} {said.name}", ref


def pnb(said: Said, chance: random.Random, day: date) -> tuple[str, str]:
    ref = _reference(said, chance, day)
    if said.rail in ("NEFT", "RTGS"):
        return f"{said.rail}_IN:{ref}/{said.ifsc}/{said.name}/{said.note}", ""
    if said.rail == "IMPS":
        return _joined("/", "IMPS-IN", ref, "9" + _digits(chance, 9), said.name, said.note), ""
    if said.rail == "UPI":
        return _joined("/", "UPI", "CR", ref, said.name, said.bank, said.address, said.note), ""
    return f"BY INST {ref} : CTS CLG {said.name}", ref


def canara(said: Said, chance: random.Random, day: date) -> tuple[str, str]:
    ref = _reference(said, chance, day)
    if said.rail in ("NEFT", "RTGS"):
        return f"{said.rail} CR-{said.ifsc}-{said.name}-{ref} {said.note}".strip(), ""
    if said.rail == "IMPS":
        return _joined("/", "IMPS-CR", said.name, said.bank_name, ref, said.note), ""
    if said.rail == "UPI":
        hashed = "".join(chance.choices("abcdef" + string.digits, k=12))
        return f"UPI/CR/{ref}/{said.name}/{said.bank}/{said.address}/{said.note or 'UPI'}//{hashed}", ""
    return f"CHEQUE DEPOSIT {ref}/{said.name}", ref


def union(said: Said, chance: random.Random, day: date) -> tuple[str, str]:
    ref = _reference(said, chance, day)
    if said.rail in ("NEFT", "RTGS"):
        return _joined("/", f"{said.rail}:{said.name}", said.ifsc, ref, said.note), ""
    if said.rail == "IMPS":
        return _joined("/", "IMPSAB", ref, said.name, said.note), ""
    if said.rail == "UPI":
        return _joined("/", "UPIAB", ref, "CR", said.name, said.bank, said.address, said.note), ""
    return f"BY CLG {said.name} {ref}", ref


def federal(said: Said, chance: random.Random, day: date) -> tuple[str, str]:
    ref = _reference(said, chance, day)
    if said.rail == "NEFT":
        return _joined("/", "NFT", said.name, ref, said.note), ""
    if said.rail == "RTGS":
        return _joined("/", "RTGS", ref, said.name, said.note), ""
    if said.rail == "IMPS":
        return _joined("/", "IFN", "IMPS", ref, said.name, said.masked, said.note), ""
    if said.rail == "UPI":
        return _joined("/", "UPI IN", ref, said.address, said.note, said.name), ""
    return f"CLG:{said.name}:{ref}", ref


LAYOUTS: dict[str, Layout] = {
    "hdfc": hdfc, "icici": icici, "sbi": sbi, "axis": axis, "bob": bob, "kotak": kotak, "yes": yes,
    "indusind": indusind, "idbi": idbi, "pnb": pnb, "canara": canara, "union": union, "federal": federal,
}  # fmt: skip


def cheque_return(cheque_number: str) -> str:
    return f"I/W CHQ RETURN-{cheque_number}-FUNDS INSUFFICIENT"
