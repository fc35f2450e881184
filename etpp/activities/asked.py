"""What is asked of this room: entries, steps, tables. One strict model for calls and commands."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from etpp.activities.model import Entry
from etpp.activities.service import MOST_AT_ONCE
from etpp.base import texts
from etpp.base.asked import Asked, Date, Reason, Who
from etpp.base.shapes import Hash, Id, Time

_LONGEST_NUMBER = 40


def _quantity(value: object) -> Decimal:
    """Any number at all: the rule says which ones count, and the answer names the entry."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("must be a number, or its text such as 1.5")
    text = str(value)
    if len(text) > _LONGEST_NUMBER or not text.isascii() or "_" in text:
        raise ValueError("must be a number such as 1.5")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("must be a number such as 1.5") from None


def _note(text: str) -> str:
    return texts.plain(texts.without_marks(text))


Quantity = Annotated[
    Decimal,
    Field(allow_inf_nan=True),
    BeforeValidator(_quantity),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}], "examples": ["1.5"]}),
]


class NewEntry(Asked):
    """`entry_id`: made by the author's device, a UUID for instance: what is sent twice under one id counts once."""

    entry_id: Id
    date: Date
    item_id: Id
    quantity: Quantity
    note: Annotated[str, AfterValidator(_note), StringConstraints(max_length=500)] = ""
    start_utc: Time | None = None
    end_utc: Time | None = None
    evidence_sha256: Hash | None = None

    def of(self, person_id: str, entered_utc: dt.datetime) -> Entry:
        return Entry(
            self.entry_id,
            person_id,
            self.date,
            self.item_id,
            self.quantity,
            self.note,
            entered_utc,
            self.start_utc,
            self.end_utc,
            self.evidence_sha256,
        )


class NewEntries(Asked):
    """`by`: their author. `submit`: at once, rather than as drafts."""

    by: Who
    entries: list[NewEntry] = Field(min_length=1, max_length=MOST_AT_ONCE)
    submit: bool = False


class StepOf(Asked):
    by: Who
    entry_ids: list[Id] = Field(min_length=1, max_length=MOST_AT_ONCE)


class Return(StepOf):
    reason: Reason


class VerifyAll(Asked):
    """All that waits for `by` between two dates."""

    by: Who
    first: Date
    last: Date
