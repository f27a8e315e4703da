"""Who we are at the head of a document: our default GST registration of the day."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories.gst import default_registration

NAME_UNKNOWN: Final = "Accounts receivable"  # until a registration is entered


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Name, and the lines below it: address, tax registration."""

    name: str
    lines: tuple[str, ...] = ()


async def letterhead_on(connection: AsyncConnection, day: date) -> Letterhead:
    """By the registration we supply from unless a document names another."""
    ours = await default_registration(connection, day)
    if ours is None:
        return Letterhead(NAME_UNKNOWN)
    return Letterhead(ours.legal_name, (ours.address, f"{ours.city} {ours.pin_code}", f"GSTIN {ours.gstin}"))
