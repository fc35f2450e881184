"""What the administrator's calls on recognisers are asked with."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from etpp.base.asked import Asked, Text, Who, asked
from etpp.base.shapes import Id, Name, ShortText, Time


class Chosen(Asked):
    """`model_id` null: the word is taken back. `despite`: although people would not be recognised any more."""

    by: Who
    model_id: Id | None
    despite: bool = False


class Switched(Asked):
    """`model_id` null: nobody is asked any more."""

    by: Who
    model_id: Id | None


class Consented(Asked):
    """`people`: NIPs or person ids; `officer`: before whom."""

    by: Who
    model_id: Id
    people: Annotated[list[Id], Field(min_length=1, max_length=2000)]
    given_utc: Time
    text_id: ShortText
    officer: Name


class TakenBack(Asked):
    by: Who
    model_id: Id
    people: Annotated[list[Id], Field(min_length=1, max_length=2000)]


class Wish(Asked):
    """At whose wish a face is erased: a name, a letter's number."""

    asked_by: Text


def wish_of(text: str) -> str:
    """The same of a text that may be missing. Raises Conflict."""
    return asked(Wish, asked_by=text).asked_by if text else ""


class BulkApproval(Asked):
    by: Who
