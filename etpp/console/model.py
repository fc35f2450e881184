"""What the console knows of the people who use it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Session:
    """A log-in: whose, and the token that each of its forms must carry."""

    user: str
    csrf: str
