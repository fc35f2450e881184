"""What is asked for of officers, notices, NIP and PIN: the models of the forms and commands."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from etpp.base import texts
from etpp.base.asked import Asked, Who
from etpp.base.shapes import Id
from etpp.bulletin.model import MOST_DAYS, Duty, PinPolicy


def _seen(text: str) -> str:
    return texts.plain(texts.without_marks(text))


Notice = Annotated[str, AfterValidator(_seen), StringConstraints(min_length=1, max_length=200)]
NoNotice = Annotated[str, AfterValidator(_seen), StringConstraints(max_length=200)]


class NewOfficer(Asked):
    """`person`: who it is in the roster; without one, `name` says who."""

    office_id: Id
    name: NoNotice = ""
    person: Who | None = None
    may: Annotated[frozenset[Duty], Field(min_length=1)]
    by: Who


class NoticeText(Asked):
    """`office_id`: None for all offices."""

    office_id: Id | None
    text_id: Notice
    text_en: NoNotice = ""
    by: Who


class NewNotice(NoticeText):
    from_utc: dt.datetime
    until_utc: dt.datetime


class NewPolicy(Asked):
    """`office_id`: None for all offices that have none of their own."""

    office_id: Id | None
    policy: PinPolicy
    per_month: Annotated[int, Field(ge=0, le=60)]
    by: Who


class NewLocalUse(Asked):
    """`office_id`: None for all offices that have no word of their own. `days` 0: no terminal may."""

    office_id: Id | None
    days: Annotated[int, Field(ge=0, le=MOST_DAYS)]
    by: Who
