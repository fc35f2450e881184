"""The catalogue of kinds, as TOML: read, checked, and asked which kind held on a date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from etpp.absence.model import Excusable, Kind, PaidFrom
from etpp.base.money import Exact, read_toml


class CatalogueError(ValueError):
    """A catalogue cannot be used; the message names kind and member."""


class Catalogue:
    """Kinds by id and date. Raises CatalogueError where two of one id hold on the same date."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds: dict[str, list[Kind]] = {}
        for kind in sorted(kinds, key=lambda k: (k.kind_id, k.first)):
            held = self._kinds.setdefault(kind.kind_id, [])
            if held and (held[-1].last is None or kind.first <= held[-1].last):
                raise CatalogueError(f"kind {kind.kind_id}: two of them hold on {kind.first}")
            held.append(kind)

    def ids(self) -> frozenset[str]:
        return frozenset(self._kinds)

    @property
    def last_step(self) -> int:
        """The day of an absence from which on its pay changes no more, whatever its kind: so far back letters count."""
        return max((step.day for held in self._kinds.values() for kind in held for step in kind.paid), default=1)

    def on(self, kind_id: str, date: dt.date) -> Kind | None:
        for kind in self._kinds.get(kind_id, ()):
            if kind.first <= date and (kind.last is None or date <= kind.last):
                return kind
        return None


def delivered() -> Catalogue:
    """The catalogue that comes with the program; a regency keeps its own."""
    return read_catalogue(delivered_text())


def delivered_text() -> str:
    return (resources.files("etpp.absence") / "kinds.toml").read_text(encoding="utf-8")


def read_catalogue(text: str) -> Catalogue:
    """Raises CatalogueError."""
    try:
        document = _Document.model_validate(read_toml(text))
    except ValidationError as error:
        first = error.errors()[0]
        raise CatalogueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except ValueError as error:
        raise CatalogueError(f"no TOML: {error}") from error
    return Catalogue(_kind(row) for row in document.kind)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Paid(_Strict):
    day: int = Field(le=3_660)
    percent: Exact = Field(ge=0, le=100)


class _Kind(_Strict):
    id: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    name: str = Field(min_length=1)
    first: dt.date
    last: dt.date | None = None
    excuses: list[Excusable]
    points_given: Exact = Field(default=Exact(0), ge=0)
    points_off: Exact = Field(default=Exact(0), ge=0)
    may_enter: bool
    maximum_days: int | None = Field(default=None, ge=1, le=3_660)
    paid: list[_Paid] = [_Paid(day=1, percent=100)]  # type: ignore[arg-type]  # Exact takes an int
    document_required: bool = True


class _Document(_Strict):
    kind: list[_Kind]


def _kind(row: _Kind) -> Kind:
    days = [step.day for step in row.paid]
    if days != sorted(set(days)) or days[:1] != [1]:
        raise CatalogueError(f"kind {row.id}: paid: days ascend and begin with 1")
    if row.last is not None and row.last < row.first:
        raise CatalogueError(f"kind {row.id}: it ends before it begins")
    return Kind(
        row.id,
        row.name,
        row.first,
        row.last,
        frozenset(row.excuses),
        row.points_given,
        row.points_off,
        row.may_enter,
        row.maximum_days,
        tuple(PaidFrom(step.day, step.percent) for step in row.paid),
        row.document_required,
    )
