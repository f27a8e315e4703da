from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from uuid_utils.compat import uuid7

from services.payments.domain.audit_chain import GENESIS_HASH, AuditBatch, content_hash
from services.payments.domain.journal import JournalEntry, JournalLine
from tests.factories.payments import journal_entry

AT = datetime(2026, 10, 14, 9, 30, 0, 123456, tzinfo=UTC)
FIRST, SECOND = journal_entry(5, -5), journal_entry(7, -3, -4)
BATCH = AuditBatch(uuid7(), "matching", AT, 2, content_hash([FIRST, SECOND]), GENESIS_HASH)


def test_the_order_in_which_entries_were_written_does_not_matter() -> None:
    assert content_hash([FIRST, SECOND]) == content_hash([SECOND, FIRST])


@pytest.mark.parametrize(
    "changed",
    [
        replace(FIRST, id=uuid7()),
        replace(FIRST, kind="invoice"),
        replace(FIRST, source_id=uuid7()),
        replace(
            FIRST,
            currency="USD",
            lines=tuple(replace(one, base_minor=one.amount_minor) for one in FIRST.lines),
        ),
        replace(FIRST, effective_on=date(2026, 10, 15)),
        replace(FIRST, description="Something else"),
        replace(FIRST, reverses_entry_id=SECOND.id),
        replace(FIRST, lines=tuple(reversed(FIRST.lines))),
        replace(FIRST, lines=(JournalLine("1000", 6), JournalLine("1001", -6))),
        replace(FIRST, lines=(JournalLine("1000", 5), JournalLine("1002", -5))),
        replace(FIRST, lines=(JournalLine("1000", 5, "CP0001"), JournalLine("1001", -5))),
        replace(FIRST, lines=(JournalLine("1000", 5), JournalLine("1001", -5), JournalLine("1001", 0))),
    ],
)
def test_whatever_is_changed_in_an_entry_changes_the_hash(changed: JournalEntry) -> None:
    assert content_hash([changed, SECOND]) != content_hash([FIRST, SECOND])


def test_an_entry_more_or_less_changes_the_hash() -> None:
    assert len({content_hash([]), content_hash([FIRST]), content_hash([FIRST, SECOND])}) == 3


def test_texts_cannot_be_moved_from_one_field_to_the_next() -> None:
    left = replace(FIRST, lines=(JournalLine("10|A", 5, "B"), JournalLine("1001", -5)))
    right = replace(FIRST, lines=(JournalLine("10", 5, "A|B"), JournalLine("1001", -5)))

    assert content_hash([left]) != content_hash([right])


@pytest.mark.parametrize(
    "changed",
    [
        replace(BATCH, id=uuid7()),
        replace(BATCH, actor="somebody else"),
        replace(BATCH, posted_at=AT.replace(microsecond=0)),
        replace(BATCH, entries_count=3),
        replace(BATCH, content_hash=content_hash([FIRST])),
        replace(BATCH, previous_hash=bytes(31) + b"\1"),
    ],
)
def test_whatever_is_changed_in_a_link_changes_the_chain(changed: AuditBatch) -> None:
    assert changed.chain_hash != BATCH.chain_hash
