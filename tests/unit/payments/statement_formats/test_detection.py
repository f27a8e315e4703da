"""A file is what it holds, not what it is called."""

import pytest

from services.payments.adapters.statement_formats import StatementFormat, detect_format
from services.payments.domain.errors import StatementFormatUnknown
from tests.unit.payments.statement_formats.factories import HEADINGS, camt_file, delimited_file, mt940_message

ROW = "01/05/26,NEFT CR,REF1,01/05/26,,100.00,1100.00"
MT942 = "\r\n".join(
    (":20:R", ":25:50100099", ":34F:INR0,", ":13D:2605011015+0530", ":61:260501C1,NTRFNONREF", "-")
)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (camt_file(), StatementFormat.CAMT053),
        ("\ufeff \n" + camt_file(version="02"), StatementFormat.CAMT053),
        ('<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.08"/>', StatementFormat.CAMT052),
        ('<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"/>', StatementFormat.CAMT054),
        ("<n:Document xmlns:n='x'><n:BkToCstmrStmt>", StatementFormat.CAMT053),
        (mt940_message(), StatementFormat.MT940),
        ("{1:F01X}{2:I940XN}{4:\r\n:20:R\r\n", StatementFormat.MT940),
        ("{1:F01X}{2:O9421200}{4:\r\n:20:R\r\n", StatementFormat.MT942),
        ("BANKXX\n940\nBANKXX\n" + mt940_message(), StatementFormat.MT940),
        (MT942, StatementFormat.MT942),
        ("OFXHEADER:100\nDATA:OFXSGML\n", StatementFormat.OFX),
        ('<?xml version="1.0"?>\n<?OFX OFXHEADER="200"?>\n<OFX>', StatementFormat.OFX),
        ("\n<ofx><BANKMSGSRSV1>", StatementFormat.OFX),
        (
            "01,SENDER,RECEIVER,260501,0830,1,80,1,2/\r\n02,RECEIVER,SENDER,1,260430,,INR,2/\r\n",
            StatementFormat.BAI2,
        ),
        ("01,SENDER,RECEIVER,260501,0830,1,,,2/\n", StatementFormat.BAI2),
        (delimited_file(ROW), StatementFormat.DELIMITED),
        (delimited_file(ROW).replace(",", "\t"), StatementFormat.DELIMITED),
    ],
)
def test_format_is_recognised_by_content(head: str, expected: StatementFormat) -> None:
    found = detect_format(head.encode())

    assert found is expected


def test_media_type_and_name_do_not_decide() -> None:
    found = detect_format(mt940_message().encode(), file_name="statement.xml", media_type="application/xml")

    assert found is StatementFormat.MT940


def test_delimited_text_in_utf_16_is_recognised() -> None:
    assert detect_format(delimited_file(ROW).encode("utf-16")) is StatementFormat.DELIMITED


def test_character_cut_at_the_end_of_the_head_does_not_matter() -> None:
    head = (delimited_file(ROW) + "₹").encode()[:-1]

    assert detect_format(head) is StatementFormat.DELIMITED


@pytest.mark.parametrize(
    ("head", "looks_like"),
    [
        (b"", "an empty file"),
        (b" \r\n", "an empty file"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PK\x03\x04\x14\x00statement.txt", "a zip archive"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "an old or protected Excel workbook; save it as .xlsx without a password",
        ),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"\x1f\x8b\x08\x00", "a gzip archive"),
        (b"<!DOCTYPE html><html><body><table>", "an HTML page"),
        (b"<html><table><tr><td>Date</td></tr></table></html>", "an HTML page"),
        (b'<?xml version="1.0"?><Workbook xmlns="x"/>', "an Excel XML workbook"),
        (b'<?xml version="1.0"?><Document xmlns="pain.001"/>', "XML that is no camt message"),
        (b'{"lines": []}', "JSON"),
        (b'[{"amount": 1}]', "JSON"),
        (b"02,RECEIVER,SENDER,1,260430,,INR,2/\n", "a BAI2 file that does not start with its header 01"),
        (bytes(range(256)), "binary data"),
        (b"1\n2\n3\n4\n", "text without a header row that names a date, amounts and a narration"),
        (b"code,name,city\nA,B,C\n", "text without a header row that names a date, amounts and a narration"),
    ],
)
def test_other_content_is_refused_with_what_it_looks_like(head: bytes, looks_like: str) -> None:
    with pytest.raises(StatementFormatUnknown) as refused:
        detect_format(head, file_name="may.csv", media_type="text/csv")

    assert refused.value.facts["looks_like"] == looks_like
    assert "MT940" in refused.value.detail


def test_headings_alone_are_a_delimited_file() -> None:
    assert detect_format(HEADINGS.encode()) is StatementFormat.DELIMITED
