"""The console's texts, and how dates and numbers are said in each language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal

from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from etpp.base.errors import EtppError
from etpp.console.catalogue import Catalogue

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")


class Texts:
    """One catalogue: `texts.name` is a text, `texts.say("minutes", n=3)` fills one in, in the form for so many."""

    def __init__(self, language: Language, catalogue: Catalogue) -> None:
        self.code = language
        self.other: Language = "en" if language == "id" else "id"
        self._catalogue = catalogue

    def __getattr__(self, key: str) -> str:
        text = self._catalogue.find(key)
        if text is None:
            raise AttributeError(key)
        return text

    def say(self, key: str, **values: object) -> str:
        """Raises KeyError for a text that is not there."""
        return self._filled(None, key, values)

    def of(self, table: str, key: str) -> str:
        """A text of a table; what it does not know is shown as it is."""
        text = self._catalogue.find(key, table)
        return key if text is None else text

    def refusal(self, error: EtppError) -> str:
        """Why something could not be done; of an error that no page was meant to show, only that it could not."""
        return self._filled("refused", error.key or "cannot", error.values)

    def date(self, day: dt.date) -> str:
        """With the day of the week."""
        return _day(day, self.date_form, self.code)

    def weekday(self, day: dt.date) -> str:
        return format_date(day, "EEEE", locale=self.code)

    def time(self, moment: dt.datetime) -> str:
        """Hours and minutes of an aware local time."""
        return _clock(dt.time(moment.hour, moment.minute), self.clock_form, self.code)

    def moment(self, moment: dt.datetime) -> str:
        """Date and time of an aware local time, with its zone's name (WIB, WITA, WIT)."""
        day = _day(moment.date(), self.short_date_form, self.code)
        return f"{day} {self.time(moment)} {moment.tzname()}"

    def figure(self, value: Decimal | int) -> str:
        """A number as people write it: 1.234.567,5 in Indonesian."""
        return str(format_decimal(value, format="#,##0.####", locale=self.code))

    def month_of(self, first: dt.date) -> str:
        """The month of a day, such as November 2026."""
        return format_date(first, "MMMM yyyy", locale=self.code)

    def span(self, span: dt.timedelta) -> str:
        """In the largest unit of which there are two."""
        seconds = max(0, int(span.total_seconds()))
        for key, unit in (("span_days", 86400), ("span_hours", 3600), ("span_minutes", 60)):
            if seconds >= 2 * unit:
                return self.say(key, n=seconds // unit)
        return self.say("span_seconds", n=seconds)

    def ago(self, span: dt.timedelta) -> str:
        return self.say("ago", span=self.span(span))

    def _filled(self, table: str | None, key: str, values: Mapping[str, object]) -> str:
        n = values.get("n")
        text = self._catalogue.find(key, table, n if isinstance(n, int) else None)
        if text is None:
            raise KeyError(key)
        return text.format(**values)


@cache
def _clock(at: dt.time, form: str, language: Language) -> str:
    """Kept: an office's day says some hundred times, and there are 1,440."""
    return str(format_time(at, form, locale=language))


@lru_cache(maxsize=10_000)
def _day(day: dt.date, form: str, language: Language) -> str:
    return str(format_date(day, form, locale=language))


@cache
def texts(language: Language) -> Texts:
    return Texts(language, Catalogue("console", language))
