"""What the gateway costs and saves before a real service.

P10: throughput kept on a route that reads the database; P12: latency added at half load; P16: what is answered in time
when three times as much is offered as can be done. Direct means the same request at the service's own port, with the
internal token that the gateway would have shown it; identity, rights and rate limits are on in the gateway.
"""

import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from services.payments.application.book_receipts import book_receipts
from shared.database import Database, UnitOfWork
from shared.identity import Caller, InternalTokenIssuer
from tests.benchmarks.booked_world import BookedWorld
from tests.benchmarks.open_loop import Answer, get, offer
from tests.benchmarks.ratios import REPETITIONS, Ratio
from tests.benchmarks.receipts_over_http import WIDE_LIMITS
from tests.benchmarks.wrk import SECONDS, Load, loaded, refused_note
from tests.faults.processes import FragileSystem

PATH: Final = "/v1/receipts?limit=20"
CONNECTIONS: Final = 32
RECEIPTS: Final = 2_000
P50_ALLOWED_MS: Final = 1.0
P99_ALLOWED_MS: Final = 5.0
OVERLOAD: Final = 3
OVERLOAD_SECONDS: Final = 8
DEADLINE_SECONDS: Final = 2.0
LATENCY_MAX_SECONDS: Final = 30.0


async def measure_kept(system: FragileSystem) -> Ratio:
    """P10, by wrk with 32 connections."""
    await _prepared(system)
    ratios, loads = [], []
    for repetition in range(REPETITIONS + 1):  # the first one warms up
        direct = await _load_direct(system)
        through = await _load_through(system)
        told = f"{direct.per_second:,.0f}/s direct, {through.per_second:,.0f}/s through the gateway"
        print(f"P10 {repetition}: {told}", flush=True)
        if repetition:
            ratios.append(through.per_second / direct.per_second)
            loads.append(through)
    what = "reads of the database through the gateway, identity and rate limits on"
    against = "the same reads direct at the service"
    return Ratio("P10", what, against, 0.65, 0.85, tuple(ratios), refused_note(loads))


async def measure_added_latency(system: FragileSystem) -> Ratio:
    """P12: how many times the added latency fits into what is allowed, the worse of p50 and p99."""
    await _prepared(system)
    rate = (await _load_through(system)).per_second / 2
    ratios, added = [], []
    for repetition in range(REPETITIONS + 1):
        direct = await _latencies_ms(system.url("payments API"), _internal_token(system), rate)
        through = await _latencies_ms(system.url("gateway"), system.token("coordinator"), rate)
        p50, p99 = (max(0.01, ours - theirs) for ours, theirs in zip(through, direct, strict=True))
        print(f"P12 {repetition}: {rate:,.0f}/s, p50 +{p50:.2f} ms, p99 +{p99:.2f} ms", flush=True)
        if repetition:
            ratios.append(min(P50_ALLOWED_MS / p50, P99_ALLOWED_MS / p99))
            added.append((p50, p99))
    p50, p99 = (statistics.median(values) for values in zip(*added, strict=True))
    what = "latency that the gateway adds at half load: 1 ms at p50 and 5 ms at p99 over what it is"
    note = f"p50 +{p50:.2f} ms, p99 +{p99:.2f} ms"
    return Ratio("P12", what, "the same requests direct at the service", 1.0, 2.0, tuple(ratios), note)


async def measure_overload(system: FragileSystem) -> Ratio:
    """P16, open loop; an answer counts when it is a 200 within two seconds of when the request was due."""
    await _prepared(system)
    ratios, shed, slowest = [], [], []
    for repetition in range(REPETITIONS + 1):
        token = system.token("coordinator")
        most = (await _load_through(system)).per_second
        answers = await offer(
            system.url("gateway"),
            get(PATH, token),
            per_second=OVERLOAD * most,
            seconds=OVERLOAD_SECONDS,
            deadline_seconds=DEADLINE_SECONDS,
        )
        good = [answer.seconds for answer in answers if answer.status == 200]
        goodput = len(good) / OVERLOAD_SECONDS
        refused = sum(answer.status == 503 for answer in answers) / len(answers)
        p99 = statistics.quantiles(good, n=100)[98] if len(good) > 1 else 0.0
        told = f"{most:,.0f}/s most, {goodput:,.0f}/s in time of {OVERLOAD * most:,.0f}/s offered"
        print(f"P16 {repetition}: {told}, {refused:.0%} refused, p99 {p99:.2f} s", flush=True)
        if repetition:
            ratios.append(goodput / most)
            shed.append(refused)
            slowest.append(p99)
    note = f"{statistics.median(shed):.0%} refused, p99 of the answered {statistics.median(slowest):.2f} s"
    what = "answers within 2 s at three times the load"
    return Ratio("P16", what, "the most the same route does", 0.85, 0.95, tuple(ratios), note)


async def _prepared(system: FragileSystem) -> None:
    """Start the parts and book some receipts to read."""
    system.start("payments API", "gateway", environment=WIDE_LIMITS)
    database = Database(system.database_url("payments"), application_name="bench")
    world = await BookedWorld.opened(database)
    if world.made < RECEIPTS:
        receipts = await world.receipts(RECEIPTS)
        async with UnitOfWork(database) as work:
            await book_receipts(work, receipts, actor="bench", at=datetime.now(UTC))
            await work.commit()
    await database.close()


def _internal_token(system: FragileSystem) -> str:
    """Return what the gateway would show the service; valid for a minute."""
    caller = Caller("bench", frozenset({"coordinator"}), frozenset(), None, "bench")
    return InternalTokenIssuer(system.identity.internal_private_key()).token_for(caller, "payments")


async def _load_direct(system: FragileSystem) -> Load:
    return await loaded(system.url("payments API") + PATH, _internal_token(system), connections=CONNECTIONS)


async def _load_through(system: FragileSystem) -> Load:
    return await loaded(system.url("gateway") + PATH, system.token("coordinator"), connections=CONNECTIONS)


async def _latencies_ms(url: str, token: str, per_second: float) -> tuple[float, float]:
    answers = await offer(
        url, get(PATH, token), per_second=per_second, seconds=SECONDS, deadline_seconds=LATENCY_MAX_SECONDS
    )
    return _p50_and_p99_ms(answers)


def _p50_and_p99_ms(answers: Sequence[Answer]) -> tuple[float, float]:
    """What was refused or never answered counts as the longest time there is: it must not look quick."""
    seconds = (answer.seconds if answer.status == 200 else LATENCY_MAX_SECONDS for answer in answers)
    cuts = statistics.quantiles((1000 * each for each in seconds), n=100)
    return cuts[49], cuts[98]
