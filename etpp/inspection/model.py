"""What an inspector's lists are made of. Frozen values; moments are aware UTC."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

Key = Literal[
    "by_hand",
    "two_places",
    "same_minute",
    "with_nip",
    "never_late",
    "afterwards",
    "unpaid_leave",
    "pairs",
    "despite_marks",
    "despite",
]
KEYS: tuple[Key, ...] = get_args(Key)
"""What is looked for, in the order of the page. Each has its texts in the catalogues: what it is, why it may be
innocent."""

MOST = 200
"""Rows of a list. What is cut off is said on the page."""


class Seen(NamedTuple):
    """One accepted presence of an employee."""

    person_id: str
    office_id: str
    device_id: str
    event_id: str
    utc: dt.datetime


@dataclass(frozen=True, slots=True)
class Hit:
    """One row. `who`: employees; `count` of `of` (0: of nothing); `by`: who decided; `refs`: facts to go down to, as
    statements name them; `detail`: a text of the list's own, by its key in the catalogues, or somebody's words."""

    office_id: str
    who: tuple[str, ...] = ()
    at_utc: dt.datetime | None = None
    count: int = 0
    of: int = 0
    by: str = ""
    refs: tuple[str, ...] = ()
    detail: str = ""
    span: dt.timedelta | None = None
    more: tuple[str, ...] = field(default=())
    """Names of what is counted: kinds of marks, open matters."""
