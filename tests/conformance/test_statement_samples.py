"""Statement files made by others and a labelled month in three formats, read where they lie.

Set SALESOPS_SAMPLES to the folder that holds `samples/statements` and `data/cash-application`.
"""

import os
from pathlib import Path

import pytest

from services.payments.adapters.statement_formats import StatementFormat, detect_format, read_statement
from services.payments.domain.bank_statement import (
    PartClosed,
    PartOpened,
    RejectedLine,
    StatementEvent,
    StatementLine,
)
from services.payments.domain.errors import StatementFormatUnknown, StatementUnreadable

FOLDER = os.environ.get("SALESOPS_SAMPLES", "")
STATEMENTS = Path(FOLDER) / "samples" / "statements"
LABELLED = Path(FOLDER) / "data" / "cash-application"
pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not FOLDER, reason="SALESOPS_SAMPLES names no folder"),
]


def events_of(path: Path) -> list[StatementEvent]:
    with path.open("rb") as file:
        statement_format = detect_format(file.read(1 << 16), file_name=path.name)
        return list(read_statement(file, statement_format, default_currency="INR"))


def lines_of(events: list[StatementEvent]) -> list[StatementLine]:
    return [event for event in events if isinstance(event, StatementLine)]


def differences(events: list[StatementEvent]) -> list[int | None]:
    """Opening + entries - closing of each part in minor units; None where a balance is missing."""
    found = list[int | None]()
    for part in events:
        if isinstance(part, PartClosed):
            moved = sum(
                line.amount_minor for line in lines_of(events) if line.part_number == part.part_number
            )
            is_stated = part.opening is not None and part.closing is not None
            opening = part.opening.amount_minor if part.opening else 0
            closing = part.closing.amount_minor if part.closing else 0
            found.append(opening + moved - closing if is_stated else None)
    return found


@pytest.mark.parametrize(
    ("name", "statement_format"),
    [
        ("camt053/genkgo__camt053.v2.minimal.xml", StatementFormat.CAMT053),
        ("mt940/wolph__betterplace_sepa_mt9401.sta", StatementFormat.MT940),
        ("mt940/wolph__mBank_mt942.sta", StatementFormat.MT942),
        ("csv/synthetic_hdfc_shape.csv", StatementFormat.DELIMITED),
        ("csv/synthetic_sbi_shape.tsv", StatementFormat.DELIMITED),
    ],
)
def test_sample_is_recognised(name: str, statement_format: StatementFormat) -> None:
    assert detect_format((STATEMENTS / name).read_bytes()) is statement_format


@pytest.mark.parametrize(
    ("name", "part_count", "line_count"),
    [
        ("mt940/wolph__betterplace_sepa_mt9401.sta", 26, 97),
        ("mt940/wolph__cmxl_mt940.sta", 3, 16),
        ("mt940/wolph__citi_mt940.txt", 1, 5),
        ("mt940/wolph__self-provided_february_30.sta", 1, 1),
        ("mt940/synthetic_india_inr_funds_code.sta", 1, 7),
        ("camt053/genkgo__camt053.v2.multi.statement.xml", 2, 2),
        ("csv/synthetic_hdfc_shape.csv", 1, 5),
        ("csv/synthetic_sbi_shape.tsv", 1, 3),
    ],
)
def test_sample_balances_with_every_line_read(name: str, part_count: int, line_count: int) -> None:
    events = events_of(STATEMENTS / name)

    assert not [event for event in events if isinstance(event, RejectedLine)]
    assert differences(events) == [0] * part_count
    assert [line.line_number for line in lines_of(events)] == list(range(1, line_count + 1))


@pytest.mark.parametrize(
    ("name", "line_count", "expected"),
    [
        ("mt940/wolph__jejik_abnamro.sta", 10, [203800, 100260]),
        ("camt053/genkgo__camt053.v2.minimal.xml", 1, [5400]),
        ("camt053/genkgo__camt053.v4.xml", 1, [5400]),
        ("camt053/genkgo__camt053.v8.xml", 1, [5400]),
        ("camt053/genkgo__camt053.v2.five.decimals.xml", 1, [-5]),
    ],
)
def test_sample_that_does_not_balance_loses_no_line(name: str, line_count: int, expected: list[int]) -> None:
    events = events_of(STATEMENTS / name)

    assert len(lines_of(events)) == line_count
    assert differences(events) == expected


def test_numbered_subfields_of_the_sepa_sample_are_read() -> None:
    lines = lines_of(events_of(STATEMENTS / "mt940/wolph__betterplace_sepa_mt9401.sta"))

    assert lines[0].narration.startswith("RETOURE EREF+TFNR 40005 00005 MTLG:Grund nicht spezifiziert Reject")
    assert (lines[5].amount_minor, lines[5].is_reversal) == (-20488, True)
    assert lines[7].counterparty_name.startswith("Richter Renate 70 Zeichen Beginn Fuellzeichen")


def test_marks_with_funds_code_of_usd_and_blank_entry_dates_are_read() -> None:
    lines = lines_of(events_of(STATEMENTS / "mt940/wolph__citi_mt940.txt"))

    assert [(line.amount_minor, line.is_final) for line in lines] == [
        (-21239, True),
        (-36928, True),
        (0, False),
        (0, False),
        (-56108, True),
    ]
    assert {line.booked_on.isoformat() for line in lines} == {"2024-03-12"}


def test_supplementary_line_and_slashes_in_references_are_kept() -> None:
    events = events_of(STATEMENTS / "mt940/wolph__self-provided_multiline.sta")

    (line,) = lines_of(events)
    assert (line.customer_reference, line.bank_reference) == ("REFERENCE DO 111", "MUL0408041114005")
    assert line.narration.endswith("/OCMT/EUR4,5//IACC/D3/")
    (stray,) = [event for event in events if isinstance(event, RejectedLine)]
    assert (stray.code, stray.line_number) == ("outside_statement", 2)
    assert "341241773/1XXXXX//O/341241774" in stray.raw
    assert differences(events) == [0]


def test_thirtieth_of_february_is_the_last_of_february() -> None:
    (line,) = lines_of(events_of(STATEMENTS / "mt940/wolph__self-provided_february_30.sta"))

    assert (line.value_on.isoformat(), line.booked_on.isoformat()) == ("2016-02-29", "2016-03-01")
    assert line.notes


def test_intraday_sample_is_never_final() -> None:
    events = events_of(STATEMENTS / "mt940/wolph__mBank_mt942.sta")

    assert [event.is_final for event in events if isinstance(event, PartOpened | StatementLine)] == [
        False
    ] * 4
    assert differences(events) == [None]


def test_indian_sample_gives_reversals_the_bounced_pair_and_the_whole_utr() -> None:
    lines = lines_of(events_of(STATEMENTS / "mt940/synthetic_india_inr_funds_code.sta"))

    assert "UTIBR72026050100131060" in lines[0].narration
    assert lines[0].narration.endswith("-UTIB0000084")
    assert lines[1].narration.endswith("TDS 100-SBINN52026050111431836")
    assert [(line.amount_minor, line.customer_reference) for line in lines[3:5]] == [
        (7500000, "004211"),
        (-7500000, "004211"),
    ]
    assert [(line.amount_minor, line.is_reversal) for line in lines[5:]] == [(-35400, False), (35400, True)]


def test_account_numbers_of_the_delimited_samples_are_read() -> None:
    opened = [
        events_of(STATEMENTS / f"csv/synthetic_{name}")[0] for name in ("hdfc_shape.csv", "sbi_shape.tsv")
    ]

    assert [part.account_number for part in opened if isinstance(part, PartOpened)] == [
        "XXXXXX4821",
        "00000012345678901",
    ]


def test_garbage_is_refused() -> None:
    path = STATEMENTS / "mt940/wolph__self-provided_invalid_statement.sta"

    with pytest.raises(StatementFormatUnknown):
        events_of(path)
    with pytest.raises(StatementUnreadable), path.open("rb") as file:
        list(read_statement(file, StatementFormat.MT940, default_currency="INR"))


def test_camt_without_a_statement_is_refused() -> None:
    with pytest.raises(StatementUnreadable):
        events_of(STATEMENTS / "camt053/genkgo__camt053.v2.wrong.xml")


def test_bai2_sample_agrees_with_its_control_totals() -> None:
    events = events_of(STATEMENTS / "bai2" / "moov__sample1.txt")

    closed = [event for event in events if isinstance(event, PartClosed)]
    assert [(part.is_complete, part.findings) for part in closed] == [(True, ()), (True, ())]
    assert not [event for event in events if isinstance(event, RejectedLine)]
    lines = lines_of(events)
    assert [line.line_number for line in lines] == list(range(1, 18))
    assert [line.narration for line in lines[:4]] == [
        "RETURNED CHEQUE", "RTN-UNKNOWN", "RTD CHQ SERVICE CHRG", "TFR 1020 0345678",
    ]  # fmt: skip
    assert sum(line.amount_minor for line in lines if line.part_number == 1) == 0
    assert {line.currency for line in lines} == {"CAD"}


def test_bai2_sample_without_a_group_header_is_refused_with_its_place() -> None:
    with pytest.raises(StatementUnreadable, match="line 2: expected a group header 02"):
        events_of(STATEMENTS / "bai2" / "moov__sample3.txt")


def test_bai2_sample_without_a_file_header_is_refused_by_name() -> None:
    with pytest.raises(StatementFormatUnknown, match="BAI2 file that does not start with its header"):
        events_of(STATEMENTS / "bai2" / "moov__errors_sample-parseError.txt")


@pytest.mark.parametrize("name", ["mild", "hard"])
def test_labelled_month_is_the_same_in_three_formats(name: str) -> None:
    delimited, camt, mt940 = (
        events_of(LABELLED / name / f"statement-2026-10.{suffix}")
        for suffix in ("csv", "camt053.xml", "mt940")
    )

    assert differences(delimited) == differences(camt) == differences(mt940) == [0]
    assert [facts(line) for line in lines_of(delimited)] == [facts(line) for line in lines_of(camt)]
    swift = [
        (*facts(line)[:4], without_what_swift_cannot_hold(line.narration)) for line in lines_of(delimited)
    ]
    assert [facts(line) for line in lines_of(mt940)] == swift


def facts(line: StatementLine) -> tuple[int, str, str, int, str]:
    return (
        line.line_number,
        line.booked_on.isoformat(),
        line.value_on.isoformat(),
        line.amount_minor,
        line.narration,
    )


def without_what_swift_cannot_hold(narration: str) -> str:
    return narration.translate(str.maketrans("@;&", "   ")).rstrip()


@pytest.mark.parametrize("name", ["mild", "hard"])
def test_labelled_month_has_a_line_for_every_truth(name: str) -> None:
    truth = (LABELLED / name / "truth.csv").read_text().splitlines()[1:]

    lines = lines_of(events_of(LABELLED / name / "statement-2026-10.csv"))

    assert [str(line.line_number) for line in lines] == [row.split(",")[0] for row in truth]
    assert [line.bank_reference for line in lines] == [row.split(",")[1] for row in truth]
