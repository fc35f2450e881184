"""The console's texts, and how dates and numbers are said in each language."""

from __future__ import annotations

import datetime as dt
import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal, cast

from etpp.base.errors import EtppError

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")


class Texts:
    """One catalogue: `texts.name` is a text, `texts.say("minutes", n=3)` fills one in."""

    def __init__(self, language: Language, catalogue: dict[str, Any]) -> None:
        self.code = language
        self.other: Language = "en" if language == "id" else "id"
        self._catalogue = catalogue

    def __getattr__(self, key: str) -> str:
        try:
            return cast(str, self._catalogue[key])
        except KeyError:
            raise AttributeError(key) from None

    def say(self, key: str, **values: object) -> str:
        return str(self._catalogue[key]).format(**values)

    def of(self, table: str, key: str) -> str:
        """A text of a table; what it does not know is shown as it is."""
        return str(self._catalogue[table].get(key, key))

    def refusal(self, error: EtppError) -> str:
        """Why something could not be done; of an error that no page was meant to show, only that it could not."""
        table = self._catalogue["refused"]
        return str(table[error.key or "cannot"]).format(**error.values)

    def date(self, day: dt.date) -> str:
        return self.say(
            "date",
            weekday=self._catalogue["weekdays"][day.weekday()],
            day=day.day,
            month=self._catalogue["months"][day.month - 1],
            year=day.year,
        )

    def time(self, moment: dt.datetime) -> str:
        """Hours and minutes of an aware local time."""
        return moment.strftime(self._catalogue["clock"])

    def moment(self, moment: dt.datetime) -> str:
        """Date and time of an aware local time, with its zone's name (WIB, WITA, WIT)."""
        return f"{moment.day} {self._catalogue['months'][moment.month - 1][:3]} {self.time(moment)} {moment.tzname()}"

    def span(self, span: dt.timedelta) -> str:
        """In the largest unit of which there are two."""
        seconds = max(0, int(span.total_seconds()))
        for key, unit in (("span_days", 86400), ("span_hours", 3600), ("span_minutes", 60)):
            if seconds >= 2 * unit:
                return self.say(key, n=seconds // unit)
        return self.say("span_seconds", n=seconds)

    def ago(self, span: dt.timedelta) -> str:
        return self.say("ago", span=self.span(span))


@cache
def texts(language: Language) -> Texts:
    text = resources.files("etpp.console").joinpath(f"i18n/{language}.toml").read_text(encoding="utf-8")
    return Texts(language, tomllib.loads(text))
