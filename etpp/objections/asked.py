"""What is asked for of objections: the models of the calls."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from etpp.base.asked import Asked, Reason, Who


def _about(text: str) -> str:
    kind, _, what = text.partition(":")
    if kind == "day":
        dt.date.fromisoformat(what)  # of a day that there is none this is a ValueError
    return text


_DAY = r"day:\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
About = Annotated[str, StringConstraints(pattern=rf"^({_DAY}|line:[a-z0-9:_-]{{1,64}})$"), AfterValidator(_about)]
"""A day, or a line of the statement by its key."""


class NewObjection(Asked):
    """`by`: whose month it is."""

    by: Who
    month: Annotated[str, StringConstraints(pattern=r"^(19[89]\d|2\d{3})-(0[1-9]|1[0-2])$")]
    about: About
    reason: Reason


class NewAnswer(Asked):
    by: Who
    upheld: bool
    answer: Reason
