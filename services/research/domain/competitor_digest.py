"""A digest: what is otherwise of competitors than when the last one was made.

What holds now is compared with what the last digest knew, thing by thing, and not by the times of what was written: an
observation that was committed while the last digest was made is in the next one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from services.research.domain.observation import Attribute, Observation, Standing

CHANGES_MAX: Final = 500
_GAP: Final = "|"


class ChangeKind(StrEnum):
    """What became of a thing that can be observed, or of a battlecard."""

    NEW = "new"
    CHANGED = "changed"
    CONTRADICTED = "contradicted"
    STALE = "stale"
    SETTLED = "settled"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    BATTLECARD = "battlecard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The newest battlecard against a competitor, for everybody or for a zone."""

    id: str
    competitor: str
    zone: str | None
    version: int
    positioning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is known of the chosen competitors now: names by code, names of products by code of both, standings, cards."""

    names: Mapping[str, str]
    products: Mapping[tuple[str, str], str]
    attributes: Mapping[str, Attribute]
    standings: Sequence[Standing]
    cards: Sequence[Card]


def known_of(found: Found) -> dict[str, Any]:
    """What the next digest is compared with."""
    return {
        "standings": {_key(one): _remembered(found, one) for one in found.standings},
        "cards": {_card_key(one): one.version for one in found.cards},
    }


def digest_content(
    found: Found, before: Mapping[str, Any] | None, *, since: datetime | None, zone: str | None
) -> dict[str, Any]:
    """Everything that a digest shows, by competitor; without one before, all that holds is new.

    Of more than five hundred changes the first are told and `is_cut` says so; `counts` counts them all.
    """
    remembered = _within(before or {"standings": {}, "cards": {}}, found, zone)
    changes = [*_of_standings(found, remembered["standings"]), *_of_cards(found, remembered["cards"])]
    order = list(ChangeKind)
    changes.sort(key=lambda one: (one["competitor"], order.index(one["kind"]), one["title"]))
    counts = Counter(str(one["kind"]) for one in changes)
    told: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for change in changes[:CHANGES_MAX]:
        told[change["competitor"]].append(_without_code(change))
    touched = {one["competitor"] for one in changes}
    return {
        "since": since.isoformat() if since else None,
        "counts": {kind.value: counts.get(kind.value, 0) for kind in ChangeKind},
        "is_cut": len(changes) > CHANGES_MAX,
        "competitors": [
            {"code": code, "name": found.names[code], "changes": those} for code, those in told.items()
        ],
        "unchanged": [name for code, name in sorted(found.names.items()) if code not in touched],
    }


def change_count(content: Mapping[str, Any]) -> int:
    """Of everything, told or cut."""
    return sum(content["counts"].values())


def summary_of(content: Mapping[str, Any]) -> str:
    """`2 new, 1 contradicted`; `Nothing changed` of a digest that says so."""
    told = [f"{count} {_COUNTED[ChangeKind(kind)]}" for kind, count in content["counts"].items() if count]
    return ", ".join(told) or "Nothing changed"


_COUNTED: Final[Mapping[ChangeKind, str]] = {
    **{kind: kind.value for kind in ChangeKind},
    ChangeKind.STALE: "too old now",
    ChangeKind.SETTLED: "no longer contradicted",
    ChangeKind.BATTLECARD: "with a new battlecard",
}


def _of_standings(found: Found, before: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    now = {_key(one): one for one in found.standings}
    for key, standing in now.items():
        for kind in _kinds(standing, before.get(key)):
            yield _told(found, standing, kind, before.get(key))
    for key in before.keys() - now.keys():
        gone = before[key]
        same = {name: gone[name] for name in ("competitor", "title", "zone", "observation_id")}
        nothing = dict.fromkeys(("text", "source", "seen_on", "grade"))
        yield {"kind": ChangeKind.WITHDRAWN, **same, **nothing, "before": gone["text"], "against": []}


def _kinds(standing: Standing, before: Mapping[str, Any] | None) -> Iterator[ChangeKind]:
    """Of what adds up, as dealers and deals, age is no news."""
    against = {str(one.id) for one in standing.contradicted_by}
    if before is None:
        # What is too old when it is first told is known, and nothing to build on.
        yield ChangeKind.STALE if standing.is_stale and standing.attribute.is_single else ChangeKind.NEW
    elif before["text"] != standing.shown:
        yield ChangeKind.CHANGED
    elif standing.is_stale and not before["is_stale"] and standing.attribute.is_single:
        yield ChangeKind.STALE
    elif before["observation_id"] != str(standing.observation.id) and not standing.is_stale:
        yield ChangeKind.CONFIRMED
    if against - set(before["against"] if before else ()):
        yield ChangeKind.CONTRADICTED
    elif before and before["against"] and not against and not standing.is_stale:
        yield ChangeKind.SETTLED


def _told(
    found: Found, standing: Standing, kind: ChangeKind, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    one = standing.observation
    return {
        "kind": kind,
        "competitor": one.competitor,
        "title": _title(found, one),
        "zone": one.zone,
        "text": standing.shown,
        "before": before["text"] if before and kind is ChangeKind.CHANGED else None,
        "against": [_against(standing.attribute, other) for other in standing.contradicted_by]
        if kind is ChangeKind.CONTRADICTED
        else [],
        "source": one.source,
        "seen_on": one.seen_on.isoformat(),
        "grade": str(one.grade),
        "observation_id": str(one.id),
    }


def _against(attribute: Attribute, one: Observation) -> dict[str, str]:
    return {
        "text": one.value.shown(attribute.unit),
        "source": one.source,
        "seen_on": one.seen_on.isoformat(),
        "grade": str(one.grade),
    }


def _of_cards(found: Found, before: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for one in found.cards:
        if one.version > before.get(_card_key(one), 0):
            nothing = dict.fromkeys(("before", "source", "seen_on", "grade", "observation_id"))
            title = f"Battlecard, version {one.version}"
            same = {"competitor": one.competitor, "title": title, "zone": one.zone, "text": one.positioning}
            yield {
                "kind": ChangeKind.BATTLECARD,
                **same,
                **nothing,
                "against": [],
                "battlecard_id": one.id,
            }


def _within(before: Mapping[str, Any], found: Found, zone: str | None) -> dict[str, Any]:
    """Of what was known, what this digest is about: the competitors may be others than last time."""
    kept = {
        key: one
        for key, one in before["standings"].items()
        if one["competitor"] in found.names and (zone is None or one["zone"] in (None, zone))
    }
    return {"standings": kept, "cards": before["cards"]}


def _remembered(found: Found, standing: Standing) -> dict[str, Any]:
    one = standing.observation
    return {
        "competitor": one.competitor,
        "title": _title(found, one),
        "zone": one.zone,
        "text": standing.shown,
        "observation_id": str(one.id),
        "is_stale": standing.is_stale,
        "against": [str(other.id) for other in standing.contradicted_by],
    }


def _title(found: Found, one: Observation) -> str:
    """`K125 · Lead time`, by the names that people use."""
    product = found.products.get((one.competitor, one.product), one.product) if one.product else None
    return " · ".join(_given((product, found.attributes[one.attribute].title)))


def _given(parts: Iterable[str | None]) -> Iterator[str]:
    return (part for part in parts if part)


def _key(standing: Standing) -> str:
    """A thing, and of what adds up each value of it."""
    value = "" if standing.attribute.is_single else standing.observation.value.text or ""
    return _GAP.join((*standing.observation.place, " ".join(value.casefold().split())))


def _card_key(one: Card) -> str:
    return _GAP.join((one.competitor, one.zone or ""))


def _without_code(change: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in change.items() if name != "competitor"}
