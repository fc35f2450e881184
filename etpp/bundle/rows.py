"""A table's row as JSON values, and strictly back: what a bundle's lines are made of."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from etpp.base.money import plain
from etpp.bundle.model import LATER
from etpp.db import pay_tables, tables

Row = dict[str, Any]

_AMOUNT = re.compile(r"-?\d{1,40}(?:\.\d{1,40})?", re.ASCII)
"""As `plain` writes it: no exponent, which could stand for a number of a thousand million digits."""


def read(row: Row, decoders: Mapping[str, Callable[[Any], Any]], number: int) -> Row:
    """A line of a bundle as values of the table. Raises ValueError, which names its number and the column."""
    if row.keys() != decoders.keys() - (LATER - row.keys()):
        odd = ", ".join(sorted(row.keys() ^ decoders.keys())[:5])
        raise ValueError(f"row {number} has other columns than this release knows: {odd}")
    made = {}
    for name, decode in decoders.items():
        try:
            made[name] = decode(row.get(name))
        except (ValueError, TypeError, binascii.Error, AttributeError) as error:
            raise ValueError(f"row {number}: {name} cannot be read") from error
    return made


def encoder(column: sa.Column[Any]) -> Callable[[Any], Any]:
    """What makes a JSON value of a column's."""
    kind = column.type
    if isinstance(kind, tables.Utc):
        return _optional(lambda moment: moment.astimezone(dt.UTC).isoformat(timespec="microseconds"))
    if isinstance(kind, sa.Date):
        return _optional(lambda day: day.isoformat())
    if isinstance(kind, sa.LargeBinary):
        return _optional(lambda data: base64.b64encode(data).decode("ascii"))
    if isinstance(kind, pay_tables.Exact):
        return _optional(plain)
    return lambda value: value


def decoder(column: sa.Column[Any]) -> Callable[[Any], Any]:
    """What makes a column's value of a JSON value. It raises ValueError or TypeError for any other spelling."""
    kind = column.type
    if isinstance(kind, tables.Utc):
        read: Callable[[Any], Any] = _moment
    elif isinstance(kind, sa.Date):
        read = dt.date.fromisoformat
    elif isinstance(kind, sa.LargeBinary):
        read = _bytes
    elif isinstance(kind, pay_tables.Exact):
        read = _exact
    elif isinstance(kind, sa.JSON):
        return lambda value: value
    else:
        read = _typed(kind.python_type)
    return _needed(read) if not column.nullable else _optional(read)


def _optional(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _needed(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if value is None:
            raise ValueError("is missing")
        return convert(value)

    return read


def _typed(kind: type[Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError("is of another kind")
        return value

    return read


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.utcoffset() != dt.timedelta(0):
        raise ValueError("must be UTC")
    return moment


def _exact(text: str) -> Decimal:
    if _AMOUNT.fullmatch(text) is None:
        raise ValueError("must be an amount")
    return Decimal(text)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii"), validate=True)
