"""What is asked for of months, scores, sanctions and policies: the models of the calls and of the pages."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from etpp.allowance.model import Month
from etpp.base import texts
from etpp.base.asked import month

Who = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(texts.plain)]
"""Who says so: whoever holds the administrator's token names the person, a log-in is one."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Act(_Asked):
    by: Who


class CloseMonth(Act):
    """`despite`: open matters, as the list names them, that `by` and `second` decide to pass over."""

    despite: list[str] = Field(default=[], max_length=10_000)
    second: Who | None = None


class NewScore(Act):
    office_id: str
    month: str = Field(pattern=r"^(19[89]\d|2\d{3})-(0[1-9]|1[0-2])$")
    percent: Decimal = Field(ge=0, le=100, max_digits=7, decimal_places=4)


class NewSanction(Act):
    person_id: str = Field(max_length=64)
    percent: Decimal = Field(gt=0, le=100, max_digits=7, decimal_places=4)
    first: dt.date
    last: dt.date
    document: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(texts.plain)]


class NewPolicyUse(Act):
    """`text`: a policy's TOML, whole."""

    text: str = Field(max_length=200_000)
    first: dt.date
    last: dt.date | None = None


def month_named(text: str) -> Month | None:
    """The month that an address or a form names, such as 2026-11; None for an empty text. Raises Problem."""
    days = month(text)
    return None if days is None else Month(days[0].year, days[0].month)
