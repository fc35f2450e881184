"""What the console knows of the people who use it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from etpp.serving.acting import Actor

Duty = Literal["", "password", "factor"]
"""What somebody has to do before anything else: choose a password of their own, set up a second factor."""


@dataclass(frozen=True)
class Session:
    """A log-in: whose, the token that each of its forms must carry, and until when it lasts if nobody ends it."""

    user: str
    csrf: str
    session_id: str
    expires_utc: dt.datetime
    actor: Actor
    duty: Duty = ""
