"""Deliveries of documents: contacts, wishes, one row per recipient, and every step of each."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.partners.adapters.orm.base import Record
from services.partners.adapters.orm.documents import KINDS

CHANNELS = "channel IN ('email', 'sftp', 'webhook', 'portal')"


class PartnerContactRecord(Record):
    """How documents in one role reach a person, or a system. Nothing is changed: who moves is retired and added anew."""

    __tablename__ = "partner_contacts"
    __table_args__ = (
        CheckConstraint(CHANNELS, name="channel_known"),
        CheckConstraint("channel <> 'sftp' OR host_key IS NOT NULL", name="host_key_known"),
        CheckConstraint("channel <> 'webhook' OR sealed_secret IS NOT NULL", name="secret_known"),
        Index(
            "uq_partner_contacts_systems",
            "partner_code", "role", "channel", "address",
            unique=True,
            postgresql_where=text("retired_at IS NULL AND person_id IS NULL"),
        ),
        Index(
            "uq_partner_contacts_people",
            "person_id", "role", "channel", "address",
            unique=True,
            postgresql_where=text("retired_at IS NULL AND person_id IS NOT NULL"),
        ),
        Index("ix_partner_contacts_person", "person_id", postgresql_where=text("person_id IS NOT NULL")),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_code: Mapped[str]
    role: Mapped[str]
    name: Mapped[str]
    channel: Mapped[str]
    address: Mapped[str]
    language: Mapped[str]
    host_key: Mapped[str | None]
    sealed_secret: Mapped[bytes | None]
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    retired_at: Mapped[datetime | None]
    retired_by: Mapped[str | None]
    person_id: Mapped[UUID | None]
    takes_optional: Mapped[bool] = mapped_column(server_default=text("true"))


class DeliveryRequestRecord(Record):
    """A document that is to reach somebody; `key` makes a repeated wish recognisable."""

    __tablename__ = "delivery_requests"
    __table_args__ = (
        CheckConstraint(KINDS, name="kind_known"),
        CheckConstraint("from_on <= to_on", name="period_in_order"),
        CheckConstraint("cardinality(formats) > 0", name="format_named"),
        Index(
            "ix_delivery_requests_unprepared",
            "next_attempt_at",
            postgresql_where=text("document_id IS NULL AND failure IS NULL"),
        ),
        Index("ix_delivery_requests_document_id", "document_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    partner_code: Mapped[str]
    kind: Mapped[str]
    from_on: Mapped[date]
    to_on: Mapped[date]
    formats: Mapped[list[str]]
    is_optional: Mapped[bool]
    acknowledge_within_days: Mapped[int | None]
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("documents.id"))
    failure: Mapped[str | None]
    held_because: Mapped[str | None]  # why its document is not made yet
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[datetime]
    requested_at: Mapped[datetime]
    requested_by: Mapped[str]


class DeliveryRecord(Record):
    """One recipient of a wish, and how far it is. What happened is in delivery_steps."""

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(CHANNELS, name="channel_known"),
        CheckConstraint(
            "state IN ('queued', 'sent', 'delivered', 'opened', 'acknowledged', 'objected', 'bounced', 'failed',"
            " 'unsubscribed')",
            name="state_known",
        ),
        CheckConstraint("attempts >= 0 AND round > 0", name="counts_sensible"),
        Index("uq_deliveries_recipient", "request_id", "channel", "address", unique=True),
        Index("ix_deliveries_due", "channel", "next_attempt_at", postgresql_where=text("state = 'queued'")),
        Index("ix_deliveries_partner", "partner_code", "id"),
        Index(
            "ix_deliveries_acknowledge_by_on",
            "acknowledge_by_on",
            postgresql_where=text("acknowledge_by_on IS NOT NULL"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("delivery_requests.id"))
    partner_code: Mapped[str]
    channel: Mapped[str]
    address: Mapped[str]
    name: Mapped[str]
    role: Mapped[str | None]
    language: Mapped[str]
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("partner_contacts.id"))
    state: Mapped[str]
    round: Mapped[int] = mapped_column(server_default=text("1"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    acknowledge_by_on: Mapped[date | None]
    reminders: Mapped[int] = mapped_column(server_default=text("0"))
    queued_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class DeliveryStepRecord(Record):
    """What happened to a delivery, when and by whom. Append-only."""

    __tablename__ = "delivery_steps"
    __table_args__ = (Index("ix_delivery_steps_delivery_id", "delivery_id", "id"),)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    step: Mapped[str]
    detail: Mapped[str | None]
    actor: Mapped[str]
    at: Mapped[datetime]


class DocumentReplyRecord(Record):
    """What a partner says to a document: agreed, or not and why. Append-only."""

    __tablename__ = "document_replies"
    __table_args__ = (
        CheckConstraint("reply IN ('acknowledged', 'objected')", name="reply_known"),
        CheckConstraint("(reply = 'objected') = (objection IS NOT NULL)", name="objection_said"),
        Index(
            "uq_document_replies_acknowledged",
            "document_id",
            unique=True,
            postgresql_where=text("reply = 'acknowledged'"),
        ),
        Index("ix_document_replies_document_id", "document_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"))
    delivery_id: Mapped[UUID | None] = mapped_column(ForeignKey("deliveries.id"))
    reply: Mapped[str]
    objection: Mapped[str | None]
    replied_by: Mapped[str]
    replied_at: Mapped[datetime]


class UnsubscriptionRecord(Record):
    """An address that does not want optional documents of a kind. Append-only."""

    __tablename__ = "unsubscriptions"
    address: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    unsubscribed_at: Mapped[datetime]
