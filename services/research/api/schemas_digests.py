"""Bodies of digests of competitors and of subscriptions to them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.research.adapters.competitors import Row
from services.research.api.schemas_competitors import Code
from services.research.application.subscribe_digest import CHOSEN_MAX, WantedDigest
from services.research.domain.competitor_digest import ChangeKind, change_count, summary_of
from shared.wire import WireModel


class DigestSubscriptionChange(WireModel):
    """What a subscription is set to."""

    title: Annotated[
        str,
        Field(min_length=1, max_length=200, description="What it is called", examples=["Gensets, weekly"]),
    ]
    competitors: Annotated[
        list[Code],
        Field(
            default_factory=list, max_length=CHOSEN_MAX, description="Whom it is about; none named: all that are not ours"
        ),
    ]  # fmt: skip
    tells_no_change: Annotated[
        bool, Field(description="Whether a digest is made when nothing changed, to say so")
    ] = False
    cron: Annotated[
        str | None,
        Field(
            max_length=100,
            description="When it is made by itself; null: by hand alone",
            examples=["0 7 * * MON"],
        ),
    ] = None
    time_zone: Annotated[str, Field(max_length=60, description="Of `cron`, by its IANA name")] = (
        "Asia/Kolkata"
    )

    def wanted(self) -> WantedDigest:
        return WantedDigest(
            title=self.title,
            competitors=self.competitors,
            tells_no_change=self.tells_no_change,
            cron=self.cron,
            time_zone=self.time_zone,
        )


class DigestSubscriptionDraft(DigestSubscriptionChange):
    """A digest that is wanted again and again."""

    zone: Annotated[
        str | None,
        Field(
            max_length=200,
            description="For whose people, with what everybody may know; null: of all, for those who see all. For ever",
            examples=["west"],
        ),
    ] = None


class DigestSubscriptionBody(WireModel):
    """A subscription, as its newest version says."""

    id: Annotated[UUID, Field(description="Its id")]
    revision: int
    owner: Annotated[str, Field(description="Who changes it, by the token's subject")]
    title: Annotated[str, Field(description="What it is called")]
    zone: Annotated[str | None, Field(description="For whose people; null: for those who see all zones")]
    competitors: Annotated[list[str], Field(description="Whom it is about; empty: all that are not ours")]
    tells_no_change: Annotated[bool, Field(description="Whether it also says that nothing changed")]
    cron: Annotated[str | None, Field(description="When it is made by itself")]
    time_zone: str
    valid_from: Annotated[date, Field(description="From when its times count")]
    next_due_at: Annotated[datetime | None, Field(description="UTC; null: only by hand")]
    set_by: Annotated[str, Field(description="Who set this version, by the token's subject")]
    set_at: Annotated[datetime, Field(description="UTC")]


class DigestRunBody(WireModel):
    """What became of one time."""

    id: Annotated[UUID, Field(description="Its id")]
    revision: Annotated[int, Field(description="Of the subscription then")]
    due_at: Annotated[datetime | None, Field(description="UTC; null: by hand")]
    outcome: Annotated[
        Literal["made", "unchanged", "skipped"],
        Field(description="Unchanged: nothing was told, as wished; skipped: a later one makes up for it"),
    ]
    digest_id: Annotated[UUID | None, Field(description="The digest that was made")]
    asked_by: Annotated[str, Field(description="By the token's subject, or the clock")]
    asked_at: Annotated[datetime, Field(description="UTC")]


class DigestBody(WireModel):
    """A digest that was made and told."""

    id: Annotated[UUID, Field(description="Its id")]
    subscription_id: Annotated[UUID, Field(description="Of which subscription")]
    number: Annotated[int, Field(description="From 1, by subscription")]
    title: Annotated[str, Field(description="What the subscription was called")]
    zone: Annotated[str | None, Field(description="For whose people; null: for those who see all zones")]
    changes: Annotated[int, Field(description="How many things are otherwise than in the one before")]
    counts: Annotated[
        dict[ChangeKind, int], Field(description="How many by kind", examples=[{"new": 2, "contradicted": 1}])
    ]
    summary: Annotated[str, Field(description="The same in words", examples=["2 new, 1 contradicted"])]
    content_sha256: Annotated[str, Field(description="Of what was frozen")]
    made_by: Annotated[str, Field(description="By the token's subject, or the clock")]
    made_at: Annotated[datetime, Field(description="UTC")]


class DigestDetailBody(DigestBody):
    """With everything that it says."""

    content: Annotated[
        dict[str, Any],
        Field(
            description="Since when, and by competitor what is new, changed, contradicted, too old, settled, confirmed or"
            " withdrawn, and battlecards; of whom nothing changed"
        ),
    ]


def subscription_body(row: Row) -> DigestSubscriptionBody:
    return DigestSubscriptionBody(
        **{name: getattr(row, name) for name in DigestSubscriptionBody.model_fields}
    )


def digest_run_body(row: Row) -> DigestRunBody:
    return DigestRunBody(**{name: getattr(row, name) for name in DigestRunBody.model_fields})


def digest_facts(row: Row) -> dict[str, Any]:
    """The fields of a digest, with or without its content."""
    names = DigestBody.model_fields.keys() - {"changes", "counts", "summary"}
    told = {"changes": change_count(row.content), "summary": summary_of(row.content)}
    return {**{name: getattr(row, name) for name in names}, **told, "counts": row.content["counts"]}
