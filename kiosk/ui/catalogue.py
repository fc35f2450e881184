"""The texts of one language, and what else depends on it: dates, times and decimals. No locale is asked.

Catalogues in gettext's form, `locale/LANGUAGE/LC_MESSAGES/screen.po`: a text's msgid is its key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

from babel.messages.pofile import read_po

from kiosk.errors import ConfigError

LANGUAGES = ("id", "en", "jv")


@dataclass(frozen=True)
class Catalogue:
    """`texts` by dotted key, such as "fault.camera_lost.title"."""

    language: str
    texts: Mapping[str, str]

    def text(self, key: str, **fields: object) -> str:
        """The text with its fields filled in. KeyError for a key that the catalogues do not have: a mistake in
        the program, which the tests find, since both catalogues have the same keys."""
        return self.texts[key].format(**fields)

    def line(self, key: str, **fields: object) -> str:
        """The second line of a phase: empty for one that has none."""
        return self.text(key, **fields) if key in self.texts else ""

    def date(self, day: dt.date) -> str:
        weekday, month = self.text(f"weekday.{day.weekday()}"), self.text(f"month.{day.month}")
        return self.text("format.date", weekday=weekday, day=day.day, month=month, year=day.year)

    def time(self, moment: dt.datetime) -> str:
        """Hours and minutes of the moment's own time zone."""
        return self.text("format.time", hour=moment.hour, minute=moment.minute)

    def seconds(self, moment: dt.datetime) -> str:
        """The seconds, to be set behind `time`."""
        return self.text("format.seconds", second=moment.second)

    def decimal(self, value: float) -> str:
        """At most two decimals, none when there are none: 1, 0,5, 1,25."""
        digits = f"{value:.2f}".rstrip("0").rstrip(".")
        return digits.replace(".", self.text("format.decimal"))


def load(language: str) -> Catalogue:
    """The packaged catalogue of one of LANGUAGES. Raises ConfigError for another language."""
    if language not in LANGUAGES:
        raise ConfigError(f"there are no texts in the language {language!r}: use {', '.join(LANGUAGES)}")
    place = resources.files("kiosk.ui").joinpath(f"locale/{language}/LC_MESSAGES/screen.po")
    with place.open("rb") as lines:
        found = read_po(lines, abort_invalid=True)
    # What is empty or marked as fuzzy is missing: nobody reads what nobody has checked.
    texts = {str(each.id): str(each.string) for each in found if each.id and each.string and not each.fuzzy}
    return Catalogue(language, MappingProxyType(texts))
