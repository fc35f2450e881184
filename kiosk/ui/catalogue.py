"""The texts of one language, and what else depends on it: dates, times and decimals. Pure; no locale is asked."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from kiosk.errors import ConfigError


@dataclass(frozen=True)
class Catalogue:
    """`texts` by dotted key, such as "fault.camera_lost.title"."""

    language: str
    texts: Mapping[str, str]

    def text(self, key: str, **fields: object) -> str:
        """The text with its fields filled in. KeyError for a key that the catalogues do not have: a mistake in
        the program, which the tests find, since both catalogues have the same keys."""
        return self.texts[key].format(**fields)

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
    """The packaged catalogue of "id" or "en". Raises ConfigError for another language."""
    try:
        text = resources.files("kiosk.ui").joinpath("i18n", f"{language}.toml").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"there are no texts in the language {language!r}: use id or en") from error
    return Catalogue(language, dict(_flatten(tomllib.loads(text), "")))


def _flatten(table: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in table.items():
        name = f"{prefix}{key}"
        flat += _flatten(value, f"{name}.") if isinstance(value, Mapping) else [(name, str(value))]
    return flat
