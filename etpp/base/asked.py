"""What the administrator's calls, imports and commands are made of: a strict model for each thing asked for."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)
from pydantic import Field as Said

from etpp.base import texts
from etpp.base.clock import month_of
from etpp.base.errors import Conflict, Problem
from etpp.base.shapes import Id, explain

MOST_ROWS = 500
ONE_DAY = dt.timedelta(days=1)


def _date(value: object) -> dt.date:
    if type(value) is dt.date:
        return value
    if not isinstance(value, str) or len(value) != 10:
        raise ValueError("must be a date such as 2026-11-24")
    try:
        day = dt.date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a date such as 2026-11-24") from None
    if not 1970 < day.year < 9000:
        raise ValueError("must lie between the years 1970 and 9000")
    return day


def _unlike_blank(text: str) -> str:
    return texts.plain(texts.without_marks(text))


Date = Annotated[dt.date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Text = Annotated[str, AfterValidator(_unlike_blank), StringConstraints(min_length=1, max_length=200)]
Reason = Annotated[str, AfterValidator(_unlike_blank), StringConstraints(min_length=1, max_length=500)]
Note = Annotated[str, AfterValidator(_unlike_blank), StringConstraints(max_length=500)]
Who = Id
"""A NIP, another number or an id of an employee; of those who are none, what the records call them."""
Limit = Annotated[int, Said(ge=1, le=MOST_ROWS)]
After = Annotated[str, Said(max_length=64)]


class Asked(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


A = TypeVar("A", bound=Asked)


def asked(model: type[A], **values: Any) -> A:
    """What a command was told, by the rules of the call. Raises Conflict naming the member."""
    try:
        return model(**values)
    except ValidationError as error:
        raise Conflict(explain(error), key="cannot") from None


def month(text: str) -> tuple[dt.date, dt.date] | None:
    """First and last day of a month such as 2026-11; None for an empty text. Raises Problem `malformed`."""
    if not text:
        return None
    try:
        first = _date(f"{text}-01")
    except ValueError:
        raise Problem("malformed", "month: must be a month such as 2026-11", key="month_wrong") from None
    return month_of(first)
