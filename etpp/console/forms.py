"""What was typed into a form: read by the room's own model, or said which field is wrong and why, in a reader's words.

A field's fault stands beside the field, and what was typed stays typed:

    try:
        new = read(NewLetter, {...})
        made = await visit.server.write(lambda tx: letters.submit(tx, new, now))
    except (Conflict, NotFound) as error:
        return await _form(visit, values, faults(visit.texts, error, FIELDS))
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from etpp.base.encoding import format_time
from etpp.base.errors import Conflict, EtppError
from etpp.console.texts import Texts

M = TypeVar("M", bound=BaseModel)


class Wrong(Conflict):
    """Fields that cannot be what was typed: by field, the key of the text that says so."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("the form cannot be taken as it is", key="cannot")
        self.fields = dict(fields)


def read(model: type[M], given: Mapping[str, Any]) -> M:
    """By the rules of the call; a moment may be one. Raises Wrong."""
    said = {name: format_time(value) if isinstance(value, dt.datetime) else value for name, value in given.items()}
    try:
        return model(**said)
    except ValidationError as error:
        found: dict[str, str] = {}
        for each in error.errors(include_url=False, include_context=False):
            field = str(each["loc"][0]) if each["loc"] else ""
            empty = given.get(field) in (None, "", [])
            found.setdefault(field, "empty" if empty else "wrong")
        raise Wrong(found) from None


def faults(texts: Texts, error: EtppError, fields: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, in words, by field; "" for the form as a whole. `fields`: which refusal is about which field."""
    if isinstance(error, Wrong):
        return {field: texts.of("field", key) for field, key in error.fields.items()}
    return {fields.get(error.key or "", ""): texts.refusal(error)}


def moment(field: str, text: str, zone: ZoneInfo) -> dt.datetime:
    """UTC, of a local time to the minute such as 2026-11-24T07:30, as browsers send it. Raises Wrong."""
    if not text:
        raise Wrong({field: "empty"})
    try:
        local = dt.datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=zone)
    except ValueError:
        raise Wrong({field: "moment"}) from None
    if not 1970 < local.year < 9000:
        raise Wrong({field: "moment"})
    return local.astimezone(dt.UTC)


def day(field: str, text: str) -> dt.date:
    """Raises Wrong."""
    if not text:
        raise Wrong({field: "empty"})
    try:
        found = dt.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        found = None
    if found is None or not 1970 < found.year < 9000:
        raise Wrong({field: "date"})
    return found


class Typed(dict[str, str]):
    """Fields by name; one that is not there is empty, and stays not there."""

    def __missing__(self, name: str) -> str:
        return ""


def typed(values: Mapping[str, str], wrong: Mapping[str, str] | None = None) -> dict[str, Typed]:
    """For `console/form.html`: what stands in the fields, and what is wrong with them."""
    lines = {name: value.replace("\r\n", "\n") for name, value in values.items()}
    return {"values": Typed(lines), "wrong": Typed(wrong or {})}
