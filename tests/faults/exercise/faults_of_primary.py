"""Faults of a primary and its standby: the primary lost, started again by mistake, the standby behind."""

import time
from typing import Final

from tests.faults.cluster.databases import DatabasePair, is_standby, set_server, value_of
from tests.faults.cluster.network import CannotPart
from tests.faults.cluster.system import cluster_of
from tests.faults.exercise.fault import CannotInject, Fault, Scene

BOOKINGS: Final = 10
LOST_SHARE: Final = 0.1
LAG_SECONDS: Final = 5
# Replies that were on their way when the two were parted have arrived by then.
UNDER_WAY_SECONDS: Final = 1.0
CUT_SECONDS: Final = 15.0
RECEIPTS: Final = "SELECT count(*) FROM receipts"
OURS: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE usename IN"
    " ('payments', 'partners', 'reporting', 'research', 'gateway') AND query <> ''"
)


def _primary_dies(scene: Scene) -> str:
    """The order of the runbook: fence, promote, copy anew. A commit that was acknowledged is on both."""
    databases = cluster_of(scene.system).databases
    lost = databases.primary
    lost.kill()
    began_at = time.monotonic()
    known = set(scene.load.attempts.acknowledged)
    databases.fence()
    databases.promote()
    took = time.monotonic() - began_at
    missing = known - _booked(databases)
    scene.load.attempts.wrong += [f"{one} was acknowledged and is gone with the primary" for one in missing]
    scene.load.wait_for(BOOKINGS)
    databases.follow()
    if not is_standby(lost.place) or is_standby(databases.primary.place):
        scene.load.attempts.wrong.append("there is not one primary")
    return (
        f"{lost.name} killed, {databases.primary.name} promoted in {took:.1f} s with all of {len(known)} acknowledged;"
        f" the lost one came back as its standby"
    )


def _primary_vanishes(scene: Scene) -> str:
    """Its machine is gone and closes nothing: whoever waits for it has to notice by itself."""
    databases, attempts = cluster_of(scene.system).databases, scene.load.attempts
    known = set(attempts.acknowledged)
    began_at = time.monotonic()
    try:
        with databases.gone() as lost:
            databases.fence()
            databases.promote()
            promoted = time.monotonic() - began_at
            scene.load.wait_for(1)
            took = time.monotonic() - began_at
            scene.load.wait_for(BOOKINGS)
            missing = known - _booked(databases)
    except CannotPart as reason:
        raise CannotInject(str(reason)) from None
    attempts.wrong += [f"{one} was acknowledged and is gone with the primary" for one in missing]
    databases.follow()
    return (
        f"{lost.name} gone without a word, {databases.primary.name} promoted after {promoted:.1f} s with all of {len(known)}"
        f" acknowledged; the next acknowledged after {took:.1f} s, while the lost one was still silent"
    )


def _network_loses(scene: Scene) -> str:
    """A tenth of what passes between the primary and all others is lost, and sent again by the kernels."""
    databases, before = cluster_of(scene.system).databases, len(scene.load.attempts.acknowledged)
    try:
        with databases.losing_packets(LOST_SHARE):
            time.sleep(max(scene.seconds, CUT_SECONDS))
            scene.load.wait_for(1)
            done = len(scene.load.attempts.acknowledged) - before
    except CannotPart as reason:
        raise CannotInject(str(reason)) from None
    return (
        f"{LOST_SHARE:.0%} of the packets of {databases.primary.name} lost for {max(scene.seconds, CUT_SECONDS):g} s; {done}"
        " acknowledged meanwhile"
    )


def _lost_primary_starts_again(scene: Scene) -> str:
    """Somebody starts what was fenced, as it was: it must take no write, nor be connected to."""
    databases = cluster_of(scene.system).databases
    lost = databases.primary
    lost.kill()
    databases.fence()
    databases.promote()
    scene.load.wait_for(BOOKINGS)
    lost.start()
    for name in ("log_statement", "log_connections"):
        set_server(lost.place, name, "all")
    log_from = lost.place.log.stat().st_size
    scene.load.wait_for(BOOKINGS)
    if not is_standby(lost.place):
        scene.load.attempts.wrong.append("the lost primary takes writes again")
    connections, statements = databases.statements_on_standby(log_from)
    if statements:
        scene.load.attempts.wrong.append(f"{statements} statements of ours were given to the lost primary")
    databases.follow()
    return (
        f"{lost.name} started as it was: it writes nothing; {connections} connections of ours asked it, and gave it"
        f" {statements} statements"
    )


def _standby_parts(scene: Scene) -> str:
    """The primary alone may not acknowledge what only it has."""
    databases, attempts = cluster_of(scene.system).databases, scene.load.attempts
    try:
        with databases.cut_off():
            time.sleep(UNDER_WAY_SECONDS)
            known = len(attempts.acknowledged)
            time.sleep(max(scene.seconds, CUT_SECONDS))
            alone = len(attempts.acknowledged) - known
        healed_at = time.monotonic()
    except CannotPart as reason:
        raise CannotInject(str(reason)) from None
    if alone:
        attempts.wrong.append(f"{alone} were acknowledged that no standby had")
    scene.load.wait_for(1)
    return (
        f"nothing passed between {databases.primary.name} and its standby for {max(scene.seconds, CUT_SECONDS):g} s: {alone}"
        f" acknowledged meanwhile; the next {time.monotonic() - healed_at:.1f} s after it healed"
    )


def _standby_lags(scene: Scene) -> str:
    """Whoever read from it would see what was true a while ago."""
    databases = cluster_of(scene.system).databases
    place = databases.standby.place
    settings = {
        "recovery_min_apply_delay": f"{LAG_SECONDS}s",
        "log_statement": "all",
        "log_connections": "on",
    }
    for name, value in settings.items():
        set_server(place, name, value)
    log_from = place.log.stat().st_size
    behind = most_backends = 0
    over = time.monotonic() + max(scene.seconds, 2 * LAG_SECONDS)
    while time.monotonic() < over:
        there, here = (
            value_of(place, RECEIPTS, "payments"),
            value_of(databases.primary.place, RECEIPTS, "payments"),
        )
        behind = max(behind, here - there)
        most_backends = max(most_backends, value_of(place, OURS))
        time.sleep(0.2)
    connections, statements = databases.statements_on_standby(log_from)
    for name in settings:
        set_server(place, name, None)
    if behind == 0:
        scene.load.attempts.wrong.append("the standby was not behind, which shows nothing")
    if statements:
        scene.load.attempts.wrong.append(f"{statements} statements of ours were given to a standby")
    return (
        f"{behind} receipts behind; by its log {statements} statements of ours, {connections} connections that asked"
        f" what it is; at most {most_backends} of ours in pg_stat_activity with a statement"
    )


def _booked(databases: DatabasePair) -> set[str]:
    return set(
        value_of(databases.primary.place, "SELECT array_agg(reference) FROM receipts", "payments") or ()
    )


REPEATED: Final = "bookings are repeated until the standby is promoted"
FAULTS: Final = (
    Fault("cluster-primary-dies", ("F6",), REPEATED, _primary_dies),
    Fault("cluster-primary-vanishes", ("F6", "F15"), REPEATED, _primary_vanishes),
    Fault("cluster-network-loses", ("F15",), "everything is slower", _network_loses),
    Fault("cluster-lost-primary-starts", ("F6",), REPEATED, _lost_primary_starts_again),
    Fault("cluster-standby-parts", ("F15",), "nothing is acknowledged until it heals", _standby_parts),
    Fault("cluster-standby-lags", ("F38",), "nothing", _standby_lags),
)
