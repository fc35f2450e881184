"""What the console knows of the people who use it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Session:
    """A log-in: whose, the token that each of its forms must carry, and until when it lasts if nobody ends it."""

    user: str
    csrf: str
    session_id: str
    expires_utc: dt.datetime
