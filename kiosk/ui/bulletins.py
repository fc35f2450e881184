"""What the server tells besides hours: notices in pages that fit, letters in words, the own month in rows. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from kiosk.model import Letter, MonthSoFar, Saying
from kiosk.ui import letters
from kiosk.ui.catalogue import Catalogue
from kiosk.ui.viewstate import RowView

PAGE = 50
"""Characters of a notice that fit the line above the foot; the rest of it has a turn of its own."""


def said(text: Saying, catalogue: Catalogue) -> str:
    """In English where the screen is in English, else in Indonesian, which everybody reads."""
    return letters.legible(_written(text, catalogue))


def _written(text: Saying, catalogue: Catalogue) -> str:
    return (text.en or text.id) if catalogue.language == "en" else text.id


def pages(notices: Sequence[Saying], catalogue: Catalogue) -> tuple[str, ...]:
    """Each notice, cut at words into pieces that fit."""
    return tuple(page for text in notices for page in _cut(_written(text, catalogue)))


@lru_cache(maxsize=64)
def _cut(text: str) -> tuple[str, ...]:
    """Kept, for the idle screen asks for all of them with each of its frames. What goes on says so."""
    whole = letters.legible(text)
    if len(whole) <= PAGE:
        return (whole,) if whole else ()
    *begun, last = textwrap.wrap(whole, PAGE - 2)
    return (*(f"{piece} …" for piece in begun), last)


def excused(letter: Letter, catalogue: Catalogue) -> str:
    """That a letter covers what would be late or early."""
    label, number = said(letter.label, catalogue), letters.legible(letter.number)
    return catalogue.text("consequence.excused", label=label, number=number)


def month(told: MonthSoFar, catalogue: Catalogue) -> tuple[RowView, ...]:
    """Days, lateness and points, each with what it counts."""
    text = catalogue.text
    rows = [RowView(text("month_so_far.present"), text("month_so_far.days", days=told.present_days))]
    for what, count, minutes in (
        ("late", told.late_count, told.late_minutes),
        ("early", told.early_count, told.early_minutes),
    ):
        figure = text("month_so_far.times", times=count, minutes=minutes) if count else text("month_so_far.never")
        rows.append(RowView(text(f"month_so_far.{what}"), figure))
    if told.points_recognised is not None:
        rows.append(RowView(text("month_so_far.recognised"), _points(told.points_recognised, catalogue)))
    if told.points_entered is not None:
        rows.append(RowView(text("month_so_far.entered"), _points(told.points_entered, catalogue)))
    return tuple(rows)


def _points(points: Decimal, catalogue: Catalogue) -> str:
    return catalogue.decimal(float(points))
