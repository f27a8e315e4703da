"""What letters of all kinds say alike."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

RecipientName = Annotated[str, Field(description="To whom")]
Attempts = Annotated[int, Field(ge=0, description="How often it was handed in, since it was sent again last")]
NextAttemptAt = Annotated[datetime | None, Field(description="When it is handed in next; UTC")]
ServerSaid = Annotated[str | None, Field(description="What the mail server said last")]
EndedAt = Annotated[datetime | None, Field(description="When it was sent or failed; UTC")]
