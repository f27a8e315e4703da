"""Keeps dead letters as they come out of the broker, and raises the alarm for each."""

from collections.abc import Sequence
from typing import Final

from prometheus_client import Counter

from gateway.adapters.dead_letters import Row, add_letters
from gateway.application.tell_live_events import tell
from gateway.application.translate_events import Telling
from gateway.domain.live_data import DeadLetterData
from shared.database import UnitOfWork
from shared.messaging.dead_letters import DeadLetter
from shared.observability import logger

RAISED: Final = "dead_letter.raised"

raised_total = Counter("dead_letters_raised", "Messages that died", ["service", "code"])


async def keep_dead_letters(work: UnitOfWork, letters: Sequence[DeadLetter]) -> None:
    """Keep and commit; afterwards they may be acknowledged. One that was kept before raises no second alarm."""
    raised = await add_letters(work.connection, letters)
    await tell(work, [(row.died_at, _telling(row)) for row in raised])
    await work.commit()
    for row in raised:
        raised_total.labels(row.service, row.reason_code).inc()
        logger("dead_letters").error(
            "dead_letter_raised",
            dead_letter_id=str(row.id),
            service=row.service,
            type=row.event_type,
            code=row.reason_code,
            deaths=row.deaths,
        )


def _telling(row: Row) -> Telling:
    """Without the reason's own words: they may quote the message, and webhooks carry them out of the house."""
    body = DeadLetterData(
        dead_letter_id=row.id,
        service=row.service,
        event_type=row.event_type,
        reason_code=row.reason_code,
        deaths=row.deaths,
        died_at=row.died_at,
    )
    return Telling(type=RAISED, key=row.id, data=body)
