"""Sends documents in letters over SMTP."""

from collections.abc import Callable
from datetime import datetime

from services.partners.adapters.channels.letter import letter
from services.partners.adapters.channels.outgoing import Accepted, AttemptFailed, Outgoing
from shared.mail.server import Envelope, LetterRefused, MailServer, hand_in


class EmailChannel:
    """One connection per letter: a letter that fails takes no other with it."""

    def __init__(
        self, server: MailServer, *, sender: str, sender_address: str, now: Callable[[], datetime]
    ) -> None:
        self._server = server
        self._sender = sender
        self._sender_address = sender_address
        self._now = now

    async def send(self, outgoing: Outgoing) -> Accepted:
        """Hand the letter in. AttemptFailed for a refusal (5xx is final) and for a server that is not there."""
        message = letter(outgoing, sender=self._sender, sender_address=self._sender_address, at=self._now())
        envelope = Envelope(
            id=str(outgoing.delivery_id), sender_address=self._sender_address, address=outgoing.address
        )
        try:
            said = await hand_in(self._server, message, envelope)
        except LetterRefused as error:
            raise AttemptFailed(error.reason, is_final=error.is_final, is_bounce=error.is_bounce) from error
        return Accepted(said, is_delivered=False)
